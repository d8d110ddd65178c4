"""Streams of Anthropic's Messages API as chat completion chunks."""

from __future__ import annotations

import pytest

from headgate.core.usage import Usage
from tests.dialects.message_streams import (
    BASIC,
    HELLO,
    SEARCH,
    SILENT,
    START,
    TEXT,
    THINKING,
    TOOLS,
    begun,
    chunks,
    deltas,
    ended,
    event,
    finish,
    finishes,
    relayed,
)
from tests.dialects.messages import CODEC, MINE, chat, extra


def test_a_text_is_streamed_with_its_role_first_and_its_usage_last() -> None:
    out, relay = relayed([BASIC])

    told = chunks(out)
    assert deltas(out) == [{"role": "assistant", "content": ""}, {"content": "Hello"}, {"content": "! 字"}, {}]
    assert finishes(out) == ["stop"]
    assert {(chunk["id"], chunk["object"], chunk["model"]) for chunk in told} == {
        ("msg_1", "chat.completion.chunk", "mine")
    }
    assert [chunk["usage"] for chunk in told[:-1]] == [None] * 4
    assert (told[-1]["choices"], told[-1]["usage"]["total_tokens"], told[-1]["usage"]["cost"]) == ([], 45, 45)
    assert out.endswith(b"data: [DONE]\n\n")
    assert relay.usage == Usage(input=25, cached_input=5, output=15)


def test_a_caller_that_did_not_ask_for_usage_sees_none() -> None:
    out, relay = relayed([BASIC], SILENT)

    assert b'"usage"' not in out
    assert relay.usage == Usage(input=25, cached_input=5, output=15)


def test_calls_of_tools_are_streamed_with_their_number_and_whole_arguments() -> None:
    out, _ = relayed([TOOLS])

    calls = [call for part in deltas(out) for call in part.get("tool_calls", [])]
    assert [(call["index"], call["id"], call["function"]["name"]) for call in calls if "id" in call] == [
        (0, "toolu_1", "get_weather"),
        (1, "toolu_2", "get_time"),
    ]
    arguments = ["".join(call["function"]["arguments"] for call in calls if call["index"] == n) for n in (0, 1)]
    assert arguments == ['{"location": "San Francisco"}', "{}"]
    assert finishes(out) == ["tool_calls"]


def test_arguments_told_all_at_once_are_told() -> None:
    block = {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}}

    out, _ = relayed([START + begun(0, block) + ended(0) + finish("tool_use", output_tokens=1)])

    assert deltas(out)[2]["tool_calls"] == [{"index": 0, "function": {"arguments": '{"x": 1}'}}]


def test_thinking_is_streamed_and_told_once_more_as_it_must_come_back() -> None:
    out, relay = relayed([THINKING])

    told = deltas(out)
    assert "".join(part.get("reasoning_content", "") for part in told) == "Let me see."
    assert [block for part in told for block in part.get("thinking_blocks", [])] == [
        {"type": "thinking", "thinking": "Let me see.", "signature": "EqQB"},
        {"type": "redacted_thinking", "data": "xyz"},
    ]
    assert relay.usage == Usage(input=25, cached_input=5, output=8, reasoning=12)


def test_events_and_blocks_of_other_types_are_passed_over() -> None:
    out, relay = relayed([SEARCH])

    assert deltas(out) == [{"role": "assistant", "content": ""}, {"content": "Found"}, {}]
    assert relay.usage == Usage(input=300, cached_input=5, output=40)


def test_a_refusal_in_a_stream_says_why() -> None:
    stop = {"stop_reason": "refusal", "stop_details": {"type": "refusal", "explanation": "not this"}}

    out, _ = relayed([START, event("message_delta", delta=stop, usage={"output_tokens": 1}) + event("message_stop")])

    assert deltas(out)[-1] == {"refusal": "not this"}
    assert finishes(out) == ["content_filter"]


# Usage


def test_a_stream_that_ends_without_its_last_figures_is_billed_for_its_output() -> None:
    stop = event("message_delta", delta={"stop_reason": "end_turn"}, usage=None)

    _, relay = relayed([START + TEXT + HELLO + stop + event("message_stop")])

    assert relay.so_far() == Usage(input=25, cached_input=5, output=2, estimated=True)


def test_the_usage_of_a_stream_left_half_way_has_the_input_that_the_upstream_told() -> None:
    relay = CODEC.relay(MINE, chat(SILENT), extra)
    relay.feed(START + TEXT + HELLO)

    assert relay.so_far() == Usage(input=25, cached_input=5, output=2, estimated=True)


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": -5, "output_tokens": 1}, {"output_tokens": "many"}])
def test_usage_that_is_missing_or_cannot_be_is_estimated_and_says_so(usage: object) -> None:
    start = event("message_start", message={"id": "m", "usage": None})
    stop = event("message_delta", delta={"stop_reason": "end_turn"}, usage=usage)

    out, relay = relayed([start + TEXT + HELLO + stop + event("message_stop")])

    assert relay.usage is not None
    assert relay.usage.estimated
    assert chunks(out)[-1]["usage"]["estimated"] is True
