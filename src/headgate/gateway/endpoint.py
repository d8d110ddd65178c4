"""The inference endpoints, declared once: where they are mounted, what they need and what they ask of an entry."""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from headgate.catalogue.kinds import Kind
from headgate.catalogue.operations import Operation
from headgate.dialects.pairs import CODECS, PARSERS, Codecs, Parse


class Shape(enum.StrEnum):
    """The form of an error body."""

    OPENAI = "openai"
    FLAT = "flat"
    ENVELOPE = "envelope"
    DETAIL = "detail"


class Endpoint(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One inference route. `default` is the kind whose default model serves a request that names none; `parse` reads
    a body, and `codecs` translate it for an upstream, by its dialect."""

    name: str
    method: bytes
    path: bytes
    shape: Shape
    permission: str
    operation: Operation
    default: Kind
    parse: Parse
    codecs: Codecs


SECOND_MOUNT: Final = "/v2/workspaces/slug:llm-gateway/webhooks"

ENDPOINTS: Final = tuple(
    Endpoint(
        name="chat",
        method=b"POST",
        path=f"{mount}/v1/chat/completions".encode(),
        shape=shape,
        permission="llm:completions:use",
        operation=Operation.CHAT,
        default=Kind.CHAT,
        parse=PARSERS[Operation.CHAT],
        codecs=CODECS[Operation.CHAT],
    )
    for mount, shape in (("", Shape.OPENAI), (SECOND_MOUNT, Shape.FLAT))
)

SERVED_AT: Final = {
    Kind.CHAT: "/v1/chat/completions",
    Kind.COMPLETION: "/v1/completions",
    Kind.EMBEDDING: "/v1/embeddings",
    Kind.IMAGE: "/v1/images/generations",
    Kind.TRANSCRIPTION: "/v1/audio/transcriptions",
    Kind.SPEECH: "/v1/audio/speech",
    Kind.RERANK: "/v1/rerank",
    Kind.MODERATION: "/v1/moderations",
    Kind.VIDEO: "no endpoint of this gateway",
}
"""The endpoint that an entry asked for at another is pointed to."""
