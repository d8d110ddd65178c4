"""Headgate as a contender: started as an operator starts it, its entries and key made through its own APIs.

Everything that an installation has is on: priced entries, hard budgets and limits of requests and tokens on the
organization and on its key, the journal as it comes, the ledger. Before anything is measured, one call shows it.
"""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.books import LedgerFile
from bench.children import Child
from bench.conversation import ANSWER_TEXT, STREAMED_MODEL, UPSTREAM_MODEL, WHOLE_MODEL, small_question
from bench.management import Answer, call, exchange, is_ready
from bench.site import Endpoint, Site, Target, free_port

NAME = "Headgate"
START_SECONDS = 120.0
POLL_SECONDS = 0.002
CHAT = "/v1/chat/completions"
KEY_PREFIX = "iak_"
ROW_SECONDS = 30.0
BUDGET_USD = 1_000_000
REQUESTS_A_MINUTE = 1_000_000_000
TOKENS_A_MINUTE = 1_000_000_000_000
"""Far more than any run needs: they are reckoned with at every call and refuse none."""
LIMIT_HEADERS = tuple(f"x-ratelimit-{part}-{of}" for part in ("limit", "remaining") for of in ("requests", "tokens"))


class WrongAnswer(Exception):
    """Headgate answered, but not as a gateway that does its work."""


@dataclass(frozen=True, slots=True)
class Running:
    """A `headgate serve` that is ready."""

    child: Child
    port: int
    token: str
    data: Path
    seconds_to_ready: float


def start(
    site: Site, program: Path, *, data: Path, name: str = "headgate", settings: Mapping[str, str] | None = None
) -> Running:
    """Serve `data` on the gateway's core, and time it until readiness answers 200."""
    port = free_port()
    token = secrets.token_urlsafe(32)
    command = [str(program), "serve", "--host", "127.0.0.1", "--port", str(port), "--data-dir", str(data)]
    environment = {"HEADGATE_ADMIN_TOKEN": token, **(settings or {})}
    began = time.monotonic()
    child = site.children.start(name, command, core=site.cores.gateway, environment=environment)
    child.wait_until(lambda: is_ready(port), seconds=START_SECONDS, pause=POLL_SECONDS)
    return Running(child, port, token, data, time.monotonic() - began)


def open_models(running: Running, site: Site, *, name: str = NAME) -> Target:
    """Create the entries and a key under budgets and limits, prove by a call that all of it is on, and return what to
    load."""
    origins = {WHOLE_MODEL: site.answers_port, STREAMED_MODEL: site.streams_port}
    for model, port in origins.items():
        call(running.port, "POST", "/v1/models", token=running.token, document=entry(model, port))
    made = call(running.port, "POST", "/admin/v1/keys", token=running.token, document={"name": "bench"})
    key = key_in(made)
    subjects = {"organization": str(made["organization"]), "key": str(made["id"])}
    budgets = [_govern(running, kind, subject) for kind, subject in subjects.items()]
    answer = prove_served(running.port, key)
    prove_counted(running, answer, budgets=budgets)
    endpoint = Endpoint(running.port, CHAT, (("authorization", f"Bearer {key}"),))
    return Target(name, running.child.pid, whole=endpoint, streamed=endpoint, books=LedgerFile(running.data))


def entry(model: str, origin_port: int) -> dict[str, object]:
    return {
        "model_id": model,
        "type": "completion",
        "provider_config": {
            "provider": "openai",
            "base_url": f"http://127.0.0.1:{origin_port}/v1",
            "api_key": "sk-upstream",
            "model": UPSTREAM_MODEL,
        },
        "pricing": {"input_per_1m_tokens": 2.5, "output_per_1m_tokens": 10},
    }


def key_in(answer: dict[str, object]) -> str:
    """The key that was made, which is shown only in this answer."""
    for value in answer.values():
        if isinstance(value, str) and value.startswith(KEY_PREFIX):
            return value
    raise WrongAnswer(f"no {KEY_PREFIX} key in the answer, which has {sorted(answer)}")


def prove_served(port: int, key: str) -> Answer:
    """A gateway that skips the rewriting of `model`, the price or the limits would be measured doing less than its
    work."""
    answer = exchange(port, "POST", CHAT, token=key, document=json.loads(small_question()))
    usage = answer.document.get("usage")
    if not isinstance(usage, dict) or not isinstance(usage.get("cost"), float):
        raise WrongAnswer(f"usage.cost is missing: {usage!r}")
    if answer.document.get("model") != WHOLE_MODEL or ANSWER_TEXT not in json.dumps(answer.document):
        raise WrongAnswer(f"not the origin's answer under the entry's name: {answer.document!r}")
    if missing := [name for name in LIMIT_HEADERS if name not in answer.headers]:
        raise WrongAnswer(
            f"no {', '.join(missing)} among the headers of the answer, which are {sorted(answer.headers)}"
        )
    return answer


def prove_counted(running: Running, answer: Answer, *, budgets: list[str]) -> None:
    """The call that was answered has to become a row, and every budget to have been charged for it."""
    wanted = answer.headers.get("x-request-id")
    deadline = time.monotonic() + ROW_SECONDS
    while wanted not in (listed := _listed(running)):
        if time.monotonic() > deadline:
            raise WrongAnswer(f"no row of {wanted!r} in the ledger after {ROW_SECONDS:g} s, only of {listed!r}")
        time.sleep(POLL_SECONDS)
    for budget in budgets:
        shown = call(running.port, "GET", f"/admin/v1/budgets/{budget}", token=running.token)
        current = shown.get("current")
        if not isinstance(current, dict) or not current.get("spent"):
            raise WrongAnswer(f"a budget that was not charged: {shown!r}")


def _govern(running: Running, kind: str, subject: str) -> str:
    """Set the limits and a hard budget of a subject, and return the budget's id."""
    limits = {"rpm": REQUESTS_A_MINUTE, "tpm": TOKENS_A_MINUTE}
    call(running.port, "PUT", f"/admin/v1/limits/{kind}/{subject}", token=running.token, document=limits)
    budget = {"subject_kind": kind, "subject_id": subject, "unit": "usd", "amount": BUDGET_USD, "window": "month"}
    made = call(running.port, "POST", "/admin/v1/budgets", token=running.token, document=budget | {"hard": True})
    return str(made["id"])


def _listed(running: Running) -> list[object]:
    page = call(running.port, "GET", "/admin/v1/usage", token=running.token)
    items = page.get("items")
    return [row.get("request_id") for row in items] if isinstance(items, list) else []
