"""`/admin/v1/defaults`: the platform's default models."""

from __future__ import annotations

import pytest

from headgate.core.json import Json, JsonObject
from tests.web.api import Api, read

PATH = "/admin/v1/defaults"
GIVEN: JsonObject = {
    "completions": {"model_id": "chat"},
    "embeddings": {"model_id": "vectors"},
    "file_parsing": {"image": {"model_id": "eyes"}},
}


def test_they_are_replaced_as_a_whole(api: Api) -> None:
    first = api.ask("PUT", PATH, body=GIVEN)
    second = api.ask("PUT", PATH, body={"image_generation": {"model_id": "painter"}})

    assert (first.status_code, read(first)) == (200, GIVEN)
    assert read(second) == read(api.ask("GET", PATH)) == {"image_generation": {"model_id": "painter"}}


def test_what_get_returns_can_be_put_back(api: Api) -> None:
    api.ask("PUT", PATH, body=GIVEN)

    assert read(api.ask("PUT", PATH, body=read(api.ask("GET", PATH)))) == GIVEN


def test_null_and_nothing_are_no_default(api: Api) -> None:
    assert read(api.ask("PUT", PATH, body={"completions": None})) == {}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"chat": {"model_id": "m"}}, "chat"),
        ({"completions": "m"}, "completions"),
        ({"completions": {"model_id": 7}}, "completions.model_id"),
        ({"completions": {"model_id": "m", "more": 1}}, "completions"),
        ({"file_parsing": {"video": {"model_id": "m"}}}, "file_parsing.video"),
    ],
)
def test_a_mistake_is_400_with_its_path(quiet: Api, body: Json, path: str) -> None:
    answer = quiet.ask("PUT", PATH, body=body)

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_BODY")
    assert [each["path"] for each in read(answer)["details"]] == [path]


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_they_are_for_platform_administrators(quiet: Api, method: str) -> None:
    answers = [quiet.ask(method, PATH, by=person, body={}) for person in (None, "mia", "ann")]

    assert [answer.status_code for answer in answers] == [401, 403, 403]
