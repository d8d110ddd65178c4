"""Chunks and head lines."""

from __future__ import annotations

import pytest

from headgate.http1.framing import LAST_CHUNK, status_line


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
