"""Questions to a large ledger: which figures are judged, how they are told, and which answers are none."""

from __future__ import annotations

import json

import pytest

from bench.budgets import Verdict
from bench.headgate import WrongAnswer
from bench.ledger import PAGE, QUESTIONS, SUMMARY, Answers, check, rows, section


def answers(*, summary: float = 100, slowest: float = 40, cold: float = 900) -> Answers:
    """The last question is the slowest, and one of its answers was disturbed."""
    warm = {question: [10.0, 10.0, 10.0] for question in QUESTIONS}
    warm |= {SUMMARY: [summary] * 3, list(QUESTIONS)[-1]: [slowest, slowest, slowest + 500]}
    return Answers("SQLite", 10_000_000, 1.5, cold={question: [cold] for question in QUESTIONS}, warm=warm)


def test_the_sums_and_the_slowest_pages_are_judged_by_their_medians() -> None:
    assert [row.measured.median for row in rows(answers(slowest=40)) if row.measured] == [100, 40]


@pytest.mark.parametrize(
    ("measured", "verdicts"),
    [
        pytest.param(answers(), [Verdict.MET, Verdict.MET], id="both keep to it, and no cold question counts"),
        pytest.param(answers(summary=301), [Verdict.NOT_MET, Verdict.MET], id="the sums are slow"),
        pytest.param(answers(slowest=51), [Verdict.MET, Verdict.NOT_MET], id="one kind of page is slow"),
    ],
)
def test_each_is_held_against_its_limit(measured: Answers, verdicts: list[Verdict]) -> None:
    assert [row.verdict for row in rows(measured)] == verdicts


def test_the_page_tells_warm_from_cold() -> None:
    page = section([answers()])

    assert "## A ledger of 10,000,000 rows" in page
    assert f"| SQLite | {SUMMARY} | 100.00 ms | 900.00 ms |" in page
    assert all(f"| {question} |" in page for question in QUESTIONS)


@pytest.mark.parametrize(
    ("status", "items"),
    [
        pytest.param(200, [], id="no rows"),
        pytest.param(200, [{}] * (PAGE - 1), id="a page that is not full"),
        pytest.param(500, [{}] * PAGE, id="a failure"),
    ],
)
def test_an_answer_that_is_not_a_full_page_is_no_figure(status: int, items: list[object]) -> None:
    with pytest.raises(WrongAnswer, match="not a full page"):
        check(f"/admin/v1/usage?limit={PAGE}", status, json.dumps({"items": items}).encode())
