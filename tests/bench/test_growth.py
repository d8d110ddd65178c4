"""Growth of memory: how it is judged and told."""

from __future__ import annotations

import pytest

from bench.budgets import Verdict
from bench.growth import MEGABYTE, Growth, Stop, row, section
from bench.process_tree import Memory


def grown(megabytes: float) -> Growth:
    return Growth(memory(70), Stop(100_000, 100_250, memory(90)), Stop(1_000_000, 1_004_000, memory(90 + megabytes)))


def memory(megabytes: float) -> Memory:
    return Memory(pss_bytes=round(megabytes * MEGABYTE), rss_bytes=0)


@pytest.mark.parametrize(
    ("megabytes", "verdict"),
    [
        pytest.param(5.0, Verdict.MET, id="it reaches the limit"),
        pytest.param(-3.0, Verdict.MET, id="it has become less"),
        pytest.param(5.1, Verdict.NOT_MET, id="it exceeds the limit"),
    ],
)
def test_what_came_between_the_two_counts_is_judged(megabytes: float, verdict: Verdict) -> None:
    assert row(grown(megabytes)).verdict is verdict


def test_the_row_names_the_counts_that_were_asked_for() -> None:
    assert row(grown(1)).what == "growth of memory (PSS) from 100,000 to 1,000,000 requests"


def test_the_page_shows_what_was_occupied_each_time() -> None:
    page = section(grown(1.26))

    assert "| 0 | 70.0 MB |\n| 100,250 | 90.0 MB |\n| 1,004,000 | 91.3 MB |" in page
