"""What bodies of the catalogue API are taken to say, and how mistakes are named."""

from __future__ import annotations

import pytest
from msgspec import UNSET

from headgate.catalogue.kinds import SEED_TYPES, TYPES, Kind
from headgate.core.errors import InvalidBody, MissingModelId, MissingType
from headgate.core.json import Json, JsonObject
from headgate.core.secret import Secret
from headgate.web.catalogue_api.reading import checked, read, read_new

NEW: JsonObject = {"model_id": "m", "type": "completion"}


def paths(body: JsonObject) -> list[str]:
    with pytest.raises(InvalidBody) as raised:
        checked(read(body, TYPES))
    assert isinstance(raised.value.details, list)
    return [problem["path"] for problem in raised.value.details]


@pytest.mark.parametrize("body", [{}, {"model_id": None}, {"model_id": ""}, {"type": "completion"}])
def test_a_new_entry_without_a_name_is_refused_as_such(body: JsonObject) -> None:
    with pytest.raises(MissingModelId):
        read_new(body, TYPES)


@pytest.mark.parametrize("body", [{}, {"type": None}, {"type": ""}])
def test_a_new_entry_without_a_type_is_refused_as_such(body: JsonObject) -> None:
    with pytest.raises(MissingType):
        read_new({"model_id": "m", **body}, TYPES)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        pytest.param({"model_id": 7}, "model_id", id="a name that is no string"),
        pytest.param({"model_id": "x" * 129}, "model_id", id="a name of 129 characters"),
        pytest.param({"model_id": "auto"}, "model_id", id="the reserved name"),
        pytest.param({"type": "chat"}, "type", id="a type of another API"),
        pytest.param({"type": None}, "type", id="a type that is cleared"),
        pytest.param({"display": "x"}, "display", id="an object that is a string"),
        pytest.param({"display": {"name": 7}}, "display.name", id="a lifted key of the wrong type"),
        pytest.param({"display": {"hidden": "yes"}}, "display.hidden", id="a flag that is a string"),
        pytest.param({"failover": "x" * 129}, "failover", id="a failover of 129 characters"),
        pytest.param({"region": "x" * 65}, "region", id="a region of 65 characters"),
        pytest.param({"limits": {"rpm": -1}}, "limits.rpm", id="a negative limit"),
        pytest.param({"supported_dimensions": ["x"]}, "supported_dimensions", id="a dimension that is a string"),
        pytest.param({"pricing": {"input_per_1m_tokens": "1"}}, "pricing", id="a price that is a string"),
        pytest.param({"tags": "a"}, "tags", id="tags that are a string"),
        pytest.param({"enabled": 1}, "enabled", id="a flag that is a number"),
        pytest.param({"modelId": "m"}, "modelId", id="an unknown field"),
        pytest.param({"provider_config": {"base_url": "ftp://x"}}, "provider_config.base_url", id="another scheme"),
        pytest.param({"provider_config": {"api_key": ""}}, "provider_config.api_key", id="an empty secret"),
        pytest.param({"provider_config": {"defaults": 1}}, "provider_config.defaults", id="an inner object"),
    ],
)
def test_a_mistake_is_named_by_its_path(body: JsonObject, path: str) -> None:
    assert paths({**NEW, **body}) == [path]


def test_all_mistakes_are_told_at_once() -> None:
    assert paths({**NEW, "nonsense": 1, "tags": 7, "limits": {"tpm": "x", "rpm": "y"}}) == [
        "nonsense",
        "tags",
        "limits.rpm",
        "limits.tpm",
    ]


def test_a_wrong_secret_is_not_repeated_in_the_message() -> None:
    reading = read({**NEW, "provider_config": {"api_key": "sk-geheim\n"}}, TYPES)

    assert [problem["path"] for problem in reading.problems] == ["provider_config.api_key"]
    assert "geheim" not in repr(reading)


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, UNSET), ({"api_key": None}, None), ({"api_key": "sk-1"}, Secret("sk-1"))],
    ids=["absent leaves it", "null removes it", "a string replaces it"],
)
def test_a_secret_is_left_removed_or_replaced(given: JsonObject, expected: object) -> None:
    assert read({"provider_config": given}, TYPES).secret == expected


@pytest.mark.parametrize("whole", [None, {}])
def test_an_object_without_a_key_leaves_the_secret(whole: Json) -> None:
    assert read({"provider_config": whole}, TYPES).secret is UNSET


def test_an_object_sets_only_the_lifted_keys_that_it_has() -> None:
    assert read({"limits": {"rpm": 5, "images": 2}}, TYPES).fields == {"rpm": 5, "limits": {"images": 2}}


def test_null_for_an_object_clears_all_of_it() -> None:
    assert read({"display": None}, TYPES).fields == {"display": None, "title": None, "brand": None, "hidden": None}


def test_the_word_that_an_entry_shows_keeps_its_kind() -> None:
    reading = read({"type": "completion"}, TYPES)

    assert reading.with_kind(Kind.COMPLETION) == {"kind": Kind.COMPLETION}
    assert reading.with_kind(Kind.EMBEDDING) == {"kind": Kind.CHAT}
    assert reading.with_kind(None) == {"kind": Kind.CHAT}


@pytest.mark.parametrize(("word", "means"), [("completions", "completion"), ("embedding", "embeddings")])
def test_both_published_words_for_a_type_are_accepted(word: str, means: str) -> None:
    assert read({"type": word}, SEED_TYPES).type == means


def test_a_type_beyond_the_published_schema_is_refused_where_the_schema_holds() -> None:
    assert read({"type": "rerank"}, SEED_TYPES).problems[0]["path"] == "type"
    assert read({"type": "rerank"}, TYPES).type == "rerank"


def test_fields_that_only_responses_have_mean_nothing() -> None:
    body = {"id": "x", "object": "model", "created": 1, "owned_by": "x", "revision": 9, "warnings": ["x"]}

    reading = checked(read(body, TYPES))

    assert reading.fields == {}
