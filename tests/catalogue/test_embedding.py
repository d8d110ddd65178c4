"""How requests for embeddings are sent: sizes and parts, from the open fields of a document."""

from __future__ import annotations

import pytest

from headgate.catalogue.embedding import MOST_PARALLEL, EmbeddingRules, default_size, embedding_rules
from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import Kind
from headgate.catalogue.providers import BUNDLED
from headgate.core.json import Json


def document(**fields: Json) -> Document:
    return Document(name="m", kind=Kind.EMBEDDING, **fields)


@pytest.mark.parametrize(
    ("config", "rules"),
    [
        pytest.param({}, EmbeddingRules(), id="nothing"),
        pytest.param({"batch_size": 10, "parallelism": 3}, EmbeddingRules(batch_size=10, parallelism=3), id="words"),
        pytest.param({"batchSize": 10, "batchParallel": 3}, EmbeddingRules(batch_size=10, parallelism=3), id="camels"),
        pytest.param({"batch_size": "10", "parallelism": True}, EmbeddingRules(), id="no numbers"),
        pytest.param({"batch_size": -1, "parallelism": 1.5}, EmbeddingRules(), id="no positive whole numbers"),
        pytest.param({"batch_size": 2.0}, EmbeddingRules(batch_size=2), id="a whole number written as a float"),
        pytest.param({"parallelism": 10**9}, EmbeddingRules(parallelism=MOST_PARALLEL), id="more than is good"),
    ],
)
def test_parts_come_from_the_open_fields(config: dict[str, Json], rules: EmbeddingRules) -> None:
    assert embedding_rules(document(provider_config=config)) == rules


def test_sizes_are_the_numbers_among_the_supported_dimensions() -> None:
    assert embedding_rules(document(supported_dimensions=(256, 512.0, "large", None))).sizes == (256, 512)


@pytest.mark.parametrize(
    ("fields", "provider", "model", "size"),
    [
        pytest.param({"dimensions": 256}, "openai", "text-embedding-3-small", 256, id="a model that takes a size"),
        pytest.param({"dimensions": 1536}, "openai", "text-embedding-ada-002", None, id="a model that has one"),
        pytest.param({"dimensions": 1024}, "vllm", "bge-m3", None, id="a server that would refuse"),
        pytest.param(
            {"dimensions": 256, "supported_dimensions": (256, 1024)}, "vllm", "bge-m3", 256, id="an entry that lists it"
        ),
        pytest.param({"dimensions": "many"}, "mock", "mock", None, id="what is no number"),
        pytest.param({}, "mock", "mock", None, id="nothing"),
    ],
)
def test_the_entrys_size_is_asked_for_where_it_can_be(
    fields: dict[str, Json], provider: str, model: str, size: int | None
) -> None:
    row = BUNDLED.find(provider)

    assert row is not None
    assert default_size(document(**fields), row, model=model) == size
