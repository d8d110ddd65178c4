"""Which runs are figures."""

import msgspec
import pytest

from bench.workloads import CONNECTIONS, Load, RunFailed, WrkReport, load_of

GOOD = WrkReport(requests=90_000, seconds=2.0, refused=0, last_status=0, broken=0, late=0, p50=0.001, p95=0.002)


def test_a_run_of_right_answers_is_a_figure() -> None:
    assert load_of(GOOD) == Load(
        units=90_000, seconds=2.0, wait_p50=0.001, wait_p95=0.002, answered=90_000, cut=CONNECTIONS
    )


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        pytest.param(
            msgspec.structs.replace(GOOD, refused=1, last_status=502),
            "1 of 90000 answers were wrong, status 502",
            id="one wrong answer",
        ),
        pytest.param(msgspec.structs.replace(GOOD, broken=2), "2 connections broke", id="a broken connection"),
        pytest.param(msgspec.structs.replace(GOOD, late=3), "3 requests timed out", id="a late answer"),
        pytest.param(msgspec.structs.replace(GOOD, requests=0), "no answer at all", id="silence"),
    ],
)
def test_anything_else_is_a_failed_run(report: WrkReport, reason: str) -> None:
    with pytest.raises(RunFailed, match=reason):
        load_of(report)
