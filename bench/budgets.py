"""What Headgate may cost, and whether a measurement says that it keeps to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bench.figures import Spread, paired_ratios, spread
from bench.runs import Series

HEADGATE = "Headgate"
NGINX = "nginx"
ENVOY = "Envoy"
LARGE_CATALOGUE = "Headgate, large catalogue"
SMALL_CATALOGUE = "Headgate, small catalogue"

SMALL_BODY = "0.7 KB body"
LARGE_BODY = "100 KB body"
FEW_STREAMS = "200 streams"
MANY_STREAMS = "1,000 streams"
CATALOGUE_SIZE = "catalogue size"


class Verdict(StrEnum):
    """What a row of the table ends with."""

    MET = "met"
    WITHIN = "met inside the spread"
    NOT_MET = "NOT MET"
    UNMEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class RatioBudget:
    """Processor time per unit of work, as a multiple of another contender's in the same rounds."""

    what: str
    workload: str
    contender: str
    against: str
    limit: float
    lowest_counts: bool = False
    """For a ratio near one: met if the limit is inside the spread."""


@dataclass(frozen=True, slots=True)
class Row:
    """One budget, what was measured, and the verdict."""

    what: str
    measured: Spread | None
    limit: float
    unit: str
    verdict: Verdict


RATIO_BUDGETS = (
    RatioBudget("CPU per request, 0.7 KB body, against Envoy", SMALL_BODY, HEADGATE, ENVOY, 1.0),
    RatioBudget("CPU per request, 0.7 KB body, against nginx", SMALL_BODY, HEADGATE, NGINX, 2.5),
    RatioBudget("CPU per chunk, 200 streams, against Envoy", FEW_STREAMS, HEADGATE, ENVOY, 1.0),
    RatioBudget("CPU per chunk, 200 streams, against nginx", FEW_STREAMS, HEADGATE, NGINX, 1.5),
    RatioBudget("CPU per chunk, 1,000 streams, against Envoy", MANY_STREAMS, HEADGATE, ENVOY, 1.0),
    RatioBudget("CPU per chunk, 1,000 streams, against nginx", MANY_STREAMS, HEADGATE, NGINX, 1.5),
    RatioBudget("CPU per request, 100 KB body, against nginx", LARGE_BODY, HEADGATE, NGINX, 3.0),
    RatioBudget(
        "CPU per request at 100,000 entries and 1,000,000 keys, against 10 and 10",
        CATALOGUE_SIZE,
        LARGE_CATALOGUE,
        SMALL_CATALOGUE,
        1.05,
        lowest_counts=True,
    ),
)
MEMORY_LIMIT_MIB = 100.0
START_LIMIT_SECONDS = 1.5


def ratio_rows(measured: Mapping[str, Mapping[str, Series]]) -> list[Row]:
    """A row for every ratio budget; `measured` is by workload and contender."""
    return [_ratio_row(budget, measured.get(budget.workload, {})) for budget in RATIO_BUDGETS]


def memory_row(what: str, mebibytes: float | None) -> Row:
    return _limited(what, None if mebibytes is None else [mebibytes], MEMORY_LIMIT_MIB, " MiB")


def start_row(seconds: Sequence[float]) -> Row:
    return _limited("start on an empty data directory until ready", seconds, START_LIMIT_SECONDS, " s")


def verdict_of(measured: Spread | None, limit: float) -> Verdict:
    """The median decides."""
    if measured is None:
        return Verdict.UNMEASURED
    return Verdict.MET if measured.median <= limit else Verdict.NOT_MET


def _ratio_row(budget: RatioBudget, of_workload: Mapping[str, Series]) -> Row:
    contender, against = of_workload.get(budget.contender), of_workload.get(budget.against)
    ratios = paired_ratios(contender.cpu(), against.cpu()) if contender and against else []
    row = _limited(budget.what, ratios, budget.limit, "x")
    if budget.lowest_counts and row.verdict is Verdict.NOT_MET and min(ratios) <= budget.limit:
        return replace(row, verdict=Verdict.WITHIN)
    return row


def _limited(what: str, values: Sequence[float] | None, limit: float, unit: str) -> Row:
    measured = spread(values or [])
    return Row(what, measured, limit, unit, verdict_of(measured, limit))
