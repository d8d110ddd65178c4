"""What a whole answer is settled with, and that its caller is told no other usage than the upstream's."""

from __future__ import annotations

import json

import pytest

from headgate.core.json import Json, JsonObject
from headgate.core.usage import Usage
from headgate.dialects.exchange import Codec, Inbound
from headgate.dialects.openai_chat import ChatRequest
from headgate.dialects.openai_codec import ChatOverOpenAI
from headgate.dialects.openai_embeddings import EmbeddingOverOpenAI, EmbeddingRequest
from tests.dialects.kinds import MINE
from tests.dialects.messages import CODEC, chat

CHAT = ChatRequest(b'{"model":"m","messages":[]}')
CHOICES = [{"index": 0, "message": {"role": "assistant", "content": "Hello, you."}, "finish_reason": "stop"}]
TOLD = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10, "prompt_tokens_details": {"cached_tokens": 2}}


def settled(codec: Codec, request: Inbound, answer: JsonObject) -> tuple[Usage, Json]:
    """The usage that is settled, and the one that is shown."""
    found: list[Usage] = []

    def extra(usage: Usage) -> bytes:
        found.append(usage)
        return b'"cost":null'

    told = codec.whole(json.dumps(answer).encode(), MINE, request, extra)
    assert isinstance(told, bytes), told
    (usage,) = found
    return usage, json.loads(told)["usage"]


def test_a_chat_is_settled_with_its_buckets_and_its_tier_and_shown_as_it_came() -> None:
    usage, shown = settled(ChatOverOpenAI(), CHAT, {"choices": CHOICES, "usage": TOLD, "service_tier": "flex"})

    assert usage == Usage(input=5, cached_input=2, output=3, tier="flex")
    assert shown == {**TOLD, "cost": None}


def test_a_chat_without_usage_is_estimated_by_what_it_says() -> None:
    long = {"id": "c" * 400, "choices": CHOICES, "service_tier": "default"}

    usage, shown = settled(ChatOverOpenAI(), CHAT, long)

    assert usage == Usage(input=7, output=3, estimated=True, tier="default")
    assert (shown["completion_tokens"], shown["estimated"]) == (3, True)


@pytest.mark.parametrize(
    ("choices", "tokens"),
    [
        ([{"text": "12345"}], 2),
        ([{"message": {"role": "assistant", "content": None, "tool_calls": []}}], 0),
        ([{"message": {"role": "assistant", "content": "1234", "reasoning_content": "1234"}}], 2),
        ([], 0),
    ],
)
def test_all_that_is_said_counts(choices: JsonObject, tokens: int) -> None:
    assert settled(ChatOverOpenAI(), CHAT, {"choices": choices})[0].output == tokens


def test_a_message_is_settled_with_its_buckets_and_shown_in_sums() -> None:
    told = {
        "input_tokens": 10,
        "cache_read_input_tokens": 5,
        "cache_creation_input_tokens": 7,
        "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4},
        "output_tokens": 6,
        "server_tool_use": {"web_search_requests": 2},
        "service_tier": "priority",
    }
    answer = {"type": "message", "id": "msg", "content": [{"type": "text", "text": "Hi"}], "usage": told}

    usage, shown = settled(CODEC, chat(), answer)

    assert usage == Usage(
        input=10, cached_input=5, cache_write=3, cache_write_1h=4, output=6, searches=2, tier="priority"
    )
    assert shown == {
        "prompt_tokens": 22,
        "completion_tokens": 6,
        "total_tokens": 28,
        "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 7},
        "completion_tokens_details": {"reasoning_tokens": 0},
        "cost": None,
    }


def test_a_message_without_usage_is_estimated_by_what_it_says() -> None:
    content = [
        {"type": "thinking", "thinking": "1234", "signature": "x" * 400},
        {"type": "text", "text": "1234"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
    ]

    usage, _ = settled(CODEC, chat(), {"type": "message", "id": "msg", "content": content})

    assert (usage.output, usage.estimated) == (4, True)


def test_vectors_whose_total_alone_is_told_are_settled_with_it() -> None:
    request = EmbeddingRequest(b'{"input":"a"}')

    usage, shown = settled(EmbeddingOverOpenAI(), request, {"data": [], "usage": {"total_tokens": 9}})

    assert (usage, shown) == (Usage(input=9), {"total_tokens": 9, "cost": None})
