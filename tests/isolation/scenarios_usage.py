"""Requests of the ledger: what was used, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.isolation.scenario import Scenario

_USAGE: Final = "/admin/v1/usage"
_FILTERS: Final = ("organization", "project", "user", "key")


def usage() -> Iterator[Scenario]:
    """Rows, sums, files, single requests, other prices and a provider's books."""
    narrowed = [{name: f"<{name}>"} for name in _FILTERS]
    named = [{"served_model": "<model>"}, {"provider": "<upstream>"}]
    for query in ({}, *narrowed, *named, {"model": "<model>"}, {"from": "2026-01-01", "user": "<user>"}):
        yield Scenario(f"GET {_USAGE}", _USAGE, query=query)
    for query in ({}, *narrowed, *named):
        yield Scenario(f"GET {_USAGE}/summary", f"{_USAGE}/summary", query={"group_by": "model,user", **query})
    for query in ({}, *narrowed):
        yield Scenario(f"GET {_USAGE}/export", f"{_USAGE}/export", query=query)
    requests = "/admin/v1/requests"
    yield Scenario(f"GET {requests}/{{request_id}}", f"{requests}/<request>")
    yield from _compared()


def _compared() -> Iterator[Scenario]:
    path = f"{_USAGE}/what-if"
    yield Scenario(f"POST {path}", path, body={"model": "<model>"})
    for name in _FILTERS:
        yield Scenario(f"POST {path}", path, body={"model": "mock", name: f"<{name}>"})
    path = f"{_USAGE}/reconcile"
    row = {"provider": "mock", "model": "<upstream>", "day": "2026-11-20", "requests": 1}
    yield Scenario(f"POST {path}", path, body=[row])
    yield Scenario(f"POST {path}", path, query={"organization": "<organization>"}, body=[{**row, "model": "echo"}])
