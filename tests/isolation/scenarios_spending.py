"""Requests about what may be spent and asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.isolation.scenario import Scenario

_SUBJECTS: Final = ("organization", "project", "user", "key")
_PLENTY: Final = 1_000_000_000


def spending() -> Iterator[Scenario]:
    """Budgets and limits."""
    base, one = "/admin/v1/budgets", "/admin/v1/budgets/{budget_id}"
    terms = {"unit": "usd", "amount": _PLENTY, "hard": False}
    for kind in _SUBJECTS:
        yield Scenario(f"POST {base}", base, body={**terms, "subject_kind": kind, "subject_id": f"<{kind}>"})
    for query in ({}, {"organization": "<organization>"}):
        yield Scenario(f"GET {base}", base, query=query)
    yield Scenario(f"GET {one}", f"{base}/<budget>")
    yield Scenario(f"PATCH {one}", f"{base}/<budget>", body={"name": "plenty"})
    yield Scenario(f"DELETE {one}", f"{base}/<spent>")
    yield from _limits()


def _limits() -> Iterator[Scenario]:
    base, one = "/admin/v1/limits", "/admin/v1/limits/{subject_kind}/{subject_id}"
    for query in ({}, {"organization": "<organization>"}):
        yield Scenario(f"GET {base}", base, query=query)
    for kind in _SUBJECTS:
        yield Scenario(f"GET {one}", f"{base}/{kind}/<{kind}>")
        yield Scenario(f"PUT {one}", f"{base}/{kind}/<{kind}>", body={"rpm": _PLENTY})
    yield Scenario(f"DELETE {one}", f"{base}/project/<closed>")
    yield Scenario(f"DELETE {one}", f"{base}/user/<departed>")
    yield Scenario(f"DELETE {one}", f"{base}/key/<revoked>")
