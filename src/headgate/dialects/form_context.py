"""The context of a request that comes as a form: which models the agent behind the request may call.

Clients write an object into a form in two ways: as JSON in one part, or each member in a part of its own, whose name
has the path in brackets. Of the context only the list of models is read, and nothing of it goes on. It must be known
before the form is on its way, so that no place in a form leaves the list without effect.
"""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.core.errors import InvalidBody, detail
from headgate.core.json import JSON_FAULTS
from headgate.dialects.multipart import PartHead
from headgate.dialects.openai import AGENT_CONTEXT, AGENT_MODELS, ANY_MODEL, MODEL_LIMIT, Fields, take_agent_models

CONTEXT_LIMIT: Final = 64 * 1024
"""Bytes of one part of the context."""
_LIST: Final = f"{AGENT_CONTEXT}[{AGENT_MODELS}]"
_ONCE: Final = "a JSON object in one part, or its members in parts of their own"
_NAME: Final = f"the name of a model, of 1 to {MODEL_LIMIT} characters, in each part"

_object = msgspec.json.Decoder(Fields).decode


class FormContext:
    """Reads the parts of a context one after the other. `models` are those that it lists, ANY_MODEL without a list."""

    __slots__ = ("_as_json", "_name", "_value", "models")

    def __init__(self) -> None:
        self.models = ANY_MODEL
        self._as_json = False
        self._name = ""
        self._value: bytearray | None = None

    def begin(self, head: PartHead, *, late: bool) -> None:
        """A part begins; `late`: the form is on its way already."""
        listed = head.name.startswith(_LIST)
        if not listed and head.name != AGENT_CONTEXT:
            return
        self._name = _LIST if listed else AGENT_CONTEXT
        if late:
            raise self._refused("a part before the file")
        if head.is_file or self._as_json or (self.models and not listed):
            raise self._refused(_ONCE)
        self._value = bytearray()

    def feed(self, content: bytes) -> None:
        if self._value is None:
            return
        self._value += content
        if len(self._value) > CONTEXT_LIMIT:
            raise self._refused(f"at most {CONTEXT_LIMIT} bytes")

    def end(self) -> None:
        """The part is complete; InvalidBody if it does not say which models."""
        value, self._value = self._value, None
        if value is None:
            return
        if self._name == AGENT_CONTEXT:
            self._as_json = True
            self.models = self._read(bytes(value))
        else:
            self.models |= {self._model(value)}

    def _read(self, value: bytes) -> frozenset[str]:
        try:
            _object(value)
        except JSON_FAULTS as error:
            raise self._refused(_ONCE) from error
        return take_agent_models({AGENT_CONTEXT: msgspec.Raw(value)})

    def _model(self, value: bytearray) -> str:
        try:
            model = value.decode()
        except UnicodeDecodeError as error:
            raise self._refused(_NAME) from error
        if not 0 < len(model) <= MODEL_LIMIT:
            raise self._refused(_NAME)
        return model

    def _refused(self, accepted: str) -> InvalidBody:
        return InvalidBody(f"{self._name!r} is {accepted}", details=[detail(self._name, accepted)])
