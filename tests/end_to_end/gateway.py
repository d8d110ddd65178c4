"""A running Headgate with an administrator who manages and calls it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2

from tests.canaries import canary
from tests.clients.wire import request
from tests.end_to_end.chat import PRICING, UPSTREAM_MODEL, Answer
from tests.end_to_end.program import PATIENCE, Program, start

SECOND_MOUNT: Final = "/v2/workspaces/slug:llm-gateway/webhooks"
CHAT: Final = "/v1/chat/completions"
UPSTREAM_KEY: Final = canary("upstream")
MESSAGES: Final = [{"role": "user", "content": "Hello"}]
_LOOKS: Final = 100


class Live:
    """An answer that is being read."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self._parts = response.iter_raw()
        self._read = b""
        self._taken = 0

    def event(self) -> bytes:
        """The next event."""
        while (end := self._read.find(b"\n\n", self._taken)) < 0:
            self._read += next(self._parts)
        event, self._taken = self._read[self._taken : end + 2], end + 2
        return event

    def rest(self) -> Answer:
        """The whole answer, with what was read of it before."""
        framed = True
        try:
            for part in self._parts:
                self._read += part
        except httpx2.TransportError:
            framed = False
        return Answer(self._response.status_code, dict(self._response.headers), self._read, framed)


@dataclass
class Gateway:
    """One process, and the HTTP client of its administrator."""

    program: Program
    token: str
    http: httpx2.Client
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def address(self) -> str:
        return self.program.address

    # Managing

    def ask(self, method: str, path: str, document: object = None) -> dict[str, object]:
        """A management call that succeeds."""
        answer = self.http.request(method, path, json=document)
        assert answer.is_success, answer.text
        body: dict[str, object] = answer.json()
        return body

    def add(self, url: str, fields: Mapping[str, object] | None = None) -> str:
        """Create a chat entry whose calls go to `url`; its name."""
        document = {"model_id": f"model-{next(self._numbers)}", **chat_entry(url), **(fields or {})}
        return str(self.ask("POST", "/v1/models", document)["model_id"])

    def key(self) -> str:
        """A fresh organization key."""
        return str(self.ask("POST", "/admin/v1/keys", {"name": "application"})["key"])

    # Calling

    def chat(self, model: str, fields: Mapping[str, object] | None = None, *, stream: bool = False) -> Answer:
        """A chat completion, read to its end, however that comes."""
        with self.calling(model, fields, stream=stream) as live:
            return live.rest()

    @contextmanager
    def calling(self, model: str, fields: Mapping[str, object] | None = None, *, stream: bool = True) -> Iterator[Live]:
        """A chat completion that has begun to be answered. Leaving the block breaks it off."""
        body = {"model": model, "messages": MESSAGES, "stream": stream, **(fields or {})}
        with self.http.stream("POST", CHAT, json=body) as response:
            yield Live(response)

    # Watching

    def metric(self, name: str) -> float:
        """A line of the metrics page, labels included; 0 for one that is not there."""
        lines = self.http.get("/metrics").text.splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.rpartition(" ")[0] == name), 0.0)

    def outcomes(self, model: str, outcome: str, provider: str = "openai") -> float:
        """How many calls of a model ended so."""
        return self.metric(f'headgate_requests_total{{model="{model}",outcome="{outcome}",provider="{provider}"}}')

    def comes_to_rest(self) -> None:
        """See that no call is live and no upstream connection open.

        What happened on sockets before a request is known to the server when it answers, or a turn or two of its loop
        later: so it is asked a few times, and not waited for.
        """
        left: dict[str, float] = {}
        for _ in range(_LOOKS):
            left = {name: self.metric(name) for name in ("headgate_live_calls", "headgate_upstream_connections")}
            if not any(left.values()):
                return
        raise AssertionError(f"something is left over: {left}")


def chat_entry(url: str) -> dict[str, object]:
    """The fields of an entry that is sent to an OpenAI-compatible server."""
    return {
        "type": "completion",
        "provider_config": {
            "provider": "openai",
            "base_url": f"{url}/v1",
            "api_key": UPSTREAM_KEY,
            "model": UPSTREAM_MODEL,
        },
        "pricing": PRICING,
    }


def asking(gateway: Gateway, model: str, *, stream: bool = False) -> bytes:
    """A chat request as bytes, for a client that is no HTTP library."""
    body = json.dumps({"model": model, "messages": MESSAGES, "stream": stream}).encode()
    return request(body, path=CHAT.encode(), headers=[f"authorization: Bearer {gateway.token}".encode()])


@contextmanager
def visited(program: Program, token: str) -> Iterator[Gateway]:
    """A program that serves, with a client."""
    client = httpx2.Client(
        base_url=program.address,
        headers={"authorization": f"Bearer {token}"},
        timeout=PATIENCE,
        trust_env=False,
    )
    with client:
        yield Gateway(program, token, client)


@contextmanager
def serving(data: Path, settings: Mapping[str, str] | None = None) -> Iterator[Gateway]:
    """Serve a data directory with an administrator's token of ours, and end it as an operator does."""
    token = canary("admin_token")
    program = start(data, {"HEADGATE_ADMIN_TOKEN": token, **(settings or {})})
    try:
        with visited(program, token) as gateway:
            yield gateway
    except BaseException:
        program.kill()
        raise
    program.end()
