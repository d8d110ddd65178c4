"""Entries that are paid with somebody else's key: who lends it says what they cost, and nobody spends it for free."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import pytest

from tests.end_to_end.chat import COST, PRICING, UPSTREAM_MODEL, whole
from tests.end_to_end.gateway import CHAT, MESSAGES, UPSTREAM_KEY, Gateway, serving
from tests.end_to_end.program import PATIENCE
from tests.origin.script import answering
from tests.origin.server import Origin

FREE: Final = {"input_per_1m_tokens": 0, "output_per_1m_tokens": 0}
AMOUNT: Final = 0.0006
BUDGET: Final = {"subject_kind": "organization", "subject_id": "default", "unit": "usd", "amount": AMOUNT}


@dataclass
class Tenant:
    """Who holds a key, as its applications and its administration reach the gateway."""

    http: httpx2.Client

    def ask(self, method: str, path: str, document: object = None) -> dict[str, object]:
        answer = self.http.request(method, path, json=document)
        assert answer.is_success, answer.text
        body: dict[str, object] = answer.json()
        return body

    def add(self, origin: Origin, path: str = "/v1/models", **fields: object) -> dict[str, object]:
        """An entry without a key of its own."""
        config = {"provider": "openai", "base_url": f"{origin.url}/v1", "model": UPSTREAM_MODEL}
        return self.ask("POST", path, {"model_id": "m", "type": "completion", "provider_config": config, **fields})

    def chat(self, model: str = "m") -> tuple[int, str]:
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


def test_nobody_says_that_what_another_pays_is_free(gateway: Gateway, origin: Origin) -> None:
    lend(gateway, origin)
    gateway.ask("POST", "/admin/v1/budgets", BUDGET)
    with tenant(gateway) as acme:
        acme.add(origin, pricing=FREE)

        told = [acme.chat() for _ in range(20)]

    assert set(told) == {(402, "price_missing")}
    assert origin.requests == []


def test_the_lender_sets_the_price_and_budgets_hold_it(gateway: Gateway, origin: Origin) -> None:
    lend(gateway, origin)
    with tenant(gateway) as acme:
        acme.add(origin, pricing=FREE)
        uid = acme.ask("GET", "/admin/v1/prices?model=m")["uid"]
        gateway.ask("PUT", f"/admin/v1/prices/overrides?organization=default&model={uid}", PRICING)
        gateway.ask("POST", "/admin/v1/budgets", BUDGET)

        told = [acme.chat() for _ in range(20)]

    served = told.count((200, ""))
    assert 1 <= served < AMOUNT / COST
    assert set(told[served:]) == {(429, "insufficient_quota")}
    assert len(origin.requests) == served


def test_with_a_key_of_its_own_an_entry_costs_what_its_people_say(gateway: Gateway, origin: Origin) -> None:
    lend(gateway, origin)
    with tenant(gateway) as acme:
        acme.add(origin, pricing=FREE)
        before = acme.chat()
        acme.ask("PATCH", "/v1/models/m", {"provider_config": {"api_key": "sk-own"}})

        assert (before, acme.chat()) == ((402, "price_missing"), (200, ""))

    [seen] = origin.requests
    assert seen.header(b"authorization") == b"Bearer sk-own"


def test_the_price_of_what_is_free_does_not_go_along_to_another_model(gateway: Gateway, origin: Origin) -> None:
    lend(gateway, origin)
    with tenant(gateway) as acme:
        acme.add(origin, provider_config={"provider": "mock", "model": "mock"})
        free = acme.chat()
        config = {"provider": "openai", "base_url": f"{origin.url}/v1", "model": UPSTREAM_MODEL}
        acme.ask("PATCH", "/v1/models/m", {"provider_config": config})

        assert (free, acme.chat()) == ((200, ""), (402, "price_missing"))

    assert origin.requests == []


def test_what_a_project_calls_with_the_key_of_its_organization_has_its_price_from_there(
    gateway: Gateway, origin: Origin
) -> None:
    lend(gateway, origin, "organization")
    organization = gateway.ask("GET", "/admin/v1/organizations/default")["id"]
    project = str(gateway.ask("POST", "/admin/v1/projects", {"slug": "web", "name": "Web"})["id"])
    with tenant(gateway, project=project) as web:
        asset = {"name": "m", "litellm_model": f"openai/{UPSTREAM_MODEL}", "api_base": f"{origin.url}/v1"}
        name = str(web.ask("POST", "/assets/models", {**asset, "mode": "chat", "credentials": {}})["resource_uri"])
        told = [web.chat(name)]
        price = f"/admin/v1/prices?model={name}&scope=project:{organization}/{project}"

        for who in (web, gateway):
            who.ask("POST", price, PRICING)
            told.append(web.chat(name))

    assert told == [(402, "price_missing"), (402, "price_missing"), (200, "")]
