"""TLS towards upstreams: verification is never off, and every failure of it has a name."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from headgate.adapters.upstream.tls import client_context
from headgate.core.failure import FailureKind
from tests.adapters.upstream.certificates import Authority
from tests.adapters.upstream.rig import Rig
from tests.origin.script import answer, answering, chunk, expect, pause, reset, send, stream_head, until_closed
from tests.origin.server import Origin


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def trusting(authority: Authority) -> Rig:
    return Rig(context=client_context(authority.pem))


def test_verification_is_on() -> None:
    context = client_context()

    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["api.example", "api.example.", "API.example"])
async def test_the_name_is_verified_while_the_address_is_connected_to(
    trusting: Rig, authority: Authority, tmp_path: Path, name: str
) -> None:
    with Origin(answering(answer(b"safe")), tls=authority.server(tmp_path, "api.example")) as origin:
        first = await trusting.call(f"https://{name}:{origin.port}/v1")
        second = await trusting.call(f"https://{name}:{origin.port}/v1")
        await trusting.close()

    assert (first.body, second.body, origin.accepted) == (b"safe", b"safe", 1)


@pytest.mark.anyio
async def test_an_address_is_verified_as_one(trusting: Rig, authority: Authority, tmp_path: Path) -> None:
    with Origin(answering(answer(b"safe")), tls=authority.server(tmp_path, "127.0.0.1")) as origin:
        told = await trusting.call(origin.url)
        await trusting.close()

    assert told.body == b"safe"


@pytest.mark.anyio
async def test_a_certificate_of_another_host_is_refused(trusting: Rig, authority: Authority, tmp_path: Path) -> None:
    with Origin(answering(answer()), tls=authority.server(tmp_path, "other.example")) as origin:
        told = await trusting.call(f"https://api.example:{origin.port}/v1")
        await trusting.close()

    assert (told.told, told.kind) == (["failed"], FailureKind.TLS)
    assert told.failure is not None
    assert told.failure.message == "the certificate of 'api.example' was not accepted"


@pytest.mark.anyio
async def test_an_expired_certificate_is_refused(trusting: Rig, authority: Authority, tmp_path: Path) -> None:
    tls = authority.server(tmp_path, "api.example", expired=True)
    with Origin(answering(answer()), tls=tls) as origin:
        told = await trusting.call(f"https://api.example:{origin.port}/v1")
        await trusting.close()

    assert told.kind is FailureKind.TLS


@pytest.mark.anyio
async def test_a_certificate_of_an_unknown_authority_is_refused(authority: Authority, tmp_path: Path) -> None:
    rig = Rig()
    with Origin(answering(answer()), tls=authority.server(tmp_path, "api.example")) as origin:
        told = await rig.call(f"https://api.example:{origin.port}/v1")
        await rig.close()

    assert told.kind is FailureKind.TLS


@pytest.mark.anyio
async def test_an_upstream_without_tls_is_no_https_upstream(trusting: Rig) -> None:
    with Origin([send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), until_closed()]) as origin:
        told = await trusting.call(f"https://api.example:{origin.port}/v1")
        await trusting.close()

    assert told.kind is FailureKind.TLS


@pytest.mark.anyio
async def test_a_handshake_that_is_broken_off_is_a_failure_of_tls(trusting: Rig) -> None:
    with Origin([reset()]) as origin:
        told = await trusting.call(f"https://api.example:{origin.port}/v1")
        await trusting.close()

    assert told.kind is FailureKind.TLS


@pytest.mark.anyio
async def test_abort_during_a_handshake_that_stalls(trusting: Rig) -> None:
    with Origin([pause("handshake"), until_closed()]) as origin:
        wire, told = trusting.connect(f"https://api.example:{origin.port}/v1")
        await origin.reaches("handshake")
        wire.abort()
        origin.go("handshake")
        await trusting.settled()
        await origin.closes()
        await trusting.close()

    assert told.told == []


@pytest.mark.anyio
async def test_abort_in_the_middle_of_an_encrypted_stream(trusting: Rig, authority: Authority, tmp_path: Path) -> None:
    script = [expect(), send(stream_head(), chunk(b"one")), until_closed()]
    with Origin(script, tls=authority.server(tmp_path, "127.0.0.1")) as origin:
        wire, told = await trusting.start(origin.url)
        await told.until_body(b"one")
        wire.abort()
        await origin.closes()
        await trusting.settled()
        await trusting.close()

    assert told.told == ["connected", "head", "bytes"]


@pytest.mark.anyio
async def test_an_encrypted_stream_that_is_reset_is_cut(trusting: Rig, authority: Authority, tmp_path: Path) -> None:
    script = [expect(), send(stream_head(), chunk(b"one")), pause("cut"), reset()]
    with Origin(script, tls=authority.server(tmp_path, "127.0.0.1")) as origin:
        _, told = await trusting.start(origin.url)
        await told.until_body(b"one")
        origin.go("cut")
        await told.over()
        await trusting.close()

    assert told.kind is FailureKind.CUT
