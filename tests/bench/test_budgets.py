"""What is promised, what was measured, and the verdict."""

from dataclasses import astuple

import pytest

from bench.budgets import (
    CATALOGUE_SIZE,
    ENVOY,
    HEADGATE,
    LARGE_CATALOGUE,
    NGINX,
    RATIO_BUDGETS,
    SMALL_BODY,
    SMALL_CATALOGUE,
    Verdict,
    memory_row,
    ratio_rows,
    start_row,
    verdict_of,
)
from bench.figures import Spread
from bench.runs import Failed, Run, Series


def series(*microseconds: float | None) -> Series:
    return Series(tuple(Failed("refused") if value is None else run(value) for value in microseconds))


def run(microseconds: float) -> Run:
    return Run(
        cpu_seconds_per_unit=microseconds / 1e6,
        units_per_second=1000.0,
        wait_p50=0.001,
        wait_p95=0.002,
        gateway_core_others=0.0,
        load_core_busy=0.5,
    )


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        pytest.param(Spread(2.3, 2.0, 3.0), Verdict.MET, id="the median reaches the limit"),
        pytest.param(Spread(2.31, 2.0, 2.4), Verdict.NOT_MET, id="the median exceeds it, although the lowest does not"),
        pytest.param(None, Verdict.UNMEASURED, id="no pair of runs succeeded"),
    ],
)
def test_the_median_decides(measured: Spread | None, expected: Verdict) -> None:
    assert verdict_of(measured, 2.3) is expected


def test_a_ratio_is_taken_within_each_round() -> None:
    # The machine is half as fast in the third round, for everyone.
    measured = {SMALL_BODY: {NGINX: series(10, 12, 20), ENVOY: series(30, 30, 60), HEADGATE: series(20, 27, 42)}}

    rows = {row.what: row.measured for row in ratio_rows(measured)}

    measured_ratio = rows["CPU per request, 0.7 KB body, against nginx"]
    assert measured_ratio is not None
    assert astuple(measured_ratio) == pytest.approx((2.1, 2.0, 2.25))


def test_a_failed_run_leaves_its_round_out() -> None:
    measured = {SMALL_BODY: {NGINX: series(10, 10, None), HEADGATE: series(None, 20, 20)}}

    row = next(row for row in ratio_rows(measured) if row.what.endswith("0.7 KB body, against nginx"))

    assert row.measured is not None
    assert astuple(row.measured) == pytest.approx((2.0, 2.0, 2.0))


def test_every_budget_has_a_row_even_if_nothing_was_measured() -> None:
    rows = ratio_rows({})

    assert [row.what for row in rows] == [budget.what for budget in RATIO_BUDGETS]
    assert {row.verdict for row in rows} == {Verdict.UNMEASURED}


@pytest.mark.parametrize(
    ("large", "verdict"),
    [
        pytest.param((10.2, 10.4, 10.6), Verdict.MET, id="the median keeps it"),
        pytest.param((10.4, 10.7, 10.8), Verdict.WITHIN, id="the limit is inside the spread"),
        pytest.param((10.6, 10.7, 10.8), Verdict.NOT_MET, id="every pair exceeds it"),
    ],
)
def test_the_size_of_the_catalogue_is_judged_inside_the_spread(
    large: tuple[float, float, float], verdict: Verdict
) -> None:
    measured = {CATALOGUE_SIZE: {SMALL_CATALOGUE: series(10, 10, 10), LARGE_CATALOGUE: series(*large)}}

    assert [row.verdict for row in ratio_rows(measured) if row.measured] == [verdict]


def test_memory_has_a_limit() -> None:
    assert memory_row("memory", 99.9).verdict is Verdict.MET
    assert memory_row("memory", 100.1).verdict is Verdict.NOT_MET


def test_the_median_start_has_a_limit() -> None:
    assert start_row([0.9, 1.1, 4.0]).verdict is Verdict.MET
    assert start_row([0.9, 1.6, 4.0]).verdict is Verdict.NOT_MET
