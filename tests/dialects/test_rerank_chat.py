"""Orders of documents by asking a chat model, in whichever format it speaks."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.kinds import Kind
from headgate.catalogue.operations import Operation
from headgate.core.errors import InvalidBody
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import Json
from headgate.dialects.pairs import CODECS
from headgate.dialects.rerank import RerankRequest
from tests.dialects.kinds import MINE, extra, read, route_of

CODEC = CODECS[Operation.RERANK]["openai"]
ASKED = b'{"query":"q","documents":["a","b"]}'


def said(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    return json.dumps(
        {
            "id": "c-1",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25},
        }
    ).encode()


def scores_of(text: str, asked: bytes = ASKED) -> Json:
    results = read(CODEC.whole(said(text), MINE, RerankRequest(asked), extra))["results"]
    return {each["index"]: each["relevance_score"] for each in results}


def test_all_documents_are_in_one_question_at_temperature_0() -> None:
    sent = json.loads(CODEC.outbound(RerankRequest(ASKED), route_of(Kind.CHAT), {"temperature": 1, "max_tokens": 3}))

    assert (sent["model"], sent["temperature"], "max_tokens" in sent) == ("up", 0, False)
    assert json.loads(sent["messages"][1]["content"]) == {
        "query": "q",
        "documents": [{"index": 0, "text": "a"}, {"index": 1, "text": "b"}],
    }


def test_another_format_is_asked_the_same_question() -> None:
    codec, route = CODECS[Operation.RERANK]["anthropic"], route_of(Kind.CHAT, "claude")
    answer = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "up",
        "content": [{"type": "text", "text": '{"results":[{"index":1,"relevance_score":0.5}]}'}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 7, "output_tokens": 3},
    }

    sent = json.loads(codec.outbound(RerankRequest(ASKED), route, {}))
    body = read(codec.whole(json.dumps(answer).encode(), MINE, RerankRequest(ASKED), extra))

    assert ("temperature" in sent, "system" in sent) == (False, True)
    assert codec.path(route, RerankRequest(ASKED)) == "/v1/messages"
    assert body["results"][0] == {"index": 1, "relevance_score": 0.5}
    assert body["meta"]["billed_units"] == {"input_tokens": 7, "output_tokens": 3}


def test_a_stand_in_of_another_format_is_asked_in_its_own_words() -> None:
    asked, claude = RerankRequest(ASKED), CODECS[Operation.RERANK]["anthropic"]

    first = json.loads(CODEC.outbound(asked, route_of(Kind.CHAT), {}))
    second = json.loads(claude.outbound(asked, route_of(Kind.CHAT, "claude"), {}))
    third = json.loads(CODEC.outbound(asked, route_of(Kind.CHAT), {}))

    assert "temperature" not in second
    assert first == third
    assert first["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize(
    "text",
    [
        '{"results":[{"index":0,"relevance_score":0.25},{"index":1,"relevance_score":1}]}',
        '```json\n{"results":[{"index":0,"relevance_score":0.25},{"index":1,"relevance_score":1}]}\n```',
        '\n```\n\n[{"index":0,"relevance_score":0.25},{"index":1,"relevance_score":1}]``` ',
        '[{"index":1,"relevance_score":1},{"index":0,"relevance_score":0.25}]',
    ],
)
def test_scores_are_read_as_models_write_them(text: str) -> None:
    assert scores_of(text) == {0: 0.25, 1: 1.0}


def test_a_document_that_the_model_left_out_comes_last() -> None:
    assert scores_of('{"results":[{"index":1,"relevance_score":0.5},{"index":9,"relevance_score":1}]}') == {
        0: 0,
        1: 0.5,
    }


@pytest.mark.parametrize(
    "text",
    [
        "I like b best",
        "{}",
        "[]",
        "7",
        "",
        '{"results":[{"index":9,"relevance_score":1}]}',
        '{"results":[{"index":true,"relevance_score":true}]}',
        '{"results":[{"index":0,"relevance_score":"high"}]}',
        '{"results":' + "[" * 100_000,
        "```",
        "``` ```",
        "`````",
        pytest.param("```json" + "\n" * 500_000, id="a block of blank lines without an end"),
        pytest.param("```" + "\n" * 500_000 + "```", id="a block of blank lines"),
    ],
)
def test_what_has_no_score_of_any_document_cannot_be_read(text: str) -> None:
    answer = CODEC.whole(said(text), MINE, RerankRequest(ASKED), extra)

    assert isinstance(answer, Failure)
    assert answer.kind is FailureKind.UNREADABLE


def test_a_failure_of_the_chat_is_passed_on_as_it_is() -> None:
    answer = CODEC.whole(b'{"error":{"message":"out of memory"}}', MINE, RerankRequest(ASKED), extra)

    assert isinstance(answer, Failure)
    assert (answer.kind, answer.message) == (FailureKind.SERVER_ERROR, "out of memory")


def test_the_documents_come_back_if_they_are_asked_for() -> None:
    asked = RerankRequest(ASKED[:-1] + b',"return_documents":true}')

    results = read(CODEC.whole(said('[{"index":1,"relevance_score":1}]'), MINE, asked, extra))["results"]

    assert [each["document"] for each in results] == [{"text": "b"}, {"text": "a"}]


def test_usage_and_cost_are_those_of_the_chat() -> None:
    body = read(CODEC.whole(said('[{"index":1,"relevance_score":1}]'), MINE, RerankRequest(ASKED), extra))

    assert (body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"], body["usage"]["cost"]) == (20, 5, 25)
    assert "estimated" not in body["usage"]


def test_usage_that_is_missing_is_estimated() -> None:
    whole = said('[{"index":1,"relevance_score":1}]').replace(b'"usage"', b'"unknown"')

    assert read(CODEC.whole(whole, MINE, RerankRequest(ASKED), extra))["usage"]["estimated"] is True


def test_a_field_that_means_nothing_to_a_chat_model_is_refused() -> None:
    with pytest.raises(InvalidBody, match="'rank_fields'"):
        CODEC.outbound(RerankRequest(ASKED[:-1] + b',"rank_fields":["title"]}'), route_of(Kind.CHAT), {})


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["results", "index", "relevance_score"]), inner, max_size=3)
    ),
)


@given(_JSON)
def test_no_answer_of_a_model_is_a_bug_of_ours(value: Json) -> None:
    answer = CODEC.whole(said(json.dumps(value)), MINE, RerankRequest(ASKED), extra)

    if isinstance(answer, bytes):
        assert all(0 <= each["relevance_score"] <= 1 for each in json.loads(answer)["results"])
