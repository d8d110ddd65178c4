"""Who has set a price: shown, protected, and nothing that anybody can write."""

from __future__ import annotations

import pytest

from headgate.access.identity import Organization
from headgate.adapters.sql.directory import SqlDirectory
from headgate.core.json import Json, JsonObject
from tests.gateway.writing import database_of
from tests.web.admin_api.price_sheets import DAY, OTHER, PATH, SHORT, add, code, later, said, sheet
from tests.web.admin_api.routes import chat, explained
from tests.web.api import Api, read

WITHIN = {"x-organization-id": "acme"}
OVERRIDES = f"{PATH}/overrides"


@pytest.fixture
def api(api: Api) -> Api:
    """With an entry of an organization, whose people say what it costs."""
    store = SqlDirectory(database_of(api.desk))
    for each in api.town.directory.organizations():
        store.put_organization(Organization(id=each.id, slug=each.slug, name=each.name, created_at=each.created_at))
    config = {"provider": "openai", "model": "own", "base_url": "https://up.example/v1"}
    api.create("m", by="ann", pricing=SHORT, provider_config=config)
    return api


def lend(api: Api) -> None:
    body = {"name": "lent", "provider": "openai", "secret": "sk-0123456789", "origins": ["https://up.example"]}
    answer = api.ask("POST", "/admin/v1/credentials", body={**body, "default": True})
    assert answer.is_success, answer.text


def override(api: Api, by: str, method: str = "PUT", body: Json = OTHER) -> tuple[int, Json]:
    answer = api.ask(method, OVERRIDES, by=by, query={"organization": "acme", "model": uid(api)}, body=body)
    return answer.status_code, read(answer)


def uid(api: Api) -> str:
    found: str = sheet(api, by="ann")["uid"]
    return found


def test_a_price_from_above_says_who_has_set_it(api: Api) -> None:
    first = sheet(api, by="ann")["price"]

    add(api, OTHER, headers=WITHIN)

    found = sheet(api, by="ann")
    assert ("set_by" in first, found["price"]["set_by"]) == (False, "platform")
    assert [each["price"].get("set_by") for each in found["history"]] == ["platform", None]


def test_a_short_form_from_above_says_it_too_and_is_sent_back_as_it_is_shown(api: Api) -> None:
    api.ask("PATCH", "/v1/models/m", body={"pricing": OTHER}, headers=WITHIN)
    revision = api.desk.snapshot.revision

    api.ask("PATCH", "/v1/models/m", by="ann", body=read(api.ask("GET", "/v1/models/m", by="ann")))

    shown = sheet(api, by="ann")["price"]
    assert (shown["input_per_1m_tokens"], shown["set_by"]) == (3, "platform")
    assert api.desk.snapshot.revision == revision


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({**OTHER, "set_by": "platform"}, id="set_by"),
        pytest.param({**OTHER, "source": "bundled"}, id="source"),
        pytest.param({**OTHER, "set_for": ["openai", "own"]}, id="set_for"),
    ],
)
def test_nobody_writes_who_has_set_a_price(api: Api, body: JsonObject) -> None:
    assert code(api, "POST", by="ann", body=body, model="m") == (400, "INVALID_BODY")
    assert override(api, "ann", body=body)[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        {"prices": [{"effective_at": 1, "prices": {"rates": {"input": 0}}, "set_by": "platform"}]},
        {"pricing": {**OTHER, "set_by": "platform"}},
        {"pricing": {**OTHER, "source": "bundled"}},
    ],
)
def test_no_document_says_who_has_set_a_price(api: Api, body: JsonObject) -> None:
    api.ask("PATCH", "/v1/models/m", by="ann", body=body)

    found = sheet(api, by="ann")["price"]
    assert (said(found), found["source"], "set_by" in found) == (SHORT, "manual", False)


def test_what_is_planned_from_above_stays_planned(api: Api) -> None:
    instant = later(api, DAY)
    add(api, {**OTHER, "effective_at": instant}, headers=WITHIN)

    withdrawn = code(api, "DELETE", by="ann", model="m", effective_at=instant)
    replaced = code(api, "POST", by="ann", body={**SHORT, "effective_at": instant}, model="m")

    assert (withdrawn, replaced) == ((403, "FORBIDDEN"), (403, "FORBIDDEN"))
    assert [each["set_by"] for each in sheet(api, by="ann")["planned"]] == ["platform"]


def test_an_override_says_who_has_set_it(api: Api) -> None:
    first, second = override(api, "ann")[1], override(api, "root")[1]

    assert [each["price"]["set_by"] for each in (first, second)] == ["organization", "platform"]


def test_an_override_from_above_is_neither_changed_nor_ended(api: Api) -> None:
    override(api, "root")

    told = [override(api, "ann", method, body) for method, body in (("PUT", SHORT), ("DELETE", None))]

    assert [(status, answer["code"]) for status, answer in told] == [(403, "FORBIDDEN")] * 2
    assert override(api, "root", "DELETE", None)[0] == 200
    assert override(api, "ann")[0] == 200


def test_a_price_that_does_not_count_is_not_what_a_request_costs(api: Api) -> None:
    lend(api)
    before = explained(api, chat("m"))
    override(api, "root")
    after = explained(api, chat("m"))

    assert (before["entry"]["model_id"], before["cost"]) == ("m", None)
    assert after["cost"]["most"] > after["cost"]["least"] > 0
