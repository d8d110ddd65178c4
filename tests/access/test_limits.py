"""How limits of users, roles and plans come together."""

from __future__ import annotations

import pytest

from headgate.access.limits import Limits, Metric, SetLimits, effective
from headgate.core.subject import Subject, SubjectKind


def limits(kind: SubjectKind, **said: int) -> SetLimits:
    return SetLimits(
        subject=Subject("acme", kind, "x"),
        limits=Limits(rpm=said.get("rpm"), tpm=said.get("tpm"), parallel=said.get("parallel")),
        by_platform=False,
        created_at=0.0,
        created_by="",
        updated_at=0.0,
    )


def counts(*chain: SetLimits) -> dict[str, tuple[int, str]]:
    return {metric.value: (count, each.subject.kind.value) for metric, (count, each) in effective(chain).items()}


def test_each_metric_is_looked_for_apart_and_the_nearest_counts() -> None:
    user = limits(SubjectKind.USER, rpm=10)
    role = limits(SubjectKind.ROLE, rpm=20, tpm=2_000)
    plan = limits(SubjectKind.PLAN, rpm=30, tpm=3_000, parallel=3)

    assert counts(user, role, plan) == {"rpm": (10, "user"), "tpm": (2_000, "role"), "parallel": (3, "plan")}


@pytest.mark.parametrize("metric", [Metric.RPM, Metric.PARALLEL])
def test_zero_requests_are_not_said(metric: Metric) -> None:
    user = limits(SubjectKind.USER, **{metric.value: 0})

    assert counts(user, limits(SubjectKind.PLAN, **{metric.value: 7})) == {metric.value: (7, "plan")}
    assert counts(user) == {}


def test_zero_tokens_are_no_limit_whatever_is_said_further_down() -> None:
    assert counts(limits(SubjectKind.USER, tpm=0), limits(SubjectKind.PLAN, tpm=7)) == {}


def test_where_nothing_is_said_there_is_no_limit() -> None:
    assert counts() == {}
