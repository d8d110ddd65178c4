"""`/admin/v1/prices/overrides`: prices of single organizations."""

from __future__ import annotations

import pytest

from headgate.access.identity import Organization
from headgate.adapters.sql.directory import SqlDirectory
from headgate.core.json import Json
from headgate.web import times
from tests.gateway.writing import database_of
from tests.web.api import Api, read

PATH = "/admin/v1/prices/overrides"
OWN = {"input_per_1m_tokens": 9, "output_per_1m_tokens": 9}
LESS = {"input_per_1m_tokens": 3, "output_per_1m_tokens": 4.5, "per_search": 0.01}
DAY = 86_400.0


@pytest.fixture
def api(api: Api) -> Api:
    """Over a database that knows the organizations, and an entry of the platform."""
    store = SqlDirectory(database_of(api.desk))
    for each in api.town.directory.organizations():
        store.put_organization(Organization(id=each.id, slug=each.slug, name=each.name, created_at=each.created_at))
    api.create("wide", pricing=OWN)
    return api


def put(api: Api, body: Json = LESS, *, by: str = "root", organization: str = "acme", model: str = "wide") -> Json:
    answer = api.ask("PUT", PATH, by=by, query={"organization": organization, "model": model}, body=body)
    assert answer.status_code == 200, answer.text
    return read(answer)


def listed(api: Api, by: str = "root", **query: str) -> list[Json]:
    answer = api.ask("GET", PATH, by=by, query=query)
    assert answer.status_code == 200, answer.text
    items: list[Json] = read(answer)["items"]
    return items


def later(api: Api, seconds: float = DAY) -> str:
    return times.written(api.desk.clock.wall() + seconds)


def test_an_override_reads_as_it_was_written(api: Api) -> None:
    made = put(api)

    assert (made["organization"], made["model_id"], made["scope"]) == ("acme", "wide", "platform")
    assert {name: made["price"][name] for name in LESS} == LESS
    assert made["price"]["effective_at"] == made["created_at"] == later(api, 0)
    assert (made["created_by"], made["planned"], made["past"]) == ("user:u-root", [], [])
    assert listed(api) == [made]


def test_what_is_planned_counts_from_its_instant_on(api: Api) -> None:
    first = put(api, {**LESS, "effective_at": later(api)})
    api.wait(DAY)
    [then] = listed(api)

    assert (first["price"], len(first["planned"])) == (None, 1)
    assert (then["price"], then["planned"]) == (first["planned"][0], [])


def test_what_counted_before_is_told_behind(api: Api) -> None:
    put(api)
    api.wait(1)

    made = put(api, OWN)

    assert (made["price"]["input_per_1m_tokens"], made["past"][0]["input_per_1m_tokens"]) == (9, 3)


def test_a_planned_price_is_taken_back(api: Api) -> None:
    put(api)
    at = later(api)
    put(api, {**OWN, "effective_at": at})

    query = {"organization": "acme", "model": "wide", "effective_at": at}
    answer = api.ask("DELETE", PATH, query=query)

    assert answer.status_code == 200, answer.text
    assert listed(api)[0]["planned"] == []
    assert read(api.ask("DELETE", PATH, query=query))["code"] == "NOT_FOUND"


def test_an_override_is_ended(api: Api) -> None:
    made = put(api)

    answer = api.ask("DELETE", PATH, query={"organization": "acme", "model": "wide"})

    assert (answer.status_code, read(answer), listed(api)) == (200, made, [])


def test_an_organization_writes_the_prices_of_its_own_entries(api: Api) -> None:
    api.create("own", by="ann", pricing=OWN)

    answer = api.ask("PUT", PATH, by="ann", query={"model": "own"}, body=LESS)

    assert (answer.status_code, read(answer)["organization"]) == (200, "acme")


def test_an_organization_reads_what_was_given_to_it_and_nothing_else(api: Api) -> None:
    put(api)
    put(api, organization="globex")

    assert [each["organization"] for each in listed(api)] == ["globex", "acme"]
    assert [each["organization"] for each in listed(api, organization="globex")] == ["globex"]
    assert [each["organization"] for each in listed(api, "ann")] == ["acme"]
    assert [each["organization"] for each in listed(api, "gus", model="wide")] == ["globex"]


def test_another_organization_is_as_one_that_does_not_exist(api: Api) -> None:
    put(api, organization="globex")

    for method, body in (("GET", None), ("PUT", LESS), ("DELETE", None)):
        answers = [
            api.ask(method, PATH, by="ann", query={"organization": name, "model": "wide"}, body=body)
            for name in ("globex", "glovex")
        ]
        told = [answer.text.replace("globex", "NAME").replace("glovex", "NAME") for answer in answers]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert told[0] == told[1]


def test_what_cannot_be_done_is_refused(api: Api) -> None:
    def code(method: str = "PUT", *, by: str = "root", body: Json = LESS, **query: str) -> str:
        asked = {"organization": "acme", "model": "wide"} | query
        answer = api.ask(method, PATH, by=by, query={name: word for name, word in asked.items() if word}, body=body)
        assert not answer.is_success
        found: str = read(answer)["code"]
        return found

    assert code(by="ann") == "FORBIDDEN"
    assert code(by="mia") == "FORBIDDEN"
    assert code(model="none") == "MODEL_NOT_FOUND"
    assert code(model="") == "INVALID_QUERY"
    assert code(organization="") == "INVALID_QUERY"
    assert code(body={}) == "INVALID_BODY"
    assert code(body={**LESS, "per_mile": 1}) == "INVALID_BODY"
    assert code(body={**LESS, "effective_at": later(api, -DAY)}) == "INVALID_BODY"
    assert code("DELETE", body=None) == "NOT_FOUND"
    assert code("DELETE", body=None, effective_at="yesterday") == "INVALID_QUERY"
    put(api)
    put(api, {**OWN, "effective_at": later(api)})
    assert code("DELETE", body=None, effective_at=later(api, 0)) == "CONFLICT"
