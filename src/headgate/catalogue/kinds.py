"""The kinds of model, and the words that each management API has for them.

Reading: the word that an entry shows follows from its kind. Writing: the word that it shows changes nothing; any
other word sets the first kind listed with it.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
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

CATEGORIES: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.CHAT: "llm",
        Kind.COMPLETION: "llm",
        Kind.EMBEDDING: "embedding",
        Kind.IMAGE: "image",
        Kind.TRANSCRIPTION: "speech",
        Kind.SPEECH: "speech",
        Kind.RERANK: "rerank",
        Kind.MODERATION: "moderation",
        Kind.VIDEO: "video",
    }
)
"""`category` of the registry API, by kind."""

MODES: Final[Mapping[Kind, str | None]] = MappingProxyType(
    {
        Kind.CHAT: "chat",
        Kind.COMPLETION: "completion",
        Kind.EMBEDDING: "embedding",
        Kind.IMAGE: "image_generation",
        Kind.TRANSCRIPTION: "audio_transcription",
        Kind.SPEECH: None,
        Kind.RERANK: None,
        Kind.MODERATION: None,
        Kind.VIDEO: None,
    }
)
"""`mode` of the assets API, by kind; None where it has no word."""

SEED_TYPES: Final = ("completion", "embeddings", "image_generation")
"""The types that the published schema knows; the second mount lists no others."""

TYPES: Final = tuple(dict.fromkeys(CATALOGUE_TYPES.values()))
"""Every accepted `type` of the first mount."""

MODE_WORDS: Final = tuple(word for word in MODES.values() if word is not None)
"""Every accepted `mode`."""

CATEGORY_WORDS: Final = tuple(dict.fromkeys(CATEGORIES.values()))
"""Every accepted `category`."""

HEARS: Final = "asr"
"""The ability of a speech model to transcribe."""
SPEAKS: Final = "tts"
"""The ability of a speech model to speak."""


def kind_of_type(word: str, shown_by: Kind | None = None) -> Kind:
    """The kind that writing `word` sets on an entry of kind `shown_by`; ValueError for an unknown word."""
    if shown_by is not None and CATALOGUE_TYPES[shown_by] == word:
        return shown_by
    for kind, shown in CATALOGUE_TYPES.items():
        if shown == word:
            return kind
    raise ValueError(f"{word!r} is not a type; accepted: {', '.join(TYPES)}")


def kind_of_category(word: str, shown_by: Kind | None = None, *, abilities: Collection[str] = ()) -> Kind:
    """The kind that writing `word` sets on an entry of kind `shown_by`; ValueError for an unknown word.

    Of the two kinds of speech it is the one that the abilities leave: a model that only transcribes transcribes.
    """
    if shown_by is not None and CATEGORIES[shown_by] == word:
        return shown_by
    if word == CATEGORIES[Kind.SPEECH]:
        return Kind.TRANSCRIPTION if HEARS in abilities and SPEAKS not in abilities else Kind.SPEECH
    for kind, shown in CATEGORIES.items():
        if shown == word:
            return kind
    raise ValueError(f"{word!r} is not a category; accepted: {', '.join(CATEGORY_WORDS)}")


def kind_of_mode(word: str | None, shown_by: Kind | None = None) -> Kind:
    """The kind that writing `word` sets on an entry of kind `shown_by`; ValueError for an unknown word.

    None acts as chat, unless it is what the entry shows.
    """
    if shown_by is not None and MODES[shown_by] == word:
        return shown_by
    if word is None:
        return Kind.CHAT
    for kind, shown in MODES.items():
        if shown == word:
            return kind
    raise ValueError(f"{word!r} is not a mode; accepted: {', '.join(MODE_WORDS)}")
