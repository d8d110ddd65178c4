"""`GET /assets/models`."""

from __future__ import annotations

import pytest

from headgate.core.json import JsonObject
from headgate.gateway.verify import ProbeOutcome
from headgate.web.assets_api.listing import SLICE, Order, Query, listing
from headgate.web.assets_api.view import SUMMARY
from tests.web.api import read
from tests.web.assets_api.project import WHOLE, Assets, told


def page_of(assets: Assets, **query: str) -> JsonObject:
    body: JsonObject = read(assets.ask("GET", query=query))
    return body


@pytest.fixture
def shelf(assets: Assets) -> Assets:
    """Four models, each made a minute after the one before it."""
    assets.create("Alpha", tags=["a", "b"], provider="openai", description="The first ONE")
    assets.api.wait(60)
    assets.create("beta", tags=["b"], mode="embedding")
    assets.api.wait(60)
    assets.create("Gamma", tags=[], litellm_model="openai/x", provider="anthropic", description="second one")
    assets.api.wait(60)
    assets.ask("POST", by="adam", body={"name": "delta", "litellm_model": "groq/x", "credentials": {}})
    return assets


def test_a_row_is_the_published_summary(assets: Assets) -> None:
    made = assets.create(**{key: value for key, value in WHOLE.items() if key != "name"})

    body = page_of(assets)

    assert body.keys() == {"data", "pagination"}
    assert [tuple(row) for row in body["data"]] == [SUMMARY]
    assert body["data"] == [{key: made[key] for key in SUMMARY}]


def test_a_project_without_models_has_an_empty_list(still: Assets) -> None:
    assert page_of(still) == {
        "data": [],
        "pagination": {
            "page": 1, "limit": 20, "total_items": 0, "total_pages": 0, "next_page": None, "prev_page": None,
        },
    }  # fmt: skip


def test_only_the_requests_project_is_listed(assets: Assets) -> None:
    assets.create("mine")
    assets.api.create("platform-wide", by="root")
    other = assets.ask("POST", body={"name": "o", "litellm_model": "mock/x", "credentials": {}}, project="api")
    assert other.status_code == 201

    assert assets.handles() == ["mine"]


@pytest.mark.parametrize(
    ("query", "handles"),
    [
        ({}, ["delta", "gamma", "beta", "alpha"]),
        ({"search": "ONE"}, ["gamma", "alpha"]),
        ({"search": "TA"}, ["delta", "beta"]),
        ({"search": "nothing"}, []),
        ({"mode": "embedding"}, ["beta"]),
        ({"mode": "image_generation"}, []),
        ({"tags": "a"}, ["alpha"]),
        ({"tags": "a,b,zzz"}, ["beta", "alpha"]),
        ({"created_by": "user:u-adam"}, ["delta"]),
        ({"owner_id": "user:u-ann"}, ["gamma", "beta", "alpha"]),
        ({"created_by": "user:u-ann", "owner_id": "user:u-adam"}, []),
        ({"created_by": "user:nobody"}, []),
        ({"status": "PENDING"}, ["delta", "gamma", "beta", "alpha"]),
        ({"status": "ERROR"}, []),
        ({"search": "", "mode": "", "sort": "", "page": "", "limit": ""}, ["delta", "gamma", "beta", "alpha"]),
        ({"unknown": "x"}, ["delta", "gamma", "beta", "alpha"]),
    ],
)
def test_filters(shelf: Assets, query: dict[str, str], handles: list[str]) -> None:
    assert shelf.handles(**query) == handles


@pytest.mark.parametrize("status", ["PENDING", "ACTIVE", "ERROR", "DEPRECATED", "DISABLED"])
def test_each_status_can_be_asked_for(assets: Assets, status: str) -> None:
    for name in ("ACTIVE", "ERROR", "DEPRECATED", "DISABLED", "PENDING"):
        assets.create(name)
        assets.api.probes.outcome = ProbeOutcome(ok=name != "ERROR", message="no")
        assets.api.probes.finish()
        if name not in {"ACTIVE", "ERROR"}:
            assets.put(name.lower(), status=name)

    assert assets.handles(status=status) == [status.lower()]


@pytest.mark.parametrize(
    ("sort", "handles"),
    [
        ("created_at:asc", ["alpha", "beta", "gamma", "delta"]),
        ("created_at:desc", ["delta", "gamma", "beta", "alpha"]),
        ("name:asc", ["alpha", "gamma", "beta", "delta"]),
        ("name:desc", ["delta", "beta", "gamma", "alpha"]),
        ("resource_uri:desc", ["gamma", "delta", "beta", "alpha"]),
        ("provider:asc,name:asc", ["gamma", "alpha", "beta", "delta"]),
        ("provider:desc,name:desc", ["alpha", "gamma", "delta", "beta"]),
        ("mode:desc,created_by:asc,created_at:asc", ["beta", "delta", "alpha", "gamma"]),
        ("litellm_model:asc", ["delta", "alpha", "beta", "gamma"]),
        ("project_id:asc", ["alpha", "beta", "delta", "gamma"]),
        ("owner_id:asc", ["delta", "alpha", "beta", "gamma"]),
        ("description:asc", ["alpha", "gamma", "beta", "delta"]),
        ("tags:desc", ["beta", "alpha", "delta", "gamma"]),
        ("status:asc", ["alpha", "beta", "delta", "gamma"]),
    ],
)
def test_orders(shelf: Assets, sort: str, handles: list[str]) -> None:
    assert shelf.handles(sort=sort) == handles


def test_pages(shelf: Assets) -> None:
    first, second, third = (page_of(shelf, limit="3", page=str(number)) for number in (1, 2, 3))

    assert [row["resource_uri"] for row in first["data"]] == ["delta", "gamma", "beta"]
    assert [row["resource_uri"] for row in second["data"]] == ["alpha"]
    assert third["data"] == []
    about = {"limit": 3, "total_items": 4, "total_pages": 2}
    assert first["pagination"] == {"page": 1, **about, "next_page": 2, "prev_page": None}
    assert second["pagination"] == {"page": 2, **about, "next_page": None, "prev_page": 1}
    assert third["pagination"] == {"page": 3, **about, "next_page": None, "prev_page": 2}


def test_a_page_far_behind_the_end_names_the_last_one(shelf: Assets) -> None:
    assert page_of(shelf, limit="3", page="900")["pagination"]["prev_page"] == 2


def test_without_a_limit_a_page_holds_twenty(assets: Assets) -> None:
    for number in range(21):
        assets.create(f"m{number}")

    body = page_of(assets)

    assert len(body["data"]) == 20
    assert (body["pagination"]["limit"], body["pagination"]["total_pages"]) == (20, 2)


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": "x"},
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "1.5"},
        {"status": "active"},
        {"mode": "rerank"},
        {"sort": "name"},
        {"sort": "name:up"},
        {"sort": "id:asc"},
        {"sort": "updated_at:desc"},
        {"sort": "name:asc;created_at:desc"},
    ],
    ids=str,
)
def test_a_parameter_that_is_not_accepted_is_refused(still: Assets, query: dict[str, str]) -> None:
    answer = still.ask("GET", query=query)

    assert (answer.status_code, told(answer)["code"]) == (400, "INVALID_REQUEST")
    assert [each["path"] for each in told(answer)["details"]["errors"]] == list(query)


def test_disabled_models_are_listed_for_those_who_may_change_them(assets: Assets) -> None:
    assets.create("one")
    assets.create("two")
    assets.put("one", status="DISABLED")

    assert assets.handles(by="dev") == ["one", "two"]
    assert assets.handles(by="ops") == ["two"]
    assert assets.handles(by="eye", status="DISABLED") == []


def test_a_large_project_is_listed_in_slices(assets: Assets) -> None:
    for number in range(3):
        assets.create(f"m{number}")
    shelf = assets.api.desk.snapshot.shelf("project:o-acme/p-web")
    assert shelf is not None
    many = [*shelf.offers()] * SLICE
    work = listing(
        iter(many),
        Query(order=(Order("name", falling=True),)),
        verified=assets.api.desk.board.of,
        offset=SLICE + 1,
        limit=5,
    )
    pauses, page = 0, None
    while page is None:
        try:
            next(work)
            pauses += 1
        except StopIteration as ended:
            page = ended.value

    assert pauses == 3 + 2
    assert page.total == 3 * SLICE
    assert [offer.name for offer in page.rows] == ["m1"] * 5
