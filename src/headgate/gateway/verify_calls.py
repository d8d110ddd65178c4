"""Small calls that are made to see whether a model answers: spoken by the same codecs as everybody's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer
from headgate.catalogue.operations import Operation
from headgate.catalogue.upstream import Route
from headgate.core.errors import GatewayError
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import JsonObject, encode
from headgate.core.usage import Usage
from headgate.dialects.exchange import Codec, Extra, Inbound
from headgate.dialects.pairs import CODECS, PARSERS
from headgate.gateway.verify_exchange import Question

_TEXT: Final = "Hi"
SMALLEST: Final[Mapping[Kind, tuple[Operation, JsonObject]]] = MappingProxyType(
    {
        Kind.CHAT: (Operation.CHAT, {"messages": [{"role": "user", "content": _TEXT}], "max_tokens": 1}),
        Kind.COMPLETION: (Operation.COMPLETION, {"prompt": _TEXT, "max_tokens": 1}),
        Kind.EMBEDDING: (Operation.EMBEDDING, {"input": _TEXT}),
        Kind.RERANK: (Operation.RERANK, {"query": _TEXT, "documents": [_TEXT]}),
        Kind.IMAGE: (Operation.IMAGE, {"prompt": _TEXT, "n": 1}),
    }
)
"""The least that can be asked of a model of each kind that answers in JSON to JSON."""

_LISTED_IN: Final[Mapping[Operation, str]] = MappingProxyType(
    {
        Operation.CHAT: "choices",
        Operation.COMPLETION: "choices",
        Operation.EMBEDDING: "data",
        Operation.RERANK: "results",
        Operation.IMAGE: "data",
    }
)


class SmallCall(msgspec.Struct, frozen=True):
    """A call on its way: what the caller's side says, what goes to the upstream, and who translates.

    `listed_in` is the member of the answer without which it is none.
    """

    question: Question
    request: Inbound
    codec: Codec
    listed_in: str

    def answer(self, body: bytes, offer: Offer, *, extra: Extra) -> bytes | Failure:
        """The upstream's body as a caller would get it, or why it is no answer."""
        answer = self.codec.whole(body, offer.json_name, self.request, extra)
        if isinstance(answer, Failure):
            return answer
        try:
            listed = msgspec.json.decode(answer)[self.listed_in]
        except (msgspec.MsgspecError, UnicodeDecodeError, LookupError, TypeError, RecursionError):
            listed = None
        if isinstance(listed, list):
            return answer
        return Failure(kind=FailureKind.MALFORMED, message=f"the upstream's answer has no {self.listed_in!r}")


def small_call(route: Route, operation: Operation, *, fields: JsonObject) -> SmallCall | None:
    """A call of `operation` to the upstream, None if it cannot be spoken to for that."""
    codec, parse = CODECS.get(operation, {}).get(route.dialect), PARSERS.get(operation)
    if codec is None or parse is None:
        return None
    try:
        request = parse(encode({"model": route.model, **fields}))
        question = Question(codec.path(route, request), codec.outbound(request, route, {}))
    except GatewayError:  # the upstream's format cannot say it
        return None
    return SmallCall(question, request, codec, _LISTED_IN[operation])


def smallest_call(offer: Offer, route: Route) -> SmallCall | None:
    """The least that can be asked of an entry, None if its kind cannot be asked little or its upstream not at all."""
    smallest = SMALLEST.get(offer.kind)
    return None if smallest is None else small_call(route, smallest[0], fields=smallest[1])


def costs_unknown(_usage: Usage) -> bytes:
    """The members of a usage object that nobody reads."""
    return b'"cost":null'
