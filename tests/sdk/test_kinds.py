"""Every kind but chat through the official package: embeddings, images and texts, and orders of documents by HTTP."""

from __future__ import annotations

from collections.abc import Mapping

import openai
import pytest

from tests.end_to_end.gateway import SECOND_MOUNT, Gateway

DOCUMENTS = ["Sheep graze on dykes.", "The moon pulls the sea."]


def add(gateway: Gateway, upstream: str, kind: str, fields: Mapping[str, object] | None = None) -> str:
    return gateway.add(upstream, {"type": kind, **(fields or {})})


def at_the_mock(model: str) -> dict[str, object]:
    return {"provider_config": {"provider": "mock", "model": model}}


def test_embeddings_come_as_numbers(client: openai.OpenAI, gateway: Gateway, upstream: str) -> None:
    model = add(gateway, upstream, "embeddings")

    answer = client.embeddings.create(model=model, input=["vectors", "vectors"], encoding_format="float")

    assert [(each.index, each.embedding) for each in answer.data] == [(0, [0.25, -0.5, 0.75]), (1, [0.25, -0.5, 0.75])]
    assert answer.model == model
    assert answer.usage.model_extra is not None
    assert "cost" in answer.usage.model_extra


@pytest.mark.parametrize("inputs", ["one text", ["two", "texts"], [1, 2, 3], [[1, 2], [3]]])
def test_the_package_asks_for_base64_and_gets_what_it_takes(
    client: openai.OpenAI, gateway: Gateway, inputs: list[str]
) -> None:
    model = add(gateway, "", "embeddings", {**at_the_mock("mock-embedding"), "dimensions": 256})

    answer = client.embeddings.create(model=model, input=inputs)

    assert {len(each.embedding) for each in answer.data} == {256}


def test_a_large_request_is_answered_as_if_it_were_sent_whole(client: openai.OpenAI, gateway: Gateway) -> None:
    at_once = add(gateway, "", "embeddings", at_the_mock("mock-embedding"))
    config = {"provider": "mock", "model": "mock-embedding", "batchSize": 3, "batchParallel": 4}
    in_parts = add(gateway, "", "embeddings", {"provider_config": config})
    texts = [f"text {number}" for number in range(20)]

    parts, whole = (client.embeddings.create(model=model, input=texts) for model in (in_parts, at_once))

    assert parts.data == whole.data
    assert parts.usage.prompt_tokens == whole.usage.prompt_tokens


def test_a_size_that_the_entry_does_not_list_is_refused(client: openai.OpenAI, gateway: Gateway) -> None:
    model = add(gateway, "", "embeddings", {**at_the_mock("mock-embedding"), "supported_dimensions": [256, 768]})

    assert len(client.embeddings.create(model=model, input="a", dimensions=768).data[0].embedding) == 768
    with pytest.raises(openai.BadRequestError) as refusal:
        client.embeddings.create(model=model, input="a", dimensions=1536)
    assert (refusal.value.code, refusal.value.param) == ("invalid_dimensions", "dimensions")


def test_the_second_mount_has_the_vector_of_a_single_text_at_the_root(gateway: Gateway) -> None:
    model = add(gateway, "", "embeddings", at_the_mock("mock-embedding"))

    one, many, first = (
        gateway.http.post(f"{mount}/v1/embeddings", json={"model": model, "input": given}).json()
        for mount, given in ((SECOND_MOUNT, "a"), (SECOND_MOUNT, ["a"]), ("", "a"))
    )

    assert one["embedding"] == one["data"][0]["embedding"]
    assert ("embedding" in many, "embedding" in first) == (False, False)


def test_an_image_is_made(client: openai.OpenAI, gateway: Gateway, upstream: str) -> None:
    model = add(gateway, upstream, "image_generation")

    response = client.images.with_raw_response.generate(model=model, prompt="a cat", n=1)

    image = response.parse()
    assert image.data is not None
    assert [each.b64_json for each in image.data] == ["aGVhZGdhdGU="]
    assert response.headers["x-headgate-model"] == model


def test_a_text_goes_on(client: openai.OpenAI) -> None:
    answer = client.completions.create(model="mock", prompt="Once upon a time")

    assert (answer.choices[0].text, answer.model) == ("Once upon a time", "mock")


def test_a_text_goes_on_in_a_stream(client: openai.OpenAI) -> None:
    chunks = list(client.completions.create(model="mock", prompt="Once upon a time", stream=True))

    assert "".join(chunk.choices[0].text for chunk in chunks) == "Once upon a time"
    assert {chunk.model for chunk in chunks} == {"mock"}


@pytest.mark.parametrize("path", ["/v1/rerank", "/v2/rerank", f"{SECOND_MOUNT}/v1/rerank"])
def test_a_chat_model_orders_documents(gateway: Gateway, upstream: str, path: str) -> None:
    model = gateway.add(upstream)

    answer = gateway.http.post(path, json={"model": model, "query": "tides", "documents": DOCUMENTS})

    body = answer.json()
    assert answer.status_code == 200
    assert body["results"] == [{"index": 1, "relevance_score": 1.0}, {"index": 0, "relevance_score": 0.1}]
    assert body["meta"] == {
        "model": model,
        "backend": "llm-as-reranker",
        "billed_units": {"input_tokens": 20, "output_tokens": 10},
    }
    assert float(answer.headers["x-headgate-cost"]) == body["usage"]["cost"] == 0.00015


def test_a_chat_model_that_answers_with_prose_cannot_order_documents(gateway: Gateway, upstream: str) -> None:
    answer = gateway.http.post(
        f"{SECOND_MOUNT}/v1/rerank",
        json={"model": gateway.add(upstream), "query": "Hello", "documents": DOCUMENTS},
    )

    assert (answer.status_code, answer.json()["code"]) == (502, "RERANK_PARSE_FAILED")


def test_a_chat_model_that_fails_cannot_order_documents(gateway: Gateway, upstream: str) -> None:
    answer = gateway.http.post(
        f"{SECOND_MOUNT}/v1/rerank",
        json={"model": gateway.add(upstream), "query": "broken", "documents": DOCUMENTS},
    )

    assert (answer.status_code, answer.json()["code"]) == (502, "RERANK_FAILED")


def test_the_mock_orders_documents_the_same_way_every_time(gateway: Gateway) -> None:
    asked = {"model": "mock", "query": "the moon", "documents": DOCUMENTS, "top_n": 1}

    first, second = (gateway.http.post("/v1/rerank", json=asked).json() for _ in range(2))

    assert first["results"] == second["results"] == [{"index": 1, "relevance_score": 1.0}]
    assert first["meta"]["backend"] == "mock"


@pytest.mark.parametrize("kind", ["moderation", "video"])
def test_kinds_that_are_only_kept_are_refused_as_such(client: openai.OpenAI, gateway: Gateway, kind: str) -> None:
    model = add(gateway, "", kind, at_the_mock("mock"))

    with pytest.raises(openai.BadRequestError, match="cannot be called"):
        client.moderations.create(model=model, input="x")
    assert model in [each.id for each in client.models.list()]
