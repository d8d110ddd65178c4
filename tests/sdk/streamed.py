"""What a stream of the official package says."""

from __future__ import annotations

from collections.abc import Iterable

from openai.types.chat import ChatCompletionChunk


def text_of(chunks: Iterable[ChatCompletionChunk]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
