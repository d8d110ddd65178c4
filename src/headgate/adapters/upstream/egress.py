"""Which addresses may be connected to.

The decision is about the address that a socket is opened to, never about a name or a spelling. It knows three answers:
anyone may (public), some may (private, loopback, carrier-grade NAT), nobody may: link-local with its metadata
services, multicast, reserved and documentation ranges, and metadata services that live elsewhere. An IPv6 address that
carries an IPv4 address is judged by both.

Whatever IPv6 range is not listed and not global unicast (2000::/3) is unassigned, and so refused.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


class Reach(enum.IntEnum):
    """Who may connect to an address."""

    PUBLIC = 0
    PRIVATE = 1
    NEVER = 2


_Ranges: TypeAlias = tuple[tuple[int, int], ...]


def _networks(*texts: str) -> _Ranges:
    """The first address and the mask of each, as numbers: comparing objects takes five times as long."""
    networks = [ip_network(text) for text in texts]
    return tuple((int(network.network_address), int(network.netmask)) for network in networks)


_NEVER_4: Final = _networks(
    "0.0.0.0/8",  # this network: 0.0.0.0 reaches the machine itself
    "100.100.100.200/32",  # metadata of Alibaba Cloud
    "168.63.129.16/32",  # Azure's platform services
    "169.254.0.0/16",  # link-local, and the metadata service of most clouds
    "192.0.0.0/24",  # protocol assignments; 192.0.0.192 is metadata of Oracle Cloud
    "192.0.2.0/24",  # documentation
    "192.88.99.0/24",  # the former 6to4 relays
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",  # documentation
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, broadcast
)
_PRIVATE_4: Final = _networks("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
_NEVER_6: Final = _networks(
    "2001:2::/48",  # benchmarks
    "2001:10::/28",  # ORCHID
    "2001:20::/28",  # ORCHIDv2
    "2001:db8::/32",  # documentation
    "3fff::/20",  # documentation
    "fd00:42::42/128",  # metadata of Scaleway
    "fd00:c1::a9fe:a9fe/128",  # metadata of Oracle Cloud
    "fd00:ec2::/32",  # metadata and time of AWS
    "fd20:ce::254/128",  # metadata of Google Cloud
)
_PRIVATE_6: Final = _networks("::1/128", "fc00::/7")
_GLOBAL_6: Final = IPv6Network("2000::/3")
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_TEREDO: Final = IPv6Network("2001::/32")
_6TO4: Final = IPv6Network("2002::/16")
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
_LOW_32: Final = 0xFFFF_FFFF


class EgressPolicy:
    """What this installation allows beyond public addresses: the networks of `egress_allow`."""

    def __init__(self, allow: Iterable[Network] = ()) -> None:
        self._allow = tuple(allow)

    def refusal(self, address: Address, *, private: bool) -> str | None:
        """Why `address` may not be connected to, or None. `private`: the caller may reach private addresses."""
        for judged in _judged(address):
            reach = _reach(judged)
            if reach is Reach.NEVER:
                return "it is a link-local, metadata, multicast or reserved address"
            if reach is Reach.PRIVATE and not private and not self._allows(judged):
                return "it is a private address and not in egress_allow"
        return None

    def _allows(self, address: Address) -> bool:
        return any(address in network for network in self._allow if network.version == address.version)


def _judged(address: Address) -> Iterator[Address]:
    """The address and those it carries. A mapped address is nothing but the one it carries."""
    if isinstance(address, IPv4Address):
        yield address
        return
    bits = int(address)
    low = IPv4Address(bits & _LOW_32)
    if address in _MAPPED:
        yield low
        return
    if address in _NAT64:
        yield low
        return
    yield address
    if address in _6TO4:
        yield IPv4Address(bits >> 80 & _LOW_32)
    elif address in _TEREDO:
        yield IPv4Address(bits >> 64 & _LOW_32)
        yield IPv4Address(~bits & _LOW_32)
    if bits >> 32 & _LOW_32 in _ISATAP:
        yield low


def _reach(address: Address) -> Reach:
    if isinstance(address, IPv4Address):
        never, private = _NEVER_4, _PRIVATE_4
    else:
        never, private = _NEVER_6, _PRIVATE_6
    bits = int(address)
    if _within(bits, never):
        return Reach.NEVER
    if _within(bits, private):
        return Reach.PRIVATE
    if isinstance(address, IPv6Address) and address not in _GLOBAL_6:
        return Reach.NEVER
    return Reach.PUBLIC


def _within(bits: int, ranges: _Ranges) -> bool:
    for first, mask in ranges:  # noqa: SIM110 (a generator takes twice as long)
        if bits & mask == first:
            return True
    return False
