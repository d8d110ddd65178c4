"""A model asset in a running gateway: stored as the published page says it, verified, called by its handle."""

from __future__ import annotations

from typing import Final

from tests.end_to_end.chat import whole
from tests.end_to_end.gateway import Gateway
from tests.origin.script import answer, answering, expect, forever, pause, send
from tests.origin.server import Origin

KEY: Final = "sk-assets-canary-0123456789"
_LOOKS: Final = 200


def seed(url: str) -> dict[str, object]:
    """The request of the published page, with its place."""
    return {
        "credentials": {"api_key": KEY},
        "litellm_model": "openai/gpt-4o",
        "mode": "chat",
        "name": "GPT-4o",
        "provider": "openai",
        "tags": ["production", "openai"],
        "api_base": f"{url}/v1",
    }


def settled(gateway: Gateway, handle: str) -> dict[str, object]:
    """The model once its verification has ended, which is a turn or two of the server's loop after the answer."""
    shown: dict[str, object] = {}
    for _ in range(_LOOKS):
        shown = gateway.ask("GET", f"/assets/models/{handle}")
        if shown["status"] != "PENDING":
            return shown
    raise AssertionError(f"still pending: {shown}")


def test_a_model_asset_is_verified_for_nothing_and_called_by_its_handle(gateway: Gateway) -> None:
    calls = forever(expect(), send(whole("Hello")))
    with Origin([expect(), pause("probe"), send(answer()), calls], [calls]) as origin:
        made = gateway.ask("POST", "/assets/models", seed(origin.url))
        origin.reached("probe")
        origin.go("probe")
        verified = settled(gateway, str(made["resource_uri"]))
        got = gateway.chat(str(made["resource_uri"]))
        gateway.http.delete(f"/assets/models/{made['resource_uri']}")

    probe, call = origin.requests
    assert (made["status"], verified["status"]) == ("PENDING", "ACTIVE")
    assert probe.line == b"GET /v1/models/gpt-4o HTTP/1.1"
    assert (got.status, call.line) == (200, b"POST /v1/chat/completions HTTP/1.1")
    assert b'"model":"gpt-4o"' in call.body.replace(b" ", b"")
    assert (b"authorization", f"Bearer {KEY}".encode()) in call.fields
    assert KEY.encode() not in got.body
    gateway.comes_to_rest()


def test_a_model_asset_whose_key_is_refused_says_so_and_never_the_key(gateway: Gateway) -> None:
    refusal = answer(b'{"error":{"message":"wrong key %b"}}' % KEY.encode(), status=401)
    with Origin(answering(refusal)) as origin:
        body = seed(origin.url)
        made = gateway.ask("POST", "/assets/models", body)
        handle = str(made["resource_uri"])
        shown = settled(gateway, handle)
        told = gateway.ask("POST", f"/assets/models/{handle}/verify")
        asked = {key: body[key] for key in ("litellm_model", "credentials", "provider", "api_base")}
        unsaved = gateway.ask("POST", "/assets/models/verify", asked)
        gateway.http.delete(f"/assets/models/{handle}")

    assert shown["status"] == "ERROR"
    assert told["verified"] is unsaved["verified"] is False
    assert shown["status_message"] == told["message"] == unsaved["message"]
    assert isinstance(told["latency_ms"], float)
    assert KEY not in f"{shown} {told} {unsaved}"
    gateway.comes_to_rest()
