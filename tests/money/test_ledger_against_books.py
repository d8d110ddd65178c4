"""Mixed requests at full speed against an upstream that keeps its own books: the ledger says what those say.

How many there are, HEADGATE_MONEY_REQUESTS says. What is injected stands in `cases`, what must come of it in
`reckoning`.
"""

from __future__ import annotations

import csv
import subprocess
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import cast

from headgate.gateway.usage_store import BUCKETS
from tests.end_to_end.program import HEADGATE, PATIENCE, surroundings
from tests.money.cases import INJECTED, case_of, requested
from tests.money.conftest import Settled
from tests.money.reckoning import Attempt, Row, pico, to_be_estimated
from tests.money.tariff import OUTPUT, PROMPT

GROUPS = ("organization", "project", "user", "key", "model", "provider", "end_reason")
LOOKED_INTO = 400


def test_the_load_has_two_in_a_hundred_of_each_fault(settled: Settled) -> None:
    whole = settled.count // 100 * 100

    kinds = Counter(case_of(number).kind for number in range(whole))

    assert {kind: kinds[kind] for kind in INJECTED} == dict.fromkeys(INJECTED, whole // 50)


def test_every_request_has_one_row_that_says_what_the_books_say(settled: Settled) -> None:
    assert settled.reckoning.ids == settled.count
    assert not settled.reckoning.differences, "\n\n".join(settled.reckoning.differences)
    assert settled.reckoning.found == b"\x01" * settled.count


def test_estimated_are_exactly_those_whose_usage_nobody_told(settled: Settled) -> None:
    assert settled.reckoning.estimated == to_be_estimated(settled.count)


def test_the_sums_are_those_of_the_books(settled: Settled) -> None:
    page = settled.ask("/admin/v1/usage/summary", group_by=",".join(GROUPS), limit="10000")

    found = {tuple(item[name] for name in GROUPS): _counted(item) for item in _items(page)}
    assert page["next_cursor"] is None
    assert found == {group: _without_zeros(sums) for group, sums in settled.reckoning.sums.items()}


def test_the_totals_are_those_of_the_books(settled: Settled) -> None:
    page = settled.ask("/admin/v1/usage/summary", group_by="end_reason")

    total: Counter[str] = Counter()
    for sums in settled.reckoning.sums.values():
        total.update(sums)
    assert _counted(cast("Row", page["totals"])) == _without_zeros(total)


def test_the_attempts_of_a_request_are_those_of_the_books(settled: Settled) -> None:
    looked_into: Counter[object] = Counter()
    for row in settled.rows():
        number = settled.reckoning.number(row)
        kind = case_of(number).kind
        looked_into[kind] += 1
        if looked_into[kind] <= LOOKED_INTO // len(INJECTED):
            page = settled.ask(f"/admin/v1/requests/{row['request_id']}")
            expected = settled.reckoning.attempts(number, cast("int", row["output_tokens"]))
            assert [_attempt(each) for each in _items(page, "attempts")] == [_shown(each) for each in expected]


def test_a_csv_file_has_the_rows_of_the_list(settled: Settled) -> None:
    with settled.gateway.http.stream("GET", "/admin/v1/usage/export", params={"format": "csv"}) as answer:
        for line, row in zip(csv.DictReader(answer.iter_lines()), settled.rows(), strict=True):
            assert (line["request_id"], Decimal(line["cost"])) == (row["request_id"], row["cost"])


def test_the_pages_of_the_list_are_the_rows_of_the_file(settled: Settled) -> None:
    first = settled.ask("/admin/v1/usage", limit="250")
    second = settled.ask("/admin/v1/usage", limit="250", cursor=str(first["next_cursor"]))

    assert [*_items(first), *_items(second)] == list(islice(settled.rows(), 500))


def test_what_is_spent_of_every_budget_is_what_the_books_say(settled: Settled) -> None:
    spent: dict[tuple[str, str, str], int] = defaultdict(int)
    for (organization, _, user, key, *_), sums in settled.reckoning.sums.items():
        tokens = sum(sums[name] for name in (*PROMPT, *OUTPUT))
        spent["organization", organization, "usd"] += sums["cost"]
        spent["organization", organization, "tokens"] += tokens
        spent["key" if key else "user", str(key or user), "usd"] += sums["cost"]

    for budget in settled.budgets:
        current = cast("Row", settled.ask(f"/admin/v1/budgets/{budget.id}")["current"])
        said = pico(current["spent"]) if budget.unit == "usd" else current["spent"]
        assert (said, current["held"], current["exposure"]) == (spent[budget.kind, budget.subject, budget.unit], 0, 0)


def test_nothing_is_unknown(settled: Settled) -> None:
    assert list(settled.rows(status="unknown")) == []


def test_the_ledger_agrees_with_itself_beside_the_server(settled: Settled) -> None:
    data = settled.gateway.program.log.with_suffix("")

    done = subprocess.run(
        [HEADGATE, "ledger", "verify", "--data-dir", data],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=surroundings(None),
        timeout=10 * PATIENCE,
        check=False,
    )

    assert done.returncode == 0, done.stdout.decode()


def _items(page: Row, name: str = "items") -> Sequence[Row]:
    return cast("Sequence[Row]", page[name])


def _counted(sums: Row) -> Mapping[str, int]:
    """What sums say that the books say too, as far as it is not nothing."""
    buckets = cast("Mapping[str, int]", sums["buckets"])
    assert set(buckets) == set(BUCKETS)
    assert (sums["unknown"], sums["exposure"]) == (0, 0)
    counts = {name: cast("int", sums[name]) for name in ("requests", "attempts", "estimated")}
    return _without_zeros({**counts, **buckets, "cost": cast("int", pico(sums["cost"]))})


def _without_zeros(counts: Mapping[str, int]) -> Mapping[str, int]:
    return {name: count for name, count in counts.items() if count}


def _attempt(shown: Row) -> Row:
    """An attempt as it is shown, as far as the books know it; its price's arithmetic must come to its cost."""
    lines = cast("Sequence[Row]", shown["lines"])
    assert pico(shown["cost"]) == pico(shown["sum"]) == sum(cast("int", pico(line["amount"])) for line in lines)
    names = ("served_model", "status", "code", "service_tier", "buckets")
    return {**{name: shown[name] for name in names}, "cost": pico(shown["cost"])}


def _shown(attempt: Attempt) -> Row:
    return {
        "served_model": requested(attempt.model),
        "status": "estimated" if attempt.estimated else "settled",
        "code": attempt.code or None,
        "service_tier": attempt.tier or None,
        "buckets": _without_zeros(attempt.buckets),
        "cost": attempt.cost,
    }
