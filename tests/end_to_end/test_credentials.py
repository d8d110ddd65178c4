"""Which secrets travel where: the caller's stays here, the provider's goes to its origin, and nobody else learns it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx2
import pytest

from tests.end_to_end.chat import streamed, whole
from tests.end_to_end.gateway import CHAT, MESSAGES, SECOND_MOUNT, UPSTREAM_KEY, Gateway, chat_entry
from tests.end_to_end.program import PATIENCE
from tests.origin.script import Script, answer, answering, expect, send, stream_head, until_closed
from tests.origin.server import Origin

CARRIERS: Final = {
    "authorization": "Bearer {}",
    "x-prismeai-api-key": "{}",
    "x-api-key": "{}",
    "api-key": "{}",
    "x-goog-api-key": "{}",
}
OVERRIDES: Final = (
    "api_base",
    "base_url",
    "api_key",
    "api_version",
    "api_type",
    "extra_headers",
    "default_headers",
    "organization",
    "custom_llm_provider",
    "azure_endpoint",
    "aws_bedrock_runtime_endpoint",
    "proxy",
    "proxies",
    "model_list",
    "fallbacks",
)
UPSTREAMS_OWN: Final = (
    b"content-type: application/json\r\nset-cookie: session=1\r\nopenai-organization: org-canary\r\nserver: canary\r\n"
    b"x-request-id: upstream-canary\r\nx-ratelimit-remaining-requests: 3\r\nx-headgate-model: canary\r\nvia: canary\r\n"
)
OURS: Final = {"content-type", "date", "x-request-id", "x-headgate-attempts", "x-headgate-model", "content-length"}


def call(gateway: Gateway, model: str, headers: Mapping[str, str], *, mount: str = "") -> httpx2.Response:
    """A chat completion with these headers and no others of ours."""
    body = {"model": model, "messages": MESSAGES}
    url = f"{gateway.address}{mount}{CHAT}"
    return httpx2.post(url, json=body, headers=dict(headers), timeout=PATIENCE, trust_env=False)


# The caller's


@pytest.mark.parametrize("mount", ["", SECOND_MOUNT], ids=["first mount", "second mount"])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_an_organization_key_is_taken_from(gateway: Gateway, carrier: str, mount: str) -> None:
    got = call(gateway, "mock", {carrier: CARRIERS[carrier].format(gateway.key())}, mount=mount)

    assert got.status_code == 200


@pytest.mark.parametrize("carrier", [name for name in CARRIERS if name != "authorization"])
def test_two_different_credentials_are_refused(gateway: Gateway, carrier: str) -> None:
    got = call(gateway, "mock", {"authorization": f"Bearer {gateway.token}", carrier: gateway.key()})

    assert (got.status_code, got.json()["error"]["code"]) == (400, "two_credentials")


def test_the_same_credential_may_come_twice(gateway: Gateway) -> None:
    key = gateway.key()

    assert call(gateway, "mock", {name: form.format(key) for name, form in CARRIERS.items()}).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer iak_default_nothing"}, {"x-api-key": "sk-unknown"}])
def test_a_call_without_a_valid_credential_is_refused(gateway: Gateway, headers: dict[str, str]) -> None:
    got = call(gateway, "mock", headers)

    assert (got.status_code, got.json()["error"]["code"]) == (401, "invalid_api_key")


def test_a_revoked_key_is_refused_with_the_next_request(gateway: Gateway) -> None:
    made = gateway.ask("POST", "/admin/v1/keys", {"name": "application"})
    headers = {"x-api-key": str(made["key"])}
    before = call(gateway, "mock", headers).status_code
    gateway.ask("DELETE", f"/admin/v1/keys/{made['id']}")

    assert (before, call(gateway, "mock", headers).status_code) == (200, 401)


def test_the_callers_credential_stays_with_the_gateway(gateway: Gateway) -> None:
    key = gateway.key()
    with Origin(answering(whole())) as origin:
        call(gateway, gateway.add(origin.url), {name: form.format(key) for name, form in CARRIERS.items()})

    [seen] = origin.requests
    assert key.encode() not in seen.head + seen.body


# The provider's


def test_each_origin_sees_its_own_key_only(gateway: Gateway) -> None:
    def entry(url: str, key: str) -> dict[str, object]:
        document = chat_entry(url)
        config = document["provider_config"]
        assert isinstance(config, dict)
        return {**document, "provider_config": {**config, "api_key": key}}

    with Origin(answering(answer(status=500))) as first, Origin(answering(whole())) as second:
        failover = gateway.add(second.url, entry(second.url, "sk-second"))
        gateway.chat(gateway.add(first.url, {**entry(first.url, "sk-first"), "failover": failover}))

    keys = [[each.header(b"authorization") for each in origin.requests] for origin in (first, second)]
    assert keys == [[b"Bearer sk-first"], [b"Bearer sk-second"]]


def test_a_key_does_not_follow_an_entry_to_another_origin(gateway: Gateway) -> None:
    with Origin(answering(whole())) as first, Origin(answering(whole())) as other:
        model = gateway.add(first.url)
        gateway.ask("PATCH", f"/v1/models/{model}", {"provider_config": {"base_url": other.url}})
        got = gateway.chat(model)

    assert (got.status, got.error["code"], other.accepted) == (424, "credential_missing", 0)


def test_a_named_credential_goes_to_its_own_origins_only(gateway: Gateway) -> None:
    with Origin(answering(whole())) as own, Origin(answering(whole())) as other:
        credential = {"name": "bound", "provider": "openai", "secret": UPSTREAM_KEY, "origins": [own.url]}
        gateway.ask("POST", "/admin/v1/credentials", credential)
        answers = [gateway.chat(gateway.add(url, named("bound", url))) for url in (own.url, other.url)]

    assert [each.status for each in answers] == [200, 424]
    assert (own.requests[0].header(b"authorization"), other.accepted) == (f"Bearer {UPSTREAM_KEY}".encode(), 0)


def named(credential: str, url: str) -> dict[str, object]:
    """The fields of an entry with a stored credential."""
    return {"provider_config": {"provider": "openai", "base_url": f"{url}/v1", "credential": credential}}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500])
def test_a_key_that_an_upstream_repeats_is_not_told_to_the_caller(gateway: Gateway, status: int) -> None:
    said = b'{"error":{"message":"Incorrect API key provided: %b","code":"invalid_api_key"}}' % UPSTREAM_KEY.encode()
    with Origin(answering(answer(said, status=status))) as origin:
        got = gateway.chat(gateway.add(origin.url))

    assert UPSTREAM_KEY.encode() not in got.body


def test_a_key_that_an_upstream_repeats_in_a_stream_is_not_told_to_the_caller(gateway: Gateway) -> None:
    said = b'data: {"error":{"message":"Incorrect API key provided: %b"}}\n\n' % UPSTREAM_KEY.encode()
    with Origin(answering(answer(said, headers=b"content-type: text/event-stream\r\n"))) as origin:
        got = gateway.chat(gateway.add(origin.url), stream=True)

    assert got.status == 502
    assert UPSTREAM_KEY.encode() not in got.body


def test_a_key_is_neither_shown_nor_logged_nor_written_as_it_stands(gateway: Gateway) -> None:
    with Origin(answering(whole())) as origin:
        model = gateway.add(origin.url)
        gateway.chat(model)
    shown = [
        gateway.http.get(path).content
        for path in (f"/v1/models/{model}", "/v1/models", "/admin/v1/catalogue/revisions", "/metrics")
    ]

    written = [each.read_bytes() for each in kept(gateway)]
    assert written
    assert not [each for each in [*shown, *written] if UPSTREAM_KEY.encode() in each]


def kept(gateway: Gateway) -> list[Path]:
    """The files of a gateway: its log and its data."""
    log = gateway.program.log
    return [log, *(each for each in log.with_suffix("").iterdir() if each.is_file())]


# Nothing in a request chooses an upstream


@pytest.mark.parametrize("name", OVERRIDES)
@pytest.mark.parametrize("place", ["top level", "extra_body"])
def test_a_body_cannot_send_a_call_elsewhere(gateway: Gateway, name: str, place: str) -> None:
    with Origin(answering(whole())) as canary, Origin(answering(whole())) as origin:
        value = {"authorization": "Bearer sk-canary"} if name.endswith("headers") else f"{canary.url}/v1"
        fields = {name: value} if place == "top level" else {"extra_body": {name: value, "kept": 1}}
        got = gateway.chat(gateway.add(origin.url), fields)

    [seen] = origin.requests
    assert (got.status, canary.accepted) == (200, 0)
    assert (name.encode() in seen.body, b"canary" in seen.head, b"kept" in seen.body) == (
        False,
        False,
        place == "extra_body",
    )


@pytest.mark.parametrize(
    "name",
    [
        "x-portkey-custom-host",
        "x-portkey-config",
        "x-litellm-api-base",
        "x-base-url",
        "x-forwarded-host",
        "openai-base-url",
    ],
)
def test_a_header_cannot_send_a_call_elsewhere(gateway: Gateway, name: str) -> None:
    with Origin(answering(whole())) as canary, Origin(answering(whole())) as origin:
        headers = {"x-api-key": gateway.key(), name: f"{canary.url}/v1"}
        got = call(gateway, gateway.add(origin.url), headers)

    [seen] = origin.requests
    assert (got.status_code, canary.accepted, name.encode() in seen.head) == (200, 0, False)


# What comes back


@pytest.mark.parametrize(
    ("script", "stream", "expected"),
    [
        pytest.param(
            answering(whole().replace(b"content-type: application/json\r\n", UPSTREAMS_OWN)),
            False,
            OURS | {"x-headgate-cost"},
            id="an answer",
        ),
        pytest.param(
            [expect(), send(streamed("Hello").replace(stream_head(), stream_head(UPSTREAMS_OWN))), until_closed()],
            True,
            (OURS - {"content-length"}) | {"cache-control", "transfer-encoding"},
            id="a stream",
        ),
        pytest.param(
            answering(answer(status=500, headers=UPSTREAMS_OWN)), False, OURS - {"x-headgate-model"}, id="an error"
        ),
    ],
)
def test_no_header_of_the_upstream_reaches_the_client(
    gateway: Gateway,
    script: Script,
    stream: bool,  # noqa: FBT001
    expected: set[str],
) -> None:
    with Origin(script) as origin:
        got = gateway.chat(gateway.add(origin.url), stream=stream)

    assert set(got.headers) == expected
    assert "canary" not in "".join(got.headers.values())
