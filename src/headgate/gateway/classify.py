"""Asking a classifier which model serves a call of `auto`, before the call's first attempt.

The question is a small call of its own, whose caller is the call that asks. It is admitted with that call, has a
deadline of its own, and whatever becomes of it, the call goes on: without an answer that names a candidate it goes to
the default model. What the question costs is on the tab of the call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from headgate.catalogue.upstream import Unroutable
from headgate.core.errors import GatewayError
from headgate.dialects.classifying import answered, asked, last_words
from headgate.dialects.exchange import Inbound
from headgate.dialects.openai_chat import ChatRequest
from headgate.gateway.admission import codec_for
from headgate.gateway.endpoint import Endpoint
from headgate.gateway.fan_out_part import Part, PartCall
from headgate.gateway.ports import Client
from headgate.gateway.road import Road
from headgate.gateway.selection import Undecided
from headgate.gateway.tab import Parted
from headgate.routing.auto import chosen, question

SECONDS: Final = 10.0
"""How long a call waits for its classifier."""


class Asker(Protocol):
    """The call that asks."""

    def classified(self, undecided: Undecided, name: str | None) -> None:
        """The candidate that was named; None if nothing came of asking. Told once, unless the question was dropped."""

    def abandon(self) -> None: ...


class Inquiry:
    """One question to a classifier. Single use."""

    def __init__(
        self,
        asker: Asker,
        road: Road,
        *,
        endpoint: Endpoint,
        undecided: Undecided,
        opens: Callable[[Road, Client, Endpoint], PartCall],
    ) -> None:
        self._asker = asker
        self._endpoint = endpoint
        self._undecided = undecided
        self._part = Part(self, road, endpoint=endpoint, number=0, opens=opens)
        self._clock = road.clock
        self._deadline = road.clock.now() + SECONDS
        self._over = False

    def begin(self, parted: Parted, request: Inbound) -> None:
        """Ask. The answer may be told from within."""
        undecided = self._undecided
        text = last_words(request) if isinstance(request, ChatRequest) else ""
        try:
            codec = codec_for(undecided.classifier, self._endpoint)
        except GatewayError:
            self._end(None)
            return
        route = undecided.classifier.route
        dialect = "" if isinstance(route, Unroutable) else route.dialect
        about = asked(question(undecided.routing, text), dialect=dialect)
        self._part.begin(parted, about, offer=undecided.classifier, codec=codec)

    def tick(self, now: float) -> None:
        if self._over:
            return
        self._part.tick(now)
        if now >= self._deadline and not self._over:
            self._part.cancel()
            self._end(None)

    def drop(self) -> None:
        """End the question, wherever it stands. Nothing is told."""
        if not self._over:
            self._over = True
            self._part.cancel()

    # What the part tells

    def part_answered(self, _part: Part, body: bytes) -> None:
        self._end(chosen(self._undecided.routing, answered(body)))

    def part_failed(self, _part: Part, _error: GatewayError) -> None:
        self._end(None)

    def abandon(self) -> None:
        self._over = True
        self._asker.abandon()

    def _end(self, name: str | None) -> None:
        self._over = True
        self._asker.classified(self._undecided, name)
