"""What an order of documents by a chat model reserves and costs."""

from __future__ import annotations

import json

from headgate.catalogue.kinds import Kind
from headgate.core.failure import FailureKind
from headgate.ledger.records import Status
from tests.gateway.acts import failure
from tests.gateway.stage import Stage, endpoint_at, entry

ASKED = b'{"model":"gpt-4o","query":"q","documents":["a","b"]}'


def begun() -> Stage:
    stage = Stage(entry("gpt-4o", max_output_tokens=1, failover="other"), entry("other"))
    stage.endpoint = endpoint_at("/v1/rerank")
    return stage


def test_what_is_held_covers_every_byte_that_the_model_is_asked_with() -> None:
    stage = begun()
    call = stage.begun(ASKED)
    body = next(each[3] for each in stage.did if each[0] == "send")
    call.client_gone()

    (opened,), (closed,) = stage.finished[0].opened, stage.finished[0].closed
    # The upstream's own name of the model is no part of what is counted.
    assert opened.hold_tokens >= len(body) - len(b'"model":"gpt-4o-upstream",') + 1
    assert closed.usage.input == -(-(opened.hold_tokens - 1) // 4)


def test_a_service_that_stands_in_for_a_chat_model_is_asked_no_more_than_the_caller_wrote() -> None:
    stage = Stage(entry("gpt-4o", failover="rank"), entry("rank", kind=Kind.RERANK, provider="cohere"))
    stage.endpoint = endpoint_at("/v1/rerank")
    call = stage.begun(ASKED)
    call.upstream_failed(1, failure(FailureKind.REFUSED))
    call.client_gone()

    service = stage.finished[0].opened[-1]
    assert (service.to.name, service.hold_tokens) == ("rank", len(ASKED))


def test_an_answer_that_cannot_be_read_is_paid_for_as_its_upstream_counts() -> None:
    stage = begun()
    call = stage.begun(ASKED)
    said = {
        "id": "c",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "no"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 400, "completion_tokens": 9, "total_tokens": 409},
    }
    call.upstream_whole(1, 200, headers=(), body=json.dumps(said).encode())
    call.client_gone()

    first = stage.finished[0].closed[0]
    assert (first.usage.input, first.usage.output, first.status) == (400, 9, Status.SETTLED)
    assert (first.outcome, first.cost) == ("unreadable", 400 * 1_000_000 + 9 * 2_000_000)
