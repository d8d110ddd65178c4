"""What an organization lays over the catalogue, in a gateway that serves: set over HTTP, met by the next call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

import pytest

from tests.end_to_end.chat import PRICING, streamed, whole
from tests.end_to_end.gateway import CHAT, MESSAGES, Gateway
from tests.origin.script import answering
from tests.origin.server import Origin

_NUMBERS = count()


class Tenant:
    """An organization of the gateway, and a key of it."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.slug = f"governed-{next(_NUMBERS)}"
        gateway.ask("POST", "/admin/v1/organizations", {"slug": self.slug})
        here = {"x-organization-id": self.slug}
        made = gateway.http.post("/admin/v1/keys", json={"name": "application"}, headers=here)
        assert made.is_success, made.text
        self.key = str(made.json()["key"])

    def governed(self, **overlay: object) -> None:
        self.gateway.ask("PATCH", f"/admin/v1/organizations/{self.slug}", {"settings": {"overlay": overlay}})

    def calls(self, model: str, **fields: object) -> tuple[int, str, str]:
        """The status, the name of the entry that served, and the text of the answer."""
        body = {"model": model, "messages": MESSAGES, **fields}
        answer = self.gateway.http.post(CHAT, json=body, headers={"authorization": f"Bearer {self.key}"})
        return answer.status_code, answer.headers.get("x-headgate-model", ""), answer.text

    def explained(self, model: str) -> dict[str, object]:
        body = {"body": {"model": model, "messages": MESSAGES}}
        answer = self.gateway.http.post(
            "/admin/v1/routes/explain", json=body, headers={"authorization": f"Bearer {self.key}"}
        )
        assert answer.is_success, answer.text
        found: dict[str, object] = answer.json()
        return found


@pytest.fixture
def tenant(gateway: Gateway) -> Iterator[Tenant]:
    yield Tenant(gateway)
    gateway.comes_to_rest()


def test_what_is_allowed_counts_from_the_next_call_on(gateway: Gateway, tenant: Tenant) -> None:
    with Origin(answering(whole())) as origin:
        model = gateway.add(origin.url)
        statuses = []
        for allowed in ([], ["other"], [model]):
            tenant.governed(allowed_models=allowed)
            statuses.append(tenant.calls(model)[0])

    assert statuses == [200, 403, 200]


def test_a_classifier_chooses_the_model_and_is_part_of_the_call(gateway: Gateway, tenant: Tenant) -> None:
    with Origin(answering(whole("Hello"))) as big:
        chosen = gateway.add(big.url, {"pricing": PRICING})
        with Origin(answering(whole(f"`{chosen}`"))) as judge:
            classifier = gateway.add(judge.url)
            routing = {"strategy": "classifier", "classifier_model": classifier, "candidates": [chosen, "gone"]}
            tenant.governed(routing=routing)
            status, served, text = tenant.calls("auto")

    question = json.loads(judge.requests[0].body)
    assert (status, served, json.loads(text)["choices"][0]["message"]["content"]) == (200, chosen, "Hello")
    assert MESSAGES[0]["content"] in question["messages"][0]["content"]
    assert len(judge.requests) == len(big.requests) == 1
    assert (gateway.outcomes(chosen, "answered"), gateway.outcomes(classifier, "answered")) == (1, 0)


def test_explain_names_what_serves_and_sends_nothing(gateway: Gateway, tenant: Tenant) -> None:
    with Origin(answering(whole())) as origin:
        model = gateway.add(origin.url)
        found = tenant.explained(model)
        asked = len(origin.requests)
        _, served, _ = tenant.calls(model)

    entry, cost = found["entry"], found["cost"]
    assert isinstance(entry, dict)
    assert isinstance(cost, dict)
    assert (asked, entry["model_id"]) == (0, served)
    assert 0 < cost["least"] < cost["most"]


def test_streams_show_their_usage_where_the_organization_says_always(gateway: Gateway, tenant: Tenant) -> None:
    shown = []
    with Origin(answering(streamed("Hello"))) as origin:
        model = gateway.add(origin.url)
        for setting in ("asked", "always"):
            tenant.governed(stream_usage=setting)
            shown.append('"prompt_tokens"' in tenant.calls(model, stream=True)[2])

    assert shown == [False, True]


def test_headers_that_are_missing_refuse_the_call_and_are_counted(gateway: Gateway, tenant: Tenant) -> None:
    name = 'headgate_headers_missing_total{mode="block"}'
    before = gateway.metric(name)
    tenant.governed(header_policy={"apikey": {"mode": "block", "headers": ["x-team"]}})

    status, _, text = tenant.calls("mock")

    assert (status, json.loads(text)["error"]["code"]) == (403, "header_policy_violation")
    assert gateway.metric(name) == before + 1
