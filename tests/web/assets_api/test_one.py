"""`GET` and `DELETE /assets/models/{resource_uri}`, and what holds for every route of one model."""

from __future__ import annotations

import pytest

from headgate.core.errors import BudgetExceeded, GatewayError, LedgerUnavailable, PriceMissing, RateLimited
from headgate.core.json import Json
from headgate.gateway.verify import ProbeOutcome
from tests.web.api import read
from tests.web.assets_api.project import FIELDS, SEED, Assets, told

ROUTES: list[tuple[str, str, Json]] = [
    ("GET", "/{}", None),
    ("PUT", "/{}", {"description": "x"}),
    ("DELETE", "/{}", None),
    ("POST", "/{}/verify", None),
]
COLLECTION: list[tuple[str, str, Json]] = [
    ("GET", "", None),
    ("POST", "", SEED),
    ("POST", "/verify", {"litellm_model": "mock/x", "credentials": {}}),
]


def test_getting_returns_what_was_created(assets: Assets) -> None:
    made = read(assets.ask("POST", body=SEED))

    answer = assets.ask("GET", "/gpt-4o")

    assert answer.status_code == 200
    assert tuple(read(answer)) == FIELDS
    assert read(answer) == made


def test_an_id_names_a_model_as_well(assets: Assets) -> None:
    made = assets.create()

    assert assets.get(made["id"]) == made


def test_an_entry_that_another_api_made_is_shown(assets: Assets) -> None:
    body = {
        "model_id": "team/fast", "type": "rerank", "limits": {"timeout": 0.5, "context_window": 8000},
        "provider_config": {"provider": "cohere", "model": "rerank-3"},
    }  # fmt: skip
    made = assets.api.ask(
        "POST", "/v1/models", by="ann", body=body, headers={"x-project-id": "web"}, query={"scope": "project"}
    )
    assert made.status_code == 200, made.text

    shown = assets.get("team/fast")

    assert tuple(shown) == FIELDS
    assert (shown["resource_uri"], shown["name"]) == ("team/fast", "team/fast")
    assert (shown["provider"], shown["litellm_model"]) == ("cohere", "cohere/rerank-3")
    assert (shown["mode"], shown["timeout"], shown["max_input_tokens"]) == (None, None, 8000)


def test_what_this_api_made_is_shown_by_the_catalogue(assets: Assets) -> None:
    assets.create("Mine", max_input_tokens=8000, default_temperature=0.5, timeout=30, tags=["a"])

    shown = read(assets.api.ask("GET", "/v1/models/mine", by="ann", headers={"x-project-id": "web"}))

    assert (shown["model_id"], shown["type"], shown["display"]) == ("mine", "completion", {"name": "Mine"})
    assert shown["limits"] == {"context_window": 8000, "timeout": 30}
    assert shown["provider_config"] == {"defaults": {"temperature": 0.5}}
    assert (shown["tags"], shown["scope"]) == (["a"], "project:o-acme/p-web")


def test_a_model_can_be_deleted(assets: Assets) -> None:
    uid = assets.create(litellm_model="openai/x", credentials=SEED["credentials"])["id"]

    answer = assets.ask("DELETE", "/m")

    assert (answer.status_code, answer.content) == (204, b"")
    assert assets.ask("GET", "/m").status_code == 404
    assert assets.api.desk.book.own(uid) is None
    assert assets.create()["resource_uri"] == "m"


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
@pytest.mark.parametrize("whose", ["nobody's", "another project's", "the organization's", "another organization's"])
def test_a_model_of_elsewhere_is_as_one_that_does_not_exist(
    assets: Assets, whose: str, method: str, path: str, body: Json
) -> None:
    smallest = {"name": "m", "litellm_model": "mock/x", "credentials": {}}
    match whose:
        case "another project's":
            handle = read(assets.ask("POST", body=smallest, project="api"))["id"]
        case "another organization's":
            handle = read(assets.ask("POST", body=smallest, by="gus", project="main"))["id"]
        case "the organization's":
            assets.api.create("theirs", by="ann")
            handle = "theirs"
        case _:
            handle = "unheard-of"

    answer = assets.ask(method, path.format(handle), body=body)
    absent = assets.ask(method, path.format("never-was"), body=body)

    error, other = told(answer), told(absent)
    assert (answer.status_code, error["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert error["message"].replace(handle, "never-was") == other["message"]
    assert other["details"] == {"resource_type": "model", "resource_id": "never-was"}


@pytest.mark.parametrize(("method", "path", "body"), [*ROUTES, *COLLECTION])
def test_without_a_project_the_header_is_asked_for(still: Assets, method: str, path: str, body: Json) -> None:
    answer = still.ask(method, path.format("m"), body=body, project=None)

    assert (answer.status_code, told(answer)["code"]) == (400, "INVALID_REQUEST")
    assert "X-Project-ID" in told(answer)["message"]


@pytest.mark.parametrize(("method", "path", "body"), [*ROUTES, *COLLECTION])
@pytest.mark.parametrize("project", ["main", "never-was"])
def test_a_project_that_is_not_ones_own_is_refused(
    still: Assets, project: str, method: str, path: str, body: Json
) -> None:
    answer = still.ask(method, path.format("m"), body=body, project=project)

    assert (answer.status_code, told(answer)["code"]) == (403, "INSUFFICIENT_PERMISSIONS")
    assert project not in told(answer)["message"]


@pytest.mark.parametrize(("method", "path", "body"), [*ROUTES, *COLLECTION])
def test_without_a_credential_nothing_is_answered(still: Assets, method: str, path: str, body: Json) -> None:
    answer = still.ask(method, path.format("m"), body=body, by=None)

    assert (answer.status_code, told(answer)["code"]) == (401, "INVALID_TOKEN")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_only_project_needs_no_header(assets: Assets) -> None:
    body = {"name": "m", "litellm_model": "mock/x", "credentials": {}}

    assert read(assets.ask("POST", body=body, by="gus", project=None))["project_id"] == "p-main"


@pytest.mark.parametrize(("method", "path"), [("PATCH", "/m"), ("DELETE", ""), ("GET", "/m/verify/x/../y")])
def test_what_is_no_route_is_told_in_the_envelope(still: Assets, method: str, path: str) -> None:
    answer = still.ask(method, path)

    assert answer.status_code in {404, 405}
    assert told(answer)["code"] in {"RESOURCE_NOT_FOUND", "INVALID_REQUEST"}


def test_a_trace_of_the_callers_is_named_in_errors(still: Assets) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"x-project-id": "web", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}

    answer = still.api.ask("GET", "/assets/models/m", by="ann", headers=headers)

    assert told(answer)["trace_id"] == trace


# Verification on demand


def test_parameters_are_verified_before_they_are_saved(still: Assets) -> None:
    body = {
        "litellm_model": "azure/gpt-4o", "credentials": {"api_key": "sk-canary"}, "provider": "openai",
        "api_base": "https://a.example", "api_version": "2024-10-21",
    }  # fmt: skip

    answer = still.ask("POST", "/verify", body=body, by="dev")

    assert answer.status_code == 200
    assert read(answer) == {"verified": True, "message": "the provider answered", "latency_ms": 250.0}
    asked = still.api.probes.probed[-1]
    assert (asked.provider, asked.model) == ("azure", "gpt-4o")
    assert (asked.base_url, asked.api_version, asked.private) == ("https://a.example", "2024-10-21", False)
    assert asked.secret is not None
    assert "canary" not in answer.text + repr(asked)
    assert still.revision == 0


def test_only_an_administrator_probes_private_addresses(still: Assets) -> None:
    body = {"litellm_model": "vllm/x", "credentials": {}, "api_base": "http://10.0.0.1:8000"}
    headers = {"x-organization-id": "acme", "x-project-id": "web"}

    answer = still.api.ask("POST", "/assets/models/verify", by="root", body=body, headers=headers)

    assert answer.status_code == 200
    assert still.api.probes.probed[-1].private


def test_a_failed_verification_is_an_answer_like_any_other(assets: Assets) -> None:
    assets.api.probes.outcome = ProbeOutcome(ok=False, message="the key was refused", latency=None)

    answer = assets.ask("POST", "/verify", body={"litellm_model": "mock/x", "credentials": {}})

    assert answer.status_code == 200
    assert read(answer) == {"verified": False, "message": "the key was refused", "latency_ms": None}


@pytest.mark.parametrize(
    ("field", "value"),
    [("litellm_model", None), ("litellm_model", ""), ("credentials", "sk"), ("api_base", "x"), ("name", "x"),
     ("provider", 5), ("id", "x")],
)  # fmt: skip
def test_a_verification_that_breaks_a_rule_says_which(still: Assets, field: str, value: Json) -> None:
    answer = still.ask("POST", "/verify", body={"litellm_model": "mock/x", "credentials": {}, field: value})

    assert answer.status_code == 422
    assert [each["path"] for each in told(answer)["details"]["errors"]] == [field]


@pytest.mark.parametrize("field", ["litellm_model", "credentials"])
def test_what_a_verification_needs_is_named(still: Assets, field: str) -> None:
    body = {key: value for key, value in {"litellm_model": "mock/x", "credentials": {}}.items() if key != field}

    answer = still.ask("POST", "/verify", body=body)

    assert [each["path"] for each in told(answer)["details"]["errors"]] == [field]


@pytest.mark.parametrize(("ok", "status"), [(True, "ACTIVE"), (False, "ERROR")])
def test_verifying_a_stored_model_sets_its_status(assets: Assets, *, ok: bool, status: str) -> None:
    assets.create()
    assets.api.probes.outcome = ProbeOutcome(ok=ok, message="said", latency=0.0125)

    answer = assets.ask("POST", "/m/verify", by="dev")

    assert read(answer) == {"verified": ok, "message": "said", "latency_ms": 12.5}
    assert assets.get("m")["status"] == status


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (PriceMissing("no price"), 402, "INVALID_REQUEST"),
        (BudgetExceeded("no money", retry_after=60), 429, "RATE_LIMIT_EXCEEDED"),
        (RateLimited("too many", retry_after=60), 429, "RATE_LIMIT_EXCEEDED"),
        (LedgerUnavailable("not now"), 503, "SERVICE_UNAVAILABLE"),
    ],
)
def test_a_verification_that_nobody_may_pay_for_is_refused_like_a_call(
    assets: Assets, error: GatewayError, status: int, code: str
) -> None:
    assets.create()
    before = assets.get("m")["status"]
    assets.api.probes.refusal = error

    stored = assets.ask("POST", "/m/verify", by="dev")
    unsaved = assets.ask("POST", "/verify", body={"litellm_model": "mock/x", "credentials": {}}, by="dev")

    assert [each.status_code for each in (stored, unsaved)] == [status, status]
    assert [(told(each)["code"], told(each)["message"]) for each in (stored, unsaved)] == [(code, error.message)] * 2
    assert assets.get("m")["status"] == before


def test_whoever_asks_for_a_verification_pays_for_it(assets: Assets) -> None:
    assets.create()

    assets.ask("POST", "/m/verify", by="dev")
    assets.ask("POST", "/verify", body={"litellm_model": "mock/x", "credentials": {}}, by="ann")

    assert assets.api.probes.paid_by == ["user:u-dev", "user:u-ann"]


def test_a_model_whose_handle_is_verify_is_one_like_any_other(assets: Assets) -> None:
    assets.create("Verify")

    assert assets.get("verify")["resource_uri"] == "verify"
    assert read(assets.ask("POST", "/verify/verify"))["verified"] is True
    assert assets.ask("DELETE", "/verify").status_code == 204
