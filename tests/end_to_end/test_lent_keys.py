"""Entries that are paid with somebody else's key: who lends it says what they cost, and nobody spends it for free."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import pytest

from tests.end_to_end.chat import UPSTREAM_MODEL, whole
from tests.end_to_end.gateway import CHAT, MESSAGES, UPSTREAM_KEY, Gateway, serving
from tests.end_to_end.program import PATIENCE
from tests.origin.script import answering
from tests.origin.server import Origin

FREE: Final = {"input_per_1m_tokens": 0, "output_per_1m_tokens": 0}
BUDGET: Final = {"subject_kind": "organization", "subject_id": "default", "unit": "usd", "amount": 0.0006}


@dataclass
class Tenant:
    """Who holds a key, as its applications and its administration reach the gateway."""

    http: httpx2.Client

    def ask(self, method: str, path: str, document: object = None) -> dict[str, object]:
        answer = self.http.request(method, path, json=document)
        assert answer.is_success, answer.text
        body: dict[str, object] = answer.json()
        return body

    def chat(self, model: str) -> tuple[int, str]:
        """The status of a call, and its error's code."""
        body = {"model": model, "messages": MESSAGES, "max_completion_tokens": 5}
        answer = self.http.post(CHAT, json=body)
        return answer.status_code, "" if answer.is_success else answer.json()["error"]["code"]


@contextmanager
def tenant(gateway: Gateway, **fields: object) -> Iterator[Tenant]:
    """Who administers the default organization, or with `project` writes that project's entries."""
    key = gateway.ask("POST", "/admin/v1/keys", {"name": "tenant", "permissions": ["llm:*"], **fields})["key"]
    headers = {"x-api-key": str(key)}
    with httpx2.Client(base_url=gateway.address, headers=headers, timeout=PATIENCE, trust_env=False) as client:
        yield Tenant(client)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """One whose tenants may name addresses of this machine."""
    with serving(tmp_path / "data", {"HEADGATE_EGRESS_ALLOW": "127.0.0.0/8"}) as gateway:
        yield gateway


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin(answering(whole())) as origin:
        yield origin


def lend(gateway: Gateway, origin: Origin, scope: str = "platform") -> None:
    """A key that entries without one of their own are called with."""
    credential = {"name": "lent", "provider": "openai", "secret": UPSTREAM_KEY, "origins": [origin.url]}
    gateway.ask("POST", f"/admin/v1/credentials?scope={scope}", {**credential, "default": True})


def entry(name: str, origin: Origin, **fields: object) -> dict[str, object]:
    """An entry without a key of its own."""
    config = {"provider": "openai", "base_url": f"{origin.url}/v1", "model": UPSTREAM_MODEL}
    return {"model_id": name, "type": "completion", "provider_config": config, **fields}


def test_nobody_says_that_what_another_pays_is_free(gateway: Gateway, origin: Origin) -> None:
    lend(gateway, origin)
    gateway.ask("POST", "/admin/v1/budgets", BUDGET)
    with tenant(gateway) as acme:
        acme.ask("POST", "/v1/models", entry("free", origin, pricing=FREE))

        told = [acme.chat("free") for _ in range(20)]

    assert set(told) == {(402, "price_missing")}
    assert origin.requests == []
