"""One load at one gateway, and what became of it, for all that is looked at afterwards."""

from __future__ import annotations

import faulthandler
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tests.end_to_end.gateway import Gateway, serving
from tests.money import books, site
from tests.money.load import Load
from tests.money.reckoning import Reckoning

REQUESTS = "HEADGATE_MONEY_REQUESTS"
"""How many requests are sent, if not as many as usual."""
USUAL = 4_000


@dataclass
class Settled:
    """A load that is over. The gateway still runs."""

    gateway: Gateway
    count: int
    reckoning: Reckoning
    budgets: Sequence[site.Budget]

    def ask(self, path: str, **parameters: str) -> dict[str, object]:
        """A page of the administrative API, amounts as decimals."""
        answer = self.gateway.http.get(path, params=parameters)
        assert answer.is_success, answer.text
        found: dict[str, object] = json.loads(answer.text, parse_float=Decimal)
        return found

    def rows(self, **parameters: str) -> Iterator[dict[str, object]]:
        """Every row of the ledger, newest first, read while it is sent."""
        wanted = {"format": "jsonl", **parameters}
        with self.gateway.http.stream("GET", "/admin/v1/usage/export", params=wanted) as answer:
            for line in answer.iter_lines():
                yield json.loads(line, parse_float=Decimal)


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One that nobody else uses."""
    with serving(tmp_path_factory.mktemp("budgets") / "data") as gateway:
        yield gateway


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settled]:
    count, folder = int(os.environ.get(REQUESTS, str(USUAL))), tmp_path_factory.mktemp("money")
    if count > USUAL:
        # Tests of the usual size are ended when they hang. This takes as long as it takes, and each request has an end.
        faulthandler.cancel_dump_traceback_later()
    with site.origin(folder) as origin, serving(folder / "data") as gateway:
        site.offer(gateway, origin.port)
        callers = site.callers(gateway)
        budgets = site.budgets(gateway, callers)
        seen = Load(gateway.program.port, origin.watched, callers=callers, count=count).run()
        origin.end()
        site.booked(gateway.http, count)
        found = Settled(gateway, count, Reckoning(callers, seen, books.read(origin.books)), budgets)
        for row in found.rows():
            found.reckoning.take(row)
        yield found
