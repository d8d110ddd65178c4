"""Verifications that take a call, in a running gateway: whoever asks for one pays for it, and sees it on the ledger."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx2
import pytest

from tests.end_to_end.chat import COST, whole
from tests.end_to_end.gateway import UPSTREAM_KEY, Gateway, serving
from tests.end_to_end.program import HEADGATE, PATIENCE, surroundings
from tests.origin.script import Script, answer, answering, expect, pause, send, until_closed
from tests.origin.server import Origin

_LOOKS: Final = 500


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with serving(tmp_path / "data", {"HEADGATE_EGRESS_ALLOW": "127.0.0.0/8"}) as gateway:
        yield gateway


def no_page(*before: str) -> Script:
    """A provider that has no page that tells of a model."""
    return [expect(), *(pause(name) for name in before), send(answer(b"{}", status=404)), until_closed()]


def row(gateway: Gateway) -> dict[str, object]:
    """The one row of the ledger. What has ended is in it a little later, so it is asked again."""
    for _ in range(_LOOKS):
        found = gateway.ask("GET", "/admin/v1/usage")["items"]
        if found:
            assert isinstance(found, list)
            [only] = found
            return dict(only)
    raise AssertionError("the ledger has no row")


def test_what_an_asset_is_verified_with_is_paid_by_whoever_asks(gateway: Gateway) -> None:
    project = gateway.ask("POST", "/admin/v1/projects", {"slug": "web", "name": "Web"})["id"]
    wish = {"name": "tenant", "permissions": ["llm:*"], "project": project}
    key = gateway.ask("POST", "/admin/v1/keys", wish)
    asset = {"name": "m", "litellm_model": "openai/gpt-4o", "mode": "chat", "credentials": {"api_key": UPSTREAM_KEY}}
    with (
        Origin(no_page("begun"), no_page(), answering(whole())) as origin,
        httpx2.Client(
            base_url=gateway.address, headers={"x-api-key": str(key["key"])}, timeout=PATIENCE, trust_env=False
        ) as tenant,
    ):
        made = tenant.post("/assets/models", json={**asset, "api_base": f"{origin.url}/v1"})
        # The verification in the background, which never takes a call.
        origin.reached("begun")
        origin.go("begun")
        told = tenant.post(f"/assets/models/{made.json()['resource_uri']}/verify")
        found = row(gateway)

    assert (told.status_code, told.json()["verified"]) == (200, True)
    assert found["request_id"] == told.headers["x-request-id"]
    assert (found["operation"], found["model"], found["end_reason"]) == ("verify", "m", "complete")
    assert (found["project"], found["key"], found["cost"]) == (project, key["id"], COST)


def test_a_smoke_test_is_found_by_the_id_in_its_answer(gateway: Gateway) -> None:
    told = gateway.http.post("/v1/test", json={"modelId": "mock"})

    assert told.json()["ok"] is True
    assert row(gateway)["request_id"] == told.headers["x-request-id"]


def test_what_a_registered_model_is_tested_with_is_paid_by_whoever_asks(gateway: Gateway) -> None:
    user = gateway.ask("GET", "/admin/v1/users/me")["id"]
    model = {"model_id": "m", "model_provider": "openai", "model_name": "gpt-4o", "api_key": UPSTREAM_KEY}
    with Origin(no_page(), answering(whole())) as origin:
        gateway.ask("POST", "/api/models/register", {**model, "base_url": f"{origin.url}/v1"})
        [told] = gateway.http.post("/api/models/test", json={"model_ids": ["m"]}).json()
        found = row(gateway)

    assert (told["status"], told["error"]) == ("passed", None)
    assert (found["operation"], found["model"], found["end_reason"]) == ("verify", "m", "complete")
    assert (found["user"], found["cost"]) == (user, COST)


def test_a_connection_that_is_tested_with_a_call_is_a_row_like_any_other(gateway: Gateway) -> None:
    unsaved = {"model_provider": "openai", "model_name": "gpt-4o", "api_key": UPSTREAM_KEY}
    with Origin(no_page(), answering(whole())) as origin:
        told = gateway.ask("POST", "/api/models/test-connection", {**unsaved, "base_url": f"{origin.url}/v1"})
        found = row(gateway)
    shown = gateway.ask("GET", f"/admin/v1/requests/{found['request_id']}")
    checked = subprocess.run(
        [HEADGATE, "ledger", "verify", "--data-dir", gateway.program.log.with_suffix("")],
        env=surroundings(None),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )

    assert (told["status"], found["operation"], found["model"]) == ("passed", "verify", "gpt-4o")
    assert (found["cost"], found["exposure"], found["status"]) == (None, 0, "unknown")
    assert shown["request_id"] == found["request_id"]
    assert checked.returncode == 0, checked.stdout


def test_a_key_that_is_lent_is_not_spent_on_what_nobody_has_priced(gateway: Gateway) -> None:
    unsaved = {"model_provider": "openai", "model_name": "gpt-4o"}
    with Origin(no_page()) as origin:
        lent = {"name": "lent", "provider": "openai", "secret": UPSTREAM_KEY, "origins": [origin.url], "default": True}
        gateway.ask("POST", "/admin/v1/credentials?scope=platform", lent)
        told = [
            gateway.ask("POST", "/api/models/test-connection", {**unsaved, "base_url": f"{origin.url}/v1"})
            for _ in range(3)
        ]

    assert {each["status"] for each in told} == {"failed"}
    assert all("a key of the platform" in str(each["error"]) for each in told)
    assert {request.line for request in origin.requests} == {b"GET /v1/models/gpt-4o HTTP/1.1"}
    assert gateway.ask("GET", "/admin/v1/usage")["items"] == []
