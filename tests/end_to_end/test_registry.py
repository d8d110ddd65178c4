"""A model that was registered over the registry API, called at once, shared, and called by others until it is not."""

from __future__ import annotations

from typing import Final

import httpx2

from tests.end_to_end.chat import whole
from tests.end_to_end.gateway import CHAT, MESSAGES, Gateway
from tests.end_to_end.program import PATIENCE
from tests.origin.script import answer, answering
from tests.origin.server import Origin

BASE: Final = "/api/models"
SECRET: Final = "sk-registry-5d0c2b7e9a"
LIST: Final = answer(b'{"object": "list", "data": [{"id": "gpt-4o"}, {"id": "gpt-4o-mini"}]}')


def body(name: str, url: str, **fields: object) -> dict[str, object]:
    needed = {"model_id": name, "model_provider": "openai", "model_name": "gpt-4o", "api_key": SECRET}
    return {**needed, "base_url": f"{url}/v1", **fields}


def calls(gateway: Gateway, model: str, *, key: str) -> int:
    """The status of a call with an organization key."""
    headers = {"authorization": f"Bearer {key}"}
    url, asked = f"{gateway.address}{CHAT}", {"model": model, "messages": MESSAGES}
    return httpx2.post(url, json=asked, headers=headers, timeout=PATIENCE, trust_env=False).status_code


def test_a_registered_model_is_called_at_once_with_its_key_and_the_name_at_its_provider(gateway: Gateway) -> None:
    with Origin(answering(whole())) as origin:
        made = gateway.ask("POST", f"{BASE}/register", body("registered", origin.url))
        got = gateway.chat("registered")

    assert made["is_owner"]
    assert (got.status, got.text, got.document["model"]) == (200, "Hello", "registered")
    request = origin.requests[0]
    assert request.header(b"authorization") == f"Bearer {SECRET}".encode()
    assert b'"model":"gpt-4o"' in request.body.replace(b" ", b"")


def test_a_shared_model_is_called_by_the_organization_until_it_is_unshared(gateway: Gateway) -> None:
    key = gateway.key()
    with Origin(answering(whole())) as origin:
        gateway.ask("POST", f"{BASE}/register", body("given", origin.url))
        before = calls(gateway, "given", key=key)
        gateway.ask("PUT", f"{BASE}/given", {"share_with_users": True})
        shared = calls(gateway, "given", key=key)
        gateway.ask("PUT", f"{BASE}/given", {"share_with_users": False})
        after = calls(gateway, "given", key=key)

    assert (before, shared, after, len(origin.requests)) == (404, 200, 404, 1)


def test_a_key_goes_to_no_origin_that_it_was_not_given_for(gateway: Gateway) -> None:
    with Origin(answering(LIST)) as given, Origin(answering(LIST)) as canary:
        gateway.ask("POST", f"{BASE}/register", body("moved", given.url))
        gateway.ask("PUT", f"{BASE}/moved", {"base_url": f"{canary.url}/v1"})
        got = gateway.chat("moved")
        tested = gateway.http.post(f"{BASE}/test", json={"model_ids": ["moved"]}).json()
        fetched = gateway.ask("POST", f"{BASE}/providers/fetch", ["openai"])

    assert got.status == 424
    assert [each["status"] for each in tested] == ["failed"]
    assert SECRET not in str((got.body, tested, fetched))
    assert all(SECRET.encode() not in request.head + request.body for request in canary.requests)


def test_a_connection_is_tested_with_the_key_of_the_body_and_nothing_is_kept(gateway: Gateway) -> None:
    unsaved = {"model_provider": "openai", "model_name": "gpt-4o", "api_key": SECRET}
    with Origin(answering(LIST)) as origin:
        found = gateway.ask("POST", f"{BASE}/test-connection", {**unsaved, "base_url": f"{origin.url}/v1"})

    assert (found["status"], found["error"]) == ("passed", None)
    assert [request.header(b"authorization") for request in origin.requests] == [f"Bearer {SECRET}".encode()]


def test_a_refused_key_is_told_without_it(gateway: Gateway) -> None:
    refusal = answer(b'{"error": {"message": "Incorrect API key provided: %b"}}' % SECRET.encode(), status=401)
    unsaved = {"model_provider": "openai", "model_name": "gpt-4o", "api_key": SECRET}
    with Origin(answering(refusal)) as origin:
        base_url = f"{origin.url}/v1"
        found = gateway.ask("POST", f"{BASE}/test-connection", {**unsaved, "base_url": base_url})
        listed = gateway.http.post(f"{BASE}/providers/openai/models", json={"api_key": SECRET, "base_url": base_url})

    assert (found["status"], listed.status_code) == ("failed", 502)
    assert SECRET not in str(found) + listed.text


def test_a_providers_models_are_listed(gateway: Gateway) -> None:
    with Origin(answering(LIST)) as origin:
        asked = {"api_key": SECRET, "base_url": f"{origin.url}/v1"}
        found = gateway.ask("POST", f"{BASE}/providers/openai/models", asked)

    assert found == {"provider": "openai", "models": [{"id": "gpt-4o"}, {"id": "gpt-4o-mini"}], "count": 2}
