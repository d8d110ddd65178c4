"""Listing models and counting them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from headgate.core.json import Json
from tests.web.api import Api, read
from tests.web.registry_api.office import BASE, names, register


def listed(api: Api, *, by: str = "ann", **query: str) -> Json:
    answer = api.ask("GET", BASE, by=by, query=query)
    assert answer.status_code == 200, answer.text
    return read(answer)


def test_the_list_is_a_bare_array_of_whole_objects_in_order_of_their_ids(api: Api) -> None:
    made = [register(api, name) for name in ("c", "a", "b")]

    assert listed(api) == made


def test_it_has_what_the_caller_can_call_once_a_name(api: Api) -> None:
    api.create("platform")
    api.create("acmes", by="ann")
    register(api, "shared", share_with_users=True)
    register(api, "private")
    register(api, "platform-2", by="mia")
    register(api, "foreign", by="gus")

    assert names(listed(api, by="mia")) == ["platform", "acmes", "shared", "platform-2"]
    assert names(listed(api, by="gus")) == ["platform", "foreign"]


def test_of_two_with_one_name_the_one_that_a_call_means_is_listed(api: Api) -> None:
    own = register(api, "m", by="mia")
    register(api, "m", share_with_users=True)

    assert listed(api, by="mia") == [own]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "abcde"),
        ({"skip": "2"}, "cde"),
        ({"limit": "2"}, "ab"),
        ({"skip": "1", "limit": "2"}, "bc"),
        ({"skip": "9"}, ""),
        ({"limit": "1000"}, "abcde"),
    ],
)
def test_pages_follow_each_other_without_gap_or_repetition(api: Api, query: Mapping[str, str], found: str) -> None:
    for name in "abcde":
        register(api, name)

    assert "".join(names(listed(api, **query))) == found


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"skip": "-1"}, "greater_than_equal"),
        ({"skip": "x"}, "int_parsing"),
        ({"limit": "0"}, "greater_than_equal"),
        ({"limit": "1001"}, "less_than_equal"),
        ({"limit": ""}, "int_parsing"),
        ({"is_active": "maybe"}, "bool_parsing"),
    ],
)
def test_a_parameter_out_of_range_is_422(quiet: Api, query: Mapping[str, str], kind: str) -> None:
    answer = quiet.ask("GET", BASE, by="ann", query=query)

    assert answer.status_code == 422
    assert [(each["type"], each["loc"]) for each in read(answer)["detail"]] == [(kind, ["query", next(iter(query))])]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"model_provider": "openai"}, ["chat", "embed"]),
        ({"model_provider": "OpenAI"}, []),
        ({"model_provider": "mistral"}, ["other"]),
        ({"model_provider": "unknown"}, ["nameless"]),
        ({"category": "llm"}, ["chat", "other", "nameless"]),
        ({"category": "embedding"}, ["embed"]),
        ({"category": "nothing"}, []),
        ({"category": "llm", "model_provider": "openai"}, ["chat"]),
    ],
)
def test_filters_are_exact(api: Api, query: Mapping[str, str], found: list[str]) -> None:
    register(api, "chat")
    register(api, "embed", category="embedding")
    register(api, "other", model_provider="mistral")
    api.ask("POST", "/v1/models", by="ann", body={"model_id": "nameless", "type": "completion"})

    assert names(listed(api, **query)) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["on"]),
        ({"is_active": "true"}, ["on"]),
        ({"is_active": "1"}, ["on"]),
        ({"is_active": "false"}, ["off"]),
        ({"is_active": "no"}, ["off"]),
    ],
)
def test_active_models_are_listed_unless_the_others_are_asked_for(
    api: Api, query: Mapping[str, str], found: list[str]
) -> None:
    register(api, "on")
    api.create("off", by="ann", enabled=False)

    assert names(listed(api, **query)) == found


def test_what_is_switched_off_is_listed_to_those_who_may_write_it(api: Api) -> None:
    api.create("off", by="ann", enabled=False)

    assert listed(api, by="mia", is_active="false") == []
    assert [each["is_active"] for each in listed(api, is_active="false")] == [False]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("categories", {"categories": ["embedding", "llm"]}),
        ("providers", {"providers": ["mistral", "openai"]}),
        ("abilities", {"abilities": ["chat", "embedding", "vision"]}),
        (
            "summary",
            {
                "total_models": 3,
                "by_category": {"llm": 2, "embedding": 1},
                "by_provider": {"openai": 2, "mistral": 1},
            },
        ),
    ],
)
def test_what_there_is_among_the_callers_active_models_is_told(api: Api, path: str, found: Json, slash: str) -> None:
    register(api, "a", abilities=["vision", "chat"])
    register(api, "b", category="embedding", abilities=["embedding"])
    register(api, "c", model_provider="mistral")
    register(api, "x", by="gus", category="video")
    api.create("off", by="ann", enabled=False, type="rerank")

    assert read(api.ask("GET", f"{BASE}/{path}{slash}", by="ann")) == found


def test_lists_of_many_models_are_complete(api: Api) -> None:
    api.fill(f"m{number:05}" for number in range(4500))

    assert len(listed(api, limit="1000", skip="4000")) == 500
    assert listed(api, limit="1", skip="4499")[0]["id"] == 4499
    assert read(api.ask("GET", f"{BASE}/summary", by="ann"))["total_models"] == 4500
    assert listed(api, model_provider="openai", limit="3", skip="2")[0]["id"] == 2
