"""The arithmetic of a measurement: medians, spreads and ratios of paired runs.

Runs of two programs are compared pair by pair, in the order in which they alternated, and the median of the
pairs' ratios is the result. A disturbance that lasts longer than one run then touches both sides of a pair.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with the lowest and the highest value that it stands for."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread | None:
    """None when there is nothing to summarise."""
    if not values:
        return None
    return Spread(median(values), min(values), max(values))


def paired_ratios(numerators: Sequence[float | None], denominators: Sequence[float | None]) -> list[float]:
    """One ratio for each pair of which both runs succeeded."""
    if len(numerators) != len(denominators):
        raise ValueError(f"{len(numerators)} runs cannot be paired with {len(denominators)}")
    return [
        above / below
        for above, below in zip(numerators, denominators, strict=True)
        if above is not None and below is not None and below > 0
    ]


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of values in ascending order."""
    if not ordered:
        raise ValueError("a percentile of no values")
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
