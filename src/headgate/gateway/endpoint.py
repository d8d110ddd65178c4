"""The inference endpoints, declared once: where they are mounted, what they need, and in which shape they refuse."""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from headgate.catalogue.kinds import Kind


class Shape(enum.StrEnum):
    """The form of an error body."""

    OPENAI = "openai"
    FLAT = "flat"
    ENVELOPE = "envelope"


class Endpoint(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One inference route. `kinds` are the kinds of entry that it serves."""

    name: str
    method: bytes
    path: bytes
    shape: Shape
    permission: str
    kinds: frozenset[Kind]


SECOND_MOUNT: Final = "/v2/workspaces/slug:llm-gateway/webhooks"

_CHAT: Final = frozenset({Kind.CHAT})

ENDPOINTS: Final = tuple(
    Endpoint(
        name="chat",
        method=b"POST",
        path=f"{mount}/v1/chat/completions".encode(),
        shape=shape,
        permission="llm:completions:use",
        kinds=_CHAT,
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
