"""What can be asked of an entry: its operations, by its kind and its abilities."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from headgate.catalogue.kinds import Kind


class Operation(enum.StrEnum):
    """What an endpoint asks of a model."""

    CHAT = "chat"
    COMPLETION = "completion"
    EMBEDDING = "embedding"
    IMAGE = "image"
    IMAGE_EDIT = "image_edit"
    TRANSCRIPTION = "transcription"
    TRANSLATION = "translation"
    SPEECH = "speech"
    RERANK = "rerank"
    MODERATION = "moderation"


_IMAGES: Final = (frozenset({Operation.IMAGE}), frozenset({Operation.IMAGE_EDIT}))
_AUDIO: Final = (frozenset({Operation.TRANSCRIPTION, Operation.TRANSLATION}), frozenset({Operation.SPEECH}))

_OF_KIND: Final[Mapping[Kind, frozenset[Operation]]] = MappingProxyType(
    {
        # A chat model can also go on with a text, and be asked to order documents.
        Kind.CHAT: frozenset({Operation.CHAT, Operation.COMPLETION, Operation.RERANK}),
        Kind.COMPLETION: frozenset({Operation.COMPLETION}),
        Kind.EMBEDDING: frozenset({Operation.EMBEDDING}),
        Kind.RERANK: frozenset({Operation.RERANK}),
        # Stored and listed, not called.
        Kind.MODERATION: frozenset(),
        Kind.VIDEO: frozenset(),
    }
)
_OF_ABILITIES: Final[Mapping[Kind, Mapping[str, frozenset[Operation]]]] = MappingProxyType(
    {
        Kind.IMAGE: dict(zip(("generate", "edit"), _IMAGES, strict=True)),
        # One word of the registry, `speech`, stands for both kinds: only abilities tell the direction.
        Kind.TRANSCRIPTION: dict(zip(("asr", "tts"), _AUDIO, strict=True)),
        Kind.SPEECH: dict(zip(("asr", "tts"), _AUDIO, strict=True)),
    }
)
"""The kinds whose abilities each open an endpoint. An entry that has none of these abilities does all of it."""


def operations(kind: Kind, abilities: Collection[str]) -> frozenset[Operation]:
    """What an entry of this kind, with these abilities, can be asked."""
    by_ability = _OF_ABILITIES.get(kind)
    if by_ability is None:
        return _OF_KIND[kind]
    named = [opened for ability, opened in by_ability.items() if ability in abilities]
    return frozenset().union(*(named or by_ability.values()))
