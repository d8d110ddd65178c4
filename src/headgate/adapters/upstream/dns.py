"""From a host name to its addresses.

Look-ups run on threads of their own, so that a slow resolver keeps nobody waiting but those who asked for that name:
one look-up at a time for each name, whose answer all of them share. The threads are daemons, because a look-up cannot
be interrupted and must not hold up the end of the process.
"""

from __future__ import annotations

import asyncio
import math
import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, TypeAlias

import msgspec

from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.core.clock import Clock
from headgate.core.failure import Failure, FailureKind

Address: TypeAlias = IPv4Address | IPv6Address
LookUp: TypeAlias = Callable[[str], Sequence[str]]
"""Addresses of a name as text, in the order in which they are to be tried. Blocks; OSError if there are none."""

_NAMES: Final = 4096


def system_look_up(host: str) -> list[str]:
    """What the system's resolver says. It also reads spellings such as `0x7f.1`, so its answer is what counts."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class _Known(msgspec.Struct, frozen=True):
    addresses: tuple[Address, ...]
    until: float


class Resolver:
    """Names and their addresses, remembered for a while."""

    def __init__(self, clock: Clock, limits: UpstreamLimits, *, look_up: LookUp = system_look_up) -> None:
        self._clock = clock
        self._limits = limits
        self._look_up = look_up
        self._known: dict[str, _Known] = {}
        self._asked: dict[str, asyncio.Future[tuple[Address, ...] | Failure]] = {}

    def known(self, host: str) -> tuple[Address, ...] | None:
        """The addresses of `host`, if nobody need be asked for them. A literal address is its own answer."""
        known = self._known.get(host)
        if known is not None:
            return known.addresses if self._clock.now() < known.until else None
        literal = _literal(host)
        return None if literal is None else self._remember(host, (literal,), until=math.inf)

    async def resolve(self, host: str) -> tuple[Address, ...] | Failure:
        """The addresses of `host`, at least one."""
        known = self.known(host)
        if known is not None:
            return known
        asked = self._asked.get(host)
        if asked is None:
            if len(self._asked) >= self._limits.look_ups:
                return Failure(kind=FailureKind.BUSY, message="too many look-ups of host names are under way")
            asked = self._ask(host)
        # One who stops waiting must not take the answer from the others.
        return await asyncio.shield(asked)

    def _ask(self, host: str) -> asyncio.Future[tuple[Address, ...] | Failure]:
        loop = asyncio.get_running_loop()
        asked: asyncio.Future[tuple[Address, ...] | Failure] = loop.create_future()
        self._asked[host] = asked

        def look_up() -> None:
            answer: tuple[Address, ...] | Failure | Exception
            try:
                answer = _answer(host, self._look_up)
            except Exception as bug:  # nobody sees what a thread raises; who waits is to have it
                answer = bug
            try:
                loop.call_soon_threadsafe(self._answered, host, answer)
            except RuntimeError:
                return  # the loop has ended, and with it everyone who waited

        threading.Thread(target=look_up, name=f"look-up {host}", daemon=True).start()
        return asked

    def _answered(self, host: str, answer: tuple[Address, ...] | Failure | Exception) -> None:
        asked = self._asked.pop(host)
        if isinstance(answer, Exception):
            asked.set_exception(answer)
            return
        if not isinstance(answer, Failure):
            self._remember(host, answer, until=self._clock.now() + self._limits.names_kept)
        asked.set_result(answer)

    def _remember(self, host: str, addresses: tuple[Address, ...], *, until: float) -> tuple[Address, ...]:
        self._known.pop(host, None)
        if len(self._known) >= _NAMES:
            del self._known[next(iter(self._known))]
        self._known[host] = _Known(addresses, until)
        return addresses


def _answer(host: str, look_up: LookUp) -> tuple[Address, ...] | Failure:
    try:
        addresses = tuple(dict.fromkeys(ip_address(text) for text in look_up(host)))
    except (OSError, ValueError):  # ValueError: a name that cannot be encoded
        addresses = ()
    return addresses or Failure(kind=FailureKind.NAME_NOT_FOUND, message=f"the host name {host!r} was not found")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
