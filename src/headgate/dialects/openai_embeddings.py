"""Embeddings of OpenAI's wire format: one request, its parts, and their answers put together.

Source: OpenAI's API reference, Embeddings. The input is a text, a list of texts, one list of tokens or a list of
such; a vector comes as numbers or in base64, as the caller asks. Neither is looked into.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

import msgspec

from headgate.catalogue.upstream import Route
from headgate.core.errors import InvalidBody, detail
from headgate.core.failure import Failure, FailureKind
from headgate.core.usage import Usage
from headgate.dialects.exchange import Extra, Inbound
from headgate.dialects.openai import Fields, encode
from headgate.dialects.openai_json import JsonRequest, WholeOnly, answered, sent, with_usage
from headgate.dialects.openai_usage import usage_object

_INPUT: Final = "a string, a list of strings, or tokens"
_LARGEST: Final = 2**31

_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_integer = msgspec.json.Decoder(int | None).decode
_data = msgspec.json.Decoder(list[Fields]).decode

MOST_INPUTS: Final = 10_000
"""Of one request that is sent in parts: more of them would hold up everybody else while they are taken apart."""


class EmbeddingRequest(JsonRequest):
    """An inbound request for embeddings. `dimensions` is None if the caller leaves it to the entry.

    `root`: the answer to a single text has its vector at the root too.
    """

    __slots__ = ("dimensions", "root")

    needed: ClassVar[Mapping[str, str]] = {"input": _INPUT}

    def __init__(self, body: bytes | memoryview) -> None:
        super().__init__(body)
        self.root = False
        self.dimensions = self._dimensions() if "dimensions" in self.fields else None
        if _begins(self.fields["input"]) not in b'"[':
            raise _invalid("input", _INPUT)

    def _dimensions(self) -> int | None:
        try:
            value: int | None = _integer(self.fields["dimensions"])
        except msgspec.MsgspecError as error:
            raise _invalid("dimensions", "a whole number") from error
        if value is None:
            del self.fields["dimensions"]
        elif not 0 < value < _LARGEST:
            raise _invalid("dimensions", "a positive whole number")
        return value

    def parts(self, batch_size: int) -> Sequence[EmbeddingRequest]:
        """The request as one or more of at most `batch_size` inputs each; 0 keeps it whole."""
        raw = self.fields["input"]
        if not batch_size or _begins(raw) != b"[":
            return (self,)
        items = _items(raw)
        if len(items) > MOST_INPUTS:
            message = f"'input' has {len(items)} items; at most {MOST_INPUTS} are taken"
            raise InvalidBody(message, details=[detail("input", message)])
        # A list of numbers is one input: its tokens.
        if len(items) <= batch_size or _begins(items[0]) not in b'"[':
            return (self,)
        starts = range(0, len(items), batch_size)
        return tuple(self._part(items[start : start + batch_size]) for start in starts)

    def _part(self, items: list[msgspec.Raw]) -> EmbeddingRequest:
        part = EmbeddingRequest.__new__(EmbeddingRequest)
        raw = encode(items)
        part.fields = {**self.fields, "input": msgspec.Raw(raw)}
        part.size = self.size - memoryview(self.fields["input"]).nbytes + len(raw)
        part.model, part.stream, part.dimensions, part.root = self.model, False, self.dimensions, False
        part.agent_models = self.agent_models
        return part


class RootedEmbeddingRequest(EmbeddingRequest):
    """The same, as the catalogue API's own mount reads it."""

    __slots__ = ()

    def __init__(self, body: bytes | memoryview) -> None:
        super().__init__(body)
        self.root = _begins(self.fields["input"]) == b'"'


class EmbeddingOverOpenAI(WholeOnly):
    """Embeddings, as the caller asked for them."""

    def path(self, route: Route, _request: Inbound) -> str:
        return route.path(route.provider.embeddings_path)

    def outbound(self, request: Inbound, route: Route, defaults: Mapping[str, object]) -> bytes:
        assert isinstance(request, EmbeddingRequest), "a codec takes what its own inbound side parsed"
        return sent(request, route.json_model, defaults=defaults)

    def whole(self, body: bytes, json_name: msgspec.Raw, request: Inbound, extra: Extra) -> bytes | Failure:
        assert isinstance(request, EmbeddingRequest), "a codec takes what its own inbound side parsed"
        fields = answered(body, "data")
        if isinstance(fields, Failure):
            return fields
        fields["model"] = json_name
        if request.root:
            try:
                fields["embedding"] = _data(fields["data"])[0]["embedding"]
            except (msgspec.MsgspecError, LookupError):
                return Failure(kind=FailureKind.MALFORMED, message="the upstream's answer has no vector")
        with_usage(fields, request=request, extra=extra)
        return encode(fields)


class Joined:
    """The answers to the parts of one request, taken in any order, as one."""

    def __init__(self, parts: Sequence[EmbeddingRequest]) -> None:
        self._data: list[bytes] = [b""] * len(parts)
        self._firsts = [0]
        for part in parts:
            self._firsts.append(self._firsts[-1] + len(_items(part.fields["input"])))
        self.size = 0

    def take(self, number: int, body: bytes) -> Failure | None:
        """The answer to part `number`; a failure if it does not have a vector for each input."""
        fields = answered(body, "data")
        if isinstance(fields, Failure):
            return fields
        first, count = self._firsts[number], self._firsts[number + 1] - self._firsts[number]
        try:
            vectors = sorted(_data(fields["data"]), key=lambda vector: int(bytes(vector["index"])))
            indices = [int(bytes(vector["index"])) for vector in vectors]
        except (msgspec.MsgspecError, KeyError, ValueError, RecursionError):
            vectors, indices = [], []
        if indices != list(range(count)):
            message = f"the upstream's answer does not have one vector for each of {count} inputs"
            return Failure(kind=FailureKind.MALFORMED, message=message)
        for index, vector in enumerate(vectors):
            vector["index"] = msgspec.Raw(b"%d" % (first + index))
        self._data[number] = encode(vectors)[1:-1]
        self.size += len(self._data[number])
        return None

    def answer(self, json_name: msgspec.Raw, *, usage: Usage, extra: bytes) -> bytes:
        """All of them, in the order of the inputs. `extra` are our own members of the usage object."""
        return b'{"object":"list","data":[%b],"model":%b,"usage":%b}' % (
            b",".join(self._data),
            bytes(json_name),
            bytes(usage_object(usage, extra)),
        )


def _begins(raw: msgspec.Raw) -> bytes:
    """The first byte of a value, which tells its type."""
    return bytes(memoryview(raw)[:1])


def _invalid(name: str, accepted: str) -> InvalidBody:
    return InvalidBody(f"{name!r} is {accepted}", details=[detail(name, accepted)])
