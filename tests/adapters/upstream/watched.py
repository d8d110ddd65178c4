"""What this process connects to, as the interpreter itself reports it, and the ways that lead to a connection.

The interpreter tells its audit hooks of every `connect` that Python code makes, asyncio's event loop included. A hook
stays for as long as the process lives, so there is one, which writes down only while somebody watches.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from typing import Final

from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import Scope
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.gateway.ports import RequestHead, UpstreamEvents, Wire
from headgate.gateway.verify import ProbeTarget
from tests.gateway.stage import RecordingClient, Stage, head
from tests.gateway.verifying import FREE, KEY, Office
from tests.gateway.writing import ACME, CALLER, MANAGER, write

PATIENCE: Final = 20.0
Way = Callable[[Office, str], Awaitable[object]]
"""Does something with an entry, or with parameters, whose base URL is given."""


class _Watching:
    """The addresses connected to while `on`."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []

    def hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.on and event == "socket.connect":
            address = arguments[1]
            self.seen.append(str(address[0]) if isinstance(address, tuple) else repr(address))


@functools.cache
def _hooked() -> _Watching:
    watching = _Watching()
    sys.addaudithook(watching.hook)
    return watching


@contextmanager
def connects() -> Iterator[list[str]]:
    """The addresses that this process connects to, in a list that grows."""
    watching = _hooked()
    watching.on, watching.seen = True, []
    try:
        yield watching.seen
    finally:
        watching.on = False


def names(table: Mapping[str, Sequence[str]]) -> Callable[[str], Sequence[str]]:
    """A resolver that knows these names, and reads the spellings of addresses as the system does."""

    def look_up(host: str) -> Sequence[str]:
        if host in table:
            return table[host]
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return [str(ip_address(address[0])) for *_, address in found]

    return look_up


# Ways


async def stored(at: Office, url: str, *, by: Principal = MANAGER, scope: Scope = ACME, **fields: str) -> Offer:
    """An entry of an organization, made by somebody who administers that and nothing else."""
    written = write(f"m{len(at.desk.snapshot)}", KEY, api_base=url, pricing=FREE, **fields)
    made = await asyncio.to_thread(partial(at.administer.create, by, written, scope=scope))
    return made.offer


class _Client(RecordingClient):
    """A caller that waits for the end of its call."""

    def __init__(self) -> None:
        super().__init__([])
        self.served = asyncio.Event()

    def answer(self, status: int, headers: bytes, body: bytes) -> None:
        super().answer(status, headers, body)
        self.served.set()

    def end(self) -> None:
        super().end()
        self.served.set()

    def abort(self) -> None:
        super().abort()
        self.served.set()


class _Stage(Stage):
    """A call over real sockets."""

    def __init__(self, at: Office) -> None:
        super().__init__()
        self.snapshot = at.desk.snapshot
        self.client = self.caller = _Client()
        self._at = at

    def _identify(self, head: RequestHead) -> Principal:
        return CALLER

    def connect(self, offer: Offer, events: UpstreamEvents, attempt: int, *, fresh: bool) -> Wire:  # type: ignore[override]
        return self._at.upstream.connect(offer, events, attempt, fresh=fresh)


async def _call(at: Office, url: str, *, stream: bytes) -> None:
    offer = await stored(at, url)
    stage = _Stage(at)
    stage.call().whole(head(), b'{"model":"%b","messages":[],"stream":%b}' % (offer.name.encode(), stream))
    async with asyncio.timeout(PATIENCE):
        await stage.caller.served.wait()


async def call(at: Office, url: str) -> None:
    await _call(at, url, stream=b"false")


async def stream(at: Office, url: str) -> None:
    await _call(at, url, stream=b"true")


async def smoke(at: Office, url: str) -> None:
    offer = await stored(at, url)
    await at.smoke_tests.smoke(CALLER, offer.name, operation="completions")


async def smoke_embeddings(at: Office, url: str) -> None:
    offer = await stored(at, url, kind="embedding")
    await at.smoke_tests.smoke(CALLER, offer.name, operation="embeddings")


async def verify(at: Office, url: str) -> None:
    await at.verify.stored(await stored(at, url), by=CALLER)


async def verify_later(at: Office, url: str) -> None:
    at.verify.later(await stored(at, url))
    await at.rest()


def unsaved(url: str, *, private: bool = False, secret: Secret | None = KEY) -> ProbeTarget:
    return ProbeTarget(
        kind=Kind.CHAT, provider="openai", model="m", base_url=url, secret=secret, private=private, scope=ACME
    )


async def probe(at: Office, url: str) -> None:
    await at.verify.probe(unsaved(url), by=CALLER)


async def probe_without_secret(at: Office, url: str) -> None:
    await at.verify.probe(unsaved(url, secret=None), by=CALLER)


async def models(at: Office, url: str) -> None:
    await at.verify.models(unsaved(url))


WAYS: Final[Sequence[Way]] = (
    call,
    stream,
    smoke,
    smoke_embeddings,
    verify,
    verify_later,
    probe,
    probe_without_secret,
    models,
)
