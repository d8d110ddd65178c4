"""Which formats meet: for each operation what reads the caller's body, and for each upstream dialect its codec.

An upstream that has no codec for an operation cannot be called for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from headgate.catalogue.operations import Operation
from headgate.dialects.anthropic_chat import ChatOverAnthropic
from headgate.dialects.exchange import Codec, Inbound
from headgate.dialects.openai_chat import ChatRequest
from headgate.dialects.openai_codec import ChatOverOpenAI

Parse: TypeAlias = Callable[[bytes | memoryview], Inbound]
"""A request as its caller wrote it; InvalidJson, InvalidBody."""

Codecs: TypeAlias = Mapping[str, Codec]
"""The codecs of one operation, by the dialect of the upstream."""

PARSERS: Final[Mapping[Operation, Parse]] = MappingProxyType({Operation.CHAT: ChatRequest})

_CHAT_OVER_OPENAI: Final = ChatOverOpenAI()

CODECS: Final[Mapping[Operation, Codecs]] = MappingProxyType(
    {
        Operation.CHAT: {
            "openai": _CHAT_OVER_OPENAI,
            "mock": _CHAT_OVER_OPENAI,
            "anthropic": ChatOverAnthropic(),
        },
    }
)

SERVED_DIALECTS: Final = frozenset(dialect for codecs in CODECS.values() for dialect in codecs)
"""The dialects of upstreams that can be called for anything."""
