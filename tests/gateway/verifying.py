"""Verification over real sockets: a real desk, the real client, names that mean what a test says."""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from headgate.adapters.sealing.envelope import KeyRing, SecretOpener
from headgate.adapters.sealing.master_key import MasterKey
from headgate.adapters.tasks import Tasks
from headgate.adapters.upstream.auth import Heads
from headgate.adapters.upstream.client import HttpUpstream
from headgate.adapters.upstream.dial import Dialler
from headgate.adapters.upstream.dns import LookUp, Resolver
from headgate.adapters.upstream.egress import EgressPolicy
from headgate.adapters.upstream.front import Upstreams
from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.adapters.upstream.mock import MockUpstream
from headgate.adapters.upstream.tls import client_context
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import PLATFORM, user
from headgate.core.failure import Failure
from headgate.core.ids import RequestIds
from headgate.core.json import Json
from headgate.core.secret import Secret
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.allowed import Allows
from headgate.gateway.paid_question import PaidQuestions
from headgate.gateway.smoke import SmokeTests
from headgate.gateway.tab import Till
from headgate.gateway.verify import ProbeTarget, Verify
from tests.gateway.money import Kept, NoLimits, RecordingJournal
from tests.gateway.writing import ROOT, write
from tests.origin.server import Origin

KEY = Secret("sk-canary-0123456789")


@functools.cache
def _context() -> ssl.SSLContext:
    return client_context()


def nowhere(host: str) -> list[str]:
    """A resolver that knows no name."""
    raise OSError(host)


FREE: Final[Json] = {"input_per_1m_tokens": 0, "output_per_1m_tokens": 0}


class Office:
    """A desk, and what verifies its entries. `failures` are those of tasks, which must stay empty."""

    def __init__(self, desk: Desk, *, policy: EgressPolicy, look_up: LookUp, timeout: float, allows: Allows) -> None:
        self.desk = desk
        self.administer = Administer(desk)
        self.tasks = Tasks()
        limits = UpstreamLimits()
        dialler = Dialler(
            resolver=Resolver(desk.clock, limits, look_up=look_up), policy=policy, context=_context(), limits=limits
        )
        heads = Heads(desk.book, SecretOpener(KeyRing([MasterKey(bytes(range(32)))])))
        http = HttpUpstream(heads=heads, dialler=dialler, tasks=self.tasks, clock=desk.clock, limits=limits)
        self.upstream = Upstreams(http, MockUpstream())
        self.journal, self.finished = RecordingJournal(), Kept()
        till = self.till = Till(
            allows=allows, journal=self.journal, books=self.finished, prices=desk.prices, clock=desk.clock
        )
        questions = PaidQuestions(self.upstream, till=till, ids=RequestIds(b"12345678"))
        self.smoke_tests = SmokeTests(desk, questions)
        self.verify = Verify(desk, self.upstream, questions=questions, starter=self, timeout=timeout)
        self.begun: list[asyncio.Task[None]] = []

    def start(self, work: Coroutine[object, object, None], *, name: str) -> object:
        task = self.tasks.start(work, name=name)
        self.begun.append(task)
        return task

    async def rest(self) -> None:
        """Wait until every verification in the background has ended."""
        while any(not task.done() for task in self.begun):
            await asyncio.gather(*self.begun)

    async def entry(self, name: str, *, secret: Secret | None = KEY, **fields: Json) -> Offer:
        """A platform entry that an administrator makes. It is free."""
        written = write(name, secret, **({"pricing": FREE} | fields))
        made = await asyncio.to_thread(partial(self.administer.create, ROOT, written, scope=PLATFORM))
        return made.offer


@asynccontextmanager
async def office(
    desk: Desk,
    *,
    policy: EgressPolicy | None = None,
    look_up: LookUp = nowhere,
    within: float = 10.0,
    allows: Allows | None = None,
) -> AsyncIterator[Office]:
    opened = Office(desk, policy=policy or EgressPolicy(), look_up=look_up, timeout=within, allows=allows or NoLimits())
    try:
        yield opened
    finally:
        opened.upstream.close()
        await opened.tasks.close()


def target(url: str | None, **fields: object) -> ProbeTarget:
    """A chat model of an OpenAI-compatible server that a platform administrator asks about, as one of their own."""
    given: dict[str, object] = {
        "kind": Kind.CHAT,
        "provider": "openai",
        "model": "gpt-x",
        "base_url": url,
        "secret": KEY,
        "private": True,
        "scope": user("acme-id", "root"),
    }
    return ProbeTarget(**(given | fields))  # type: ignore[arg-type]


def kind_of(failure: Failure | None) -> str | None:
    return None if failure is None else failure.kind.value


def lines(origin: Origin) -> list[str]:
    """What an origin was asked for."""
    return [request.line.decode().removesuffix(" HTTP/1.1") for request in origin.requests]
