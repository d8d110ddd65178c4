"""Orders of documents: what a request may say, and what comes of an answer."""

from __future__ import annotations

import json

import pytest

from headgate.catalogue.kinds import Kind
from headgate.core.errors import InvalidBody
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import Json
from headgate.dialects.rerank import MOST_DOCUMENTS, RerankOverRerank, RerankRequest
from tests.dialects.kinds import MINE, extra, read, route_of

CODEC = RerankOverRerank("native")
LONG = "x" * 8193


def asking(**fields: Json) -> RerankRequest:
    return RerankRequest(json.dumps({"query": "q", "documents": ["a", "b", "c"]} | fields).encode())


def ranked(*scores: tuple[int, float], **fields: Json) -> bytes:
    results = [{"index": index, "relevance_score": score} for index, score in scores]
    return json.dumps({"results": results} | fields).encode()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"query": ""}, id="an empty query"),
        pytest.param({"query": LONG}, id="a long query"),
        pytest.param({"query": 7}, id="a query that is a number"),
        pytest.param({"documents": []}, id="no documents"),
        pytest.param({"documents": ["d"] * (MOST_DOCUMENTS + 1)}, id="too many documents"),
        pytest.param({"documents": ["d", LONG]}, id="a long document"),
        pytest.param({"documents": [{"text": "d"}]}, id="a document that is an object"),
        pytest.param({"documents": "d"}, id="documents that are text"),
        pytest.param({"top_n": "2"}, id="a number that is text"),
        pytest.param({"top_n": 1.5}, id="a part of a document"),
        pytest.param({"return_documents": "yes"}, id="a flag that is text"),
        pytest.param({"stream": True}, id="a stream"),
    ],
)
def test_what_breaks_a_rule_is_refused(fields: dict[str, Json]) -> None:
    with pytest.raises(InvalidBody):
        asking(**fields)


@pytest.mark.parametrize("fields", [{"query": LONG[1:]}, {"documents": ["d"] * MOST_DOCUMENTS}, {"documents": [""]}])
def test_what_just_fits_is_taken(fields: dict[str, Json]) -> None:
    asking(**fields)


@pytest.mark.parametrize(("given", "taken"), [(2, 2), (0, None), (-1, None), (None, None), (9, 9)])
def test_a_number_of_documents_below_one_is_ignored(given: int | None, taken: int | None) -> None:
    request = asking(top_n=given)

    sent = json.loads(CODEC.outbound(request, route_of(Kind.RERANK, "cohere"), {}))

    assert (request.top_n, sent.get("top_n")) == (taken, taken)


def test_results_are_ordered_clamped_and_cut() -> None:
    body = ranked((0, -0.5), (1, 1.5), (2, 0.5))

    results = read(CODEC.whole(body, MINE, asking(top_n=2), extra))["results"]

    assert results == [{"index": 1, "relevance_score": 1.0}, {"index": 2, "relevance_score": 0.5}]


def test_documents_that_fit_equally_stay_in_the_order_of_the_request() -> None:
    results = read(CODEC.whole(ranked((2, 0.5), (0, 0.5), (1, 0.5)), MINE, asking(), extra))["results"]

    assert [each["index"] for each in results] == [0, 1, 2]


def test_an_answer_has_an_id_a_model_and_what_it_used() -> None:
    body = read(CODEC.whole(ranked((0, 1.0), usage={"total_tokens": 12}), MINE, asking(), extra))

    assert body["id"].startswith("rerank-")
    assert body["model"] == "mine"
    assert body["meta"] == {
        "model": "mine",
        "backend": "native",
        "billed_units": {"input_tokens": 12, "output_tokens": 0},
    }
    assert (body["usage"]["prompt_tokens"], body["usage"]["cost"]) == (12, 12)


def test_what_a_service_says_besides_is_kept() -> None:
    given = {"id": "r-1", "meta": {"billed_units": {"search_units": 1}, "api_version": {"version": "2"}}}

    body = read(CODEC.whole(ranked((0, 1.0), **given), MINE, asking(), extra))

    assert body["id"] == "r-1"
    assert body["meta"]["billed_units"]["search_units"] == 1
    assert body["meta"]["api_version"] == {"version": "2"}


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"{}",
        b'{"results":[{"index":0}]}',
        b'{"results":[{"index":"0","relevance_score":1}]}',
        b'{"results":7}',
        ranked((3, 1.0)),
        ranked((-1, 1.0)),
    ],
)
def test_an_answer_without_scores_of_what_was_sent_is_a_failure(body: bytes) -> None:
    answer = CODEC.whole(body, MINE, asking(), extra)

    assert isinstance(answer, Failure)
    assert answer.kind is FailureKind.MALFORMED
