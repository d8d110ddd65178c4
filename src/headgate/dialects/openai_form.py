"""Requests that come as a form, in OpenAI's wire format: read while they arrive, and passed on as they are read.

Source: OpenAI's API reference (Create transcription, Create translation, Create image edit). Of a form only `model`
is read, and which models the agent behind it may call; every other part passes as it came, in its place, except for
those whose names are taken out of every request.
What goes on is written anew between delimiters of the same boundary: in place of `model` the upstream's, and at the
end the entry's defaults for fields that the caller did not send, and `model` if there was none.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Mapping
from typing import ClassVar, Final

from headgate.core.errors import InvalidBody, PayloadTooLarge, detail
from headgate.core.usage import Usage
from headgate.dialects.counting import tokens_of
from headgate.dialects.form_context import FormContext
from headgate.dialects.multipart import FormReader, Mark, PartHead, boundary_of, content_type_of, is_part_name
from headgate.dialects.openai import AGENT_CONTEXT, ANY_MODEL, MODEL_LIMIT, STRIPPED, encode
from headgate.dialects.openai_extent import number

_MODEL: Final = "model"
_MOST_OF_MODEL: Final = 4 * MODEL_LIMIT
"""Bytes: a character takes up to four."""
_TIMES: Final = "n"
_MOST_OF_TIMES: Final = 16
MOST_WITHOUT_MODEL: Final = 25 * 1024 * 1024
"""As long as the longest file that OpenAI takes for a transcription."""
_SMALL: Final = 4 * 1024
_JOINED: Final = 64 * 1024
"""Small pieces are joined to blocks of this size: a body that trickles in must not take many times its length."""


class _Gap(enum.Enum):
    """What is written only when the entry is known that serves the request."""

    MODEL = enum.auto()
    END = enum.auto()


class FormRequest:
    """An inbound form, and what goes on of it. `kept` counts the bytes that were read and have not been taken.

    Whatever is read can be taken as soon as `fill` has said for which upstream. `asked_for` is how many answers the
    form asks for, None as long as it has not said it, and `files` how many there are, of `file_bytes` together.
    """

    __slots__ = (
        "_at_end",
        "_boundary",
        "_context",
        "_counted",
        "_dropping",
        "_given",
        "_in_file",
        "_pieces",
        "_reader",
        "_upstream_model",
        "_value",
        "agent_models",
        "asked_for",
        "closed",
        "content_type",
        "ended",
        "file_bytes",
        "files",
        "kept",
        "model",
        "size",
        "stream",
    )

    file_bytes_per_token: ClassVar[int]
    """How many bytes of files count as a token where the upstream counts none; 0: files count nothing."""

    def __init__(self, content_type: bytes) -> None:
        self._boundary = boundary_of(content_type)
        self._reader = FormReader(self._boundary)
        self._pieces: deque[bytes | bytearray | _Gap] = deque()
        self._given: set[str] = set()
        self._value: bytearray | None = None
        self._context = FormContext()
        self._dropping = self._in_file = False
        self._upstream_model = b""
        self._at_end = b""
        self._counted: bytearray | None = None
        self.files = self.file_bytes = 0
        self.asked_for: int | None = None
        self.content_type = content_type_of(self._boundary)
        self.kept = self.size = 0
        self.ended = self.closed = self.stream = False
        self.model: str | None = None
        self.agent_models: frozenset[str] = ANY_MODEL

    def estimate(self, output_tokens: int) -> Usage:
        """Usage for an upstream that reports none: bytes of the fields over four, and of the files as it is said."""
        tokens = tokens_of(self.size - self.file_bytes)
        if self.file_bytes_per_token:
            tokens += -(-self.file_bytes // self.file_bytes_per_token)
        return Usage(input=tokens, output=output_tokens, estimated=True)

    # While it arrives

    def feed(self, data: bytes) -> None:
        """A piece of the body; InvalidBody if it is not a form, or has what a form must not have; PayloadTooLarge."""
        self.size += len(data)
        for event in self._reader.feed(data):
            if isinstance(event, PartHead):
                self._begin(event)
            elif isinstance(event, bytes):
                self._continue(event)
            elif event is Mark.PART_ENDS:
                self._end()
            else:
                self._pieces.append(_Gap.END)
                self.ended = True

    def close(self) -> None:
        """The body is complete; InvalidBody if the form is not."""
        self._reader.close()
        self.closed = True

    # On its way

    def fill(self, model: str, defaults: Mapping[str, object]) -> None:
        """Say what the upstream calls the model, and what counts where the caller says nothing.

        It can be said again, for another upstream, as long as nothing was taken.
        """
        self._upstream_model = model.encode()
        said = {name: value for name, value in defaults.items() if value is not None and is_part_name(name)}
        said[_MODEL] = model
        self._at_end = b"".join(
            self._field_head(name) + _text(value) + b"\r\n" for name, value in said.items() if name not in self._given
        )

    def take(self) -> bytes | None:
        """The next piece of what was read, None if there is none at present."""
        if not self._pieces:
            return None
        piece = self._pieces.popleft()
        if isinstance(piece, _Gap):
            return self._filled(piece)
        self.kept -= len(piece)
        return bytes(piece)

    def whole(self) -> bytes:
        """All of what was read. It is kept."""
        return b"".join(self._filled(piece) if isinstance(piece, _Gap) else piece for piece in self._pieces)

    @property
    def length(self) -> int:
        return self.kept + sum(len(self._filled(piece)) for piece in self._pieces if isinstance(piece, _Gap))

    def _filled(self, gap: _Gap) -> bytes:
        if gap is _Gap.MODEL:
            return self._upstream_model
        return b"%b--%b--\r\n" % (self._at_end, self._boundary)

    def _field_head(self, name: str) -> bytes:
        return b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n' % (self._boundary, name.encode())

    # Part by part

    def _begin(self, head: PartHead) -> None:
        self._dropping = head.field in STRIPPED
        self._in_file = head.is_file
        self.files += head.is_file
        self._counted = bytearray() if head.field == _TIMES and not head.is_file else None
        if self._dropping:
            if head.field == AGENT_CONTEXT:
                self._context.begin(head, late=bool(self._upstream_model))
            return
        if head.field == _MODEL:
            self._begin_model(head)
        else:
            self._keep(b"--%b\r\n%b\r\n\r\n" % (self._boundary, head.lines))
        self._given.add(head.field)

    def _begin_model(self, head: PartHead) -> None:
        if _MODEL in self._given:
            raise _refused("one part, not several")
        if head.is_file or head.name != _MODEL:
            raise _refused("a field of that very name, not a file")
        self._value = bytearray()

    def _continue(self, content: bytes) -> None:
        if self._in_file:
            self.file_bytes += len(content)
        if self._dropping:
            self._context.feed(content)
            return
        if self._value is None:
            if self._counted is not None:
                self._counted += content[:_MOST_OF_TIMES]
            self._keep(content)
            return
        self._value += content
        if len(self._value) > _MOST_OF_MODEL:
            raise _refused(f"a string of 1 to {MODEL_LIMIT} characters")

    def _end(self) -> None:
        if self._dropping:
            self._context.end()
            self.agent_models = self._context.models
            return
        if self._value is not None:
            value, self._value = self._value, None
            self.model = _model(value)
            self._keep(self._field_head(_MODEL))
            self._pieces.append(_Gap.MODEL)
        elif self._counted is not None:
            self.asked_for = number(bytes(self._counted[:_MOST_OF_TIMES]))
        self._keep(b"\r\n")

    def _keep(self, piece: bytes) -> None:
        self.kept += len(piece)
        if self.kept > MOST_WITHOUT_MODEL and _MODEL not in self._given:
            message = f"{MOST_WITHOUT_MODEL} bytes of the form came without 'model'; send it before the file"
            raise PayloadTooLarge(message)
        last = self._pieces[-1] if self._pieces else None
        if isinstance(last, bytearray) and len(last) + len(piece) <= _JOINED:
            last += piece
        else:
            self._pieces.append(piece if len(piece) > _SMALL else bytearray(piece))


def _model(value: bytearray) -> str:
    try:
        model = value.decode()
    except UnicodeDecodeError as error:
        raise _refused("a string in UTF-8") from error
    if not 0 < len(model) <= MODEL_LIMIT:
        raise _refused(f"a string of 1 to {MODEL_LIMIT} characters")
    return model


def _text(value: object) -> bytes:
    """A default as a field of a form has it: texts as they are, everything else as JSON."""
    return value.encode() if isinstance(value, str) else encode(value)


def _refused(accepted: str) -> InvalidBody:
    return InvalidBody(f"'model' is {accepted}", details=[detail(_MODEL, accepted)])
