"""OpenAI's wire format: usage and errors."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.usage import Usage
from headgate.dialects.openai import read_error, read_retry_after
from headgate.dialects.openai_usage import buckets, read_reported


def usage_in(fields: object) -> Usage | None:
    reported = read_reported(json.dumps(fields).encode())
    return buckets(reported) if reported is not None else None


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        pytest.param({"prompt_tokens": 1, "completion_tokens": 2}, Usage(input=1, output=2), id="plain"),
        pytest.param({"prompt_tokens": 1}, Usage(input=1), id="embeddings have no completion"),
        pytest.param(
            {
                "prompt_tokens": 10,
                "completion_tokens": 8,
                "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 5},
            },
            Usage(input=6, cached_input=4, output=3, reasoning=5),
            id="buckets do not overlap",
        ),
        pytest.param(
            {"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": None},
            Usage(1, 0, 0, 2),
            id="null details",
        ),
        pytest.param({"prompt_tokens": -1, "completion_tokens": 2}, None, id="negative"),
        pytest.param({"prompt_tokens": "1", "completion_tokens": 2}, None, id="text"),
        pytest.param({"prompt_tokens": 1.5, "completion_tokens": 2}, None, id="a fraction"),
        pytest.param({"prompt_tokens": 2**50, "completion_tokens": 2}, None, id="absurd"),
        pytest.param([], None, id="a list"),
        pytest.param({}, None, id="nothing"),
        pytest.param({"total_tokens": 5, "completion_tokens": 5}, None, id="nothing of what went in"),
    ],
)
def test_usage_is_read_or_not_believed(usage: object, expected: Usage | None) -> None:
    assert usage_in(usage) == expected


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_buckets_add_up_to_what_the_upstream_reported(
    prompt: int, completion: int, cached: int, reasoning: int
) -> None:
    given_usage = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "prompt_tokens_details": {"cached_tokens": min(cached, prompt)},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }

    usage = usage_in(given_usage)

    assert usage is not None
    assert (usage.prompt, usage.completion) == (prompt, completion)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"message":"m","type":"t","param":"p","code":"c"}}', "m"),
        (b'{"error":"m"}', "m"),
        (b'{"object":"error","message":"m"}', "m"),
        (b'{"error":{"message":"m","code":400}}', "m"),
    ],
)
def test_the_error_bodies_of_compatible_servers_are_read(body: bytes, message: str) -> None:
    error = read_error(body)

    assert error is not None
    assert error.message == message


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(b"3", 3), (b"0", 1), (b"1000000000", 3600), (b"-1", None), (b"soon", None), (b"", None), (b"9" * 40, None)],
)
def test_retry_after_is_taken_within_bounds(value: bytes, seconds: int | None) -> None:
    assert read_retry_after({b"retry-after": value}) == seconds
