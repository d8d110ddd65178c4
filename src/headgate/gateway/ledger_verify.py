"""What `headgate ledger verify` decides: whether what the ledger says of itself agrees.

Every sum in the ledger can be made again from something below it: an attempt's cost from its usage and the price list
that it names, a row from its attempts, roll-ups and counters from rows, rows from the journal. Whoever reads the
ledger shows it here piece by piece; nothing of it is kept but what disagrees.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from headgate.catalogue.price import Price
from headgate.core.money import MAX_COST, MoneyOutOfRange, Picodollars
from headgate.core.usage import Usage
from headgate.gateway.ledger_store import Count
from headgate.ledger.cost import cost
from headgate.ledger.records import Finished, Status

SHOWN: Final = 20
"""So many disagreements of a kind are told in words; the others are only counted."""

_NOTHING: Final = Usage()
_SLACK: Final = 5_000_000
"""Microseconds by which the order of ends may be off: clocks are set, and requests end at the same moment."""


class Kind(enum.StrEnum):
    """What may disagree, as it is counted."""

    COST = "costs that are not usage times price"
    ROW = "rows that are not the sum of their attempts"
    LOST = "rows without attempts, or attempts without a row"
    ROLLUP = "roll-ups that are not the sum of rows"
    COUNTER = "counters that are not the sum of rows"
    JOURNAL = "requests or frames of the journal"


class StoredAttempt(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the ledger says of an attempt. `price` is the id of its list, "" if it was unpriced."""

    number: int
    status: int
    price: str
    cost: Picodollars | None
    exposure: Picodollars
    usage: Usage


class StoredRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the ledger says of a request."""

    status: int
    cost: Picodollars | None
    exposure: Picodollars
    tokens_in: int
    tokens_out: int
    attempts: int


class Findings:
    """What was found to disagree, by kind, and how much was looked at."""

    def __init__(self) -> None:
        self.looked_at: dict[str, int] = {}
        self.notes: list[str] = []
        self._counts: dict[Kind, int] = {}
        self._words: dict[Kind, list[str]] = {}

    @property
    def agree(self) -> bool:
        return not self._counts

    def add(self, kind: Kind, words: str) -> None:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        shown = self._words.setdefault(kind, [])
        if len(shown) < SHOWN:
            shown.append(words)

    def saw(self, what: str, count: int = 1) -> None:
        self.looked_at[what] = self.looked_at.get(what, 0) + count

    def note(self, words: str) -> None:
        """Something that is no disagreement and that a reader wants to know."""
        self.notes.append(words)

    def lines(self) -> Iterator[str]:
        """Every disagreement in words, below the count of its kind."""
        for kind, count in self._counts.items():
            yield f"{count} {kind}:"
            yield from (f"  {words}" for words in self._words[kind])
            if count > SHOWN:
                yield f"  ... and {count - SHOWN} more"


def judge_attempt(request: str, attempt: StoredAttempt, *, price: Price | None, findings: Findings) -> None:
    """`price` is the list that the attempt names, None if the ledger does not have it."""
    where = f"request {request} attempt {attempt.number}"
    if attempt.status == Status.UNKNOWN:
        if attempt.cost is not None:
            findings.add(Kind.COST, f"{where}: the cost is {attempt.cost}, and its status says that it is unknown")
        return
    if attempt.cost is None:
        findings.add(Kind.COST, f"{where}: there is no cost, and its status says that it is known")
    elif attempt.cost == 0 and attempt.usage == msgspec.structs.replace(_NOTHING, tier=attempt.usage.tier):
        # What the upstream did not answer was not paid for, whatever the price says of a request.
        return
    elif price is None:
        missing = f"its price list {attempt.price!r} is missing" if attempt.price else "it has no price"
        findings.add(Kind.COST, f"{where}: the cost is {attempt.cost}, and {missing}")
    elif (expected := _expected(attempt.usage, price)) != attempt.cost:
        findings.add(Kind.COST, f"{where}: the cost is {attempt.cost}, and usage times price is {expected}")


def judge_row(request: str, row: StoredRow, *, attempts: Sequence[StoredAttempt], findings: Findings) -> None:
    expected = summed(attempts)
    if row == expected:
        return
    for name in StoredRow.__struct_fields__:
        said, found = getattr(row, name), getattr(expected, name)
        if said != found:
            findings.add(Kind.ROW, f"request {request}: {name} is {said}, and its attempts come to {found}")


def summed(attempts: Sequence[StoredAttempt]) -> StoredRow:
    """The row of a request with these attempts, of which there is at least one."""
    if len(attempts) == 1:
        one, usage = attempts[0], attempts[0].usage
        return StoredRow(
            status=one.status,
            cost=one.cost,
            exposure=one.exposure,
            tokens_in=usage.prompt,
            tokens_out=usage.completion,
            attempts=1,
        )
    costs = [each.cost for each in attempts if each.cost is not None]
    return StoredRow(
        status=max(each.status for each in attempts),
        cost=min(sum(costs), MAX_COST) if costs else None,
        exposure=min(sum(each.exposure for each in attempts), MAX_COST),
        tokens_in=sum(each.usage.prompt for each in attempts),
        tokens_out=sum(each.usage.completion for each in attempts),
        attempts=len(attempts),
    )


def judge_line(
    where: str, *, said: Mapping[str, int] | None, found: Mapping[str, int] | None, findings: Findings
) -> None:
    """A line of the roll-ups, and what the rows come to; None where there is none."""
    if said is None or found is None:
        there = "there are rows, and no line" if said is None else "there is a line, and no rows"
        findings.add(Kind.ROLLUP, f"{where}: {there}")
        return
    wrong = [
        f"{name} is {said[name]}, and the rows come to {found[name]}"
        for name in found
        if name not in {"first_id", "last_id"} and said[name] != found[name]
    ]
    if said["first_id"] > found["first_id"] or said["last_id"] < found["last_id"]:
        wrong.append("it has requests outside of its first and last")
    if wrong:
        findings.add(Kind.ROLLUP, f"{where}: {'; '.join(wrong)}")


def judge_counter(budget: str, window: int, *, said: Count | None, found: Count, findings: Findings) -> None:
    """A counter, None if there is none, and what the rows come to."""
    if (said or Count()) != found:
        shown = "there is none" if said is None else _shown(said)
        findings.add(Kind.COUNTER, f"budget {budget} from {window}: {shown}, and the rows come to {_shown(found)}")


def overtaken(missing: Iterable[Finished], *, last: Mapping[str, int]) -> list[Finished]:
    """Of the requests that a journal ends and that have no row those which later ones have overtaken.

    Requests are stored in the order of their ends, but for what a server catches up with after an outage, and where its
    clock was set back: such a one may still be brought. `last` is when the newest that is stored ended, by the process,
    which is the beginning of its request ids.
    """
    late = []
    for each in missing:
        request, ended = each.ended.request, each.opened[0].admitted + each.ended.duration
        newest = next((at for prefix, at in last.items() if prefix and request.startswith(prefix)), 0)
        if ended + _SLACK < newest:
            late.append(each)
    return late


def judge_late(late: Iterable[Finished], findings: Findings) -> None:
    """Requests that were overtaken, and that nobody has brought since."""
    for each in late:
        words = "it is in the journal, and has no row, though later ones do"
        findings.add(Kind.JOURNAL, f"request {each.ended.request}: {words}")


def _shown(count: Count) -> str:
    return f"{count.spent} spent, {count.exposure} exposed, {count.tokens} tokens"


def _expected(usage: Usage, price: Price) -> Picodollars | None:
    try:
        found = cost(usage, price)
    except MoneyOutOfRange:
        return None
    return None if found is None else found.total
