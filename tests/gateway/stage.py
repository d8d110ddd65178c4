"""A stage for calls without sockets: ports that write down what a call does, and a catalogue of a few entries.

The transcript of a test is the list of what the call did, in order, as short strings and tuples.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from headgate.catalogue.entry import Document, ModelEntry, Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer, offer
from headgate.catalogue.providers import BUNDLED
from headgate.catalogue.scope import PLATFORM, user
from headgate.catalogue.snapshot import Snapshot
from headgate.core.errors import GatewayError, NotAuthenticated, UpstreamFailed
from headgate.core.events import EventName
from headgate.core.failure import Failure
from headgate.core.ids import RequestIds
from headgate.core.json import JsonObject
from headgate.core.principal import Principal, PrincipalKind
from headgate.gateway.allowed import Allows
from headgate.gateway.call import Call
from headgate.gateway.credentials import CredentialBook
from headgate.gateway.endpoint import ENDPOINTS, Endpoint, Shape
from headgate.gateway.fan_out import FanOut
from headgate.gateway.header_policies import HeaderPolicies
from headgate.gateway.ports import RequestHead, Settlement, UpstreamEvents
from headgate.gateway.prices import Prices
from headgate.gateway.road import Refusal, Road, Timeouts
from headgate.gateway.tab import Till
from headgate.ledger.records import Finished
from tests.gateway.money import NoLimits, RecordingJournal

PRINCIPAL = Principal(
    id="user:u1",
    kind=PrincipalKind.USER,
    credential="t1",
    user="u1",
    organization="o1",
    organization_slug="acme",
    permissions=frozenset({"llm:*"}),
    scopes=("user:o1/u1", "organization:o1", "platform"),
)
GOOD_KEY = ((b"authorization", b"Bearer good"),)


def entry(name: str, **fields: object) -> ModelEntry:
    """A platform entry at an OpenAI-compatible upstream, priced unless `pricing` says otherwise."""
    document: dict[str, Any] = {
        "name": name,
        "kind": Kind.CHAT,
        "provider": "openai",
        "upstream_model": f"{name}-upstream",
        "pricing": Pricing(Decimal(1), Decimal(2)),
    }
    return ModelEntry(
        uid=f"uid-{name}",
        number=1,
        scope=PLATFORM,
        document=Document(**(document | fields)),
        revision=1,
        created_at=0.0,
        created_by="user:u1",
        updated_at=0.0,
        updated_by="user:u1",
    )


def own(of: ModelEntry) -> ModelEntry:
    """The same entry as the caller's own: it needs no price."""
    return msgspec.structs.replace(of, scope=user("o1", "u1"))


EMBEDDINGS: Final = next(each for each in ENDPOINTS if each.name == "embedding")


def endpoint_at(path: str) -> Endpoint:
    return next(each for each in ENDPOINTS if each.path == path.encode())


class Stage:
    """Everything around one call. `did` is the transcript."""

    def __init__(self, *entries: ModelEntry, ready: bool = True) -> None:
        offers = [offer(each, BUNDLED) for each in entries or (entry("gpt-4o"),)]
        self.snapshot = Snapshot.of(offers, 1)
        self.did: list[Any] = []
        self.events: list[UpstreamEvents] = []
        self.settlements: list[Settlement] = []
        self.failures: list[str] = []
        self.refusals: list[str] = []
        self.happened: list[tuple[EventName, JsonObject]] = []
        self.principal = PRINCIPAL
        self.default: str | None = None
        self.time = 100.0
        self.ready = ready
        self.stuck = False
        """Whether upstreams take nothing more of a body."""
        self.client = RecordingClient(self.did)
        self.endpoint: Endpoint = ENDPOINTS[0]
        self.journal = RecordingJournal()
        self.allows: Allows = NoLimits()
        self.book = CredentialBook()
        self.finished: list[Finished] = []
        self.is_ready = True

    def call(self) -> Call:
        return Call(self.road(), self.client, self.endpoint)

    def fan_out(self) -> FanOut:
        return FanOut(self.road(), self.client, EMBEDDINGS)

    def road(self) -> Road:
        return Road(
            current=self,
            identify=self._identify,
            default_model=lambda _principal, _kind: self.default,
            header_policies=HeaderPolicies(self),
            upstream=self,
            refusals=self,
            telemetry=self,
            clock=self,
            ids=RequestIds(b"12345678"),
            timeouts=Timeouts(connect=5, first_byte=30, idle=10, total=60),
            answer_limit=100_000,
            till=Till(allows=self.allows, journal=self.journal, books=self, prices=Prices(self.book), clock=self),
        )

    def begun(self, body: bytes) -> Call:
        """A call whose request is complete."""
        call = self.call()
        call.head(head())
        call.body(body)
        call.body_complete()
        return call

    def _identify(self, head: RequestHead) -> Principal:
        if dict(head.headers).get(b"authorization") != b"Bearer good":
            raise NotAuthenticated
        return self.principal

    def tell(self, name: EventName, fields: JsonObject) -> None:
        self.happened.append((name, fields))

    # Clock

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return 1_700_000_000.0 + self.time

    # Upstream

    def connect(self, offer: Offer, events: UpstreamEvents, attempt: int, *, fresh: bool) -> RecordingWire:
        self.did.append(("connect", offer.name, attempt, "fresh" if fresh else "pooled"))
        self.events.append(events)
        return RecordingWire(self, attempt, ready=self.ready)

    # Refusals

    def answer(self, error: GatewayError, _shape: Shape) -> Refusal:
        status = 502 if isinstance(error, UpstreamFailed) else 400
        return Refusal(status, b"", type(error).__name__.encode())

    def event(self, error: GatewayError, _shape: Shape) -> bytes:
        return b"error event: " + type(error).__name__.encode()

    # Books

    def add(self, finished: Finished) -> None:
        self.finished.append(finished)

    # Telemetry

    def settled(self, settlement: Settlement) -> None:
        self.settlements.append(settlement)

    def refused(self, error: GatewayError) -> None:
        self.refusals.append(type(error).__name__)

    def attempt_failed(self, _offer: Offer, failure: Failure) -> None:
        self.failures.append(failure.kind.value)

    @property
    def told(self) -> list[Any]:
        """What the caller got."""
        return [each for each in self.did if each[0] in ("answer", "start", "write", "end", "abort")]


class RecordingClient:
    """The caller's connection, written down. After its end anything more is a fault of the call."""

    def __init__(self, did: list[Any]) -> None:
        self._did = did
        self.over = False
        self.started = False

    def _note(self, *what: object) -> None:
        assert not self.over, f"{what} after the end"
        self._did.append(what)

    def answer(self, status: int, headers: bytes, body: bytes) -> None:
        assert not self.started, "a whole answer after a stream began"
        self._note("answer", status, headers, body)
        self.over = True

    def start(self, status: int, headers: bytes) -> None:
        assert not self.started, "a second head"
        self.started = True
        self._note("start", status, headers)

    def write(self, data: bytes) -> None:
        assert self.started, "a body before its head"
        assert data, "an empty piece"
        self._note("write", data)

    def end(self) -> None:
        assert self.started, "an end before the head"
        self._note("end")
        self.over = True

    def abort(self) -> None:
        self._note("abort")
        self.over = True

    def hold_body(self) -> None:
        self._note("hold")

    def take_body(self) -> None:
        self._note("take")


class RecordingWire:
    """One attempt's exchange, written down."""

    def __init__(self, stage: Stage, attempt: int, *, ready: bool) -> None:
        self._stage = stage
        self._did = stage.did
        self._attempt = attempt
        self.ready = ready

    def send(self, path: str, body: bytes) -> bool:
        self._did.append(("send", self._attempt, path, body))
        return True

    def open(self, path: str, content_type: bytes, *, length: int | None) -> None:
        self._did.append(("open", self._attempt, path, content_type, length))

    def write(self, data: bytes) -> bool:
        self._did.append(("body", self._attempt, data))
        return not self._stage.stuck

    def finish(self) -> bool:
        self._did.append(("finish", self._attempt))
        return not self._stage.stuck

    def pause(self) -> None:
        self._did.append(("pause", self._attempt))

    def resume(self) -> None:
        self._did.append(("resume", self._attempt))

    def redacted(self, text: bytes) -> bytes:
        return text.replace(b"sk-upstream", b"[redacted]")

    def abort(self) -> None:
        self._did.append(("drop", self._attempt))


def head(headers: Sequence[tuple[bytes, bytes]] = GOOD_KEY) -> RequestHead:
    return RequestHead(b"/v1/chat/completions", b"", headers, "127.0.0.1")
