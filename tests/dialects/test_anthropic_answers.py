"""Whole answers of Anthropic's Messages API as chat completions, and what its errors mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion

from headgate.core.failure import Failure, FailureKind
from headgate.core.usage import Usage
from headgate.dialects.anthropic import buckets, read_reported
from tests.dialects.messages import CODEC, MINE, chat, extra

USAGE = {"input_tokens": 7, "output_tokens": 3}
TEXT = {"type": "text", "text": "Hi", "citations": None}


def answered(message: Mapping[str, object]) -> dict[str, Any]:
    """The completion that a message becomes, which OpenAI's own types accept."""
    whole = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-up",
        "content": [TEXT],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
        **message,
    }
    out = CODEC.whole(json.dumps(whole).encode(), MINE, chat(), extra)
    assert isinstance(out, bytes), out
    ChatCompletion.model_validate_json(out, strict=True)
    completion: dict[str, Any] = json.loads(out)
    return completion


def message_of(message: Mapping[str, object]) -> dict[str, Any]:
    told: dict[str, Any] = answered(message)["choices"][0]["message"]
    return told


def test_a_text_is_answered_under_the_entrys_name() -> None:
    assert answered({}) == {
        "id": "msg_1",
        "object": "chat.completion",
        "created": 0,
        "model": "mine",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 7,
            "completion_tokens": 3,
            "total_tokens": 10,
            "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
            "cost": 10,
        },
    }


def test_texts_are_one_text() -> None:
    assert message_of({"content": [TEXT, {"type": "text", "text": " there"}]})["content"] == "Hi there"


def test_calls_of_tools_are_told_with_their_arguments_as_the_upstream_wrote_them() -> None:
    body = (
        b'{"type":"message","id":"m","content":[{"type":"tool_use","id":"a","name":"f","input":{"x": 1.50}},'
        b'{"type":"tool_use","id":"b","name":"g","input":{}}],"stop_reason":"tool_use",'
        b'"usage":{"input_tokens":1,"output_tokens":1}}'
    )

    out = CODEC.whole(body, MINE, chat(), extra)

    assert isinstance(out, bytes)
    [choice] = json.loads(out)["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    assert choice["message"]["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1.50}'}},
        {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]


def test_thinking_is_told_apart_from_the_answer_and_once_more_as_it_must_come_back() -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "sig"}
    redacted = {"type": "redacted_thinking", "data": "xyz"}

    told = message_of({"content": [thinking, redacted, TEXT]})

    assert (told["reasoning_content"], told["content"]) == ("hm", "Hi")
    assert told["thinking_blocks"] == [thinking, redacted]


def test_blocks_that_a_completion_has_no_place_for_are_left_out() -> None:
    search = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}}

    assert message_of({"content": [search, {"type": "no_such_block", "x": 1}, TEXT]})["content"] == "Hi"


def test_an_answer_of_nothing_is_an_empty_text() -> None:
    assert message_of({"content": []})["content"] == ""


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("a_later_reason", "stop"),
        (None, "stop"),
    ],
)
def test_the_reason_to_stop_is_told_in_openais_words(reason: str | None, finish: str) -> None:
    assert answered({"stop_reason": reason})["choices"][0]["finish_reason"] == finish


def test_a_refusal_says_why() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "not this"}

    told = message_of({"content": [], "stop_reason": "refusal", "stop_details": details})

    assert told["refusal"] == "not this"


# Usage


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        pytest.param(USAGE, Usage(input=7, output=3), id="plain"),
        pytest.param(
            {**USAGE, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20},
            Usage(input=7, cached_input=100, cache_write=20, output=3),
            id="the cache is counted beside the input",
        ),
        pytest.param(
            {**USAGE, "output_tokens_details": {"thinking_tokens": 2}},
            Usage(input=7, output=1, reasoning=2),
            id="thinking is counted inside the output",
        ),
        pytest.param({**USAGE, "cache_read_input_tokens": None}, Usage(input=7, output=3), id="null"),
        pytest.param({"input_tokens": -1, "output_tokens": 1}, None, id="negative"),
        pytest.param({"input_tokens": 1, "output_tokens": 2**50}, None, id="absurd"),
        pytest.param({"input_tokens": "1", "output_tokens": 1}, None, id="text"),
        pytest.param({"input_tokens": 1}, None, id="half"),
        pytest.param([], None, id="a list"),
    ],
)
def test_usage_is_read_or_not_believed(usage: object, expected: Usage | None) -> None:
    reported = read_reported(json.dumps(usage).encode())

    assert (buckets(reported) if reported is not None else None) == expected


_COUNT = st.integers(0, 10**6)


@given(_COUNT, _COUNT, _COUNT, _COUNT, _COUNT)
def test_the_buckets_add_up_to_what_the_upstream_bills(
    fresh: int, cached: int, written: int, output: int, thinking: int
) -> None:
    usage = {
        "input_tokens": fresh,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": written,
        "output_tokens": output,
        "output_tokens_details": {"thinking_tokens": thinking},
    }

    shown = answered({"usage": usage})["usage"]

    assert (shown["prompt_tokens"], shown["completion_tokens"]) == (fresh + cached + written, output)
    assert shown["prompt_tokens_details"] == {"cached_tokens": cached, "cache_write_tokens": written}
    assert shown["completion_tokens_details"]["reasoning_tokens"] <= output


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": -1, "output_tokens": 1}])
def test_usage_that_is_missing_or_cannot_be_is_estimated_and_says_so(usage: object) -> None:
    assert answered({"usage": usage})["usage"]["estimated"] is True


# What is no answer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"content":null}',
        b'{"content":"text"}',
        b'{"content":[{}]}',
        b'{"content":[{"type":"text","text":1}]}',
        b'{"content":[{"type":"text","text":"\xff"}]}',
        b'{"content":[{"type":"tool_use","id":"a","name":"f","input":[]}]}',
        b'{"content":[{"type":"tool_use","id":"a","name":"f","input":{"x":"\xff"}}]}',
    ],
)
def test_what_is_no_message_is_malformed(body: bytes) -> None:
    out = CODEC.whole(body, MINE, chat(), extra)

    assert isinstance(out, Failure)
    assert out.kind is FailureKind.MALFORMED


@given(st.binary(max_size=40) | st.sampled_from([b'{"content":[', b'{"type":"message","content":[{"type":"text"}]}']))
def test_any_bytes_are_an_answer_or_a_failure(body: bytes) -> None:
    out = CODEC.whole(body, MINE, chat(), extra)

    if isinstance(out, bytes):
        assert json.loads(out)["model"] == "mine"


def error(kind: str, message: str = "as it says") -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}).encode()


def test_an_error_that_came_as_an_answer_is_a_failure() -> None:
    out = CODEC.whole(error("overloaded_error"), MINE, chat(), extra)

    assert isinstance(out, Failure)
    assert (out.kind, out.message) == (FailureKind.SERVER_ERROR, "as it says")


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (400, "invalid_request_error", FailureKind.REJECTED),
        (401, "authentication_error", FailureKind.CREDENTIAL_REJECTED),
        (402, "billing_error", FailureKind.CREDENTIAL_REJECTED),
        (403, "permission_error", FailureKind.CREDENTIAL_REJECTED),
        (404, "not_found_error", FailureKind.REJECTED),
        (413, "request_too_large", FailureKind.REJECTED),
        (429, "rate_limit_error", FailureKind.RATE_LIMITED),
        (500, "api_error", FailureKind.SERVER_ERROR),
        (504, "timeout_error", FailureKind.SERVER_ERROR),
        (529, "overloaded_error", FailureKind.SERVER_ERROR),
        (302, "", FailureKind.MALFORMED),
    ],
)
def test_a_status_is_the_failure_that_it_means(status: int, kind: str, expected: FailureKind) -> None:
    failure = CODEC.classify(status, {b"retry-after": b"7"}, error(kind))

    assert (failure.kind, failure.status) == (expected, status)
    assert failure.retry_after in (7, None)


@pytest.mark.parametrize("status", [429, 529])
def test_the_time_to_wait_is_taken_from_an_overloaded_upstream(status: int) -> None:
    assert CODEC.classify(status, {b"retry-after": b"7"}, b"").retry_after == 7


def test_the_words_of_a_refusal_are_kept() -> None:
    assert CODEC.classify(400, {}, error("invalid_request_error")).message == "as it says"


@given(st.integers(100, 999), st.binary(max_size=30))
def test_any_status_is_a_failure(status: int, body: bytes) -> None:
    assert CODEC.classify(status, {}, body).status == status
