"""The bodies that every contender carries."""

import json

from bench.conversation import (
    ANSWER_TEXT,
    EVENTS_PER_STREAM,
    large_question,
    small_question,
    streamed_events,
    whole_answer,
)


def test_the_bodies_have_the_sizes_that_budgets_name() -> None:
    assert 650 <= len(small_question()) <= 750
    assert 100_000 <= len(large_question()) <= 105_000
    assert 650 <= len(whole_answer()) <= 850


def test_every_body_is_json() -> None:
    assert json.loads(small_question())["model"] == json.loads(large_question())["model"]
    assert json.loads(whole_answer())["choices"][0]["message"]["content"] == ANSWER_TEXT


def test_a_stream_ends_with_its_finish_reason_its_usage_and_done() -> None:
    events = streamed_events()

    assert len(events) == EVENTS_PER_STREAM
    assert b'"finish_reason":"stop"' in events[-3]
    assert b'"completion_tokens":100' in events[-2]
    assert events[-1] == b"data: [DONE]\n\n"
