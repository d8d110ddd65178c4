"""A data directory and the gateways that live on it one after the other, with an upstream and callers that outlive
them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar
from unittest.mock import patch

import httpx2

from headgate.cli.ledger import AGREES, verify
from headgate.core.money import PICODOLLARS_PER_USD
from headgate.core.secret import Secret
from tests.canaries import canary
from tests.end_to_end.chat import UPSTREAM_MODEL
from tests.end_to_end.gateway import UPSTREAM_KEY
from tests.end_to_end.program import PATIENCE, Program, command, start, surroundings
from tests.faults.books import FIRST, PRICES, SECOND, Upstream
from tests.faults.callers import Calls, call_again_and_again
from tests.faults.faults import Faults
from tests.faults.ledger import Rows, compare, rows
from tests.faults.mounted import sight_of

ROOT: Final = Path(__file__).parents[2]
LAUNCHER: Final = (sys.executable, "-m", "tests.faults.launch")
CALLERS: Final = 8
REFUSED: Final = (503, "ledger_unavailable")
"""How a call is refused whose cost cannot be written down."""
_LOOKS_EVERY: Final = 0.05

T = TypeVar("T")


class Life:
    """`program` is the gateway that lives at present."""

    def __init__(
        self, directory: Path, *, environment: Mapping[str, str] | None = None, launcher: Sequence[str] = LAUNCHER
    ) -> None:
        """`environment` and `launcher` are those of its gateways."""
        self.data = directory / "data"
        self.faults = Faults(directory / "faults")
        self.calls = Calls()
        self._token = canary("admin_token")
        self._launcher = launcher
        self._environment = {
            "HEADGATE_ADMIN_TOKEN": self._token,
            "PYTHONPATH": str(ROOT),
            "FAULTS": str(directory / "faults"),
            **(environment or {}),
        }
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.upstream = self._in_loop(_made())
        self._url = self._in_loop(self.upstream.begin())
        self._calling: list[Future[None]] = []
        self._goes_on = True
        self.program = self._start()
        try:
            self._add_entries()
            self._budget = self._add_budget()
        except BaseException:
            self.end()
            raise

    # The gateway

    def restart(self) -> None:
        """After its end: the next one, as soon as it says that it may be sent requests."""
        self.program = self._start()

    def dies_at_its_start(self) -> None:
        """Start one that is to die before it serves."""
        with self.data.with_suffix(".log").open("ab") as errors:
            process = subprocess.Popen(
                command(self.data, self._launcher),
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=surroundings(self._environment),
            )
        assert process.wait(PATIENCE) == -9

    def ready(self) -> tuple[int, str]:
        """The readiness probe: status and reason."""
        answer = httpx2.get(f"{self.program.address}/health/readiness", timeout=PATIENCE, trust_env=False)
        return answer.status_code, str(answer.json().get("reason", ""))

    def _start(self) -> Program:
        return start(self.data, self._environment, launcher=self._launcher)

    def _add_entries(self) -> None:
        failover: dict[str, object] = {}
        with self._management() as http:
            for name in (SECOND, FIRST):
                config = {
                    "provider": "openai",
                    "base_url": f"{self._url}/{name}/v1",
                    "api_key": UPSTREAM_KEY,
                    "model": UPSTREAM_MODEL,
                }
                document = {"model_id": name, "type": "completion", "provider_config": config, **failover}
                answer = http.post("/v1/models", json={**document, "pricing": PRICES[name].form})
                assert answer.is_success, answer.text
                failover = {"failover": name}

    def _add_budget(self) -> str:
        """One that binds every call, and that they do not use up."""
        document = {"subject_kind": "organization", "subject_id": "default", "unit": "usd", "amount": 1_000_000_000}
        with self._management() as http:
            answer = http.post("/admin/v1/budgets", json=document)
            assert answer.is_success, answer.text
            return str(answer.json()["id"])

    def _counted(self) -> tuple[Decimal, Decimal, Decimal]:
        """What the gateway says of the budget: spent, exposure, and what is held."""
        with self._management() as http:
            answer = http.get(f"/admin/v1/budgets/{self._budget}")
            assert answer.is_success, answer.text
            current = json.loads(answer.text, parse_float=Decimal, parse_int=Decimal)["current"]
            return current["spent"], current["exposure"], current["held"]

    @contextmanager
    def _management(self) -> Iterator[httpx2.Client]:
        headers = {"authorization": f"Bearer {self._token}"}
        with httpx2.Client(base_url=self.program.address, headers=headers, timeout=PATIENCE, trust_env=False) as client:
            yield client

    # The load

    def call(self, callers: int = CALLERS) -> None:
        """Let callers begin to call, again and again."""
        self._goes_on = True
        self._calling += [
            asyncio.run_coroutine_threadsafe(
                call_again_and_again(self.calls, self.program.port, self._token, goes_on=lambda: self._goes_on),
                self._loop,
            )
            for _ in range(callers)
        ]

    def stop_calling(self) -> None:
        """Let every caller end the call that it is making. After the gateway's death: see that they know."""
        self._goes_on = False
        self.calls_end()

    def calls_end(self) -> None:
        calling, self._calling = self._calling, []
        for each in calling:
            each.result(PATIENCE)

    def gate(self, *, is_open: bool) -> None:
        gate = self.upstream.gate
        self._loop.call_soon_threadsafe(gate.set if is_open else gate.clear)

    def until(self, comes: Callable[[], bool], what: str) -> None:
        """Look again and again whether something has come that nobody tells of."""
        looks, end = threading.Event(), time.monotonic() + PATIENCE
        while not comes():
            assert time.monotonic() < end, f"{what}; the gateway says {self.ready()}"
            looks.wait(_LOOKS_EVERY)

    def until_more_calls(self, count: int) -> None:
        """Until so many more calls have ended, however they did."""
        wanted = self.calls.ended + count
        self.until(lambda: self.calls.ended >= wanted, f"fewer than {count} calls end")

    def refuses(self) -> None:
        """While it is not ready: see that what comes is refused in the caller's dialect, and that nothing of it leaves;
        while callers call."""
        before = set(self.calls.begun)

        def fresh() -> set[int]:
            return self.calls.refused.keys() - before

        self.until(lambda: len(fresh()) >= 5 * CALLERS, "calls are not refused")
        assert {self.calls.refused[tag] for tag in fresh()} == {REFUSED}
        assert not (self.upstream.visits.keys() | self.calls.whole) - before

    # The ledger

    @property
    def url(self) -> Secret | None:
        given = self._environment.get("HEADGATE_DATABASE_URL")
        return Secret(given) if given else None

    def rows(self) -> Rows:
        return self.seeing(lambda: rows(self.data, self.url))

    def seeing(self, work: Callable[[], T]) -> T:
        """Do it where the files are those that the gateway sees."""
        if self._launcher is LAUNCHER:
            return work()
        with sight_of(self.program.process.pid) as thread:
            return thread.submit(work).result(PATIENCE)

    def until_all_is_written(self) -> None:
        """Until the ledger has a row of everything that reached the upstream; while nobody calls."""
        self.until(lambda: self.rows().by_tag.keys() >= self.upstream.visits.keys(), "the ledger does not have it all")

    def agrees(self) -> None:
        """See that the ledger says what the books say, that it agrees with itself, and the budget with it; while nobody
        calls."""
        found = self.rows()
        compare(found, dict(self.upstream.visits), self.calls)
        _, cost, exposure = found.rolled_up
        assert self._counted() == (
            Decimal(cost) / PICODOLLARS_PER_USD,
            Decimal(exposure) / PICODOLLARS_PER_USD,
            Decimal(0),
        )
        options = {"data_dir": str(self.data), **({"database_url": self.url.reveal()} if self.url else {})}
        said = io.StringIO()
        with (
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            patch.dict(os.environ, surroundings(None), clear=True),
        ):
            status = self.seeing(lambda: verify(options, config=None))
        assert status == AGREES, said.getvalue()

    # The end

    def end(self) -> None:
        """However the test ended."""
        self.gate(is_open=True)
        self._goes_on = False
        if self.program.process.poll() is None:
            self.program.kill()
        for each in self._calling:
            each.result(PATIENCE)
        self._loop.call_soon_threadsafe(self.upstream.end)
        self._in_loop(asyncio.sleep(0))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def _in_loop(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)


async def _made() -> Upstream:
    return Upstream()
