"""Which addresses may be connected to, by every spelling that has fooled somebody."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from headgate.adapters.upstream.dns import Resolver, system_look_up
from headgate.adapters.upstream.egress import EgressPolicy
from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.catalogue.url import parse_base_url
from headgate.core.failure import Failure, FailureKind
from tests.adapters.upstream.rig import ManualClock, Rig, make_offer, means

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]
PRIVATE = [
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:100.64.0.1",
    "64:ff9b::a00:1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2001:0:808:808:0:0:f5ff:fffe",
    "2001:0:a00:1:0:0:f7f7:f7f7",
    "2001:4860::5efe:a00:1",
]
NEVER = [
    "0.0.0.0",  # noqa: S104 - nothing is bound
    "0.1.2.3",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.253",
    "169.254.169.254",
    "169.254.170.2",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fd00:c1::a9fe:a9fe",
    "fd00:42::42",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "::169.254.169.254",
    "::ffff:0:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:a9fe:a9fe::1",
    "2001:0:a9fe:a9fe:0:0:f7f7:f7f7",
    "2001:0:808:808:0:0:5601:5601",
    "2001:4860::5efe:a9fe:a9fe",
    "2001:4860::200:5efe:a9fe:a9fe",
    "2001:db8::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "3fff::1",
    "100::1",
    "4000::1",
    "5f00::1",
    "1::1",
]
NOTHING = EgressPolicy()
EVERYTHING = EgressPolicy([ip_network("0.0.0.0/0"), ip_network("::/0")])


def refused(address: str, policy: EgressPolicy = NOTHING, *, private: bool = False) -> bool:
    return policy.refusal(ip_address(address), private=private) is not None


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_open_to_everyone(address: str) -> None:
    assert not refused(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_open_to_those_who_may_and_within_what_is_allowed(address: str) -> None:
    assert refused(address)
    assert not refused(address, private=True)
    assert not refused(address, EVERYTHING)


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_open_to_nobody(address: str) -> None:
    assert refused(address)
    assert refused(address, private=True)
    assert refused(address, EVERYTHING, private=True)


def test_an_allowed_network_opens_itself_and_nothing_beside_it() -> None:
    policy = EgressPolicy([ip_network("10.1.0.0/16"), ip_network("fd12::/32")])

    assert [refused(address, policy) for address in ("10.1.2.3", "10.2.0.1", "fd12::1", "fd13::1", "127.0.0.1")] == [
        False,
        True,
        False,
        True,
        True,
    ]


# Spellings. What the system makes of them is judged, so none of them leads where the plain one does not.


@pytest.mark.anyio
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "0177.0.0.01",
        "127.0.0.1.",
        "0",
        "0.0.0.0",  # noqa: S104 - nothing is bound
        "0x0",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "10.0.1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[fe80::1]",
    ],
)
async def test_no_spelling_of_an_inner_address_is_connected_to(host: str) -> None:
    rig = Rig(look_up=system_look_up)

    told = await rig.call(make_offer(f"http://{host}:9/v1", private=False))
    await rig.close()

    # The resolver knows no such name, or it knows an address, which is refused. Nothing is ever connected to.
    assert told.told == ["failed"]
    assert told.kind in (FailureKind.EGRESS_REFUSED, FailureKind.NAME_NOT_FOUND)


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_spellings_that_the_system_reads_are_judged_by_what_it_reads(host: str) -> None:
    rig = Rig(look_up=system_look_up)

    told = await rig.call(make_offer(f"http://{host}:9/v1", private=False))
    await rig.close()

    assert told.kind is FailureKind.EGRESS_REFUSED


@pytest.mark.parametrize(
    "url",
    [
        "http://user@127.0.0.1/",
        "http://api.example.com@127.0.0.1/",
        "http://127.0.0.1\\@api.example.com/",
        "http://api.example.com\\.evil/",
        "http://127.0.0.1\t/",
        "http://127。0。0。1/",
        "http://①②⑦.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://127.0.0.1:80:80/",
        "http:///v1",
        "http://%31%32%37.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://127.0.0.1#@api.example.com/",
        "http://api.example.com?@127.0.0.1/",
    ],
)
def test_urls_that_two_readers_read_differently_are_no_base_urls(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_base_url(url)


# Names


@pytest.mark.anyio
async def test_one_refused_address_refuses_the_name() -> None:
    rig = Rig(look_up=means("93.184.216.34", "10.0.0.1"))

    told = await rig.call(make_offer("http://mixed.example/v1", private=False))
    await rig.close()

    assert told.kind is FailureKind.EGRESS_REFUSED
    assert told.failure is not None
    assert "10.0.0.1" not in told.failure.message


@pytest.mark.anyio
async def test_a_metadata_address_is_refused_to_those_who_may_reach_private_ones() -> None:
    rig = Rig(look_up=means("169.254.169.254"), policy=EVERYTHING)

    told = await rig.call(make_offer("http://metadata.example/", private=True))
    await rig.close()

    assert told.kind is FailureKind.EGRESS_REFUSED


@pytest.mark.anyio
async def test_what_was_judged_is_what_is_connected_to() -> None:
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    asked: list[str] = []

    def flipping(host: str) -> list[str]:
        asked.append(host)
        return next(answers)

    rig = Rig(look_up=flipping)
    first = await rig.call(make_offer("http://flip.example:1/v1", private=True))
    again = await rig.call(make_offer("http://flip.example:1/v1", private=True))
    rig.clock.seconds += 30
    after = await rig.call(make_offer("http://flip.example:1/v1", private=True))
    await rig.close()

    assert asked == ["flip.example", "flip.example"]
    assert [told.kind for told in (first, again, after)] == [
        FailureKind.REFUSED,
        FailureKind.REFUSED,
        FailureKind.EGRESS_REFUSED,
    ]


@pytest.mark.anyio
async def test_the_resolver_is_not_asked_about_addresses() -> None:
    def never(host: str) -> list[str]:
        raise AssertionError(host)

    resolver = Resolver(ManualClock(), UpstreamLimits(), look_up=never)

    assert await resolver.resolve("10.0.0.1") == (ip_address("10.0.0.1"),)
    assert await resolver.resolve("fd00::1") == (ip_address("fd00::1"),)
    assert not isinstance(await resolver.resolve("10.0.0.1"), Failure)
