"""Testing models, stored or not, and listing what providers have."""

from __future__ import annotations

import pytest

from headgate.catalogue.kinds import Kind
from headgate.catalogue.scope import user
from headgate.core.errors import BudgetExceeded, GatewayError, LedgerUnavailable, PriceMissing, RateLimited
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import Json, JsonObject
from headgate.gateway.verify import ProbeOutcome
from tests.web.api import Api, read
from tests.web.registry_api.office import BASE, SECRET, register

TESTED = ("model_id", "status", "response_time", "message", "error")
UNSAVED: JsonObject = {"model_provider": "OpenAI", "model_name": "gpt-4o"}
FAILED = ProbeOutcome(ok=False, message="the key was refused", latency=0.5)


def ask(api: Api, path: str, body: Json = None, *, by: str | bytes = "ann") -> Json:
    answer = api.ask("POST", f"{BASE}/{path}", by=by, body=body)
    assert answer.status_code == 200, answer.text
    return read(answer)


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_connection_that_works_passes(quiet: Api, slash: str) -> None:
    found = ask(quiet, f"test-connection{slash}", {**UNSAVED, "api_key": SECRET, "base_url": "https://example.org/v1"})

    assert tuple(found) == TESTED
    assert found == {
        "model_id": "gpt-4o",
        "status": "passed",
        "response_time": 0.25,
        "message": "the provider answered",
        "error": None,
    }


def test_one_that_does_not_work_fails_with_a_200(api: Api) -> None:
    api.probes.outcome = FAILED

    found = ask(api, "test-connection", {**UNSAVED, "api_key": SECRET})

    assert (found["status"], found["response_time"], found["error"]) == ("failed", 0.5, "the key was refused")


def test_what_is_probed_is_what_would_be_registered(api: Api) -> None:
    ask(
        api,
        "test-connection",
        {
            **UNSAVED, "api_key": f" {SECRET} ", "base_url": " https://example.org/v1 ", "category": "embedding",
            "temperature": 0.5, "dimension": 8, "abilities": ["embedding"], "top_n": 3, "instruct": "x",
        },
    )  # fmt: skip

    target = api.probes.probed[0]
    assert (target.kind, target.provider, target.model) == (Kind.EMBEDDING, "openai", "gpt-4o")
    assert (target.base_url, target.private, target.scope) == ("https://example.org/v1", False, user("o-acme", "u-ann"))
    assert target.secret is not None
    assert target.secret.reveal() == SECRET


def test_only_a_platform_administrator_may_have_private_addresses_probed(api: Api) -> None:
    headers = {"x-organization-id": "acme"}
    api.ask("POST", f"{BASE}/test-connection", by="root", body=UNSAVED, headers=headers)

    assert [target.private for target in api.probes.probed] == [True]


def test_who_may_not_call_tests_nothing_with_keys_that_others_entered(api: Api) -> None:
    answer = api.ask("POST", f"{BASE}/test-connection", by="vic", body=UNSAVED)

    assert (answer.status_code, api.probes.probed) == (403, [])
    assert ask(api, "test-connection", {**UNSAVED, "api_key": SECRET}, by="vic")["status"] == "passed"


def test_an_unknown_category_fails_with_a_200_and_asks_nobody(api: Api) -> None:
    found = ask(api, "test-connection", {**UNSAVED, "category": "audio"})

    assert (found["status"], found["response_time"], api.probes.probed) == ("failed", None, [])


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"model_name": "gpt-4o"}, "model_provider"),
        ({"model_provider": "openai"}, "model_name"),
        ({**UNSAVED, "model_name": None}, "model_name"),
        ({**UNSAVED, "api_key": 5}, "api_key"),
        ({**UNSAVED, "api_key": "sk-\n" + SECRET}, "api_key"),
        ({**UNSAVED, "base_url": "file:///etc/passwd"}, "base_url"),
        ({**UNSAVED, "temperature": "x"}, "temperature"),
        ({**UNSAVED, "dimension": 1.5}, "dimension"),
        ({**UNSAVED, "abilities": "x"}, "abilities"),
        ({**UNSAVED, "headers": {}}, "headers"),
    ],
)
def test_a_mistake_in_a_test_is_422_where_it_stands(quiet: Api, given: JsonObject, place: str) -> None:
    answer = quiet.ask("POST", f"{BASE}/test-connection", by="ann", body=given)

    assert (answer.status_code, [each["loc"] for each in read(answer)["detail"]]) == (422, [["body", place]])
    assert SECRET not in answer.text


@pytest.mark.parametrize("path", ["test-connection", "providers/openai/models"])
def test_outside_of_an_organization_nothing_is_probed(api: Api, path: str) -> None:
    body = UNSAVED if path == "test-connection" else {"api_key": SECRET}

    assert api.ask("POST", f"{BASE}/{path}", by="root", body=body).status_code == 400
    assert api.probes.probed == []


@pytest.mark.parametrize("body", [None, {}, {"model_ids": None}, {"model_ids": []}])
def test_without_ids_all_active_models_are_tested(api: Api, body: Json) -> None:
    register(api, "b")
    register(api, "a", category="embedding")
    register(api, "foreign", by="gus")
    api.create("off", by="ann", enabled=False)

    found = ask(api, "test", body)

    assert [(each["model_id"], each["status"]) for each in found] == [("b", "passed"), ("a", "passed")]
    assert all(tuple(each) == TESTED for each in found)


def test_ids_that_are_unknown_hidden_or_switched_off_are_skipped(api: Api) -> None:
    register(api, "mine")
    register(api, "foreign", by="gus")
    api.create("off", by="ann", enabled=False)

    found = ask(api, "test", {"model_ids": ["foreign", "mine", "nothing", "off", "mine"]})

    assert [each["model_id"] for each in found] == ["mine"]


def test_a_recipient_tests_a_shared_model(api: Api) -> None:
    register(api, share_with_users=True)
    api.probes.outcome = FAILED

    found = ask(api, "test", {"model_ids": ["m"]}, by="mia")

    assert [(each["status"], each["error"]) for each in found] == [("failed", "the key was refused")]


@pytest.mark.parametrize(
    "error",
    [
        PriceMissing("no price"),
        BudgetExceeded("no money", retry_after=60),
        RateLimited("too many", retry_after=60),
        LedgerUnavailable("not now"),
    ],
)
def test_a_test_that_nobody_may_pay_for_fails_with_a_200(api: Api, error: GatewayError) -> None:
    register(api)
    api.probes.refusal = error

    found = [*ask(api, "test", {"model_ids": ["m"]}), ask(api, "test-connection", {**UNSAVED, "api_key": SECRET})]

    assert [(each["status"], each["error"]) for each in found] == [("failed", error.message)] * 2
    assert all(tuple(each) == TESTED for each in found)


def test_whoever_asks_for_a_test_pays_for_it(api: Api) -> None:
    register(api, share_with_users=True)

    ask(api, "test", {"model_ids": ["m"]}, by="mia")
    ask(api, "test-connection", {**UNSAVED, "api_key": SECRET})

    assert api.probes.paid_by == ["user:u-mia", "user:u-ann"]


def test_who_may_not_call_tests_nothing(quiet: Api) -> None:
    assert quiet.ask("POST", f"{BASE}/test", by="vic").status_code == 403


@pytest.mark.parametrize("given", [{"model_ids": "m"}, {"model_ids": [1]}, {"ids": []}, []])
def test_a_wrong_list_of_ids_is_422(quiet: Api, given: Json) -> None:
    assert quiet.ask("POST", f"{BASE}/test", by="ann", body=given).status_code == 422


def test_no_more_than_a_hundred_models_are_tested_at_once(api: Api) -> None:
    api.fill(f"m{number:03}" for number in range(150))

    assert len(ask(api, "test")) == 100


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_providers_models_are_listed_with_the_key_of_the_body(api: Api, slash: str) -> None:
    found = ask(api, f"providers/OpenAI/models{slash}", {"api_key": SECRET, "category": "llm"})

    assert found == {"provider": "OpenAI", "models": [{"id": "gpt-4o"}, {"id": "gpt-4o-mini"}], "count": 2}
    target = api.probes.probed[0]
    assert (target.provider, target.base_url, target.scope) == ("openai", None, None)
    assert target.secret is not None
    assert target.secret.reveal() == SECRET


@pytest.mark.parametrize("provider", ["nobody", "mock"])
def test_a_provider_that_lists_nothing_is_400(quiet: Api, provider: str) -> None:
    answer = quiet.ask("POST", f"{BASE}/providers/{provider}/models", by="ann", body={"api_key": SECRET})

    assert (answer.status_code, list(read(answer))) == (400, ["detail"])


def test_a_provider_without_a_url_of_its_own_needs_one(api: Api) -> None:
    api.probes.listed = Failure(kind=FailureKind.UNROUTABLE, message="provider 'vllm' has no base URL of its own")

    answer = api.ask("POST", f"{BASE}/providers/vllm/models", by="ann", body={"api_key": ""})

    assert (answer.status_code, read(answer)) == (400, {"detail": "provider 'vllm' has no base URL of its own"})


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FailureKind.CREDENTIAL_REJECTED, 502),
        (FailureKind.REFUSED, 502),
        (FailureKind.TOTAL_TIMEOUT, 504),
        (FailureKind.EGRESS_REFUSED, 424),
        (FailureKind.RATE_LIMITED, 429),
    ],
)
def test_a_provider_that_does_not_list_is_told_by_what_happened(api: Api, kind: FailureKind, status: int) -> None:
    api.probes.listed = Failure(kind=kind, message="it did not work")

    answer = api.ask("POST", f"{BASE}/providers/openai/models", by="ann", body={"api_key": SECRET})

    assert (answer.status_code, read(answer)) == (status, {"detail": "it did not work"})


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({}, "api_key"),
        ({"api_key": None}, "api_key"),
        ({"api_key": SECRET, "base_url": "nowhere"}, "base_url"),
        ({"api_key": SECRET, "url": "x"}, "url"),
    ],
)
def test_a_mistake_in_a_listing_is_422_where_it_stands(quiet: Api, given: JsonObject, place: str) -> None:
    answer = quiet.ask("POST", f"{BASE}/providers/openai/models", by="ann", body=given)

    assert (answer.status_code, [each["loc"] for each in read(answer)["detail"]]) == (422, [["body", place]])


def test_stored_keys_list_the_providers_of_ones_own_models(api: Api) -> None:
    register(api, "second", model_provider="mistral")
    register(api, "first")
    register(api, "third")

    found = ask(api, "providers/fetch", [])

    listed = {"models": [{"id": "gpt-4o"}, {"id": "gpt-4o-mini"}], "count": 2}
    assert found == {"results": {"mistral": listed, "openai": listed}}
    assert api.probes.asked == ["second", "first"]


def test_only_the_providers_that_are_named_are_asked(api: Api) -> None:
    register(api, "second", model_provider="mistral")
    register(api, "first")

    assert list(ask(api, "providers/fetch", ["OpenAI", "nobody"])["results"]) == ["openai"]


def test_a_provider_that_fails_is_told_beside_the_others(api: Api) -> None:
    register(api)
    api.probes.listed = Failure(kind=FailureKind.CREDENTIAL_REJECTED, message="the key was refused")

    assert ask(api, "providers/fetch", []) == {"results": {"openai": {"error": "the key was refused", "models": []}}}


def test_keys_of_models_that_others_share_list_nothing(api: Api) -> None:
    register(api, share_with_users=True)

    assert ask(api, "providers/fetch", [], by="mia") == {"results": {}}
    assert api.probes.asked == []


@pytest.mark.parametrize("given", [{}, ["openai", 5], b"x", None])
def test_a_body_that_is_no_array_of_names_is_422(quiet: Api, given: Json) -> None:
    assert quiet.ask("POST", f"{BASE}/providers/fetch", by="ann", body=given).status_code == 422
