"""The platform's default models: what may be written, what is shown to whom, what a call goes to."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.adapters.sql.defaults import SqlDefaults
from headgate.adapters.sql.opening import open_database
from headgate.catalogue.kinds import Kind
from headgate.catalogue.snapshot import Snapshot
from headgate.core.errors import Forbidden, InvalidBody
from headgate.core.json import Json
from headgate.core.overlay import DefaultModels
from headgate.gateway.defaults import PlatformDefaults, offered, parse, shown
from tests.catalogue.offers import made
from tests.gateway.writing import CALLER, MANAGER, ROOT, STRANGER

WHOLE: dict[str, Json] = {
    "completions": {"model_id": "gpt-4o"},
    "embeddings": {"model_id": "emb"},
    "image_generation": {"model_id": "img"},
    "file_parsing": {"image": {"model_id": "i"}, "audio": {"model_id": "a"}, "document": {"model_id": "d"}},
}


def test_defaults_outlive_the_process(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    PlatformDefaults(SqlDefaults(database)).replace(ROOT, WHOLE)
    database.close()

    database = open_database(tmp_path)
    assert shown(PlatformDefaults(SqlDefaults(database)).current) == WHOLE
    database.close()


class _Memory:
    """A store of one value, which is all that the contract asks."""

    def __init__(self) -> None:
        self._held = DefaultModels()

    def defaults(self) -> DefaultModels:
        return self._held

    def put_defaults(self, defaults: DefaultModels) -> None:
        self._held = defaults


def test_only_platform_administrators_write_them() -> None:
    defaults = PlatformDefaults(_Memory())

    with pytest.raises(Forbidden):
        defaults.replace(MANAGER, WHOLE)
    assert defaults.current == DefaultModels()


def test_they_are_replaced_as_a_whole() -> None:
    defaults = PlatformDefaults(_Memory())
    defaults.replace(ROOT, WHOLE)

    defaults.replace(ROOT, {"embeddings": {"model_id": "e2"}, "completions": None})

    assert defaults.current == DefaultModels(embeddings="e2")


@given(
    st.builds(
        DefaultModels,
        completions=st.none() | st.just("c"),
        embeddings=st.none() | st.just("e"),
        image_files=st.none() | st.just("i"),
        document_files=st.none() | st.just("d"),
    )
)
def test_what_is_shown_can_be_written_back(defaults: DefaultModels) -> None:
    assert parse(shown(defaults)) == defaults


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"chat": {"model_id": "a"}}, ["chat"]),
        ({"completions": "gpt-4o"}, ["completions"]),
        ({"completions": {}}, ["completions"]),
        ({"completions": {"model_id": "a", "temperature": 1}}, ["completions"]),
        (
            {"completions": {"model_id": "auto"}, "embeddings": {"model_id": 5}},
            ["completions.model_id", "embeddings.model_id"],
        ),
        ({"file_parsing": []}, ["file_parsing"]),
        ({"file_parsing": {"video": {"model_id": "a"}}}, ["file_parsing.video"]),
    ],
)
def test_what_is_refused_is_told_with_its_path(body: dict[str, Json], paths: list[str]) -> None:
    with pytest.raises(InvalidBody) as raised:
        parse(body)

    assert isinstance(raised.value.details, list)
    assert [each["path"] for each in raised.value.details] == paths


def test_embedding_sizes_are_looked_up_in_the_catalogue() -> None:
    entry = made("emb", kind="embedding", dimensions=768, supported_dimensions=[256, 768])

    body = offered(DefaultModels(embeddings="emb"), CALLER, snapshot=Snapshot.of([entry], 1))

    assert body == {"embeddings": {"model_id": "emb", "dimensions": 768, "supported_dimensions": [256, 768]}}
    assert parse(body) == DefaultModels(embeddings="emb")


def test_a_default_that_the_caller_cannot_see_is_not_shown() -> None:
    snapshot = Snapshot.of([made("gpt-4o", org_slugs=["acme"])], 1)
    defaults = DefaultModels(completions="gpt-4o", embeddings="nobody")

    assert offered(defaults, CALLER, snapshot=snapshot) == {"completions": {"model_id": "gpt-4o"}}
    assert offered(defaults, STRANGER, snapshot=snapshot) == {}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.CHAT, "c"),
        (Kind.COMPLETION, "c"),
        (Kind.RERANK, "c"),
        (Kind.EMBEDDING, "e"),
        (Kind.IMAGE, None),
        (Kind.SPEECH, None),
    ],
)
def test_a_call_that_names_no_model_goes_to_the_default_of_its_kind(kind: Kind, name: str | None) -> None:
    defaults = PlatformDefaults(_Memory())
    defaults.replace(ROOT, {"completions": {"model_id": "c"}, "embeddings": {"model_id": "e"}})

    assert defaults.model(CALLER, kind) == name
