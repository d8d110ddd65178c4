"""The upstream side put together for tests: a clock that stands still, names that mean what the test says."""

from __future__ import annotations

import asyncio
import functools
import ssl
from dataclasses import dataclass, field

from headgate.adapters.tasks import Tasks
from headgate.adapters.upstream.auth import Heads
from headgate.adapters.upstream.client import HttpUpstream, HttpWire
from headgate.adapters.upstream.dial import Dialler
from headgate.adapters.upstream.dns import LookUp, Resolver
from headgate.adapters.upstream.egress import EgressPolicy
from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.adapters.upstream.pool import Counts
from headgate.adapters.upstream.tls import client_context
from headgate.catalogue.credential import StoredCredential
from headgate.catalogue.entry import Document, ModelEntry
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer, offer
from headgate.catalogue.providers import BUNDLED
from headgate.catalogue.scope import PLATFORM
from headgate.core.failure import Failure
from headgate.core.secret import Secret
from tests.adapters.upstream.recorder import PATIENCE, Recorder

PATH = "/v1/chat/completions"
BODY = b'{"model":"m","messages":[]}'


def make_offer(
    url: str | None, *, provider: str = "openai-compatible", private: bool = True, model: str = "m"
) -> Offer:
    """An offer whose calls go to `url`."""
    entry = ModelEntry(
        uid=f"uid of {provider} at {url} {private} {model}",
        number=1,
        scope=PLATFORM,
        document=Document(name="m", kind=Kind.CHAT, provider=provider, upstream_model=model, api_base=url),
        revision=1,
        created_at=0.0,
        created_by="user:u",
        updated_at=0.0,
        updated_by="user:u",
        private_egress=private,
    )
    return offer(entry, BUNDLED)


@functools.cache
def system_authorities() -> ssl.SSLContext:
    """The context of production, made once: it reads every authority that the system trusts."""
    return client_context()


@dataclass
class ManualClock:
    """Time that passes when the test says so."""

    seconds: float = 1000.0

    def now(self) -> float:
        return self.seconds

    def wall(self) -> float:
        return self.seconds


@dataclass
class Book:
    """The credential of every offer, and what its seal opens to."""

    stored: StoredCredential | Failure | None = None
    secret: str = "sk-canary"
    opened: int = 0
    asked: int = 0

    @property
    def version(self) -> int:
        """Another one each time: a test may have changed `stored` in between."""
        self.asked += 1
        return self.asked

    def applicable(self, offer: Offer) -> StoredCredential | Failure | None:
        return self.stored

    def open(self, stored: StoredCredential) -> Secret:
        self.opened += 1
        return Secret(self.secret)


@dataclass
class Rig:
    """An HTTP upstream with everything around it in reach of the test."""

    limits: UpstreamLimits = field(default_factory=UpstreamLimits)
    policy: EgressPolicy = field(default_factory=EgressPolicy)
    context: ssl.SSLContext = field(default_factory=system_authorities)
    look_up: LookUp = field(default_factory=lambda: means("127.0.0.1"))
    clock: ManualClock = field(default_factory=ManualClock)
    book: Book = field(default_factory=Book)
    tasks: Tasks = field(default_factory=Tasks)

    def __post_init__(self) -> None:
        resolver = Resolver(self.clock, self.limits, look_up=self.look_up)
        dialler = Dialler(resolver=resolver, policy=self.policy, context=self.context, limits=self.limits)
        self.upstream = HttpUpstream(
            heads=Heads(self.book, self.book),
            dialler=dialler,
            tasks=self.tasks,
            clock=self.clock,
            limits=self.limits,
        )

    @property
    def counts(self) -> Counts:
        return self.upstream.counts

    def connect(self, url: str | Offer, *, attempt: int = 1, fresh: bool = False) -> tuple[HttpWire, Recorder]:
        recorder = Recorder()
        offered = make_offer(url) if isinstance(url, str) else url
        return self.upstream.connect(offered, recorder, attempt, fresh=fresh), recorder

    async def start(self, url: str | Offer, body: bytes = BODY, *, fresh: bool = False) -> tuple[HttpWire, Recorder]:
        """Connect and send."""
        wire, recorder = self.connect(url, fresh=fresh)
        if not wire.ready:
            await recorder.until("connected")
        wire.send(PATH, body)
        return wire, recorder

    async def call(self, url: str | Offer, body: bytes = BODY, *, fresh: bool = False) -> Recorder:
        """A whole attempt."""
        wire, recorder = self.connect(url, fresh=fresh)
        recorder.react = lambda event: _send_when(event, wire, body)
        if wire.ready:
            wire.send(PATH, body)
        await recorder.over()
        return recorder

    async def close(self) -> None:
        """Break off everything, and see that nothing is left."""
        self.upstream.close()
        await self.tasks.close()
        await self.settled()

    async def settled(self) -> None:
        """Turn the event loop until no connection exists any more."""
        async with asyncio.timeout(PATIENCE):
            while self.counts.connections:
                await turn()


def means(*addresses: str) -> LookUp:
    """A resolver by which every name means these addresses."""
    return lambda _: addresses


async def turn(times: int = 1) -> None:
    """Let the event loop do what it has to do."""
    for _ in range(times):
        await asyncio.sleep(0)


def bugs_of_the_loop() -> list[object]:
    """The exceptions that the running event loop is told of from now on, in a list that grows."""
    bugs: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: bugs.append(context["exception"]))
    return bugs


def _send_when(event: str, wire: HttpWire, body: bytes) -> None:
    if event == "connected":
        wire.send(PATH, body)
