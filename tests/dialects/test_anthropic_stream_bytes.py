"""Streams of Anthropic's Messages API, cut anywhere, broken off and gone wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.failure import FailureKind
from headgate.dialects.openai_stream import EVENT_LIMIT
from tests.dialects.message_streams import (
    ASKING,
    BASIC,
    HELLO,
    PING,
    START,
    STREAMS,
    TEXT,
    delta,
    deltas,
    ended,
    event,
    finish,
    relayed,
)
from tests.dialects.messages import CODEC, MINE, chat, extra
from tests.dialects.pieces import CUTS, cut_at


@pytest.mark.parametrize("stream", STREAMS, ids=["text", "tools", "thinking", "search"])
@given(cuts=CUTS)
def test_an_answer_does_not_depend_on_how_the_bytes_arrive(stream: bytes, cuts: list[int]) -> None:
    assert relayed(cut_at(stream, cuts))[0] == relayed([stream])[0]


@pytest.mark.parametrize("stream", STREAMS, ids=["text", "tools", "thinking", "search"])
@pytest.mark.parametrize("size", [1, 2, 7])
def test_an_answer_split_at_every_few_bytes_is_the_same_answer(stream: bytes, size: int) -> None:
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]

    assert relayed(pieces)[0] == relayed([stream])[0]


@given(st.lists(st.text(max_size=12), max_size=12), CUTS)
def test_every_text_arrives_as_it_was_sent(texts: list[str], cuts: list[int]) -> None:
    grown = b"".join(delta(0, "text_delta", text=text) for text in texts)
    out, _ = relayed(cut_at(START + TEXT + grown + ended(0) + finish("end_turn", output_tokens=1), cuts))

    assert "".join(part.get("content", "") for part in deltas(out)) == "".join(texts)


@given(st.sampled_from(STREAMS), st.integers(0, 400), st.binary(max_size=30))
def test_bytes_gone_wrong_never_crash_and_nothing_follows_a_failure(stream: bytes, at: int, noise: bytes) -> None:
    relay = CODEC.relay(MINE, chat(ASKING), extra)
    relay.feed(stream[:at] + noise)
    failed = relay.failure is not None

    after = relay.feed(stream[at:])

    assert not (failed and after)
    assert bool(relay.end(framed=True)) is (relay.failure is None)


# Ends


def test_nothing_follows_the_end_of_the_message() -> None:
    out, _ = relayed([BASIC + HELLO + event("error", error={"type": "api_error", "message": "x"}) + BASIC])

    assert out == relayed([BASIC])[0]


def test_what_comes_after_the_end_of_the_message_is_not_kept() -> None:
    out, relay = relayed([BASIC, b"x" * (EVENT_LIMIT + 1)])

    assert (out, relay.failure) == (relayed([BASIC])[0], None)


@pytest.mark.parametrize("kept", range(len(BASIC.split(b"\n\n")) - 1))
def test_a_stream_without_the_end_of_its_message_is_cut(kept: int) -> None:
    events = [part + b"\n\n" for part in BASIC.split(b"\n\n")[:-2]]

    out, relay = relayed([b"".join(events[:kept])])

    assert relay.failure is not None
    assert relay.failure.kind is FailureKind.CUT
    assert not relay.complete
    assert b"[DONE]" not in out


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("overloaded_error", FailureKind.SERVER_ERROR),
        ("api_error", FailureKind.SERVER_ERROR),
        ("rate_limit_error", FailureKind.RATE_LIMITED),
        ("authentication_error", FailureKind.CREDENTIAL_REJECTED),
        ("invalid_request_error", FailureKind.REJECTED),
        ("a_later_error", FailureKind.SERVER_ERROR),
    ],
)
@pytest.mark.parametrize("before", [b"", START, START + TEXT + PING], ids=["at once", "begun", "a block begun"])
def test_an_error_before_the_first_output_leaves_nothing_sent(kind: str, expected: FailureKind, before: bytes) -> None:
    out, relay = relayed([before, event("error", error={"type": kind, "message": "Overloaded"})])

    assert out == b""
    assert relay.failure is not None
    assert (relay.failure.kind, relay.failure.message) == (expected, "Overloaded")


def test_an_error_after_output_ends_the_answer() -> None:
    error = event("error", error={"type": "overloaded_error", "message": "Overloaded"})

    out, relay = relayed([START + TEXT + HELLO + error + HELLO])

    assert deltas(out)[-1] == {"content": "! 字"}
    assert relay.failure is not None


@pytest.mark.parametrize(
    "wrong",
    [
        b"data: <html>\n\n",
        b"data: {}\n\n",
        b"data: []\n\n",
        delta(9, "text_delta", text="x"),
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": 1}),
        b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\xff"}}\n\n',
    ],
    ids=["not JSON", "no type", "no object", "of no block", "no text", "not UTF-8"],
)
def test_an_event_that_is_none_of_a_message_is_malformed(wrong: bytes) -> None:
    _, relay = relayed([START + TEXT, wrong])

    assert relay.failure is not None
    assert relay.failure.kind is FailureKind.MALFORMED
