"""Which formats meet: for each operation what reads the caller's body, and for each upstream dialect its codec.

An upstream that has no codec for an operation cannot be called for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from headgate.catalogue.operations import Operation
from headgate.catalogue.upstream import RERANK
from headgate.dialects.anthropic_chat import ChatOverAnthropic
from headgate.dialects.exchange import Codec, Form, Inbound
from headgate.dialects.openai_audio import (
    ImageEditOverOpenAI,
    ImageEditRequest,
    SpeechOverOpenAI,
    SpeechRequest,
    TranscriptionOverOpenAI,
    TranscriptionRequest,
    TranslationOverOpenAI,
)
from headgate.dialects.openai_chat import ChatRequest, CompletionRequest
from headgate.dialects.openai_codec import ChatOverOpenAI, CompletionOverOpenAI
from headgate.dialects.openai_embeddings import EmbeddingOverOpenAI, EmbeddingRequest
from headgate.dialects.openai_images import ImageOverOpenAI, ImageRequest
from headgate.dialects.openai_json import JsonRequest
from headgate.dialects.rerank import RerankOverRerank, RerankRequest
from headgate.dialects.rerank_chat import RerankOverChat

Parse: TypeAlias = Callable[[bytes | memoryview], Inbound]
"""A request as its caller wrote it; InvalidJson, InvalidBody."""

ParseForm: TypeAlias = Callable[[bytes], Form]
"""A form that is about to arrive, by its Content-Type; InvalidBody."""

Codecs: TypeAlias = Mapping[str, Codec]
"""The codecs of one operation, by the dialect of the upstream."""

PARSERS: Final[Mapping[Operation, Parse]] = MappingProxyType(
    {
        Operation.CHAT: ChatRequest,
        Operation.COMPLETION: CompletionRequest,
        Operation.EMBEDDING: EmbeddingRequest,
        Operation.IMAGE: ImageRequest,
        Operation.SPEECH: SpeechRequest,
        Operation.RERANK: RerankRequest,
        Operation.MODERATION: JsonRequest,
    }
)

FORMS: Final[Mapping[Operation, ParseForm]] = MappingProxyType(
    {
        Operation.IMAGE_EDIT: ImageEditRequest,
        Operation.TRANSCRIPTION: TranscriptionRequest,
        Operation.TRANSLATION: TranscriptionRequest,
    }
)
"""The operations whose requests are forms. They have no parser of whole bodies."""

_CHAT: Final[Codecs] = {"openai": ChatOverOpenAI(), "mock": ChatOverOpenAI(), "anthropic": ChatOverAnthropic()}


def _alike(codec: Codec) -> Codecs:
    """The mock speaks OpenAI's wire format."""
    return {"openai": codec, "mock": codec}


CODECS: Final[Mapping[Operation, Codecs]] = MappingProxyType(
    {
        Operation.CHAT: _CHAT,
        Operation.COMPLETION: _alike(CompletionOverOpenAI()),
        Operation.EMBEDDING: _alike(EmbeddingOverOpenAI()),
        Operation.IMAGE: _alike(ImageOverOpenAI()),
        Operation.IMAGE_EDIT: _alike(ImageEditOverOpenAI()),
        Operation.TRANSCRIPTION: _alike(TranscriptionOverOpenAI()),
        Operation.TRANSLATION: _alike(TranslationOverOpenAI()),
        Operation.SPEECH: _alike(SpeechOverOpenAI()),
        Operation.RERANK: {
            "openai": RerankOverChat(_CHAT["openai"], json_mode=True, cold=True),
            # Newer models of Anthropic's refuse the very word temperature.
            "anthropic": RerankOverChat(_CHAT["anthropic"], json_mode=False, cold=False),
            "mock": RerankOverRerank("mock"),
            RERANK: RerankOverRerank("native"),
        },
        Operation.MODERATION: {},
    }
)

SERVED_DIALECTS: Final = frozenset(dialect for codecs in CODECS.values() for dialect in codecs)
"""The dialects of upstreams that can be called for something."""
