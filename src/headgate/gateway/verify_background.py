"""Verification that nobody waits for: a queue of entries, a few of which are tried at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Final, Protocol

from headgate.catalogue.offer import Offer

AT_ONCE: Final = 4


class Starter(Protocol):
    """Starts tasks, keeps them until they end, and logs their failures."""

    def start(self, work: Coroutine[object, object, None], *, name: str) -> object: ...


class Background:
    """The entries that wait to be verified, by uid; the newest state of each. Used on the event loop.

    An entry that changes while it is being verified waits once more, and is never tried twice at the same time.
    """

    def __init__(self, verify: Callable[[Offer], Awaitable[object]], starter: Starter) -> None:
        self._verify = verify
        self._starter = starter
        self._waiting: dict[str, Offer] = {}
        self._trying: set[str] = set()

    def add(self, offer: Offer) -> None:
        self._waiting[offer.uid] = offer
        self._fill()

    def _fill(self) -> None:
        while len(self._trying) < AT_ONCE:
            uid = next((uid for uid in self._waiting if uid not in self._trying), None)
            if uid is None:
                return
            self._trying.add(uid)
            self._starter.start(self._try(self._waiting.pop(uid)), name=f"verify {uid}")

    async def _try(self, offer: Offer) -> None:
        try:
            await self._verify(offer)
        except asyncio.CancelledError:
            # The process stops, and nothing more is begun.
            self._waiting.clear()
            raise
        finally:
            self._trying.discard(offer.uid)
            self._fill()
