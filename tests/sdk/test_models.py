"""The official openai and anthropic packages, unmodified, list and retrieve models."""

from __future__ import annotations

from collections.abc import Iterator

import anthropic
import openai
import pytest

from tests.end_to_end.gateway import Gateway, serving

MODELS = [f"model-{number:03}" for number in range(250)]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that offers 250 models."""
    with serving(tmp_path_factory.mktemp("sdk") / "data") as gateway:
        items = [
            {
                "model_id": name,
                "type": "completion",
                "display": {"name": f"Model {name[-3:]}"},
                "provider_config": {"provider": "mock"},
            }
            for name in MODELS
        ]
        gateway.ask("PUT", "/v1/models", {"models": items})
        yield gateway


@pytest.fixture
def openai_client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{gateway.address}/v1", api_key=gateway.token, max_retries=0) as client:
        yield client


@pytest.fixture
def anthropic_client(gateway: Gateway) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=gateway.address, api_key=gateway.token, max_retries=0) as client:
        yield client


def test_openai_lists_every_model(openai_client: openai.OpenAI) -> None:
    listed = openai_client.models.list()

    assert [model.id for model in listed] == MODELS
    assert {(model.object, model.owned_by) for model in listed} == {("model", "platform")}


def test_openai_retrieves_a_model(openai_client: openai.OpenAI) -> None:
    model = openai_client.models.retrieve(MODELS[7])

    assert (model.id, model.object, model.owned_by) == (MODELS[7], "model", "platform")
    assert model.created > 1_700_000_000


def test_openai_deletes_a_model(gateway: Gateway, openai_client: openai.OpenAI) -> None:
    name = gateway.add("http://127.0.0.1:1")

    deleted = openai_client.models.delete(name)

    assert (deleted.id, deleted.deleted, deleted.object) == (name, True, "model")


def test_openai_is_told_of_an_unknown_model(openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        openai_client.models.retrieve("nothing/of:the-sort")


def test_openai_is_told_of_a_wrong_key(gateway: Gateway) -> None:
    with (
        openai.OpenAI(base_url=f"{gateway.address}/v1", api_key="wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.models.list()


@pytest.mark.parametrize("limit", [1, 20, 99, 100, 1000])
def test_anthropic_lists_every_model_and_stops(anthropic_client: anthropic.Anthropic, limit: int) -> None:
    listed = [model.id for model in anthropic_client.models.list(limit=limit)]

    assert listed == MODELS


def test_anthropic_lists_every_model_without_a_limit(anthropic_client: anthropic.Anthropic) -> None:
    listed = list(anthropic_client.models.list())

    assert [model.id for model in listed] == MODELS
    assert listed[3].display_name == "Model 003"
    assert listed[3].type == "model"
    assert listed[3].created_at.year >= 2023


def test_anthropic_pages_backwards(anthropic_client: anthropic.Anthropic) -> None:
    page = anthropic_client.models.list(limit=100, before_id=MODELS[200])

    pages = [[model.id for model in each.data] for each in page.iter_pages()]
    assert pages == [MODELS[100:200], MODELS[0:100]]


def test_anthropic_retrieves_a_model(anthropic_client: anthropic.Anthropic) -> None:
    model = anthropic_client.models.retrieve(MODELS[7])

    assert (model.id, model.created_at.year >= 2023) == (MODELS[7], True)
