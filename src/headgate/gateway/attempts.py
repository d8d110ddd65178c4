"""How often somebody may try: one limit for each word, such as an e-mail or an address.

What is kept is bounded. When there are too many words, those that are nearest to being unused again are forgotten, so
whoever has just used up a limit cannot make room for another try with words of no meaning.
"""

from __future__ import annotations

from typing import Final

from headgate.access.rate import UNUSED, Rate, allow
from headgate.core.clock import Clock
from headgate.core.errors import RateLimited

_KEPT: Final = 65_536


class Attempts:
    """The tries of everybody under one rate."""

    def __init__(self, rate: Rate, clock: Clock, *, kept: int = _KEPT) -> None:
        self._rate = rate
        self._clock = clock
        self._kept = kept
        self._states: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._states)

    def take(self, word: str) -> None:
        """Count a try. RateLimited, which counts nothing."""
        now = self._clock.now()
        verdict = allow(self._rate, self._states.get(word, UNUSED), now=now)
        if not verdict.allowed:
            limit = f"{self._rate.count} in {self._rate.period:g} seconds are allowed"
            raise RateLimited(f"too many attempts to sign in; {limit}", retry_after=verdict.retry_after)
        if word not in self._states and len(self._states) >= self._kept:
            self._forget(now)
        self._states[word] = verdict.state

    def give_back(self, word: str) -> None:
        """Undo one `take`: it was no guess."""
        state = self._states.get(word)
        if state is not None:
            self._states[word] = state - self._rate.period / self._rate.count

    def _forget(self, now: float) -> None:
        used = sorted(((state, word) for word, state in self._states.items() if state > now), reverse=True)
        self._states = {word: state for state, word in used[: self._kept // 2]}
