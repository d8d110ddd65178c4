"""Headgate as a contender: started as an operator starts it, its entries and key made through its own APIs."""

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from bench.children import Child
from bench.conversation import ANSWER_TEXT, STREAMED_MODEL, UPSTREAM_MODEL, WHOLE_MODEL, small_question
from bench.management import call, is_ready
from bench.site import Endpoint, Site, Target, free_port

NAME = "Headgate"
START_SECONDS = 120.0
POLL_SECONDS = 0.002
CHAT = "/v1/chat/completions"
KEY_PREFIX = "iak_"


class WrongAnswer(Exception):
    """Headgate answered, but not as a gateway that does its work."""


@dataclass(frozen=True, slots=True)
class Running:
    """A `headgate serve` that is ready."""

    child: Child
    port: int
    token: str
    seconds_to_ready: float


def start(site: Site, program: Path, *, data: Path, name: str = "headgate") -> Running:
    """Serve `data` on the gateway's core, and time it until readiness answers 200."""
    port = free_port()
    token = secrets.token_urlsafe(32)
    command = [str(program), "serve", "--host", "127.0.0.1", "--port", str(port), "--data-dir", str(data)]
    environment = {"HEADGATE_ADMIN_TOKEN": token}
    began = time.monotonic()
    child = site.children.start(name, command, core=site.cores.gateway, environment=environment)
    child.wait_until(lambda: is_ready(port), seconds=START_SECONDS, pause=POLL_SECONDS)
    return Running(child, port, token, time.monotonic() - began)


def open_models(running: Running, site: Site, *, name: str = NAME) -> Target:
    """Create the entries and a key, prove that a call is served and priced, and return what to load."""
    origins = {WHOLE_MODEL: site.answers_port, STREAMED_MODEL: site.streams_port}
    for model, port in origins.items():
        call(running.port, "POST", "/v1/models", token=running.token, document=entry(model, port))
    made = call(running.port, "POST", "/admin/v1/keys", token=running.token, document={"name": "bench"})
    key = key_in(made)
    prove_served(running.port, key)
    endpoint = Endpoint(running.port, CHAT, (("authorization", f"Bearer {key}"),))
    return Target(name, running.child.pid, whole=endpoint, streamed=endpoint)


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


def prove_served(port: int, key: str) -> None:
    """A gateway that skips the rewriting of `model` or the price would be measured doing less than its work."""
    answer = call(port, "POST", CHAT, token=key, document=json.loads(small_question()))
    usage = answer.get("usage")
    if not isinstance(usage, dict) or not isinstance(usage.get("cost"), float):
        raise WrongAnswer(f"usage.cost is missing: {usage!r}")
    if answer.get("model") != WHOLE_MODEL or ANSWER_TEXT not in json.dumps(answer):
        raise WrongAnswer(f"not the origin's answer under the entry's name: {answer!r}")
