"""Which entry each endpoint asks, and how what it does not do is refused."""

from __future__ import annotations

import json

import pytest

from headgate.catalogue.kinds import Kind
from headgate.core.errors import WrongEndpoint
from headgate.gateway.admission import codec_for
from headgate.gateway.endpoint import ENDPOINTS, SECOND_MOUNT
from tests.gateway.acts import answered
from tests.gateway.stage import Stage, endpoint_at, entry

RERANK = b'{"model":"gpt-4o","query":"which?","documents":["a","b","c"],"top_n":2}'


def asked(stage: Stage, path: str, body: bytes) -> None:
    """A request at a path, as far as its first attempt."""
    stage.endpoint = endpoint_at(path)
    stage.begun(body)


def sent(stage: Stage) -> tuple[str, dict[str, object]]:
    (send,) = [each for each in stage.did if each[0] == "send"]
    return send[2], json.loads(send[3])


@pytest.mark.parametrize(
    "path",
    [
        "/v1/completions",
        "/v1/embeddings",
        "/v1/images/generations",
        "/v1/images/edits",
        "/v1/audio/transcriptions",
        "/v1/audio/translations",
        "/v1/audio/speech",
        "/v1/rerank",
    ],
)
def test_every_endpoint_is_on_both_mounts(path: str) -> None:
    first, second = endpoint_at(path), endpoint_at(SECOND_MOUNT + path)

    assert (first.operation, first.permission) == (second.operation, second.permission)
    assert (first.shape, second.shape) == ("openai", "flat")


def test_embeddings_have_a_permission_of_their_own() -> None:
    assert {each.permission for each in ENDPOINTS if each.name == "embedding"} == {"llm:embeddings:use"}
    assert {each.permission for each in ENDPOINTS if each.name != "embedding"} == {"llm:completions:use"}


def test_a_chat_model_goes_on_with_a_text_where_its_provider_does() -> None:
    stage = Stage(entry("gpt-4o", temperature=0.5))

    asked(stage, "/v1/completions", b'{"model":"gpt-4o","prompt":["a"],"echo":true}')

    body = {"model": "gpt-4o-upstream", "prompt": ["a"], "echo": True, "temperature": 0.5}
    assert sent(stage) == ("/v1/completions", body)


def test_an_image_is_asked_for_without_the_defaults_of_texts() -> None:
    stage = Stage(entry("draw", kind=Kind.IMAGE, temperature=0.5, max_tokens=9))

    asked(stage, "/v1/images/generations", b'{"model":"draw","prompt":"a cat","size":"256x256"}')

    assert sent(stage) == ("/v1/images/generations", {"model": "draw-upstream", "prompt": "a cat", "size": "256x256"})


def test_a_service_orders_documents_at_its_own_path() -> None:
    stage = Stage(entry("gpt-4o", kind=Kind.RERANK, provider="cohere"))

    asked(stage, "/v1/rerank", RERANK)

    body = {"model": "gpt-4o-upstream", "query": "which?", "documents": ["a", "b", "c"], "top_n": 2}
    assert sent(stage) == ("/v2/rerank", body)


def test_a_chat_model_is_asked_to_order_documents_in_one_question_at_temperature_0() -> None:
    stage = Stage(entry("gpt-4o", temperature=0.5))

    asked(stage, "/v1/rerank", RERANK)

    path, body = sent(stage)
    assert (path, body["temperature"], body["response_format"]) == (
        "/v1/chat/completions",
        0,
        {"type": "json_object"},
    )
    messages = body["messages"]
    assert isinstance(messages, list)
    assert [json.loads(each["content"])["documents"][2] for each in messages[1:]] == [{"index": 2, "text": "c"}]


def test_a_question_that_fails_is_told_as_a_failure_to_order() -> None:
    stage = Stage(entry("gpt-4o"))
    stage.endpoint = endpoint_at("/v1/rerank")
    call = stage.begun(RERANK)

    answered(call, 1, b'{"choices":[{"message":{"content":"I like b best"}}]}')

    assert stage.failures == ["unreadable"]
    assert stage.told[0][3] == b"RerankFailed"


@pytest.mark.parametrize(
    ("fields", "path", "body", "words"),
    [
        pytest.param({"kind": Kind.EMBEDDING}, "/v1/chat/completions", b'"messages":[]', "/v1/embeddings", id="chat"),
        pytest.param({}, "/v1/images/generations", b'"prompt":"x"', "/v1/chat/completions", id="image"),
        pytest.param({"kind": Kind.IMAGE}, "/v1/completions", b'"prompt":"x"', "/v1/images/generations", id="text"),
        pytest.param({"kind": Kind.COMPLETION}, "/v1/chat/completions", b'"messages":[]', "/v1/completions", id="old"),
        pytest.param(
            {"kind": Kind.IMAGE, "abilities": ("edit",)},
            "/v1/images/generations",
            b'"prompt":"x"',
            "served at /v1/images/edits",
            id="an image that is only edited",
        ),
        pytest.param(
            {"provider": "claude"}, "/v1/completions", b'"prompt":"x"', "/v1/chat/completions", id="a format without it"
        ),
        pytest.param({"kind": Kind.VIDEO}, "/v1/chat/completions", b'"messages":[]', "cannot be called", id="video"),
        pytest.param({"kind": Kind.MODERATION}, "/v1/moderations", b'"input":"x"', "cannot be called", id="moderation"),
    ],
)
def test_an_entry_asked_at_the_wrong_endpoint_is_a_refusal_that_names_the_right_one(
    fields: dict[str, object], path: str, body: bytes, words: str
) -> None:
    stage = Stage(entry("gpt-4o", **fields))

    asked(stage, path, b'{"model":"gpt-4o",' + body + b"}")

    assert stage.told[0][3] == b"WrongEndpoint"
    assert stage.settlements == []
    offer = stage.snapshot.by_uid("uid-gpt-4o")
    assert offer is not None
    with pytest.raises(WrongEndpoint, match=words):
        codec_for(offer, endpoint_at(path))


def test_moderation_without_a_model_is_refused_as_such() -> None:
    stage = Stage()

    asked(stage, "/v1/moderations", b'{"input":"x"}')

    assert stage.told[0][3] == b"WrongEndpoint"
