"""What each request of the load is, worked out from its number alone: by the load, by the origin, and afterwards.

Of a hundred requests in a row two have each of the faults that are injected. A text is made of pieces of four bytes,
one to an event: whoever counts events, and whoever counts four bytes as a token, counts the same.
"""

from __future__ import annotations

import enum
from functools import lru_cache
from random import Random
from typing import Final

import msgspec

CALLERS: Final = 9
MODELS: Final = 8
ANTHROPIC: Final = frozenset({6, 7})
STAND_IN: Final = (1, 0, 6, 2, 5, 4, 7, 3)
"""The failover of each model; so the longest chain has four of them, of either format."""
PIECE: Final = b" tok"
GOES_ON: Final = 64
"""Pieces of an answer that goes on while its client leaves."""

_STRIDE: Final = 37
_LEAST_SIZE: Final = 512
_BORDERS: Final = (128_000, 128_001, 200_000, 200_001)


class Kind(enum.Enum):
    """What happens to a request. All that fails over meets an upstream that serves."""

    GONE_BEFORE = 0
    """The client leaves while the first token is awaited."""
    GONE_WITHIN = 1
    """It leaves in the middle of a stream."""
    CUT_BEFORE = 2
    """The upstream breaks off before the client has anything: failover."""
    CUT_WITHIN = 3
    """The upstream breaks off in the middle of a stream: an error."""
    LIMITED = 4
    """429, and failover."""
    BROKEN = 5
    """A status from 500 on, and failover."""
    SILENT = 6
    """The upstream tells no usage."""
    REFUSED = 7
    """No upstream of the chain serves it; one request in a hundred."""
    GONE_LATER = 8
    """429, and the client leaves while the first token of the stand-in is awaited; one in a hundred."""
    PLAIN = 9


INJECTED: Final = tuple(kind for kind in Kind if kind.value <= Kind.SILENT.value)
HELD: Final = frozenset({Kind.GONE_BEFORE, Kind.GONE_LATER})
ESTIMATED: Final = frozenset({*INJECTED, *HELD}) - {Kind.LIMITED, Kind.BROKEN}
_STREAMED: Final = frozenset({Kind.GONE_WITHIN, Kind.CUT_WITHIN})
_FAILS_OVER: Final = frozenset({Kind.CUT_BEFORE, Kind.LIMITED, Kind.BROKEN, Kind.GONE_LATER})
_RARE: Final = {14: Kind.REFUSED, 15: Kind.GONE_LATER}


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `size` is the length of its body; `told`: it asks for usage in its stream; `pieces` are of the
    answer; `left_after` how many of them the client waits for; `at_once`: they are sent together."""

    number: int
    kind: Kind
    caller: int
    model: int
    size: int
    stream: bool
    told: bool
    pieces: int
    left_after: int
    at_once: bool

    def fails(self, model: int) -> bool:
        """Whether this model serves it not at all."""
        return self.kind is Kind.REFUSED or (self.kind in _FAILS_OVER and model == self.model)

    @property
    def chain(self) -> tuple[int, ...]:
        """The models that are tried."""
        if self.kind is not Kind.REFUSED:
            return (self.model, STAND_IN[self.model]) if self.kind in _FAILS_OVER else (self.model,)
        tried = [self.model]
        while (successor := STAND_IN[tried[-1]]) not in tried:
            tried.append(successor)
        return tuple(tried)


def case_of(number: int) -> Case:
    place = number * _STRIDE % 100
    kind = Kind(place // 2) if place < 14 else _RARE.get(place, Kind.PLAIN)
    chance = Random(number)  # noqa: S311 - to be the same everywhere is what it is for
    caller, model = chance.randrange(CALLERS), chance.randrange(MODELS)
    size = _LEAST_SIZE + chance.randrange(400)
    if kind in HELD:
        # No two of these are of one caller, for one model, and of one length in tokens: who never had an answer knows
        # no id of it, and is found by that.
        rest, caller = divmod(number // 100 * 3 + (place if kind is Kind.GONE_BEFORE else 2), CALLERS)
        rest, model = divmod(rest, MODELS)
        size = _LEAST_SIZE + 4 * rest
    left_after = chance.randint(1, 4)
    pieces = chance.randint(1, 6)
    if kind is Kind.GONE_WITHIN:
        pieces = left_after if chance.random() < 0.5 else GOES_ON
    return Case(
        number=number,
        kind=kind,
        caller=caller,
        model=model,
        size=size,
        stream=kind in _STREAMED or chance.random() < 0.5,
        told=chance.random() < 0.5,
        pieces=pieces,
        left_after=left_after,
        at_once=chance.random() < 0.5,
    )


class Used(msgspec.Struct, frozen=True):
    """What a model counts of an answer, in disjoint buckets, and the service tier that it says it answered by."""

    buckets: dict[str, int]
    tier: str

    @property
    def read(self) -> dict[str, int]:
        """The part of it that is known before anything is answered."""
        return {name: count for name, count in self.buckets.items() if name not in _WRITTEN}


_WRITTEN: Final = frozenset({"output", "reasoning", "audio_output", "searches"})


@lru_cache(maxsize=1024)
def used(number: int, model: int) -> Used:
    chance = Random(number * MODELS + model)  # noqa: S311 - see above
    parts = ("cached_input", "cache_write", "cache_write_1h") if model in ANTHROPIC else ("cached_input", "cache_write")
    if model == 5:
        parts = (*parts, "audio_input", "image_input")
    buckets = _split(_prompt(chance), "input", parts, chance=chance)
    spoken = ("reasoning", "audio_output") if model == 5 else ("reasoning",)
    buckets |= _split(chance.randint(1, 5_000), "output", spoken, chance=chance)
    if model == 7 and chance.random() < 0.3:
        buckets["searches"] = chance.randint(1, 3)
    tiers = ("standard", "priority", "batch") if model in ANTHROPIC else ("", "default", "flex", "priority")
    return Used(buckets, chance.choice(tiers))


def _prompt(chance: Random) -> int:
    where = chance.random()
    if where < 0.15:
        return chance.choice(_BORDERS)
    return chance.randint(1, 4_000 if where < 0.75 else 400_000)


def _split(total: int, rest: str, parts: tuple[str, ...], *, chance: Random) -> dict[str, int]:
    found = {}
    for name in parts:
        if chance.random() < 0.4:
            found[name] = chance.randint(0, total)
            total -= found[name]
    return {rest: total, **found}


def estimated_input(case: Case) -> int:
    """Tokens of a request that nobody has counted: one for four bytes."""
    return -(-case.size // 4)


def requested(model: int) -> str:
    """The name that callers know a model by."""
    return f"gate-{model}"


def upstream(model: int) -> str:
    """The name that the origin knows it by."""
    return f"origin-{model}"


def body_of(case: Case) -> bytes:
    options = b',"stream_options":{"include_usage":true}' if case.stream and case.told else b""
    begin = b'{"model":"%b","stream":%b%b,"messages":[{"role":"user","content":"<%d>' % (
        requested(case.model).encode(),
        b"true" if case.stream else b"false",
        options,
        case.number,
    )
    end = b'"}]}'
    return begin.ljust(case.size - len(end), b".") + end
