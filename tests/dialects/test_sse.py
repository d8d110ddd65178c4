"""Server-sent events, cut anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.dialects.sse import EventReader, EventTooLarge, data_of
from tests.dialects.pieces import CUTS, cut_at, in_pieces

LINE_ENDS = ("\n", "\r\n", "\r")


def data_in(stream: bytes, pieces: list[bytes] | None = None) -> list[bytes | None]:
    reader = EventReader(1000)
    return [data_of(event) for piece in pieces or [stream] for event in reader.feed(piece)]


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        pytest.param(b"data: a\n\n", [b"a"], id="one event"),
        pytest.param(b"data:a\n\n", [b"a"], id="no space after the colon"),
        pytest.param(b"data:  a\n\n", [b" a"], id="only one space is taken"),
        pytest.param(b"data: a\r\n\r\n", [b"a"], id="CRLF"),
        pytest.param(b"data: a\r\rx", [b"a"], id="CR"),
        pytest.param(b"data: a\r\n\ndata: b\n\r\nx", [b"a", b"b"], id="mixed line ends"),
        pytest.param(b"data: a\ndata: b\n\n", [b"a\nb"], id="two data lines"),
        pytest.param(b"data\n\n", [b""], id="a field without a colon"),
        pytest.param(b": ping\n\ndata: a\n\n", [None, b"a"], id="a comment"),
        pytest.param(b"event: x\nid: 1\ndata: a\n\n", [b"a"], id="other fields"),
        pytest.param(b"\xef\xbb\xbfdata: a\n\n", [b"a"], id="a byte order mark"),
        pytest.param(b"data: a", [], id="an event that never ends"),
    ],
)
def test_the_data_of_an_event(stream: bytes, data: list[bytes | None]) -> None:
    assert data_in(stream) == data


texts = st.text(st.characters(exclude_characters="\r\n\x00", exclude_categories=["Cs"]), max_size=20)


@given(st.lists(texts, min_size=1, max_size=5), st.sampled_from(LINE_ENDS), CUTS)
def test_events_do_not_depend_on_how_the_bytes_arrive(contents: list[str], end: str, cuts: list[int]) -> None:
    stream = "".join(f"data: {content}{end}{end}" for content in contents).encode() + b": end"

    assert data_in(stream, cut_at(stream, cuts)) == data_in(stream)
    assert data_in(stream) == [content.encode() for content in contents]


@given(st.binary(max_size=200), CUTS)
def test_any_bytes_are_cut_into_the_same_events_and_none_is_lost(stream: bytes, cuts: list[int]) -> None:
    whole, pieces = EventReader(1000), EventReader(1000)

    at_once = whole.feed(stream)
    in_parts = [event for piece in cut_at(stream, cuts) for event in pieces.feed(piece)]

    assert in_parts == at_once
    kept = stream.removeprefix(b"\xef\xbb\xbf") if len(stream) >= 3 else stream
    assert b"".join(at_once) + whole.rest() == kept


def test_an_event_that_grows_beyond_the_cap_is_refused() -> None:
    reader = EventReader(10)

    with pytest.raises(EventTooLarge):
        reader.feed(b"data: 0123456789")


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n"])
def test_a_long_line_that_arrives_in_very_many_pieces_is_one_event(end: bytes) -> None:
    reader = EventReader(20_000_000)
    text = b"x" * 10_000_000

    events = [event for piece in in_pieces(b"data: " + text + end + b"x", 400) for event in reader.feed(piece)]

    assert [data_of(event) for event in events] == [text]


def test_a_line_that_grows_beyond_the_cap_in_many_pieces_is_refused() -> None:
    reader = EventReader(1000)

    for _ in range(1000):
        reader.feed(b"x")
    with pytest.raises(EventTooLarge):
        reader.feed(b"x")
