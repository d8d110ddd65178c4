"""The gateway under load: its models at the origin, and the callers of three organizations."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import msgspec

from tests.end_to_end.gateway import UPSTREAM_KEY, Gateway
from tests.end_to_end.program import PATIENCE, surroundings
from tests.money.cases import ANTHROPIC, CALLERS, MODELS, STAND_IN, requested, upstream
from tests.money.tariff import PRICES

ORGANIZATIONS: Final = ("acme", "globex", "initech")
_LOOKS: Final = 3_000
_ROOT: Final = Path(__file__).parents[2]
_encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True)
class Caller:
    """Somebody who calls: the lines of a request's head that say who, and who then pays."""

    lines: bytes
    organization: str
    project: str | None = None
    user: str | None = None
    key: str | None = None

    @property
    def account(self) -> tuple[str, str | None, str | None, str | None]:
        return self.organization, self.project, self.user, self.key


@dataclass(frozen=True)
class Budget:
    """What somebody may spend, in `usd` or `tokens`."""

    id: str
    kind: str
    subject: str
    unit: str


def provider(model: int) -> str:
    return "claude" if model in ANTHROPIC else "openai"


def offer(gateway: Gateway, port: int) -> None:
    """The models of the origin, each with its whole price list and its failover."""
    for model in range(MODELS):
        upstream_of = {
            "provider": provider(model),
            "base_url": f"http://127.0.0.1:{port}/v1",
            "api_key": UPSTREAM_KEY,
            "model": upstream(model),
        }
        entry = {"model_id": requested(model), "type": "completion", "provider_config": upstream_of}
        gateway.ask("POST", "/v1/models", {**entry, "pricing": {"input_per_1m_tokens": 1, "output_per_1m_tokens": 1}})
        answer = gateway.http.post(
            "/admin/v1/prices",
            params={"model": requested(model)},
            content=_encode(PRICES[model]),
            headers={"content-type": "application/json"},
        )
        assert answer.is_success, answer.text
    for model, stand_in in enumerate(STAND_IN):
        gateway.ask("PATCH", f"/v1/models/{requested(model)}", {"failover": requested(stand_in)})


def callers(gateway: Gateway) -> Sequence[Caller]:
    """Of each organization a key, a key of a project, and a user with a token."""
    found: list[Caller] = []
    for slug in ORGANIZATIONS:
        organization = str(gateway.ask("POST", "/admin/v1/organizations", {"slug": slug, "name": slug})["id"])
        within = {"x-organization-id": organization}
        # Of two projects none is taken for granted.
        project, _ = (
            _made(gateway, "/admin/v1/projects", {"slug": f"{name}-of-{slug}"}, within)["id"]
            for name in ("main", "side")
        )
        for bound, body in ((None, {}), (project, {"project": project})):
            key = _made(gateway, "/admin/v1/keys", {"name": "application", **body}, within)
            lines = b"authorization: Bearer %b\r\n" % key["key"].encode()
            found.append(Caller(lines, organization, project=bound, key=key["id"]))
        user = _made(gateway, "/admin/v1/users", {"name": "caller", "email": f"caller@{slug}.example"}, {})["id"]
        _made(gateway, "/admin/v1/memberships", {"user": user, "role": "member"}, within)
        token = _made(gateway, "/admin/v1/tokens", {"name": "caller", "user": user}, {})["token"]
        lines = b"authorization: Bearer %b\r\nx-organization-id: %b\r\n" % (token.encode(), organization.encode())
        found.append(Caller(lines, organization, user=user))
    assert len(found) == CALLERS
    return found


def budgets(gateway: Gateway, callers: Sequence[Caller]) -> Sequence[Budget]:
    """Of every organization one in tokens and one in USD, of every key and user one in USD. None of them is reached."""
    found: list[Budget] = []
    for caller in callers:
        kind, id = ("key", caller.key) if caller.key else ("user", caller.user)
        found.append(_budget(gateway, caller, str(kind), subject=str(id), unit="usd"))
        if caller.user is not None:
            subject = caller.organization
            found += [
                _budget(gateway, caller, "organization", subject=subject, unit=each) for each in ("usd", "tokens")
            ]
    return found


def _budget(gateway: Gateway, caller: Caller, kind: str, *, subject: str, unit: str) -> Budget:
    body = {"subject_kind": kind, "subject_id": subject, "unit": unit, "amount": 10**9 if unit == "usd" else 10**15}
    made = _made(gateway, "/admin/v1/budgets", body, {"x-organization-id": caller.organization})
    return Budget(made["id"], kind, subject, unit)


def _made(gateway: Gateway, path: str, body: object, headers: dict[str, str]) -> dict[str, str]:
    answer = gateway.http.post(path, json=body, headers=headers)
    assert answer.is_success, answer.text
    made: dict[str, str] = answer.json()
    return made


@dataclass
class Origin:
    """The upstream's process."""

    process: subprocess.Popen[bytes]
    port: int
    watched: int
    books: Path

    def end(self) -> None:
        """Have it close its books."""
        self.process.terminate()
        status = self.process.wait(PATIENCE)
        assert status == 0, status


@contextmanager
def origin(folder: Path) -> Iterator[Origin]:
    books = folder / "books.jsonl"
    command: list[str | Path] = [sys.executable, "-m", "tests.money.origin", books]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=surroundings(None), cwd=_ROOT) as process:
        assert process.stdout is not None
        try:
            port, watched = map(int, process.stdout.readline().split())
            yield Origin(process, port, watched, books)
        finally:
            if process.poll() is None:
                process.kill()


def booked(http: httpx2.Client, count: int, **filters: str) -> None:
    """See that the ledger has so many requests. What has ended is in it a little later, so it is asked again."""
    found = 0
    for _ in range(_LOOKS):
        answer = http.get("/admin/v1/usage/summary", params={"group_by": "key", **filters}, timeout=PATIENCE)
        found = answer.json()["totals"]["requests"]
        if found >= count:
            return
    raise AssertionError(f"{found} requests are in the ledger, and {count} were sent")
