"""The metrics of the request road.

The road only adds to numbers in dictionaries; families are built when they are collected. Labels come from the
catalogue and from enumerations, never from a request, so their number is bounded by what is configured.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from typing import Final

import msgspec
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from headgate.catalogue.offer import Offer
from headgate.catalogue.upstream import Unroutable
from headgate.core.errors import GatewayError
from headgate.core.events import EventName
from headgate.core.failure import Failure
from headgate.core.json import JsonObject
from headgate.core.money import PICODOLLARS_PER_USD
from headgate.gateway.header_policies import Events
from headgate.gateway.ports import Outcome, Settlement

DURATION_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)


class Family(msgspec.Struct, frozen=True):
    """One declared metric. The documentation lists exactly these."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


REQUESTS: Final = Family(
    "headgate_requests_total", "Requests that reached an upstream, by how they ended.", ("model", "provider", "outcome")
)
TOKENS: Final = Family("headgate_tokens_total", "Tokens used.", ("model", "provider", "direction"))
COST: Final = Family("headgate_cost_usd_total", "Cost of answers whose price is known, in USD.", ("model", "provider"))
FAILURES: Final = Family("headgate_attempt_failures_total", "Attempts that failed.", ("model", "provider", "kind"))
REFUSALS: Final = Family("headgate_refusals_total", "Requests refused before any attempt, by error.", ("error",))
HEADERS_MISSING: Final = Family(
    "headgate_headers_missing_total",
    "Calls that lacked headers which their organization asks for, by what became of them.",
    ("mode",),
)
DURATION: Final = Family(
    "headgate_request_duration_seconds", "From the request's head to its settlement.", ("model", "provider")
)
FIRST_BYTE: Final = Family(
    "headgate_first_byte_seconds", "From the request's head to a stream's first event.", ("model", "provider")
)
GAUGES: Final = {
    "live_calls": Family("headgate_live_calls", "Calls under way."),
    "upstream_connections": Family("headgate_upstream_connections", "Open connections to upstreams."),
    "catalogue_entries": Family("headgate_catalogue_entries", "Entries in the snapshot."),
    "catalogue_revision": Family("headgate_catalogue_revision", "The revision that requests read."),
    "ledger_backlog": Family("headgate_ledger_backlog", "Requests that have ended and have no row yet."),
    "journal_bytes": Family("headgate_journal_bytes", "Bytes of the journal."),
    "budget_drift": Family(
        "headgate_budget_drift_picodollars", "By how much budgets in memory and in the ledger differ; 0 is right."
    ),
    "budget_token_drift": Family("headgate_budget_drift_tokens", "The same of budgets in tokens."),
}
FAMILIES: Final = (REQUESTS, TOKENS, COST, FAILURES, REFUSALS, HEADERS_MISSING, DURATION, FIRST_BYTE, *GAUGES.values())


class _Histogram:
    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(DURATION_BUCKETS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect.bisect_left(DURATION_BUCKETS, seconds)] += 1
        self.total += seconds

    def cumulative(self) -> list[tuple[str, float]]:
        bounds = [*(str(bound) for bound in DURATION_BUCKETS), "+Inf"]
        return [(bound, float(count)) for bound, count in zip(bounds, accumulate(self.counts), strict=True)]


class _Served:
    """What one model at one provider has done."""

    __slots__ = ("completion", "cost", "duration", "first_byte", "outcomes", "prompt")

    def __init__(self) -> None:
        self.outcomes = dict.fromkeys(Outcome, 0)
        self.prompt = 0
        self.completion = 0
        self.cost = 0
        self.duration = _Histogram()
        self.first_byte = _Histogram()


class _Counted:
    """Events on their way to wherever they go."""

    def __init__(self, events: Events, headers_missing: dict[str, int]) -> None:
        self._events = events
        self._headers_missing = headers_missing

    def tell(self, name: EventName, fields: JsonObject) -> None:
        if name is EventName.HEADERS_MISSING:
            mode = str(fields["mode"])
            self._headers_missing[mode] = self._headers_missing.get(mode, 0) + 1
        self._events.tell(name, fields)


class Metrics(Collector):
    """Implements the `Telemetry` port, and Prometheus's collector. `gauges` are read when they are collected."""

    def __init__(self) -> None:
        self._served: dict[tuple[str, str], _Served] = {}
        self._by_offer: dict[str, tuple[Offer, _Served]] = {}
        self._failures: dict[tuple[str, str, str], int] = {}
        self._refusals: dict[str, int] = {}
        self._headers_missing: dict[str, int] = {}
        self._gauges: Mapping[str, Callable[[], float]] = {}

    def watch(self, gauges: Mapping[str, Callable[[], float]]) -> None:
        """Where the values of GAUGES come from, by their key there."""
        self._gauges = gauges

    def counted(self, events: Events) -> Events:
        """The events, counted as they are told."""
        return _Counted(events, self._headers_missing)

    def settled(self, settlement: Settlement) -> None:
        offer, usage = settlement.offer, settlement.usage
        known = self._by_offer.get(offer.uid)
        served = known[1] if known is not None and known[0] is offer else self._of(offer)
        served.outcomes[settlement.outcome] += 1
        if usage is not None:
            served.prompt += usage.input + usage.cached_input + usage.cache_write
            served.completion += usage.output + usage.reasoning
        if settlement.cost is not None:
            served.cost += settlement.cost
        served.duration.add(settlement.duration)
        if settlement.first_byte is not None:
            served.first_byte.add(settlement.first_byte)

    def refused(self, error: GatewayError) -> None:
        kind = type(error).__name__
        self._refusals[kind] = self._refusals.get(kind, 0) + 1

    def _of(self, offer: Offer) -> _Served:
        key = (offer.name, _provider(offer))
        served = self._served.get(key)
        if served is None:
            served = self._served[key] = _Served()
        self._by_offer[offer.uid] = (offer, served)
        return served

    def attempt_failed(self, offer: Offer, failure: Failure) -> None:
        key = (offer.name, _provider(offer), failure.kind.value)
        self._failures[key] = self._failures.get(key, 0) + 1

    def collect(self) -> Iterator[Metric]:
        served = list(self._served.items())
        requests, tokens, cost = _counter(REQUESTS), _counter(TOKENS), _counter(COST)
        for key, each in served:
            for outcome, count in each.outcomes.items():
                if count:
                    requests.add_metric([*key, outcome], count)
            tokens.add_metric([*key, "input"], each.prompt)
            tokens.add_metric([*key, "output"], each.completion)
            cost.add_metric(list(key), each.cost / PICODOLLARS_PER_USD)
        failures = _counter(FAILURES)
        for labels, count in list(self._failures.items()):
            failures.add_metric(list(labels), count)
        refusals = _counter(REFUSALS)
        for kind, count in list(self._refusals.items()):
            refusals.add_metric([kind], count)
        headers_missing = _counter(HEADERS_MISSING)
        for mode, count in list(self._headers_missing.items()):
            headers_missing.add_metric([mode], count)
        yield from (requests, tokens, cost, failures, refusals, headers_missing)
        yield _histogram(DURATION, [(key, each.duration) for key, each in served])
        yield _histogram(FIRST_BYTE, [(key, each.first_byte) for key, each in served])
        for name, read in self._gauges.items():
            family = GAUGES[name]
            yield GaugeMetricFamily(family.name, family.help, value=read())


def _provider(offer: Offer) -> str:
    return "" if isinstance(offer.route, Unroutable) else offer.route.provider.id


def _counter(family: Family) -> CounterMetricFamily:
    return CounterMetricFamily(family.name, family.help, labels=family.labels)


def _histogram(family: Family, rows: list[tuple[tuple[str, str], _Histogram]]) -> HistogramMetricFamily:
    metric = HistogramMetricFamily(family.name, family.help, labels=family.labels)
    for labels, histogram in rows:
        metric.add_metric(list(labels), histogram.cumulative(), histogram.total)
    return metric
