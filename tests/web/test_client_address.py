"""Who the client is, when some of what is said about it was written by the client."""

from __future__ import annotations

import pytest

from headgate.web.client_address import client_address, networks

TRUSTED = networks(["10.0.0.0/8", "2001:db8::/32"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        pytest.param("203.0.113.9", ["198.51.100.7"], "203.0.113.9", id="a stranger's word is not taken"),
        pytest.param("10.0.0.1", [], "10.0.0.1", id="a proxy that says nothing is the client"),
        pytest.param("10.0.0.1", ["198.51.100.7"], "198.51.100.7", id="a proxy's word is taken"),
        pytest.param(
            "10.0.0.1", ["192.0.2.1, 198.51.100.7"], "198.51.100.7", id="what the client wrote further left is not"
        ),
        pytest.param("10.0.0.1", ["198.51.100.7, 10.0.0.2"], "198.51.100.7", id="proxies behind each other are passed"),
        pytest.param("10.0.0.1", ["198.51.100.7", "10.0.0.2"], "198.51.100.7", id="several fields are one list"),
        pytest.param("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3", id="the leftmost of nothing but proxies"),
        pytest.param("10.0.0.1", ["198.51.100.7, unknown"], "10.0.0.1", id="beyond a word that is no address, nobody"),
        pytest.param("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7", id="a port is left out"),
        pytest.param("10.0.0.1", ["[2001:db9::7]:4711"], "2001:db9::7", id="brackets are left out"),
        pytest.param("2001:db8::1", ["2001:db9::7"], "2001:db9::7", id="IPv6"),
        pytest.param("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7", id="an IPv4 proxy on an IPv6 socket"),
        pytest.param("", ["198.51.100.7"], "", id="a connection without an address"),
    ],
)
def test_the_client_is_the_rightmost_address_that_is_no_proxy(peer: str, forwarded: list[str], client: str) -> None:
    headers = [(b"host", b"x"), *((b"x-forwarded-for", value.encode()) for value in forwarded)]

    assert client_address(peer, headers, trusted=TRUSTED) == client


def test_without_trusted_proxies_the_peer_is_the_client() -> None:
    assert client_address("10.0.0.1", [(b"x-forwarded-for", b"198.51.100.7")], trusted=()) == "10.0.0.1"


@pytest.mark.parametrize("range_", ["10.0.0.0/33", "10.0.0.1/8", "proxy", ""])
def test_what_is_no_network_is_refused(range_: str) -> None:
    with pytest.raises(ValueError, match=r"network|host bits"):
        networks([range_])
