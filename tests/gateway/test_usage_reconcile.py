"""Two sets of books side by side: what is compared with what."""

from __future__ import annotations

from collections.abc import Sequence

from headgate.gateway.usage_reconcile import Billed, Compared, Reported, reconciled
from headgate.gateway.usage_store import (
    BUCKETS,
    Group,
    GroupBy,
    Position,
    Reach,
    Request,
    Rows,
    Summary,
    Sums,
    UsageFilter,
)


def sums(requests: int, cost: int) -> Sums:
    return Sums(
        requests=requests,
        attempts=requests,
        estimated=0,
        unknown=0,
        cost=cost,
        exposure=0,
        duration=0,
        buckets={**dict.fromkeys(BUCKETS, 0), "input": 10 * requests, "output": requests},
    )


class Known:
    """A ledger that answers with these sums, one group at a time, and remembers what it was asked."""

    def __init__(self, **models: Sums) -> None:
        self._models = {name.replace("_", "-"): each for name, each in models.items()}
        self.asked: list[UsageFilter] = []

    def rows(self, wanted: UsageFilter, *, reach: Reach, after: Position | None, limit: int) -> Rows:
        raise NotImplementedError

    def request(self, request_id: str, *, reach: Reach) -> Request | None:
        raise NotImplementedError

    def summary(
        self, wanted: UsageFilter, *, reach: Reach, by: Sequence[GroupBy], after: Group | None, limit: int
    ) -> Summary:
        self.asked.append(wanted)
        groups: list[tuple[Group, Sums]] = [(("openai", name, 5), each) for name, each in sorted(self._models.items())]
        rest = [each for each in groups if after is None or each[0] > after]
        return Summary(rest[:1], sums(0, 0), rest[0][0] if len(rest) > 1 else None)


def told(model: str, *, requests: int | None = None, cost: int | None = None, day: int = 5) -> Reported:
    return Reported(("openai", model, day), Billed(requests=requests, cost=cost))


def compared(ledger: Known, *reported: Reported) -> list[Compared]:
    return reconciled(ledger, reported, reach=Reach(), organization=None)


def test_lines_about_one_place_are_one_line() -> None:
    [found] = compared(Known(gpt=sums(3, 30)), told("gpt", requests=1, cost=10), told("gpt", requests=2))

    assert found.theirs == Billed(requests=3, cost=10)
    assert found.difference == Billed(requests=0, cost=-20)


def test_versions_of_a_model_that_was_asked_for_without_a_date_are_one_line() -> None:
    ledger = Known(gpt=sums(3, 30))

    [found] = compared(ledger, told("gpt-2026-01-01", requests=1), told("gpt-20260202", requests=2))

    assert (found.place, found.difference.requests) == (("openai", "gpt", 5), 0)


def test_a_version_that_was_asked_for_by_its_date_stays_one() -> None:
    ledger = Known(gpt=sums(3, 30), gpt_2026_01_01=sums(1, 10))

    found = compared(ledger, told("gpt-2026-01-01", requests=1), told("gpt", requests=3))

    assert [(each.place[1], each.difference.requests) for each in found] == [("gpt", 0), ("gpt-2026-01-01", 0)]


def test_a_line_without_a_model_is_about_everything_of_that_day() -> None:
    [found] = compared(Known(gpt=sums(3, 30), mini=sums(1, 12)), told("", cost=42))

    assert (found.place[1], found.difference) == ("", Billed(cost=0))


def test_what_only_one_side_has_differs_by_all_of_it() -> None:
    theirs, ours = compared(Known(gpt=sums(2, 30)), told("else", requests=4))

    assert (theirs.ours, theirs.difference.requests) == (None, 4)
    assert (ours.theirs, ours.difference) == (None, Billed(requests=-2, input_tokens=-20, output_tokens=-2, cost=-30))


def test_the_ledger_is_asked_for_the_days_of_the_report_only() -> None:
    ledger = Known()

    compared(ledger, told("gpt", day=7), told("gpt", day=3))

    [asked] = ledger.asked
    assert (asked.provider, asked.since, asked.until) == ("openai", 3 * 86_400_000_000, 8 * 86_400_000_000)


def test_a_report_of_any_number_of_providers_asks_once_and_is_about_these_only() -> None:
    ledger = Known(gpt=sums(3, 30))

    found = compared(ledger, *(Reported((f"other-{number}", "gpt", 5), Billed(requests=1)) for number in range(50)))

    [asked] = ledger.asked
    assert asked.provider is None
    assert (len(found), [each for each in found if each.ours]) == (50, [])


def test_an_empty_report_asks_nothing() -> None:
    ledger = Known()

    assert compared(ledger) == []
    assert ledger.asked == []
