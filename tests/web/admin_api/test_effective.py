"""`/admin/v1/catalogue/effective`: why each entry is in or out."""

from __future__ import annotations

from headgate.core.json import JsonObject
from tests.web.api import Api, read

PATH = "/admin/v1/catalogue/effective"


def asked(api: Api, query: str = "", *, by: str = "ann") -> JsonObject:
    answer = api.ask("GET", f"{PATH}{query}", by=by)
    assert answer.status_code == 200, answer.text
    body: JsonObject = read(answer)
    return body


def reasons(body: JsonObject) -> dict[str, list[str]]:
    return {item["model_id"]: [each["reason"] for each in item["reasons"]] for item in body["items"]}


def test_every_entry_is_callable_or_says_why_not(api: Api) -> None:
    api.create("fine")
    api.create("off", enabled=False)
    api.create("nowhere", provider_config={})
    api.create("keyless", provider_config={"provider": "openai"})

    body = asked(api)

    assert reasons(body) == {"fine": [], "off": ["disabled"], "nowhere": ["not_routable"], "keyless": ["credential"]}
    assert {item["model_id"]: item["callable"] for item in body["items"]} == {
        "fine": True,
        "off": False,
        "nowhere": False,
        "keyless": False,
    }
    assert body["subject"] == {"organization": "acme", "key": None}


def test_a_key_is_asked_about_with_its_models_and_permissions(api: Api) -> None:
    api.create("mine")
    api.create("other")
    api.create("vectors", type="embeddings")
    api.town.key("acme", "narrow", scopes=("models:mine", "models:vectors"))

    body = asked(api, "?key=k-narrow")

    assert reasons(body) == {"mine": [], "other": ["model_scopes"], "vectors": ["permission"]}
    assert body["subject"] == {"organization": "acme", "key": "k-narrow"}


def test_an_administrator_asks_about_any_organization_by_id_or_slug(api: Api) -> None:
    api.create("for-acme", org_slugs=["acme"])

    for name in ("globex", "o-globex"):
        assert reasons(asked(api, f"?organization={name}", by="root")) == {"for-acme": ["organization"]}


def test_another_organization_is_the_same_404_as_one_that_does_not_exist(api: Api) -> None:
    foreign = api.ask("GET", f"{PATH}?organization=globex", by="ann")
    unknown = api.ask("GET", f"{PATH}?organization=nobody", by="ann")

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.text.replace("globex", "nobody") == unknown.text


def test_a_key_of_another_organization_is_404(api: Api) -> None:
    api.town.key("globex", "theirs")

    assert api.ask("GET", f"{PATH}?key=k-theirs", by="ann").status_code == 404


def test_a_key_of_a_project_asks_about_keys_of_that_project_only(api: Api) -> None:
    bound = api.town.key("acme", "bound", permissions=("llm:*",), project="p-web")
    api.town.key("acme", "near", project="p-web")
    api.town.key("acme", "other", project="p-api")

    told = [api.ask("GET", f"{PATH}?key=k-{name}", by=bound) for name in ("near", "other", "nobody")]

    assert [each.status_code for each in told] == [200, 404, 404]
    assert told[1].text.replace("k-other", "k-nobody") == told[2].text


def test_who_has_no_organization_must_name_one(api: Api) -> None:
    answer = api.ask("GET", PATH, by="root")

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_QUERY")


def test_the_verdicts_come_in_pages(api: Api) -> None:
    api.fill(f"m{number}" for number in range(5))

    body = asked(api, "?limit=2&page=1")

    assert ([item["model_id"] for item in body["items"]], body["total"], body["page"]) == (["m2", "m3"], 5, 1)
