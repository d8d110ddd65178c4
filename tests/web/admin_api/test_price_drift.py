"""`/admin/v1/prices/drift`: how prices differ from the bundled data set, accepted and left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.adapters.bundled_prices import bundled_price
from headgate.core.json import Json
from tests.web.api import Api, api_at, read

PATH = "/admin/v1/prices/drift"
OPENAI = {"provider": "openai", "model": "gpt-4o"}
OWN = {"input_per_1m_tokens": 3, "output_per_1m_tokens": 10}
LEFT = {"cached_input_per_1m_tokens", "input_per_1m_tokens", "per_search"}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with api_at(tmp_path, bundled=bundled_price) as api:
        yield api


def report(api: Api, by: str = "root", **query: str) -> list[Json]:
    answer = api.ask("GET", PATH, by=by, query=query)
    assert answer.status_code == 200, answer.text
    items: list[Json] = read(answer)["items"]
    return items


def differing(item: Json) -> set[str]:
    return {each["field"] for each in item["fields"]}


def test_the_report_tells_both_prices_field_by_field(api: Api) -> None:
    api.create("m", provider_config=OPENAI, pricing=OWN)
    api.create("same", provider_config=OPENAI)
    api.create("unknown", provider_config={"provider": "openai", "model": "own"}, pricing=OWN)

    [item] = report(api)

    assert (item["model_id"], item["scope"]) == ("m", "platform")
    assert item["data_set"].startswith("genai-prices ")
    assert {"field": "input_per_1m_tokens", "ours": 3, "theirs": 2.5} in item["fields"]
    assert {"field": "per_search", "ours": None, "theirs": 0.01} in item["fields"]
    assert differing(item) == LEFT


def test_an_accepted_difference_is_a_price_of_the_entry_from_now_on(api: Api) -> None:
    api.create("m", provider_config=OPENAI, pricing=OWN)

    answer = api.ask("POST", f"{PATH}/accept", query={"model": "m"}, body={"fields": ["input_per_1m_tokens"]})

    assert answer.status_code == 200, answer.text
    assert differing(read(answer)) == differing(report(api)[0]) == LEFT - {"input_per_1m_tokens"}
    sheet = read(api.ask("GET", "/admin/v1/prices", query={"model": "m"}))
    assert (sheet["price"]["source"], sheet["price"]["input_per_1m_tokens"]) == ("manual", 2.5)
    assert len(sheet["history"]) == 2


def test_all_differences_are_accepted_without_naming_them(api: Api) -> None:
    api.create("m", provider_config=OPENAI, pricing=OWN)

    answer = api.ask("POST", f"{PATH}/accept", query={"model": "m"})

    assert (answer.status_code, read(answer)["fields"], report(api)) == (200, [], [])
    price = read(api.ask("GET", "/admin/v1/prices", query={"model": "m"}))["price"]
    assert (price["source"], price["version"].split()[0]) == ("bundled", "genai-prices")


def test_an_ignored_difference_is_not_told_again(api: Api) -> None:
    api.create("m", provider_config=OPENAI, pricing=OWN)
    before = api.desk.snapshot.revision

    answer = api.ask("POST", f"{PATH}/ignore", query={"model": "m"}, body={"fields": ["per_search"]})

    assert answer.status_code == 200, answer.text
    assert differing(read(answer)) == differing(report(api)[0]) == LEFT - {"per_search"}
    assert api.desk.snapshot.revision == before


def test_one_is_told_of_the_entries_that_one_may_write(api: Api) -> None:
    api.create("wide", provider_config=OPENAI, pricing=OWN)
    api.create("own", by="ann", provider_config=OPENAI, pricing=OWN)

    found = {by: [each["model_id"] for each in report(api, by)] for by in ("root", "ann", "mia", "gus")}

    assert found == {"root": ["wide"], "ann": ["own"], "mia": [], "gus": []}


def test_the_report_comes_in_pages(api: Api) -> None:
    for name in ("a", "b", "c"):
        api.create(name, provider_config=OPENAI, pricing=OWN)

    answer = read(api.ask("GET", PATH, query={"limit": "2", "page": "1"}))

    assert ([each["model_id"] for each in answer["items"]], answer["total"]) == (["c"], 3)


@pytest.mark.parametrize("act", ["accept", "ignore"])
def test_what_cannot_be_done_is_refused(api: Api, act: str) -> None:
    api.create("m", provider_config=OPENAI, pricing=OWN)
    path = f"{PATH}/{act}"

    def code(by: str = "root", body: Json = None, **query: str) -> str:
        answer = api.ask("POST", path, by=by, query=query or {"model": "m"}, body=body)
        assert not answer.is_success
        found: str = read(answer)["code"]
        return found

    assert code(model="none") == "MODEL_NOT_FOUND"
    assert code(scope="platform") == "INVALID_QUERY"
    assert code("ann") == "FORBIDDEN"
    assert code("gus", model="own") == "MODEL_NOT_FOUND"
    assert code(body={"fields": ["per_mile"]}) == "INVALID_BODY"
    assert code(body={"fields": []}) == "INVALID_BODY"
    assert code(body={"field": "tiers"}) == "INVALID_BODY"
    assert code(body={"fields": ["per_second"]}) == "CONFLICT"
