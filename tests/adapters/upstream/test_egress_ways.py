"""Nothing that somebody other than an administrator can write makes this process connect to a refused address.

Every way to a connection is taken (calls, streams, smoke tests, verification, probes of what is not stored, lists of
models) with every spelling and every name, and the interpreter tells what was connected to. Loopback addresses that
`egress_allow` opens stand in for public ones, so that no test leaves the machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from itertools import chain, repeat
from pathlib import Path

import pytest

from headgate.adapters.upstream.egress import EgressPolicy
from headgate.catalogue.scope import PLATFORM
from headgate.core.failure import FailureKind
from headgate.gateway.administer import Desk
from tests.adapters.upstream.watched import WAYS, Way, call, connects, names, probe, stored, unsaved
from tests.gateway.verifying import kind_of, office
from tests.gateway.writing import ROOT, StillClock, desk_at
from tests.origin.script import answer, answering
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio

OPEN = "127.0.0.2"
"""The address that is allowed where one is."""
ALLOWED = EgressPolicy([ip_network(f"{OPEN}/32")])
EVERYTHING = EgressPolicy([ip_network("0.0.0.0/0"), ip_network("::/0")])

NAMES: dict[str, Sequence[str]] = {
    "loopback.example": ["127.0.0.1"],
    "private.example": ["10.0.0.5"],
    "carrier.example": ["100.64.0.1"],
    "metadata.example": ["169.254.169.254"],
    "six.example": ["::1"],
    "unique-local.example": ["fd12::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "6to4.example": ["2002:7f00:1::1"],
    "mixed.example": [OPEN, "127.0.0.1"],
    "mixed-last.example": [OPEN, OPEN, "169.254.169.254"],
    "mixed-six.example": [OPEN, "::1"],
}
LITERALS = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "0.0.0.0",  # noqa: S104 - nothing is bound
    "224.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::1]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:7f00:1:0:0:f7f7:f7f7]",
]
SPELLINGS = [
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "017700000001",
    "0177.0.0.1",
    "127.1",
    "127.0.1",
    "127.0.0.1.",
    "0",
    "0x0",
    "10.1",
    "192.168.257",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "localhost",
]
PORT = 9
"""Discard: should a connect be made after all, nobody is there."""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Python's own event loop, because uvloop connects without the interpreter's knowledge."""
    return "asyncio", {"use_uvloop": False}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_at(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("way", WAYS)
async def test_no_way_leads_to_a_refused_address(desk: Desk, way: Way) -> None:
    async with office(desk, policy=ALLOWED, look_up=names(NAMES)) as at:
        with connects() as connected:
            for host in (*LITERALS, *SPELLINGS, *NAMES):
                await way(at, f"http://{host}:{PORT}/v1")

    assert connected == []


@pytest.mark.parametrize("way", WAYS)
async def test_the_same_ways_lead_to_an_address_that_is_allowed(desk: Desk, way: Way) -> None:
    with Origin(answering(answer()), host=OPEN) as origin:
        async with office(desk, policy=ALLOWED, look_up=names({"open.example": [OPEN]})) as at:
            with connects() as connected:
                await way(at, f"http://open.example:{origin.port}/v1")

    assert set(connected) <= {OPEN}
    # Without a secret there is nothing to ask with, and so nothing is asked.
    assert bool(connected) == (way.__name__ != "probe_without_secret")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("second", ["127.0.0.1", "169.254.169.254", "::1"])
async def test_a_name_that_changes_its_answer_leads_where_its_first_answer_did(
    desk: Desk, way: Way, second: str
) -> None:
    answers = chain([[OPEN]], repeat([second]))
    with Origin(answering(answer()), host=OPEN) as origin:
        async with office(desk, policy=ALLOWED, look_up=lambda _: next(answers)) as at:
            assert isinstance(desk.clock, StillClock)
            with connects() as connected:
                for _ in range(3):
                    await way(at, f"http://flip.example:{origin.port}/v1")
                    desk.clock.time += 31.0  # what is known of names is forgotten

    assert set(connected) <= {OPEN}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_leads_nowhere(desk: Desk, way: Way, status: int) -> None:
    moved = b"location: http://127.0.0.1:%d/latest/meta-data\r\n" % PORT
    with Origin(answering(answer(b"", status=status, headers=moved)), host=OPEN) as origin:
        async with office(desk, policy=ALLOWED) as at:
            with connects() as connected:
                await way(at, f"http://{OPEN}:{origin.port}/v1")

    assert set(connected) <= {OPEN}


# What egress_allow opens


def _near() -> Iterator[tuple[str, str, int]]:
    """Networks, addresses, and how many connections a probe and a call make there."""
    yield "127.0.0.2/32", "127.0.0.2", 2
    yield "127.0.0.2/32", "[::ffff:127.0.0.2]", 2
    yield "127.0.0.2/32", "127.0.0.1", 0
    yield "127.0.0.2/32", "127.0.0.3", 0
    yield "127.0.0.2/32", "[::1]", 0
    yield "127.0.0.2/31", "127.0.0.3", 2
    yield "127.0.0.2/31", "127.0.0.4", 0
    yield "::1/128", "[::1]", 2
    yield "::1/128", "127.0.0.1", 0
    yield "10.0.0.0/8", "127.0.0.1", 0
    yield "0.0.0.0/0", "127.0.0.1", 2
    yield "0.0.0.0/0", "[::1]", 0


@pytest.mark.parametrize(("network", "host", "connections"), tuple(_near()))
async def test_egress_allow_opens_exactly_what_it_says(desk: Desk, network: str, host: str, connections: int) -> None:
    async with office(desk, policy=EgressPolicy([ip_network(network)]), look_up=names({})) as at:
        with connects() as connected:
            await probe(at, f"http://{host}:{PORT}")
            await call(at, f"http://{host}:{PORT}")

    # The stale-connection retry and the second page of a probe come only after a connection; here there is none.
    assert len(connected) == connections


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]",
                                  "0.0.0.0", "metadata.example", "[64:ff9b::a9fe:a9fe]"])  # fmt: skip  # noqa: S104
@pytest.mark.parametrize("way", WAYS)
async def test_link_local_and_metadata_are_opened_by_nothing(desk: Desk, host: str, way: Way) -> None:
    async with office(desk, policy=EVERYTHING, look_up=names(NAMES)) as at:
        with connects() as connected:
            await way(at, f"http://{host}:{PORT}")
            await at.verify.probe(unsaved(f"http://{host}:{PORT}", private=True), by=ROOT)

    assert connected == []


# Whose right it is


async def test_a_platform_administrators_entry_reaches_a_private_address_and_another_ones_does_not(
    desk: Desk,
) -> None:
    with Origin(answering(answer())) as origin:
        async with office(desk) as at:
            administrators = await at.verify.stored(await stored(at, origin.url, by=ROOT, scope=PLATFORM), by=ROOT)
            others = await at.verify.stored(await stored(at, origin.url), by=ROOT)

    assert (administrators.ok, kind_of(others.failure)) == (True, FailureKind.EGRESS_REFUSED.value)
    assert origin.accepted == 1


async def test_a_probe_reaches_what_who_asks_may_reach(desk: Desk) -> None:
    with Origin(answering(answer())) as origin:
        async with office(desk) as at:
            administrators = await at.verify.probe(unsaved(origin.url, private=True), by=ROOT)
            others = await at.verify.probe(unsaved(origin.url), by=ROOT)

    assert (administrators.ok, kind_of(others.failure)) == (True, FailureKind.EGRESS_REFUSED.value)
    assert origin.accepted == 1


async def test_a_connection_of_those_who_may_is_not_shared_with_those_who_may_not(desk: Desk) -> None:
    with Origin(answering(answer(b'{"choices":[{"message":{"content":"x"}}]}'))) as origin:
        async with office(desk) as at:
            await at.verify.stored(await stored(at, origin.url, by=ROOT, scope=PLATFORM), by=ROOT)
            with connects() as connected:
                await call(at, origin.url)

    assert (connected, len(origin.requests)) == ([], 1)


async def test_a_refusal_does_not_tell_what_a_name_means(desk: Desk) -> None:
    async with office(desk, look_up=names(NAMES)) as at:
        outcome = await at.verify.probe(unsaved("http://private.example"), by=ROOT)

    assert "10.0.0.5" not in outcome.message
    assert outcome.message == (
        "'private.example' may not be connected to: it is a private address and not in egress_allow"
    )
