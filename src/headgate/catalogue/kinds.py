"""The kinds of model, and the words that each management API has for them.

Reading: the word that an entry shows follows from its kind. Writing: the word that it shows changes nothing; any
other word sets the first kind listed with it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


class Kind(enum.StrEnum):
    """What an entry does."""

    CHAT = "chat"
    COMPLETION = "completion"
    EMBEDDING = "embedding"
    IMAGE = "image"
    TRANSCRIPTION = "transcription"
    SPEECH = "speech"
    RERANK = "rerank"
    MODERATION = "moderation"
    VIDEO = "video"


CATALOGUE_TYPES: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.CHAT: "completion",
        Kind.COMPLETION: "completion",
        Kind.EMBEDDING: "embeddings",
        Kind.IMAGE: "image_generation",
        Kind.TRANSCRIPTION: "audio_transcription",
        Kind.SPEECH: "audio_speech",
        Kind.RERANK: "rerank",
        Kind.MODERATION: "moderation",
        Kind.VIDEO: "video",
    }
)
"""`type` of the catalogue API, by kind."""

SEED_TYPES: Final = ("completion", "embeddings", "image_generation")
"""The types that the published schema knows; the second mount lists no others."""

TYPES: Final = tuple(dict.fromkeys(CATALOGUE_TYPES.values()))
"""Every accepted `type` of the first mount."""


def kind_of_type(word: str, shown_by: Kind | None = None) -> Kind:
    """The kind that writing `word` sets on an entry of kind `shown_by`; ValueError for an unknown word."""
    if shown_by is not None and CATALOGUE_TYPES[shown_by] == word:
        return shown_by
    for kind, shown in CATALOGUE_TYPES.items():
        if shown == word:
            return kind
    raise ValueError(f"{word!r} is not a type; accepted: {', '.join(TYPES)}")
