"""The whole application in this process, as the composition root puts it together, on a real socket.

Nothing is left out but the signal that would end it, so what is asked here goes the way of every request. Being in
this process lets a test hear every statement that is sent to the database while a request is answered.
"""

from __future__ import annotations

import secrets
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2
from fastapi import FastAPI
from sqlalchemy import Engine, event

from headgate.adapters.sql.database import Database
from headgate.adapters.tasks import Tasks
from headgate.core.json import Json, encode
from headgate.core.secret import Secret
from headgate.gateway.administer import Desk
from headgate.gateway.bookkeeper import Bookkeeper
from headgate.settings import Settings
from headgate.web.server import address_of, listen
from headgate.wiring import begin_money, money_of, server_of
from headgate.wiring_kept import opened

PATIENCE: Final = 30.0
_LOOKS: Final = 2000


@dataclass
class Running:
    """A gateway that serves. `asked` makes a request; `heard` are the statements since the last look."""

    address: str
    app: FastAPI
    desk: Desk
    root: str
    http: httpx2.Client
    tasks: Tasks
    database: Database
    bookkeeper: Bookkeeper
    _heard: list[str] = field(default_factory=list)

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Json = None,
        query: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        content = body if isinstance(body, bytes) or body is None else encode(body)
        return self.http.request(method, path, headers=dict(headers or {}), content=content, params=query)

    def statements(self) -> list[str]:
        """What was sent to the database since this was last asked."""
        heard, self._heard[:] = list(self._heard), []
        return heard

    def comes_to_rest(self) -> None:
        """See that nothing is left to do: what was created is verified, and everything written."""
        for _ in range(_LOOKS):
            if not len(self.tasks) and not self.bookkeeper.backlog:
                break
            self.http.get("/health/readiness")
        else:
            raise AssertionError("something still runs")
        # The writer has one thread: when this is done, so is whatever was asked of it before.
        self.database.writer.submit(self.desk.board.flush).result(PATIENCE)


@contextmanager
def running(data: Path, *, database: Secret | None = None) -> Iterator[Running]:
    """Serve a data directory, and end as a signal would end it."""
    root = secrets.token_urlsafe(32)
    settings = _settings(data, database, root=root)
    with ExitStack() as stack:
        listener = listen("127.0.0.1", 0)
        stack.callback(listener.close)
        parts, _ = opened(settings, stack)
        money = money_of(parts, stack)
        server, _ = server_of(parts, money)
        started = threading.Event()

        def begin() -> None:
            # Not among the tasks that come to rest: these never do.
            # And none looks at the ledger by itself while the statements of a request are listened to.
            begin_money(Tasks(), money, compare_every=86_400)
            started.set()

        thread = threading.Thread(
            target=server.serve_until_signal, args=(listener,), kwargs={"started": begin}, daemon=True
        )
        thread.start()
        assert started.wait(PATIENCE), "the server does not start"
        address = address_of(listener)
        client = stack.enter_context(httpx2.Client(base_url=address, timeout=PATIENCE, trust_env=False))
        app = server.config.app
        assert isinstance(app, FastAPI)
        gateway = Running(address, app, parts.desk, root, client, parts.tasks, parts.database, money.bookkeeper)
        stack.enter_context(_listening(gateway._heard))  # noqa: SLF001
        try:
            yield gateway
        finally:
            client.close()
            server.handle_exit(signal.SIGTERM, None)
            thread.join(PATIENCE)


def _settings(data: Path, database: Secret | None, *, root: str) -> Settings:
    return Settings(
        data_dir=data,
        database_url=database,
        admin_token=Secret(root),
        egress_allow=("127.0.0.0/8",),
        sign_in_per_email=1_000_000,
        sign_in_per_address=1_000_000,
        bulk_replace_per_hour=1_000_000,
        drain_grace=5.0,
    )


@contextmanager
def _listening(heard: list[str]) -> Iterator[None]:
    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        heard.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", note)
