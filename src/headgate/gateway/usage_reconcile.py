"""A provider's own account of what was used, held against the ledger: per provider, model and day.

Models are compared by the names that the provider has for them. A provider often reports a model with the date of its
version although it was asked for without; where the ledger knows only the name without, that is taken to be meant. A
line without a model is compared with everything of the provider on that day. Nothing is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from headgate.core.money import Picodollars
from headgate.gateway.usage_store import Group, GroupBy, LedgerReading, Reach, Sums, UsageFilter

PER_CALL: Final = 1000
_DAY: Final = 86_400_000_000
_DATED: Final = re.compile(r"(.+)-(?:\d{4}-\d\d-\d\d|\d{8})")

GROUPS: Final = (GroupBy.PROVIDER, GroupBy.UPSTREAM_MODEL, GroupBy.DAY)
Place: TypeAlias = tuple[str, str, int]
"""Provider, model ("" for all of them) and day since 1970."""


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one provider, model and day. None: not told."""

    requests: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: Picodollars | None = None


FIGURES: Final = Billed.__struct_fields__


class Reported(msgspec.Struct, frozen=True):
    """One line of a provider's report."""

    place: Place
    billed: Billed


class Compared(msgspec.Struct, frozen=True):
    """Both sides of one place; None where a side has none. `exposure` is what of ours may still come to be."""

    place: Place
    theirs: Billed | None
    ours: Billed | None
    exposure: Picodollars = 0

    @property
    def difference(self) -> Billed:
        """Theirs less ours, of what they tell; a side that is missing counts as nothing."""
        ours = self.ours or Billed(requests=0, input_tokens=0, output_tokens=0, cost=0)
        if self.theirs is None:
            return Billed(**{name: -(getattr(ours, name) or 0) for name in FIGURES})
        told = {name: getattr(self.theirs, name) for name in FIGURES}
        return Billed(
            **{name: None if value is None else value - (getattr(ours, name) or 0) for name, value in told.items()}
        )


def reconciled(
    ledger: LedgerReading, reported: Sequence[Reported], *, reach: Reach, organization: str | None
) -> list[Compared]:
    """Both sides of everything that either has, for the providers and from the first to the last day of the report."""
    theirs = _merged(reported)
    if not theirs:
        return []
    days = [day for _, _, day in theirs]
    providers = {provider for provider, _, _ in theirs}
    wanted = UsageFilter(
        organization=organization,
        # A report may name a hundred thousand: the ledger is asked once however many there are.
        provider=next(iter(providers)) if len(providers) == 1 else None,
        since=min(days) * _DAY,
        until=(max(days) + 1) * _DAY,
    )
    ours = _ours(ledger, wanted, reach)
    return _compared(theirs, {place: sums for place, sums in ours.items() if place[0] in providers})


def _ours(ledger: LedgerReading, wanted: UsageFilter, reach: Reach) -> dict[Place, Sums]:
    found: dict[Place, Sums] = {}
    after: Group | None = None
    while True:
        part = ledger.summary(wanted, reach=reach, by=GROUPS, after=after, limit=PER_CALL)
        for (provider, model, day), sums in part.items:
            found[str(provider), str(model), int(day)] = sums
        after = part.after
        if after is None:
            return found


def _merged(reported: Iterable[Reported]) -> dict[Place, Billed]:
    """A report may tell of one place in several lines, such as one for each of its projects."""
    found: dict[Place, Billed] = {}
    for each in reported:
        found[each.place] = _plus(found.get(each.place, Billed()), each.billed)
    return found


def _plus(one: Billed, other: Billed) -> Billed:
    return Billed(**{name: _sum(getattr(one, name), getattr(other, name)) for name in FIGURES})


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


def _compared(reported: Mapping[Place, Billed], ours: Mapping[Place, Sums]) -> list[Compared]:
    theirs = _merged(Reported(_known_as(place, ours), billed) for place, billed in reported.items())
    left = dict(ours)
    days: dict[tuple[str, int], list[Place]] = {}
    for each in ours:
        days.setdefault((each[0], each[2]), []).append(each)
    found = []
    for place, billed in theirs.items():
        meant = _meant(place, ours, days=days)
        for each in meant:
            left.pop(each, None)
        sums = [ours[each] for each in meant]
        found.append(Compared(place, billed, _billed(sums) if sums else None, sum(each.exposure for each in sums)))
    found += [Compared(place, None, _billed([sums]), sums.exposure) for place, sums in left.items()]
    return sorted(found, key=_order)


def _order(each: Compared) -> Place:
    return each.place


def _known_as(place: Place, ours: Mapping[Place, Sums]) -> Place:
    """The place by the name that the ledger has for the model."""
    provider, model, day = place
    dated = None if place in ours else _DATED.fullmatch(model)
    undated = (provider, dated[1], day) if dated is not None else place
    return undated if undated in ours else place


def _meant(
    place: Place, ours: Mapping[Place, Sums], *, days: Mapping[tuple[str, int], Sequence[Place]]
) -> Sequence[Place]:
    """What of ours a line of theirs is about. `days` are the places of ours by provider and day."""
    provider, model, day = place
    if not model:
        return days.get((provider, day), ())
    return [place] if place in ours else []


def _billed(every: Sequence[Sums]) -> Billed:
    return Billed(
        requests=sum(each.attempts for each in every),
        input_tokens=sum(each.tokens_in for each in every),
        output_tokens=sum(each.tokens_out for each in every),
        cost=sum(each.cost for each in every),
    )
