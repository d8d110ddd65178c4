"""Who the client is, when proxies stand between.

X-Forwarded-For is a list to which every proxy adds, on the right, the address that it saw. What stands left of the
last proxy we trust was written by whoever sent the request, so the client is the rightmost address that is not a
trusted proxy's. Both roads ask here, so an address means the same in a log, a limit and a rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]

FORWARDED_FOR: Final = b"x-forwarded-for"


def networks(cidrs: Iterable[str]) -> Networks:
    """The networks that `cidrs` write. Raises ValueError for one that is none."""
    return tuple(ip_network(cidr) for cidr in cidrs)


def client_address(peer: str, headers: Iterable[tuple[bytes, bytes]], *, trusted: Networks) -> str:
    """The address of the client whose request came over a connection from `peer`. Header names are lower case."""
    if not trusted or not _belongs(peer, trusted):
        return peer
    forwarded = b",".join(value for name, value in headers if name == FORWARDED_FOR)
    address = peer
    for part in reversed(forwarded.split(b",")):
        claimed = _address(part.decode("latin-1").strip())
        if not claimed:
            # A proxy of ours wrote no address here, so nothing further left is known to come from one.
            return address
        address = claimed
        if not _belongs(address, trusted):
            return address
    return address


def _belongs(address: str, trusted: Networks) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in network for network in trusted)


def _address(text: str) -> str:
    """The address in one element of the list, without port and brackets; "" if it is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
