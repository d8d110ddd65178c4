"""How long a request's body is, and the requests that leave it open."""

from __future__ import annotations

import pytest

from headgate.core.errors import MalformedRequest
from headgate.http1.inbound import CHUNKED, body_length, expects_continue

HOST = (b"host", b"test")


@pytest.mark.parametrize(
    ("watched", "version", "length"),
    [
        pytest.param([HOST], "1.1", 0, id="no length is none"),
        pytest.param([HOST, (b"content-length", b"12")], "1.1", 12, id="a length"),
        pytest.param([(b"content-length", b"12"), HOST], "1.1", 12, id="a length before the host"),
        pytest.param([HOST, (b"content-length", b"007")], "1.1", 7, id="leading zeros"),
        pytest.param([HOST, (b"transfer-encoding", b"chunked")], "1.1", CHUNKED, id="chunks"),
        pytest.param([HOST, (b"transfer-encoding", b"Chunked")], "1.1", CHUNKED, id="chunks in capitals"),
        pytest.param([HOST, (b"expect", b"a"), (b"expect", b"b")], "1.1", 0, id="several expectations"),
        pytest.param([], "1.0", 0, id="HTTP/1.0 without a host"),
        pytest.param([(b"content-length", b"3")], "1.0", 3, id="HTTP/1.0 with a length"),
    ],
)
def test_the_length_of_a_body(watched: list[tuple[bytes, bytes]], version: str, length: int) -> None:
    assert body_length(watched, version) == length


@pytest.mark.parametrize(
    ("watched", "version", "complaint"),
    [
        pytest.param([], "1.1", "Host", id="no host"),
        pytest.param([HOST, HOST], "1.1", "several host", id="two hosts"),
        pytest.param([HOST], "2.0", "'2.0'", id="another version"),
        pytest.param([HOST], "0.9", "'0.9'", id="an old version"),
        pytest.param([HOST, (b"content-length", b"1"), (b"content-length", b"1")], "1.1", "several", id="two lengths"),
        pytest.param([HOST, (b"content-length", b"+1")], "1.1", "b'\\+1'", id="a sign"),
        pytest.param([HOST, (b"content-length", b"")], "1.1", "b''", id="an empty length"),
        pytest.param([HOST, (b"content-length", b"1" * 20)], "1.1", "decimal", id="a length without bounds"),
        pytest.param([HOST, (b"content-length", b"\xc2\xb2")], "1.1", "decimal", id="a digit that is not ASCII"),
        pytest.param([HOST, (b"transfer-encoding", b"gzip")], "1.1", "b'gzip'", id="another coding"),
        pytest.param([HOST, (b"transfer-encoding", b"chunked, gzip")], "1.1", "gzip", id="a list of codings"),
        pytest.param([HOST, (b"transfer-encoding", b"chunked"), (b"content-length", b"1")], "1.1", "beside", id="both"),
        pytest.param([(b"transfer-encoding", b"chunked")], "1.0", "HTTP/1.0", id="chunks in HTTP/1.0"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(
    watched: list[tuple[bytes, bytes]], version: str, complaint: str
) -> None:
    with pytest.raises(MalformedRequest, match=complaint):
        body_length(watched, version)


@pytest.mark.parametrize(("value", "expects"), [(b"100-continue", True), (b"100-Continue", True), (b"200-ok", False)])
def test_only_one_expectation_has_a_meaning(value: bytes, *, expects: bool) -> None:
    assert expects_continue([HOST, (b"expect", value)]) is expects
