"""`/admin/v1/prices`: what is refused, and to whom."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from headgate.core.json import Json
from headgate.web import times
from tests.web.admin_api.price_sheets import (
    OTHER,
    PATH,
    SHORT,
    WHOLE,
    add,
    code,
    later,
    paths,
    said,
    sheet,
)
from tests.web.api import Api


@pytest.fixture
def priced(api: Api) -> Api:
    api.create("m", pricing=SHORT)
    return api


def test_a_price_that_counts_is_not_withdrawn(priced: Api) -> None:
    instant = add(priced, OTHER)["price"]["effective_at"]

    assert code(priced, "DELETE", model="m", effective_at=instant) == (409, "CONFLICT")


def test_backdating_is_refused(priced: Api) -> None:
    assert paths(priced, {**OTHER, "effective_at": later(priced, -60)}) == ["effective_at"]


def test_a_clock_that_is_a_little_behind_means_now(priced: Api) -> None:
    shown = add(priced, {**OTHER, "effective_at": later(priced, -2)})

    assert shown["price"]["effective_at"] == times.written(priced.desk.clock.wall())


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, ""),
        ({"tiers": []}, ""),
        ({"input_per_1m_tokens": -1}, "input_per_1m_tokens"),
        ({"input_per_1m_tokens": "1"}, "input_per_1m_tokens"),
        ({"input_per_1m_tokens": True}, "input_per_1m_tokens"),
        ({"input_per_1m_tokens": 0.0000001}, "input_per_1m_tokens"),
        ({"input_per_1m_tokens": 1_000_001}, "input_per_1m_tokens"),
        ({"per_image": 0.0000000000001}, "per_image"),
        ({"per_image": 10_001}, "per_image"),
        ({"per_minute": 1}, "per_minute"),
        ({**SHORT, "effective_at": "tomorrow"}, "effective_at"),
        ({**SHORT, "effective_at": "2030-01-01"}, "effective_at"),
        ({**SHORT, "effective_at": 1e300}, "effective_at"),
        ({**SHORT, "tiers": {}}, "tiers"),
        ({**SHORT, "tiers": [{"above_tokens": n, "per_request": 1} for n in range(1, 22)]}, "tiers"),
        ({**SHORT, "tiers": ["x"]}, "tiers[0]"),
        ({**SHORT, "tiers": [{"input_per_1m_tokens": 1}]}, "tiers[0]"),
        ({**SHORT, "tiers": [{"above_tokens": 5}]}, "tiers[0]"),
        ({**SHORT, "tiers": [{"above_tokens": 5, "per_request": 1}] * 2}, "tiers[1]"),
        ({**SHORT, "tiers": [{"above_tokens": -5, "per_request": 1}]}, "tiers[0].above_tokens"),
        ({**SHORT, "tiers": [{"above_tokens": 1.5, "per_request": 1}]}, "tiers[0].above_tokens"),
        ({**SHORT, "tiers": [{"service_tier": "", "per_request": 1}]}, "tiers[0].service_tier"),
        ({**SHORT, "tiers": [{"service_tier": "x" * 65, "per_request": 1}]}, "tiers[0].service_tier"),
        ({**SHORT, "tiers": [{"above_tokens": 5, "per_request": -1}]}, "tiers[0].per_request"),
        ({**SHORT, "tiers": [{"above_tokens": 5, "tiers": []}]}, "tiers[0].tiers"),
    ],
)
def test_what_is_no_price_is_refused_with_its_path(priced: Api, body: Json, path: str) -> None:
    assert paths(priced, body) == [path]


def test_an_entry_has_at_most_a_hundred_lists(priced: Api) -> None:
    for number in range(1, 101):
        add(priced, {**OTHER, "effective_at": later(priced, number * 60)})

    assert paths(priced, {**OTHER, "effective_at": later(priced, 1)}) == ["prices"]


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("GET", {}),
        ("GET", {"model": "m", "as_of": "yesterday"}),
        ("GET", {"model": "m", "limit": "0"}),
        ("DELETE", {"model": "m"}),
        ("DELETE", {"model": "m", "effective_at": "x"}),
    ],
)
def test_a_query_that_says_nothing_is_refused(priced: Api, method: str, query: Mapping[str, str]) -> None:
    assert code(priced, method, **query) == (400, "INVALID_QUERY")


def test_whoever_sees_an_entry_sees_its_price_and_who_writes_it_writes_it(priced: Api) -> None:
    assert said(sheet(priced, by="mia")["price"]) == SHORT
    assert code(priced, "POST", by="ann", model="m", body=OTHER) == (403, "FORBIDDEN")
    assert code(priced, "DELETE", by="ann", model="m", effective_at=later(priced, 1)) == (403, "FORBIDDEN")


def test_the_price_of_an_entry_that_one_does_not_see_is_that_of_none(priced: Api) -> None:
    priced.create("acmes", by="ann", pricing=SHORT)

    for method, body in (("GET", None), ("POST", OTHER), ("DELETE", None)):
        query = {"effective_at": later(priced, 9)} if method == "DELETE" else {}
        foreign = priced.ask(method, PATH, by="gus", body=body, query={"model": "acmes", **query})
        unknown = priced.ask(method, PATH, by="gus", body=body, query={"model": "never", **query})
        assert (foreign.status_code, foreign.text) == (404, unknown.text.replace("never", "acmes"))


def test_a_stale_etag_keeps_a_price_from_being_written(priced: Api) -> None:
    tag = priced.ask("GET", PATH, query={"model": "m"}).headers["etag"]
    add(priced, OTHER, headers={"if-match": tag})

    refused = priced.ask("POST", PATH, query={"model": "m"}, body=WHOLE, headers={"if-match": tag})

    assert refused.status_code == 412
