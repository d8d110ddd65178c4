"""The inference endpoints, declared once: where they are mounted, what they need and what they ask of an entry."""

from __future__ import annotations

import enum
from typing import Final, NoReturn

import msgspec

from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer
from headgate.catalogue.operations import Operation
from headgate.catalogue.upstream import Route
from headgate.core.errors import RerankFailed, UpstreamFailed
from headgate.dialects.openai_embeddings import RootedEmbeddingRequest
from headgate.dialects.pairs import CODECS, FORMS, PARSERS, Codecs, Parse, ParseForm


class Shape(enum.StrEnum):
    """The form of an error body."""

    OPENAI = "openai"
    FLAT = "flat"
    ENVELOPE = "envelope"
    DETAIL = "detail"


class Endpoint(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One inference route. `default` is the kind whose default model serves a request that names none; `parse` reads
    a body, `parse_form` one that comes as a form, and `codecs` translate it for an upstream, by its dialect. `failed`
    is how an end without an answer is told.
    """

    name: str
    method: bytes
    path: bytes
    shape: Shape
    permission: str
    operation: Operation
    default: Kind
    parse: Parse
    parse_form: ParseForm | None
    codecs: Codecs
    failed: type[UpstreamFailed]


SECOND_MOUNT: Final = "/v2/workspaces/slug:llm-gateway/webhooks"
COMPLETIONS_USE: Final = "llm:completions:use"
EMBEDDINGS_USE: Final = "llm:embeddings:use"

PATHS: Final = (
    ("/v1/chat/completions", Operation.CHAT, Kind.CHAT),
    ("/v1/completions", Operation.COMPLETION, Kind.COMPLETION),
    ("/v1/embeddings", Operation.EMBEDDING, Kind.EMBEDDING),
    ("/v1/images/generations", Operation.IMAGE, Kind.IMAGE),
    ("/v1/images/edits", Operation.IMAGE_EDIT, Kind.IMAGE),
    ("/v1/audio/transcriptions", Operation.TRANSCRIPTION, Kind.TRANSCRIPTION),
    ("/v1/audio/translations", Operation.TRANSLATION, Kind.TRANSCRIPTION),
    ("/v1/audio/speech", Operation.SPEECH, Kind.SPEECH),
    ("/v1/rerank", Operation.RERANK, Kind.RERANK),
    ("/v2/rerank", Operation.RERANK, Kind.RERANK),
    ("/v1/moderations", Operation.MODERATION, Kind.MODERATION),
)
"""The paths of both mounts: what each asks of an entry, and whose default model it takes."""


def _parser(operation: Operation, *, flat: bool) -> Parse:
    if flat and operation is Operation.EMBEDDING:
        return RootedEmbeddingRequest
    return PARSERS.get(operation, _no_form)


def _no_form(_body: bytes | memoryview) -> NoReturn:
    raise AssertionError("a form is read while it arrives")


def _endpoint(mount: str, path: str, *, operation: Operation, default: Kind) -> Endpoint:
    flat = mount == SECOND_MOUNT
    return Endpoint(
        name=operation.value,
        method=b"POST",
        path=(mount + path).encode(),
        shape=Shape.FLAT if flat else Shape.OPENAI,
        permission=EMBEDDINGS_USE if operation is Operation.EMBEDDING else COMPLETIONS_USE,
        operation=operation,
        default=default,
        parse=_parser(operation, flat=flat),
        parse_form=FORMS.get(operation),
        codecs=CODECS[operation],
        failed=RerankFailed if operation is Operation.RERANK else UpstreamFailed,
    )


ENDPOINTS: Final = tuple(
    _endpoint(mount, path, operation=operation, default=default)
    for mount in ("", SECOND_MOUNT)
    for path, operation, default in PATHS
)

_SERVED_AT: Final = {
    Operation.CHAT: "/v1/chat/completions",
    Operation.COMPLETION: "/v1/completions",
    Operation.EMBEDDING: "/v1/embeddings",
    Operation.IMAGE: "/v1/images/generations",
    Operation.IMAGE_EDIT: "/v1/images/edits",
    Operation.TRANSCRIPTION: "/v1/audio/transcriptions",
    Operation.TRANSLATION: "/v1/audio/translations",
    Operation.SPEECH: "/v1/audio/speech",
    Operation.RERANK: "/v1/rerank",
}


def served_at(offer: Offer) -> str:
    """The endpoints that an entry is called at, as words; "" if none calls it, or none in its upstream's format."""
    dialect = offer.route.dialect if isinstance(offer.route, Route) else None
    return " and ".join(
        path
        for operation, path in _SERVED_AT.items()
        if operation in offer.operations
        and (dialect is None or operation not in CODECS or dialect in CODECS[operation])
    )
