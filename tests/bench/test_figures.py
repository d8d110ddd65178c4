"""Medians, spreads, ratios and percentiles."""

import pytest

from bench.figures import Spread, paired_ratios, percentile, spread


def test_a_spread_is_the_median_between_the_lowest_and_the_highest() -> None:
    assert spread([3.0, 1.0, 2.5, 9.0, 2.0]) == Spread(median=2.5, low=1.0, high=9.0)


def test_an_even_number_of_values_has_its_median_between_the_middle_two() -> None:
    assert spread([4.0, 1.0, 2.0, 3.0]) == Spread(median=2.5, low=1.0, high=4.0)


def test_nothing_has_no_spread() -> None:
    assert spread([]) is None


def test_ratios_pair_the_runs_of_one_round() -> None:
    assert paired_ratios([2.0, 9.0, 4.0], [1.0, 3.0, 8.0]) == [2.0, 3.0, 0.5]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        pytest.param([None, 6.0], [1.0, 3.0], id="the first program's run failed"),
        pytest.param([2.0, 6.0], [None, 3.0], id="the second program's run failed"),
        pytest.param([2.0, 6.0], [0.0, 3.0], id="the second program's run used no time"),
    ],
)
def test_a_pair_without_both_figures_gives_no_ratio(above: list[float | None], below: list[float | None]) -> None:
    assert paired_ratios(above, below) == [2.0]


def test_series_of_unequal_length_are_not_paired() -> None:
    with pytest.raises(ValueError, match="2 runs cannot be paired with 1"):
        paired_ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        pytest.param(0.5, 51.0, id="the middle"),
        pytest.param(0.95, 96.0, id="the slow end"),
        pytest.param(1.0, 100.0, id="the last"),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    assert percentile([float(value) for value in range(1, 101)], share) == expected
