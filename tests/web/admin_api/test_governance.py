"""What an organization lays over the catalogue, as it is set and as it shows, from one request to the next."""

from __future__ import annotations

import pytest

from headgate.core.json import Json, JsonObject
from tests.web.admin_api.routes import chat, explained, governed
from tests.web.api import MOUNTS, Api, read

EFFECTIVE = "/admin/v1/catalogue/effective"


def reasons(api: Api, query: str = "", *, by: str = "ann") -> dict[str, list[str]]:
    items = read(api.ask("GET", f"{EFFECTIVE}{query}", by=by))["items"]
    return {item["model_id"]: [each["reason"] for each in item["reasons"]] for item in items}


def defaults(api: Api, mount: str, *, by: str) -> JsonObject:
    found: JsonObject = read(api.ask("GET", f"{mount}/v1/defaults", by=by))
    return found


def refusal(api: Api, body: JsonObject, *, by: str | bytes = "mia", headers: JsonObject | None = None) -> Json:
    """The code of what a call would be refused with."""
    return (explained(api, body, by=by, headers=headers or {})["refusal"] or {}).get("code")


# Lists


@pytest.mark.parametrize("path", ["/v1/models", "/api/models"])
def test_lists_show_members_what_the_organization_lets_them_call_and_administrators_everything(
    hall: Api, path: str
) -> None:
    hall.create("a")
    hall.create("b")
    governed(hall, allowed_models=["b"])

    listed = {}
    for person in ("mia", "ann"):
        answer = read(hall.ask("GET", path, by=person))
        items = answer["items"] if path == "/v1/models" else answer
        listed[person] = [each["model_id"] for each in items]

    assert listed == {"mia": ["b"], "ann": ["a", "b"]}


# `effective`


def test_what_the_organization_does_not_allow_shows_for_it_and_for_its_keys(hall: Api) -> None:
    hall.create("a")
    hall.create("b")
    hall.town.key("acme", "narrow", scopes=("models:a",))
    governed(hall, allowed_models=["b"])

    assert reasons(hall) == {"a": ["allowed_models"], "b": []}
    assert reasons(hall, "?key=k-narrow") == {"a": ["allowed_models"], "b": ["model_scopes"]}


def test_what_one_organization_allows_says_nothing_of_another(hall: Api) -> None:
    hall.create("a")
    governed(hall, allowed_models=["b"])

    assert reasons(hall, by="gus") == {"a": []}


def test_entries_of_projects_show_what_the_organization_says_of_them(hall: Api) -> None:
    project = {"X-Project-ID": "web"}
    body = {"name": "ours", "litellm_model": "mock/echo", "credentials": {}}
    assert hall.ask("POST", "/assets/models", by="ann", body=body, headers=project).status_code == 201
    hall.town.key("acme", "of-web", project="p-web")

    shown = []
    for own_models in ("allow", "admins", "deny"):
        governed(hall, own_models=own_models)
        shown.append(reasons(hall, "?key=k-of-web"))

    assert shown == [{"ours": []}, {"ours": ["own_models"]}, {"ours": ["own_models"]}]


# `GET /v1/defaults`


@pytest.mark.parametrize("mount", MOUNTS)
def test_the_organizations_defaults_come_before_the_platforms(hall: Api, mount: str) -> None:
    for name in ("platform-chat", "our-chat"):
        hall.create(name)
    hall.create("vectors", type="embeddings")
    given = {"completions": {"model_id": "platform-chat"}, "embeddings": {"model_id": "vectors"}}
    assert hall.ask("PUT", "/admin/v1/defaults", body=given).status_code == 200

    governed(hall, default_models={"completions": "our-chat"})

    assert defaults(hall, mount, by="ann")["completions"] == {"model_id": "our-chat"}
    assert defaults(hall, mount, by="ann")["embeddings"]["model_id"] == "vectors"
    assert defaults(hall, mount, by="gus")["completions"] == {"model_id": "platform-chat"}


def test_a_default_of_the_organization_that_nobody_sees_is_not_shown(hall: Api) -> None:
    governed(hall, default_models={"completions": "nobody"})

    assert defaults(hall, "", by="mia") == {}


# From the next request on


def test_each_setting_counts_from_the_next_request_on_and_so_does_taking_it_back(hall: Api) -> None:
    for name in ("a", "b"):
        hall.create(name)
    key = hall.town.key("acme", "calls")
    told = []

    for allowed in ([], ["b"], ["a", "b"], ["b"], []):
        governed(hall, allowed_models=allowed)
        told.append(refusal(hall, chat("a"), by=key))

    assert told == [None, "MODEL_NOT_ALLOWED", None, "MODEL_NOT_ALLOWED", None]


def test_a_header_policy_counts_from_the_next_request_on(hall: Api) -> None:
    hall.create("a")
    told = []

    for policy in (None, {"user": {"mode": "block", "headers": ["x-team"]}}, {}):
        governed(hall, header_policy=policy)
        told.append((refusal(hall, chat("a")), refusal(hall, chat("a"), headers={"x-team": "search"})))

    assert told == [(None, None), ("HEADER_POLICY_VIOLATION", None), (None, None)]


def test_what_is_not_named_in_a_change_stays(hall: Api) -> None:
    hall.create("a")
    governed(hall, allowed_models=["b"])
    body = {"settings": {"sharing": "members"}}

    assert hall.ask("PATCH", "/admin/v1/organizations/acme", by="ann", body=body).status_code == 200

    assert refusal(hall, chat("a")) == "MODEL_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("overlay", "path"),
    [
        ({"allowed_model": ["a"]}, "settings.overlay.allowed_model"),
        ({"quota_policy": "often"}, "settings.overlay.quota_policy"),
        ({"routing": {"strategy": "rules", "rules": [{"messages_count": "~", "value": 1, "model": "a"}]}},
         "settings.overlay.routing.rules[0].messages_count"),
        ({"default_models": {"chat": "a"}}, "settings.overlay.default_models.chat"),
    ],
)  # fmt: skip
def test_a_setting_that_does_not_exist_is_refused_with_its_path(hall: Api, overlay: JsonObject, path: str) -> None:
    refused = hall.ask("PATCH", "/admin/v1/organizations/acme", by="ann", body={"settings": {"overlay": overlay}})

    assert refused.status_code == 400
    assert path in [each["path"].replace("[...]", "[0]") for each in read(refused)["details"]]


@pytest.mark.parametrize(
    ("settings", "path", "accepted"),
    [
        ({"sharing": "nobody"}, "settings.sharing", "admins, members"),
        ({"overlay": {"own_models": "some"}}, "settings.overlay.own_models", "allow, admins, deny"),
        ({"overlay": {"routing": {"rules": [{"messages_count": "~", "value": 1, "model": "a"}]}}},
         "settings.overlay.routing.rules[0].messages_count", "<, >, <=, >=, ="),
        ({"overlay": {"routing": {"tiers": {"huge": ["a"]}}}}, "settings.overlay.routing.tiers", "low, medium, high"),
    ],
)  # fmt: skip
def test_a_word_that_is_none_of_a_list_is_refused_with_the_list(
    hall: Api, settings: JsonObject, path: str, accepted: str
) -> None:
    refused = hall.ask("PATCH", "/admin/v1/organizations/acme", by="ann", body={"settings": settings})

    (fault,) = read(refused)["details"]
    assert (refused.status_code, fault["path"].replace("[...]", "[0]")) == (400, path)
    assert fault["message"].endswith(f"; accepted: {accepted}")


def test_nobody_but_an_administrator_of_the_organization_changes_it(hall: Api) -> None:
    body: JsonObject = {"settings": {"overlay": {"allowed_models": []}}}

    assert hall.ask("PATCH", "/admin/v1/organizations/acme", by="mia", body=body).status_code == 403
