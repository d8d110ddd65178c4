"""Lists beside streams: which figure each budget is held against, and how long a stream waited."""

import time

from bench.budgets import Verdict
from bench.listing import LISTS, Listing, Round, Stream, rows, section


def listing(*, slow: float, wait: float) -> Listing:
    """Three rounds of which one was disturbed; the last filter is the slowest. `wait` is what lists add."""
    pages = {query: [5.0, 5.0] for query in LISTS}
    calm = Round(1.0, 1.0 + wait, {**pages, LISTS[-1]: [slow, slow]})
    disturbed = Round(9.0, wait + 59, {**pages, LISTS[-1]: [slow + 50, slow + 50]})
    return Listing([calm, disturbed, calm])


def verdicts(measured: Listing) -> list[Verdict]:
    return [row.verdict for row in rows(measured)]


def test_the_slowest_filter_and_the_median_of_what_lists_add_to_the_longest_waits_count() -> None:
    assert [row.measured.median for row in rows(listing(slow=20, wait=3)) if row.measured] == [20, 3]


def test_one_disturbed_round_decides_nothing() -> None:
    assert verdicts(listing(slow=20, wait=3)) == [Verdict.MET, Verdict.MET]


def test_a_wait_that_is_as_long_without_lists_is_not_theirs() -> None:
    pages = {query: [5.0] for query in LISTS}

    assert verdicts(Listing([Round(7.0, 6.0, pages)])) == [Verdict.MET, Verdict.MET]


def test_a_slow_page_is_told() -> None:
    assert verdicts(listing(slow=31, wait=3)) == [Verdict.NOT_MET, Verdict.MET]


def test_a_long_wait_is_told() -> None:
    assert verdicts(listing(slow=20, wait=5.1)) == [Verdict.MET, Verdict.NOT_MET]


def test_the_page_shows_every_filter() -> None:
    page = section(listing(slow=20, wait=3), 100_000)

    assert "| longest wait that lists add to a stream's | 3.00 ms (3.00-53.00) | 5 ms | met |" in page
    assert "The longest wait is 4.00 ms (4.00-62.00) during lists and 1.00 ms (1.00-9.00) without." in page
    assert all(f"| `{query}` |" in page for query in LISTS)


def test_a_wait_is_the_age_of_an_event_that_was_written_since() -> None:
    stream = Stream(b"")
    before = time.perf_counter_ns()
    stream.ages = [(before - 10, 80_000_000), (before, 2_000_000), (before + 10, 3_000_000)]

    assert stream.longest(before) == 3.0
