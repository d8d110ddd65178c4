"""Chunks and head lines."""

from __future__ import annotations

import pytest

from headgate.http1.framing import LAST_CHUNK, chunk, has_body, status_line


@pytest.mark.parametrize(("data", "framed"), [(b"a", b"1\r\na\r\n"), (b"x" * 255, b"ff\r\n" + b"x" * 255 + b"\r\n")])
def test_a_chunk_says_its_length_in_hexadecimal(data: bytes, framed: bytes) -> None:
    assert chunk(data) == framed


def test_the_last_chunk_is_empty() -> None:
    assert LAST_CHUNK == b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (200, b"HTTP/1.1 200 OK\r\n"),
        (431, b"HTTP/1.1 431 Request Header Fields Too Large\r\n"),
        (599, b"HTTP/1.1 599 \r\n"),
    ],
)
def test_a_status_line_is_complete(status: int, line: bytes) -> None:
    assert status_line(status) == line


@pytest.mark.parametrize(("status", "has"), [(100, False), (200, True), (204, False), (304, False), (500, True)])
def test_some_answers_have_no_body(status: int, has: bool) -> None:  # noqa: FBT001 - a column of the table
    assert has_body(status) is has
