"""A catalogue of 100,000 entries: what is found in it is exact, and a change is in force for the next request."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import pytest

from bench.seed import document
from headgate.adapters.sql.bulk import seed_entries
from headgate.adapters.sql.opening import open_database
from headgate.catalogue.scope import PLATFORM
from tests.end_to_end.chat import whole
from tests.end_to_end.gateway import Gateway, chat_entry, serving
from tests.origin.script import answering
from tests.origin.server import Origin

ENTRIES: Final = 100_000
TAG: Final = "team-7"
TAGGED: Final = [document(number).name for number in range(7, ENTRIES, 500)]
"""The entries with that tag: they recur, and an enumeration cannot be wrong."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    data = tmp_path_factory.mktemp("large") / "data"
    database = open_database(data)
    try:
        documents = (document(number) for number in range(ENTRIES))
        seed_entries(database, documents, scope=PLATFORM, by="user:seed", at=time.time())
    finally:
        database.close()
    with serving(data) as gateway:
        yield gateway


def test_a_filtered_list_tells_the_exact_total(large: Gateway) -> None:
    body = large.ask("GET", f"/v1/models?tags={TAG}&limit=1")

    assert body["total"] == len(TAGGED)


def test_the_pages_of_a_filtered_list_are_all_of_it(large: Gateway) -> None:
    pages = [large.http.get("/v1/models", params={"tags": TAG, "limit": 100, "page": page}) for page in range(3)]
    found = [item["model_id"] for page in pages for item in page.json()["items"]]

    assert found == sorted(TAGGED)


def test_a_search_finds_the_one_entry(large: Gateway) -> None:
    body = large.ask("GET", "/v1/models?search=MODEL-099999")

    assert (body["total"], [item["model_id"] for item in body["items"]]) == (1, [document(99_999).name])  # type: ignore[attr-defined]


def test_an_entry_in_the_middle_is_read(large: Gateway) -> None:
    name = document(54_321).name

    assert large.ask("GET", f"/v1/models/{name}")["model_id"] == name


def test_a_patch_is_in_force_for_the_next_request(large: Gateway) -> None:
    name = document(12_345).name
    with Origin(answering(whole())) as origin:
        before = large.chat(name).status
        large.ask("PATCH", f"/v1/models/{name}", chat_entry(origin.url))
        after = large.chat(name)
        large.ask("PATCH", f"/v1/models/{name}", {"enabled": False})
        disabled = large.chat(name)

    assert (before, after.status, after.text, disabled.status) == (424, 200, "Hello", 403)


def test_a_new_entry_is_in_force_for_the_next_request(large: Gateway) -> None:
    with Origin(answering(whole())) as origin:
        assert large.chat(large.add(origin.url)).text == "Hello"


def test_a_deleted_entry_is_gone_for_the_next_request(large: Gateway) -> None:
    name = document(23_456).name
    before = large.chat(name).status
    large.ask("DELETE", f"/v1/models/{name}")

    assert (before, large.chat(name).status) == (424, 404)
