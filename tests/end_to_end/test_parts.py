"""Requests for embeddings in parts, texts that go on, and orders by a service, at an origin that does as scripted."""

from __future__ import annotations

import json
import socket

from tests.clients.wire import request
from tests.end_to_end.chat import DONE, PRICING, event
from tests.end_to_end.gateway import UPSTREAM_KEY, Gateway, chat_entry
from tests.origin.script import LAST_CHUNK, answer, answering, chunk, expect, pause, send, stream_head, until_closed
from tests.origin.server import Origin

THREE = ["a", "b", "c"]


def vector(value: float) -> bytes:
    """The answer to one input."""
    data = [{"object": "embedding", "index": 0, "embedding": [value]}]
    usage = {"prompt_tokens": 4, "total_tokens": 4}
    return answer(json.dumps({"object": "list", "data": data, "model": "up", "usage": usage}).encode())


def embedding(gateway: Gateway, url: str) -> str:
    """An entry that is sent one input at a time, three times at once."""
    config = {"provider": "openai", "base_url": f"{url}/v1", "api_key": UPSTREAM_KEY, "model": "up"}
    batches = {"batch_size": 1, "parallelism": 3}
    return gateway.add(url, {"type": "embeddings", "provider_config": config | batches, "pricing": PRICING})


def test_each_part_is_a_request_of_its_own_and_their_answers_are_one(gateway: Gateway) -> None:
    with Origin(answering(vector(0.5))) as origin:
        model = embedding(gateway, origin.url)
        answered = gateway.http.post("/v1/embeddings", json={"model": model, "input": THREE})

    body = answered.json()
    assert sorted(json.loads(each.body)["input"][0] for each in origin.requests) == THREE
    assert {each.line for each in origin.requests} == {b"POST /v1/embeddings HTTP/1.1"}
    assert [each["index"] for each in body["data"]] == [0, 1, 2]
    assert (body["usage"]["prompt_tokens"], body["usage"]["cost"]) == (12, 0.00003)
    assert answered.headers["x-headgate-attempts"] == "3"
    assert gateway.outcomes(model, "answered") == 1
    gateway.comes_to_rest()


def test_a_part_that_is_refused_ends_all_of_them_with_the_upstreams_own_words(gateway: Gateway) -> None:
    refusal = answer(b'{"error":{"message":"input is too long","type":"invalid_request_error"}}', status=400)
    waiting = [expect(), until_closed()]
    with Origin([expect(), pause("all are here"), send(refusal), until_closed()], waiting, waiting) as origin:
        model = embedding(gateway, origin.url)
        body = json.dumps({"model": model, "input": THREE}).encode()
        with socket.create_connection(("127.0.0.1", gateway.program.port)) as client:
            client.sendall(asking(gateway, body))
            origin.asked(3)
            origin.go("all are here")
            told = client.recv(65536)
            origin.closed()

    assert told.startswith(b"HTTP/1.1 400 ")
    assert b"input is too long" in told
    assert gateway.outcomes(model, "failed") == 1
    gateway.comes_to_rest()


def test_a_client_that_leaves_ends_every_part(gateway: Gateway) -> None:
    with Origin([expect(), until_closed()]) as origin:
        model = embedding(gateway, origin.url)
        body = json.dumps({"model": model, "input": THREE}).encode()
        with socket.create_connection(("127.0.0.1", gateway.program.port)) as client:
            client.sendall(asking(gateway, body))
            origin.asked(3)
        origin.closed()

    assert gateway.outcomes(model, "client_gone") == 1
    gateway.comes_to_rest()


def asking(gateway: Gateway, body: bytes) -> bytes:
    return request(body, path=b"/v1/embeddings", headers=[f"authorization: Bearer {gateway.token}".encode()])


def test_a_chat_entry_sends_texts_that_go_on_to_the_path_for_them(gateway: Gateway) -> None:
    choices = [{"index": 0, "text": text, "logprobs": None, "finish_reason": finish} for text, finish in COMPLETION]
    usage = {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6}
    events = [event({"id": "cmpl-1", "object": "text_completion", "model": "up", "choices": [c]}) for c in choices]
    report = event({"id": "cmpl-1", "object": "text_completion", "model": "up", "choices": [], "usage": usage})
    streamed = stream_head() + b"".join(chunk(each) for each in [*events, report, DONE]) + LAST_CHUNK
    with Origin(answering(streamed)) as origin:
        model = gateway.add(origin.url)
        asked = {"model": model, "prompt": "Once", "stream": True, "stream_options": {"include_usage": True}}
        told = gateway.http.post("/v1/completions", json=asked).text

    assert origin.requests[0].line == b"POST /v1/completions HTTP/1.1"
    payloads = [json.loads(each.removeprefix("data: ")) for each in told.split("\n\n")[:-2]]
    assert [choice["text"] for each in payloads for choice in each["choices"]] == [" upon", " a time", ""]
    assert {each["model"] for each in payloads} == {model}
    assert payloads[-1]["usage"]["cost"] == 0.00003
    assert told.endswith("data: [DONE]\n\n")


COMPLETION = ((" upon", None), (" a time", None), ("", "stop"))


def test_a_service_that_orders_documents_is_asked_in_its_own_words(gateway: Gateway) -> None:
    results = [{"index": 0, "relevance_score": 0.25}, {"index": 1, "relevance_score": 0.75, "document": {"text": "b"}}]
    ranked = {"id": "r-1", "results": results, "meta": {"billed_units": {"search_units": 1}}}
    with Origin(answering(answer(json.dumps(ranked).encode()))) as origin:
        config = {**_upstream(origin.url), "provider": "cohere", "model": "rerank-v3.5"}
        model = gateway.add(origin.url, {"type": "rerank", "provider_config": config})
        asked = {"model": model, "query": "q", "documents": ["a", "b"], "top_n": 0, "max_tokens_per_doc": 9}
        answered = gateway.http.post("/v1/rerank", json=asked)

    (sent,) = origin.requests
    assert (sent.line, sent.header(b"authorization")) == (
        b"POST /v1/rerank HTTP/1.1",
        b"Bearer " + UPSTREAM_KEY.encode(),
    )
    expected = {"model": "rerank-v3.5", "query": "q", "documents": ["a", "b"], "max_tokens_per_doc": 9}
    assert json.loads(sent.body) == expected
    body = answered.json()
    assert (body["id"], body["results"]) == ("r-1", results[::-1])
    assert body["meta"]["backend"] == "native"
    assert body["meta"]["billed_units"]["search_units"] == 1
    # It is billed by the search, and the price of this entry speaks of tokens only.
    assert (body["usage"].get("estimated"), body["usage"]["cost"]) == (None, None)


def _upstream(url: str) -> dict[str, object]:
    config = chat_entry(url)["provider_config"]
    assert isinstance(config, dict)
    return config
