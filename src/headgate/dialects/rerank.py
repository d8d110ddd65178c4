"""Ordering documents for a query: the request, and the codec for services that do it themselves.

Source: the reference of Cohere (v2/rerank), whose fields Jina and the servers that copy them share: `query`,
`documents`, `top_n`, answered by `results` of `index` and `relevance_score`. Such a body passes through raw.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Final

import msgspec

from headgate.catalogue.upstream import Route
from headgate.core.errors import InvalidBody, detail
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import JSON_FAULTS, JsonObject, encode
from headgate.core.usage import Usage
from headgate.dialects.counting import MOST
from headgate.dialects.exchange import Extent, Extra, Inbound
from headgate.dialects.openai import flag
from headgate.dialects.openai_chat import ChatRequest
from headgate.dialects.openai_json import JsonRequest, WholeOnly, answered, sent
from headgate.dialects.openai_usage import usage_object

QUERY_LIMIT: Final = 8192
DOCUMENT_LIMIT: Final = 8192
MOST_DOCUMENTS: Final = 200

_SEARCHED: Final = 100
"""Documents of one billed search (Cohere, "Pricing")."""
_CHUNK: Final = 500
"""Bytes: documents are cut into pieces of about as many tokens (Cohere, "Rerank best practices")."""

_text = msgspec.json.Decoder(str).decode
_texts = msgspec.json.Decoder(list[str]).decode
_integer = msgspec.json.Decoder(int | None).decode
_DOCUMENTS: Final = f"a list of 1 to {MOST_DOCUMENTS} strings of at most {DOCUMENT_LIMIT} characters"


class RerankRequest(JsonRequest):
    """An inbound request to order documents. `top_n` is None for all of them.

    `question` is the chat request that stands for it at a chat model, once it was made, and `asked_by` who made it.
    """

    __slots__ = ("asked_by", "documents", "query", "question", "return_documents", "top_n")

    needed: ClassVar[Mapping[str, str]] = {
        "query": f"a string of 1 to {QUERY_LIMIT} characters",
        "documents": _DOCUMENTS,
    }

    def __init__(self, body: bytes | memoryview) -> None:
        super().__init__(body)
        self.question: ChatRequest | None = None
        self.asked_by: object = None
        try:
            self.query: str = _text(self.fields["query"])
        except msgspec.MsgspecError as error:
            raise _invalid("query", self.needed["query"]) from error
        if not 0 < len(self.query) <= QUERY_LIMIT:
            raise _invalid("query", self.needed["query"])
        self.documents = self._documents()
        self.top_n = self._top_n() if "top_n" in self.fields else None
        self.return_documents = flag(self.fields, "return_documents")

    def estimate(self, output_tokens: int) -> Usage:
        asked = self.question
        return super().estimate(output_tokens) if asked is None else asked.estimate(output_tokens)

    def extent(self) -> Extent:
        """A long document counts as several."""
        units = -(-(len(self.documents) + self.size // _CHUNK) // _SEARCHED)
        # A chat model is asked in more words than the caller's.
        return Extent(self.size if self.question is None else self.question.size, searches=units)

    def _documents(self) -> Sequence[str]:
        try:
            documents: list[str] = _texts(self.fields["documents"])
        except msgspec.MsgspecError as error:
            raise _invalid("documents", _DOCUMENTS) from error
        if not 0 < len(documents) <= MOST_DOCUMENTS:
            raise _invalid("documents", _DOCUMENTS)
        for index, document in enumerate(documents):
            if len(document) > DOCUMENT_LIMIT:
                raise _invalid(f"documents[{index}]", f"a string of at most {DOCUMENT_LIMIT} characters")
        return documents

    def _top_n(self) -> int | None:
        try:
            value: int | None = _integer(self.fields["top_n"])
        except msgspec.MsgspecError as error:
            raise _invalid("top_n", "a whole number") from error
        if value is None or value <= 0:
            del self.fields["top_n"]
            return None
        return value


class Ranking(msgspec.Struct, gc=False):
    """Documents in order. `results` have at least `index` and `relevance_score`; `meta` is what is known besides."""

    id: str
    backend: str
    results: list[JsonObject]
    usage: Usage
    meta: JsonObject = {}


def rendered(ranking: Ranking, *, json_name: msgspec.Raw, extra: Extra) -> bytes:
    """A ranking as the caller gets it."""
    usage = ranking.usage
    units = ranking.meta.get("billed_units")
    own = {"input_tokens": usage.prompt, "output_tokens": usage.completion}
    billed: JsonObject = {**units, **own} if isinstance(units, dict) else {**own}
    meta: JsonObject = {**ranking.meta, "model": json_name, "backend": ranking.backend, "billed_units": billed}
    body: JsonObject = {"id": ranking.id, "model": json_name, "results": ranking.results, "meta": meta}
    return encode(body | {"usage": usage_object(usage, extra(usage))})


def ordered(results: Iterable[JsonObject], top_n: int | None) -> list[JsonObject]:
    """The best first, scores within 0 and 1, of equals the one that came first in the request."""
    clamped = [{**result, "relevance_score": min(1.0, max(0.0, result["relevance_score"]))} for result in results]
    return sorted(clamped, key=lambda result: (-result["relevance_score"], result["index"]))[:top_n]


class _Scored(msgspec.Struct, gc=False):
    index: int
    relevance_score: float


class _Tokens(msgspec.Struct, gc=False):
    prompt_tokens: int | None = None
    total_tokens: int | None = None
    search_units: int | float | None = None


class _Billed(msgspec.Struct, gc=False):
    search_units: int | float | None = None


class _Meta(msgspec.Struct, gc=False):
    billed_units: _Billed | None = None


class _Answer(msgspec.Struct, gc=False):
    results: list[_Scored]
    id: str | None = None
    meta: JsonObject | None = None
    usage: _Tokens | None = None


_answer = msgspec.json.Decoder(_Answer).decode
_meta = msgspec.json.Decoder(_Meta | None).decode
_objects = msgspec.json.Decoder(list[JsonObject]).decode


class RerankOverRerank(WholeOnly):
    """A service that orders documents itself; `backend` is what the answer calls it."""

    def __init__(self, backend: str) -> None:
        self._backend = backend

    def path(self, route: Route, _request: Inbound) -> str:
        return route.path(route.provider.rerank_path)

    def outbound(self, request: Inbound, route: Route, _defaults: Mapping[str, object]) -> bytes:
        assert isinstance(request, RerankRequest), "a codec takes what its own inbound side parsed"
        # A chat model may have been asked before.
        request.question = request.asked_by = None
        return sent(request, route.json_model, defaults={})

    def whole(self, body: bytes, json_name: msgspec.Raw, request: Inbound, extra: Extra) -> bytes | Failure:
        """Results in order; what a service says of each besides its score is kept."""
        assert isinstance(request, RerankRequest), "a codec takes what its own inbound side parsed"
        fields = answered(body, "results")
        if isinstance(fields, Failure):
            return fields
        try:
            answer, results = _answer(body), _objects(fields["results"])
        except JSON_FAULTS as error:
            return Failure(kind=FailureKind.MALFORMED, message=f"the upstream's answer has no scores: {error}")
        if not all(0 <= scored.index < len(request.documents) for scored in answer.results):
            return Failure(kind=FailureKind.MALFORMED, message="the upstream's answer has documents that were not sent")
        ranking = Ranking(
            id=answer.id or answer_id(body),
            backend=self._backend,
            results=ordered(results, request.top_n),
            usage=_usage(answer.usage, fields.get("meta")) or request.estimate(0),
            meta=answer.meta or {},
        )
        return rendered(ranking, json_name=json_name, extra=extra)


def answer_id(body: bytes) -> str:
    """An id for an answer that came without one."""
    return f"rerank-{hashlib.sha256(body).hexdigest()[:24]}"


def _usage(told: _Tokens | None, meta: msgspec.Raw | None) -> Usage | None:
    """Some services count only a total, all of which went in, and some count searches in place of tokens: Cohere in
    `meta.billed_units`, OpenRouter in `usage`."""
    tokens = units = None
    if told is not None:
        tokens = told.prompt_tokens if told.prompt_tokens is not None else told.total_tokens
        units = told.search_units
    if units is None and meta is not None:
        try:
            billed = _meta(meta)
        except JSON_FAULTS:
            billed = None
        if billed is not None and billed.billed_units is not None:
            units = billed.billed_units.search_units
    if (tokens is None and units is None) or not (0 <= (tokens or 0) < MOST and 0 <= (units or 0) < MOST):
        return None
    return Usage(input=tokens or 0, searches=math.ceil(units or 0))


def _invalid(name: str, accepted: str) -> InvalidBody:
    return InvalidBody(f"{name!r} is {accepted}", details=[detail(name, accepted)])
