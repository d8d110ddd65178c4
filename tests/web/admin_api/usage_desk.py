"""The routes of usage over a real ledger, with the people of the town."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2

from headgate.adapters.sql.ledger.opening import LedgerDatabase, open_ledger
from headgate.adapters.sql.ledger.reading import SqlLedgerReading
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.catalogue.entry import ModelEntry
from headgate.catalogue.offer import offer
from headgate.catalogue.providers import BUNDLED
from headgate.catalogue.scope import PLATFORM, Scope
from headgate.catalogue.snapshot import Snapshot
from headgate.core.ids import RequestIds
from headgate.core.json import Json, JsonObject, encode
from headgate.gateway.administer import Desk
from headgate.gateway.identify import Identify
from headgate.gateway.usage import UsageReports
from headgate.ledger.records import Finished
from headgate.web.admin_api.usage import UsageRoutes
from headgate.web.admin_api.usage_compared import UsageComparisonRoutes
from headgate.web.application import application
from tests.gateway.town import KnownSessions, Town
from tests.gateway.writing import desk_at, document
from tests.spending import nobody
from tests.web.api import read

USAGE = "/admin/v1/usage"


class UsageDesk:
    """Who asks is a person of the town, or the text of a key."""

    def __init__(self, desk: Desk, ledger: LedgerDatabase) -> None:
        self.desk = desk
        self.ledger = ledger
        self.town = Town()
        reports = UsageReports(SqlLedgerReading(ledger), self.town.directory)
        routes = (
            UsageRoutes(reports, ledger.readers),
            UsageComparisonRoutes(reports, ledger.readers, desk=desk),
        )
        identify = Identify(self.town.directory, KnownSessions(), clock=self.town.clock)
        self.app = application([each.router() for each in routes], identify=identify, ids=RequestIds(bytes(8)))

    def store(self, *requests: Finished) -> None:
        SqlLedger(self.ledger).write(requests, counting=nobody)

    def offer(self, name: str, *, scope: Scope = PLATFORM, **fields: Json) -> None:
        """Add an entry to the catalogue in memory."""
        entry = ModelEntry(
            uid=f"uid-{name}",
            number=len(self.desk.snapshot) + 1,
            scope=scope,
            document=document(name, **fields),
            revision=1,
            created_at=1.0,
            created_by="user:u-root",
            updated_at=1.0,
            updated_by="user:u-root",
        )
        offers = [*self.desk.snapshot.offers(), offer(entry, BUNDLED)]
        self.desk.current.snapshot = Snapshot.of(offers, 1)

    def send(
        self,
        method: str,
        path: str,
        *,
        by: str | bytes = "root",
        body: Json = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        token = by if isinstance(by, bytes) else self.town.token(by)
        given = {"authorization": f"Bearer {token.decode()}", **(headers or {})}
        content = body if isinstance(body, bytes) or body is None else encode(body)
        asked = httpx2.Request(method, f"http://gateway{path}", params=query, content=content, headers=given)
        return asyncio.run(self._send(asked))

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport) as client:
            return await client.send(request)

    def answer(
        self,
        path: str = "",
        *,
        by: str | bytes = "root",
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        return self.send("GET", f"{USAGE}{path}", by=by, query=query, headers=headers)

    def ask(
        self,
        path: str = "",
        *,
        by: str | bytes = "root",
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> JsonObject:
        answer = self.answer(path, by=by, query=query, headers=headers)
        assert answer.status_code == 200, answer.text
        found: JsonObject = read(answer)
        return found

    def ids(self, *, by: str | bytes = "root", **query: str) -> list[Json]:
        return [row["request_id"] for row in self.ask(by=by, query=query)["items"]]

    def request(self, request_id: str, *, by: str | bytes = "root") -> httpx2.Response:
        return self.send("GET", f"/admin/v1/requests/{request_id}", by=by)

    def post(
        self,
        path: str,
        body: Json,
        *,
        by: str | bytes = "root",
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        return self.send("POST", f"{USAGE}{path}", by=by, body=body, query=query, headers=headers)


@contextmanager
def usage_desk_at(directory: Path) -> Iterator[UsageDesk]:
    with desk_at(directory) as desk:
        ledger = open_ledger(directory)
        yield UsageDesk(desk, ledger)
        ledger.close()
