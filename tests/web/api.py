"""The management APIs with everything behind them but sockets: real routes, real store, the town's people.

root    platform administrator; with `X-Organization-ID` also within an organization
ann     owner of acme: writes acme's entries
mia     member of acme: calls, and writes nothing
gus     owner of globex
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import msgspec
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Gauge

from headgate.access.identity import Session, SigningKey
from headgate.access.rate import Rate
from headgate.adapters.passwords import Argon2Passwords
from headgate.adapters.sql.audit import SqlAudit
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.defaults import SqlDefaults
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.ledger.opening import LedgerDatabase, open_ledger
from headgate.adapters.sql.ledger.reading import SqlLedgerReading
from headgate.adapters.sql.opening import open_database
from headgate.adapters.sql.prices import SqlIgnoredDrift, SqlPriceOverrides
from headgate.adapters.sql.sharing import SqlSharing
from headgate.adapters.sql.user_defaults import SqlUserDefaults
from headgate.adapters.sql.workers import Workers
from headgate.catalogue.entry import ModelEntry
from headgate.catalogue.offer import offer
from headgate.catalogue.providers import BUNDLED
from headgate.catalogue.scope import PLATFORM
from headgate.catalogue.snapshot import Snapshot
from headgate.core.ids import RequestIds
from headgate.core.json import Json, encode
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.administer_ending import Endings
from headgate.gateway.audit import Auditing
from headgate.gateway.bundled import BundledPrices, knows_none
from headgate.gateway.defaults import PlatformDefaults
from headgate.gateway.grant import Grants
from headgate.gateway.identify import Identify
from headgate.gateway.sign_in import Limits, SignIn
from headgate.gateway.signing import SigningKeys
from headgate.gateway.tenancy import Changes, Tenancy
from headgate.gateway.verify_smoke import SmokeResult
from headgate.web.application import application
from headgate.web.management import Books, Management
from tests.gateway.town import NOW, KnownSessions, Town
from tests.gateway.writing import StillClock, database_of, desk_at, document
from tests.web.known import KnownOutcome
from tests.web.spending import Spending, spending_of

SECOND = "/v2/workspaces/slug:llm-gateway/webhooks"
MOUNTS = ("", SECOND)


class Smokes:
    """The smoke test's use case, which answers with what it was asked."""

    async def smoke(self, principal: Principal, model: str, *, operation: str) -> SmokeResult:
        self.current.resolve(principal, model)
        if operation == "embeddings":
            return SmokeResult(ok=True, response={"model": model}, dimensions=3)
        return SmokeResult(ok="broken" not in model, response={"model": model})

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def current(self) -> Snapshot:
        return self._desk.snapshot


class Api:
    """One application over one database. `ask` makes a request; who asks is a person of the town, a key, or nobody."""

    spending: Spending

    def __init__(self, app: FastAPI, town: Town, desk: Desk, *, probes: KnownOutcome, tenancy: Tenancy) -> None:
        self.app = app
        self.tenancy = tenancy
        self.probes = probes
        self.town = town
        self.desk = desk
        self.ready = True
        self.fault = ""

    def ask(
        self,
        method: str,
        path: str,
        *,
        by: str | bytes | None = "root",
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        given = dict(headers or {})
        if by is not None:
            token = by if isinstance(by, bytes) else self.town.token(by)
            given["authorization"] = f"Bearer {token.decode()}"
        content = body if isinstance(body, bytes) or body is None else encode(body)
        request = httpx2.Request(method, f"http://gateway{path}", params=query, content=content, headers=given)
        return asyncio.run(self._ask(request))

    async def _ask(self, request: httpx2.Request) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport) as client:
            return await client.send(request)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        assert isinstance(self.desk.clock, StillClock)
        self.desk.clock.time += seconds

    def fill(self, names: Iterable[str]) -> None:
        """Platform entries in the snapshot, without a word to the store."""
        entries = (
            ModelEntry(
                uid=f"uid-{name}",
                number=number,
                scope=PLATFORM,
                document=document(name),
                revision=1,
                created_at=1.0,
                created_by="user:u-root",
                updated_at=1.0,
                updated_by="user:u-root",
            )
            for number, name in enumerate(names)
        )
        self.desk.current.snapshot = Snapshot.of((offer(entry, BUNDLED) for entry in entries), 1)

    def create(self, name: str, *, by: str | bytes = "root", mount: str = "", **fields: Json) -> Json:
        """An entry, as the answer to its creation shows it."""
        body = {"model_id": name, "type": "completion", "provider_config": {"provider": "mock"}, **fields}
        made = self.ask("POST", f"{mount}/v1/models", by=by, body=body)
        assert made.status_code == 200, made.text
        return read(made)


def read(response: httpx2.Response) -> Json:
    return msgspec.json.decode(response.content)


class Signer:
    """The SessionSigner port with signatures left out, as KnownSessions reads them."""

    signs_with = "signing-1"

    def take(self, key: SigningKey) -> None:
        self.signs_with = key.id

    def sign(self, session: Session) -> Secret:
        return Secret(f"x.{session.id}.x")


def new_key() -> SigningKey:
    return SigningKey(id="signing-2", public=b"public", sealed_private=b"sealed", created_at=NOW)


def tenancy_of(town: Town, desk: Desk, database: Database, writer: Workers) -> Tenancy:
    return Tenancy(
        directory=town.directory,
        store=SqlDirectory(database),
        endings=Endings(desk),
        changes=Changes(writer),
        clock=town.clock,
        randomness=town.randomness,
    )


def sign_in_of(town: Town, grants: Grants, changes: Changes) -> SignIn:
    return SignIn(
        town.directory,
        grants,
        passwords=Argon2Passwords(town.randomness),
        limits=Limits.of(town.clock, by_email=5, by_address=20),
        changes=changes,
    )


def grants_of(town: Town, database: Database, changes: Changes) -> Grants:
    return Grants(
        town.directory,
        SqlDirectory(database),
        changes=changes,
        signer=Signer(),
        clock=town.clock,
        randomness=town.randomness,
    )


def one_gauge() -> CollectorRegistry:
    Gauge("headgate_test", "A number.", registry=(registry := CollectorRegistry())).set(7)
    return registry


@contextmanager
def _stores(directory: Path) -> Iterator[tuple[Database, LedgerDatabase, Workers]]:
    """Both databases, and a writer for the first."""
    database, ledger, writer = open_database(directory), open_ledger(directory), Workers("writer", threads=1)
    yield database, ledger, writer
    writer.close()
    ledger.close()
    database.close()


@contextmanager
def api_at(directory: Path, *, bundled: BundledPrices = knows_none) -> Iterator[Api]:
    """The application on an empty database in a directory."""
    with desk_at(directory, bundled=bundled) as desk, _stores(directory / "defaults") as (database, ledger, writer):
        town, probes = Town(), KnownOutcome(desk)
        identify = Identify(town.directory, KnownSessions(), clock=town.clock)
        api: Api
        tenancy = tenancy_of(town, desk, database, writer)
        grants = grants_of(town, database, tenancy.changes)
        spending = spending_of(tenancy, database, ledger)
        management = Management(
            is_ready=lambda: api.ready,
            fault=lambda: api.fault,
            registry=one_gauge(),
            desk=desk,
            administer=Administer(desk),
            defaults=PlatformDefaults(SqlDefaults(database)),
            directory=town.directory,
            tenancy=tenancy,
            grants=grants,
            sign_in=sign_in_of(town, grants, tenancy.changes),
            signing_keys=SigningKeys([], SqlDirectory(database), writer=writer, texts=Signer(), new_key=new_key),
            identify=identify,
            tests=Smokes(desk),
            probes=probes,
            sharing=SqlSharing(database_of(desk)),
            user_defaults=SqlUserDefaults(database_of(desk)),
            price_overrides=SqlPriceOverrides(database_of(desk)),
            ignored_drift=SqlIgnoredDrift(database_of(desk)),
            writer=writer,
            readers=database.readers,
            auditing=Auditing(SqlAudit(database), town.directory),
            bulk_rate=Rate(5, 3600),
            budgets=spending.budgets,
            limits=spending.limits,
            books=Books(reading=SqlLedgerReading(ledger), readers=ledger.readers),
        )
        app = application(management.routers(), identify=identify, ids=RequestIds(bytes(8)))
        api = Api(app, town, desk, probes=probes, tenancy=tenancy)
        api.spending = spending
        yield api
