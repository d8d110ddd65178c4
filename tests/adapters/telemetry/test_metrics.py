"""What the road counts is what Prometheus reads, and what the documentation lists."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from headgate.adapters.telemetry.metrics import FAMILIES, GAUGES, Metrics
from headgate.catalogue.offer import offer
from headgate.catalogue.providers import BUNDLED
from headgate.core.errors import ModelNotFound
from headgate.core.events import EventName
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import JsonObject
from headgate.core.usage import Usage
from headgate.gateway.ports import Outcome, Settlement
from tests.gateway.stage import PRINCIPAL, entry

OFFER = offer(entry("gpt-4o"), BUNDLED)
DOCUMENTATION = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"


def filled() -> Metrics:
    metrics = Metrics()
    metrics.watch(dict.fromkeys(GAUGES, lambda: 3.0))
    metrics.settled(
        Settlement(
            principal=PRINCIPAL,
            offer=OFFER,
            outcome=Outcome.ANSWERED,
            status=200,
            attempts=1,
            usage=Usage(input=10, output=5),
            cost=20_000_000,
            duration=0.3,
            first_byte=0.2,
        )
    )
    metrics.refused(ModelNotFound("x"))
    told = metrics.counted(_Untold())
    told.tell(EventName.HEADERS_MISSING, {"mode": "report_only"})
    told.tell(EventName.HEADER_POLICY_INVALID, {"key": "user"})
    metrics.attempt_failed(OFFER, Failure(kind=FailureKind.REFUSED, message="refused"))
    return metrics


class _Untold:
    def tell(self, name: EventName, fields: JsonObject) -> None: ...


def shown(metrics: Metrics) -> str:
    registry = CollectorRegistry()
    registry.register(metrics)
    return generate_latest(registry).decode()


LABELS = {"model": "gpt-4o", "provider": "openai"}


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("headgate_requests_total", {"outcome": "answered"}, 1.0),
        ("headgate_tokens_total", {"direction": "input"}, 10.0),
        ("headgate_tokens_total", {"direction": "output"}, 5.0),
        ("headgate_cost_usd_total", {}, 0.00002),
        ("headgate_request_duration_seconds_bucket", {"le": "0.5"}, 1.0),
        ("headgate_request_duration_seconds_bucket", {"le": "0.25"}, 0.0),
        ("headgate_first_byte_seconds_count", {}, 1.0),
        ("headgate_attempt_failures_total", {"kind": "refused"}, 1.0),
    ],
)
def test_what_happened_is_counted(name: str, labels: dict[str, str], value: float) -> None:
    registry = CollectorRegistry()
    registry.register(filled())

    assert registry.get_sample_value(name, LABELS | labels) == value


def test_a_refusal_is_counted_by_its_error() -> None:
    registry = CollectorRegistry()
    registry.register(filled())

    assert registry.get_sample_value("headgate_refusals_total", {"error": "ModelNotFound"}) == 1.0


def test_a_call_that_lacks_headers_is_counted_by_what_became_of_it() -> None:
    registry = CollectorRegistry()
    registry.register(filled())

    assert registry.get_sample_value("headgate_headers_missing_total", {"mode": "report_only"}) == 1.0


def test_every_declared_metric_is_shown() -> None:
    text = shown(filled())

    assert all(f"# HELP {family.name} {family.help}" in text for family in FAMILIES)


def test_every_declared_metric_is_documented_and_no_other() -> None:
    rows = [line.split("`")[1] for line in DOCUMENTATION.read_text().splitlines() if line.startswith("| `")]

    assert rows == [family.name for family in FAMILIES]
