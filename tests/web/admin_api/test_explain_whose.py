"""`/admin/v1/routes/explain`: whose request may be explained, and what a question must say."""

from __future__ import annotations

import pytest

from headgate.core.json import JsonObject
from tests.web.admin_api.routes import PATH, chain, chat, dropped, explained
from tests.web.api import Api, read


def test_a_key_is_asked_about_with_its_own_models(hall: Api) -> None:
    hall.create("a")
    hall.town.key("acme", "narrow", scopes=("models:b",))

    found = explained(hall, chat("a"), key_id="k-narrow")

    assert (found["subject"]["id"], dropped(found)) == ("key:k-narrow", {"a": ["model_scopes"]})


def test_a_key_that_may_not_use_the_endpoint_is_refused_there(hall: Api) -> None:
    hall.create("vectors", type="embeddings")
    hall.town.key("acme", "chats")

    found = explained(hall, {"input": "x", "model": "vectors"}, key_id="k-chats", path="/v1/embeddings")

    assert found["refusal"]["code"] == "FORBIDDEN"


def test_a_credential_that_is_not_in_force_is_refused(hall: Api) -> None:
    hall.town.key("acme", "old", expires_at=1.0)

    found = explained(hall, chat("a"), key_id="k-old")

    assert (found["subject"], found["refusal"]["code"]) == (None, "NOT_AUTHENTICATED")


def test_a_member_is_asked_about_by_the_owner(hall: Api) -> None:
    hall.create("a")

    found = explained(hall, chat("a"), user_id="u-mia")

    assert found["subject"] == {"id": "user:u-mia", "organization": "acme", "project": None}


def test_a_project_that_the_user_may_not_enter_is_refused_as_it_would_be(hall: Api) -> None:
    refusals = [explained(hall, chat("a"), user_id="u-vic", project=name)["refusal"] for name in ("web", "nowhere")]

    assert refusals[0] == refusals[1]
    assert refusals[0]["code"] == "CONTEXT_UNKNOWN"


def test_everybody_asks_about_themselves(hall: Api) -> None:
    hall.create("a")
    key = hall.town.key("acme", "mine")

    assert explained(hall, chat("a"), by="vic", user_id="u-vic")["subject"]["id"] == "user:u-vic"
    assert explained(hall, chat("a"), by=key)["chain"]
    assert explained(hall, chat("a"), by=key, key_id="k-mine")["chain"]


@pytest.mark.parametrize("by", ["mia", "vic"])
def test_nobody_asks_about_others_without_governing_them(hall: Api, by: str) -> None:
    for whose in ({"user_id": "u-ann"}, {"user_id": "nobody"}, {"key_id": "k-any"}):
        answer = hall.ask("POST", PATH, by=by, body={"body": chat("a"), **whose})
        assert (answer.status_code, read(answer)["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("theirs", "random"),
    [
        ({"user_id": "u-gus"}, {"user_id": "u-nob"}),
        ({"user_id": "u-gus", "organization": "globex"}, {"user_id": "u-gus", "organization": "globus"}),
        ({"key_id": "k-theirs"}, {"key_id": "k-nobodys"}),
        ({"key_id": "k-theirs", "organization": "o-globex"}, {"key_id": "k-theirs", "organization": "o-globus"}),
    ],
)
def test_those_of_other_organizations_are_as_unknown_as_those_that_do_not_exist(
    hall: Api, theirs: JsonObject, random: JsonObject
) -> None:
    hall.town.key("globex", "theirs")

    answers = [hall.ask("POST", PATH, by="ann", body={"body": chat("a"), **whose}) for whose in (theirs, random)]

    assert [each.status_code for each in answers] == [404, 404]
    words = [each.text for each in answers]
    for mine, other in zip(theirs.values(), random.values(), strict=True):
        words[1] = words[1].replace(str(other), str(mine))
    assert words[0] == words[1]


def test_a_key_of_a_project_asks_about_keys_of_that_project_only(hall: Api) -> None:
    bound = hall.town.key("acme", "bound", permissions=("llm:*",), project="p-web")
    hall.town.key("acme", "near", project="p-web")
    hall.town.key("acme", "other", project="p-api")

    told = [
        hall.ask("POST", PATH, by=bound, body={"body": chat("a"), "key_id": f"k-{name}"})
        for name in ("near", "other", "nobody")
    ]

    assert [each.status_code for each in told] == [200, 404, 404]
    assert told[1].text.replace("k-other", "k-nobody") == told[2].text


def test_to_a_key_of_a_project_a_member_is_as_unknown_as_nobody(hall: Api) -> None:
    bound = hall.town.key("acme", "bound", permissions=("llm:*",), project="p-web")

    told = [
        hall.ask("POST", PATH, by=bound, body={"body": chat("a"), "user_id": f"u-{name}"}) for name in ("mia", "zoe")
    ]

    assert [each.status_code for each in told] == [404, 404]
    assert told[0].text.replace("u-mia", "u-zoe") == told[1].text


def test_an_administrator_of_the_platform_asks_about_anybody(hall: Api) -> None:
    hall.create("theirs", by="gus")
    hall.town.key("globex", "theirs")

    for whose in ({"user_id": "u-gus"}, {"user_id": "u-mia", "organization": "globex"}):
        assert chain(explained(hall, chat("theirs"), by="root", **whose)) == ["theirs"]
    assert chain(explained(hall, chat("theirs"), by="root", key_id="k-theirs", organization="globex")) == ["theirs"]


# The question itself


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({}, "body"),
        ({"body": []}, "body"),
        ({"body": {"messages": "x" * 300_000}}, "body"),
        ({"body": {}, "path": "/v1/models"}, "path"),
        ({"body": {}, "headers": {"Authorization": "Bearer x"}}, "headers.Authorization"),
        ({"body": {}, "headers": {"X-Project-ID": "web"}}, "headers.X-Project-ID"),
        ({"body": {}, "headers": {"x-team": 1}}, "headers.x-team"),
        ({"body": {}, "key_id": "a", "user_id": "b"}, "user_id"),
        ({"body": {}, "organization": "globex"}, "organization"),
        ({"body": {}, "model": "a"}, "model"),
    ],
)
def test_a_question_that_makes_no_sense_is_400_with_its_path(hall: Api, asked: JsonObject, path: str) -> None:
    answer = hall.ask("POST", PATH, by="ann", body=asked)

    assert answer.status_code == 400
    assert [each["path"] for each in read(answer)["details"]] == [path]
