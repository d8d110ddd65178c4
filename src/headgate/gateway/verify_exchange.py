"""One exchange of a probe with an upstream: asked, waited for, kept.

A probe is an upstream exchange like any other, told through the same events; it keeps the answer instead of passing
it on. Failures are a result, not an error: who asks wants to know.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

import msgspec

from headgate.catalogue.offer import Offer
from headgate.core.failure import Failure, FailureKind
from headgate.core.secret import Secret
from headgate.dialects.openai import classify
from headgate.gateway.admission import without_secret
from headgate.gateway.ports import ReceivedHeaders, Upstream, UpstreamEvents, Wire

ANSWER_LIMIT: Final = 1024 * 1024
"""The most bytes of an answer that are kept. The longest published model lists take a few hundred thousand."""


class Question(msgspec.Struct, frozen=True, gc=False):
    """What a probe asks: a path behind the origin, and the JSON to POST there; without one it is a GET."""

    path: str
    body: bytes | None = None


class Subject(msgspec.Struct, frozen=True, gc=False):
    """What is tried. `stored`: with the credential that applies to the offer; else with `secret`, or with none."""

    offer: Offer
    stored: bool = True
    secret: Secret | None = None


class ProbeWire(Wire, Protocol):
    """A wire that also reads what an upstream shows for the asking."""

    def get(self, path: str) -> bool:
        """GET `path` of the offer's origin, with its credential. True: all of it has left."""


class ProbeUpstream(Upstream, Protocol):
    """Upstreams that entries which are not stored can be tried at too."""

    def connect(self, offer: Offer, events: UpstreamEvents, attempt: int, *, fresh: bool) -> ProbeWire: ...

    def present(self, offer: Offer, events: UpstreamEvents, *, secret: Secret | None) -> ProbeWire:
        """A fresh connection for an offer that is not stored, with a secret that goes to its origin and is not kept.

        Told like `connect`, as attempt 1.
        """


class Asking:
    """The events of one exchange. `result` resolves to the body of a 2xx, or to a Failure; `sent` is true once all of
    the question has left."""

    def __init__(self) -> None:
        self.result: asyncio.Future[bytes | Failure] = asyncio.get_running_loop().create_future()
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent = False
        self._status = 0
        self._headers: ReceivedHeaders = ()
        self._parts: list[bytes] = []
        self._size = 0

    def connected(self, _attempt: int) -> None:
        if not self.ready.done():
            self.ready.set_result(None)

    def request_sent(self, _attempt: int) -> None:
        self.sent = True

    def upstream_head(self, _attempt: int, status: int, headers: ReceivedHeaders) -> None:
        self._status, self._headers = status, headers

    def upstream_bytes(self, _attempt: int, data: bytes) -> None:
        self._size += len(data)
        if self._size <= ANSWER_LIMIT:
            self._parts.append(data)
        else:
            self._tell(Failure(kind=FailureKind.TOO_LARGE, message=f"the answer is larger than {ANSWER_LIMIT} bytes"))

    def upstream_done(self, _attempt: int, *, framed: bool) -> None:  # JSON shows its own end
        body = b"".join(self._parts)
        good = 200 <= self._status < 300
        self._tell(body if good else classify(self._status, dict(self._headers), body))

    def upstream_whole(self, attempt: int, status: int, *, headers: ReceivedHeaders, body: bytes) -> None:
        self.upstream_head(attempt, status, headers)
        self.upstream_bytes(attempt, body)
        self.upstream_done(attempt, framed=True)

    def upstream_failed(self, _attempt: int, failure: Failure) -> None:
        self._tell(failure)

    def abandon(self) -> None:
        self._tell(Failure(kind=FailureKind.MALFORMED, message="the probe broke off"))

    def _tell(self, result: bytes | Failure) -> None:
        self.connected(0)
        if not self.result.done():
            self.result.set_result(result)


class Answered(msgspec.Struct, frozen=True):
    """What came of a question: the body of a good answer or a Failure, both without the secret that was presented.

    `wire` takes that secret out of whatever is made of them.
    """

    result: bytes | Failure
    wire: ProbeWire

    def told(self, text: str) -> str:
        """`text` as it may be shown."""
        return self.wire.redacted(text.encode(errors="replace")).decode(errors="replace")


async def ask(
    upstream: ProbeUpstream, subject: Subject, *, question: Question, within: float, asking: Asking | None = None
) -> Answered:
    """Ask the upstream of `subject`, and wait for its answer `within` so many seconds. `asking`, a fresh one, shows how
    far it came."""
    asking = asking or Asking()
    if subject.stored:
        wire = upstream.connect(subject.offer, asking, 1, fresh=True)
    else:
        wire = upstream.present(subject.offer, asking, secret=subject.secret)
    try:
        async with asyncio.timeout(within):
            if not wire.ready:
                await asking.ready
            if not asking.result.done():
                body, path = question.body, question.path
                gone = wire.get(path) if body is None else wire.send(path, body)
                asking.sent = asking.sent or gone
            result = await asking.result
            shown = without_secret(result, wire) if isinstance(result, Failure) else wire.redacted(result)
            return Answered(shown, wire)
    except TimeoutError:
        message = f"no answer within {within:g} seconds"
        return Answered(Failure(kind=FailureKind.TOTAL_TIMEOUT, message=message), wire)
    finally:
        wire.abort()
