"""Requests for embeddings, in one part or several, and the answers put together."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.kinds import Kind
from headgate.core.errors import InvalidBody
from headgate.core.failure import Failure, FailureKind
from headgate.core.usage import Usage
from headgate.dialects.openai_embeddings import (
    MOST_INPUTS,
    EmbeddingOverOpenAI,
    EmbeddingRequest,
    Joined,
    RootedEmbeddingRequest,
)
from tests.dialects.kinds import MINE, extra, read, route_of

CODEC = EmbeddingOverOpenAI()
ONE = b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10]}],"model":"up",'
COUNTED = ONE + b'"usage":{"prompt_tokens":3,"total_tokens":3}}'


def vectors(*indices: int) -> bytes:
    return json.dumps({"data": [{"index": index, "embedding": [index]} for index in indices]}).encode()


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(b'"text"', id="a text"),
        pytest.param(b' [ "a", "b" ]', id="a list of texts"),
        pytest.param(b"[1,2,3]", id="tokens"),
        pytest.param(b"[[1],[2,3]]", id="lists of tokens"),
    ],
)
def test_the_input_passes_through_as_it_is(given: bytes) -> None:
    body = b'{"model":"m","encoding_format":"base64","user":"u","input":' + given + b"}"

    sent = CODEC.outbound(EmbeddingRequest(body), route_of(Kind.EMBEDDING), {})

    assert json.loads(sent) == json.loads(body) | {"model": "up"}


def test_a_size_that_is_null_is_none() -> None:
    request = EmbeddingRequest(b'{"model":"m","input":"a","dimensions":null}')

    sent = json.loads(CODEC.outbound(request, route_of(Kind.EMBEDDING), {"dimensions": 256}))

    assert (request.dimensions, sent["dimensions"]) == (None, 256)


@pytest.mark.parametrize("given", [b"null", b"7", b"{}", b"true"])
def test_an_input_of_another_type_is_refused(given: bytes) -> None:
    with pytest.raises(InvalidBody, match="'input'"):
        EmbeddingRequest(b'{"input":' + given + b"}")


@given(st.lists(st.text(max_size=3), min_size=1, max_size=40), st.integers(0, 12))
def test_the_parts_of_a_request_have_all_inputs_in_order(texts: list[str], batch_size: int) -> None:
    parts = EmbeddingRequest(json.dumps({"model": "m", "input": texts, "user": "u"}).encode()).parts(batch_size)

    inputs = [json.loads(bytes(part.fields["input"])) for part in parts]
    assert [text for each in inputs for text in each] == texts
    assert all(len(each) <= (batch_size or len(texts)) for each in inputs)
    assert {bytes(part.fields["user"]) for part in parts} == {b'"u"'}


def test_more_inputs_than_can_be_taken_apart_at_once_are_refused() -> None:
    request = EmbeddingRequest(json.dumps({"model": "m", "input": [""] * (MOST_INPUTS + 1)}).encode())

    with pytest.raises(InvalidBody, match=r"10001 items; at most 10000"):
        request.parts(8)


def test_an_answer_keeps_its_bytes_but_for_model_and_usage() -> None:
    answer = CODEC.whole(COUNTED, MINE, EmbeddingRequest(b'{"input":"a"}'), extra)

    assert answer == ONE.replace(b'"up"', b'"mine"') + b'"usage":{"prompt_tokens":3,"total_tokens":3,"cost":3}}'


def test_usage_that_is_missing_is_estimated() -> None:
    body = read(CODEC.whole(ONE + b'"x":1}', MINE, EmbeddingRequest(b'{"input":"abcdefgh"}'), extra))

    assert (body["usage"]["prompt_tokens"], body["usage"]["estimated"]) == (5, True)


def test_a_single_text_has_its_vector_at_the_root_where_that_is_the_custom() -> None:
    one, many = (RootedEmbeddingRequest(body) for body in (b'{"input":"a"}', b'{"input":["a"]}'))

    assert read(CODEC.whole(COUNTED, MINE, one, extra))["embedding"] == [0.1]
    assert "embedding" not in read(CODEC.whole(COUNTED, MINE, many, extra))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>", FailureKind.MALFORMED),
        (b"{}", FailureKind.MALFORMED),
        (b'{"error":{"message":"out of memory"}}', FailureKind.SERVER_ERROR),
    ],
)
def test_what_is_no_answer_is_a_failure(body: bytes, kind: FailureKind) -> None:
    answer = CODEC.whole(body, MINE, EmbeddingRequest(b'{"input":"a"}'), extra)

    assert isinstance(answer, Failure)
    assert answer.kind is kind


@given(st.permutations([0, 1, 2]))
def test_the_answers_to_parts_are_joined_in_the_order_of_the_inputs(order: list[int]) -> None:
    parts = EmbeddingRequest(b'{"input":["a","b","c","d","e"]}').parts(2)
    joined = Joined(parts)

    for number in order:
        assert joined.take(number, vectors(1, 0) if number < 2 else vectors(0)) is None
    body = json.loads(joined.answer(MINE, usage=Usage(input=9), extra=b'"cost":1'))

    assert [each["index"] for each in body["data"]] == [0, 1, 2, 3, 4]
    assert body["usage"] == {"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9, "cost": 1}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(vectors(0), id="one too few"),
        pytest.param(vectors(0, 1, 2), id="one too many"),
        pytest.param(vectors(0, 0), id="one twice"),
        pytest.param(vectors(1, 2), id="others"),
        pytest.param(b'{"data":[{"embedding":[1]},{"embedding":[2]}]}', id="none with an index"),
        pytest.param(b'{"data":[{"index":"x"},{"index":1}]}', id="an index that is text"),
        pytest.param(b'{"data":7}', id="a number"),
        pytest.param(b'{"error":"no"}', id="an error"),
    ],
)
def test_an_answer_to_a_part_has_one_vector_for_each_input(body: bytes) -> None:
    joined = Joined(EmbeddingRequest(b'{"input":["a","b","c","d"]}').parts(2))

    assert isinstance(joined.take(0, body), Failure)


def test_raw_values_have_no_space_around_them() -> None:
    fields = EmbeddingRequest(b'{"input" :  "a" , "n": 1}').fields

    assert fields["input"] == msgspec.Raw(b'"a"')
