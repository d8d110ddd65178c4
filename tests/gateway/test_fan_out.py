"""A request for embeddings in parts: as one to its caller, one to the bill, many to the upstream."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headgate.catalogue.entry import ModelEntry
from headgate.catalogue.kinds import Kind
from headgate.core.failure import FailureKind
from headgate.gateway.fan_out import FanOut
from headgate.gateway.ports import Outcome
from tests.gateway.acts import failure
from tests.gateway.stage import Stage, entry, head, own

FIVE = b'{"model":"vectors","input":["a","b","c","d","e"]}'


def embedding(name: str, **fields: object) -> ModelEntry:
    """An embedding entry that takes two inputs at a time, and two parts at a time."""
    config = {"batch_size": 2, "parallelism": 2}
    return entry(name, **({"kind": Kind.EMBEDDING, "provider_config": config} | fields))


def began(stage: Stage, body: bytes = FIVE) -> FanOut:
    fan_out = stage.fan_out()
    fan_out.head(head())
    fan_out.body(body[:9])
    fan_out.body(body[9:])
    fan_out.body_complete()
    return fan_out


def sent(stage: Stage) -> list[Any]:
    """The inputs of each part that left, in order."""
    return [json.loads(each[3])["input"] for each in stage.did if each[0] == "send"]


def vectors(*values: float) -> bytes:
    data = [{"object": "embedding", "index": index, "embedding": [value]} for index, value in enumerate(values)]
    body = {"object": "list", "model": "up", "data": data[::-1], "usage": {"prompt_tokens": 10, "total_tokens": 10}}
    return json.dumps(body).encode()


def answered(stage: Stage, number: int, body: bytes) -> None:
    """The upstream's answer to the attempt that was connected as `number`, from 0."""
    stage.events[number].upstream_whole(1, 200, headers=(), body=body)


def test_parts_are_sent_as_many_at_a_time_as_the_entry_takes() -> None:
    stage = Stage(embedding("vectors"))

    began(stage)
    assert sent(stage) == [["a", "b"], ["c", "d"]]
    answered(stage, 1, vectors(3, 4))

    assert sent(stage) == [["a", "b"], ["c", "d"], ["e"]]
    assert stage.told == []


def test_the_answer_has_every_vector_in_the_order_of_the_inputs_and_one_usage() -> None:
    stage = Stage(embedding("vectors"))
    began(stage)

    answered(stage, 1, vectors(3, 4))
    answered(stage, 2, vectors(5))
    answered(stage, 0, vectors(1, 2))

    ((_, status, headers, body),) = stage.told
    answer = json.loads(body)
    assert status == 200
    assert [(each["index"], each["embedding"]) for each in answer["data"]] == [(i, [i + 1]) for i in range(5)]
    assert answer["model"] == "vectors"
    assert (answer["usage"]["prompt_tokens"], answer["usage"]["cost"]) == (30, 0.00003)
    assert b"x-headgate-attempts: 3\r\n" in headers
    assert b"x-headgate-cost: 0.000030000000\r\n" in headers


def test_a_request_in_parts_is_settled_once_for_all_of_them() -> None:
    stage = Stage(embedding("vectors"))
    began(stage)

    for number, body in ((1, vectors(3, 4)), (2, vectors(5)), (0, vectors(1, 2))):
        assert stage.settlements == []
        answered(stage, number, body)

    (settlement,) = stage.settlements
    assert (settlement.outcome, settlement.attempts, settlement.cost) == (Outcome.ANSWERED, 3, 30_000_000)
    assert settlement.usage is not None
    assert settlement.usage.input == 30


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"model":"vectors","input":"one text"}', id="a text"),
        pytest.param(b'{"model":"vectors","input":["a","b"]}', id="no more inputs than one part takes"),
        pytest.param(b'{"model":"vectors","input":[1,2,3,4,5]}', id="one input in tokens"),
    ],
)
def test_what_fits_one_part_is_sent_and_answered_as_it_is(body: bytes) -> None:
    stage = Stage(embedding("vectors"))
    began(stage, body)

    answered(stage, 0, vectors(1, 2).replace(b'"up"', b'"up", "kept": 1.50'))

    assert sent(stage) == [json.loads(body)["input"]]
    assert b'"kept":1.50' in stage.told[0][3]
    assert [each.outcome for each in stage.settlements] == ["answered"]


def test_lists_of_tokens_are_inputs_of_their_own() -> None:
    stage = Stage(embedding("vectors"))

    began(stage, b'{"model":"vectors","input":[[1],[2,3],[4]]}')

    assert sent(stage) == [[[1], [2, 3]], [[4]]]


def test_one_part_that_fails_fails_the_whole_in_its_own_words_and_cancels_the_others() -> None:
    stage = Stage(embedding("vectors"))
    began(stage)
    stage.events[0].upstream_head(1, 400, ())
    stage.events[0].upstream_bytes(1, b'{"error":{"message":"input too long"}}')

    stage.events[0].upstream_done(1, framed=True)

    assert [each[0] for each in stage.told] == ["answer"]
    assert stage.told[0][3] == b"UpstreamFailed"
    assert stage.did[-2:-1] == [("drop", 1)]
    assert sent(stage) == [["a", "b"], ["c", "d"]]
    assert [(each.outcome, each.attempts) for each in stage.settlements] == [("failed", 2)]


def test_a_late_answer_to_a_cancelled_part_is_nobodys() -> None:
    stage = Stage(embedding("vectors"))
    began(stage)
    stage.events[0].upstream_failed(1, failure(FailureKind.TOTAL_TIMEOUT))
    told = list(stage.did)

    answered(stage, 1, vectors(3, 4))

    assert stage.did == told
    assert len(stage.settlements) == 1


def test_the_entry_that_stands_in_serves_every_part_because_vectors_of_two_models_do_not_compare() -> None:
    stage = Stage(embedding("vectors", failover="other"), embedding("other", provider_config={}))
    began(stage)
    answered(stage, 0, vectors(1, 2))

    stage.events[1].upstream_failed(1, failure(FailureKind.REFUSED))
    answered(stage, len(stage.events) - 1, vectors(1, 2, 3, 4, 5))

    assert sent(stage)[-1] == ["a", "b", "c", "d", "e"]
    assert json.loads(stage.told[0][3])["model"] == "other"
    (settlement,) = stage.settlements
    # The part that was under way was sent: its input is estimated.
    assert (settlement.offer.name, settlement.attempts, settlement.cost) == ("other", 4, 29_000_000)


def test_a_stand_in_that_does_not_take_the_size_is_passed_over() -> None:
    stage = Stage(
        embedding("vectors", failover="small"),
        embedding("small", supported_dimensions=(256,), failover="third"),
        embedding("third"),
    )
    began(stage, FIVE[:-1] + b',"dimensions":512}')

    stage.events[0].upstream_failed(1, failure(FailureKind.REFUSED))

    assert [each[1] for each in stage.did if each[0] == "connect"] == ["vectors", "vectors", "third", "third"]


def test_an_answer_without_a_vector_for_each_input_is_a_failure() -> None:
    stage = Stage(embedding("vectors"))
    began(stage)

    answered(stage, 0, vectors(1))

    assert stage.failures == ["malformed"]
    assert stage.told[0][3] == b"UpstreamFailed"


def test_a_caller_that_leaves_cancels_every_part_and_is_settled_once() -> None:
    stage = Stage(embedding("vectors"), ready=False)
    fan_out = began(stage)

    fan_out.client_gone()

    assert [each for each in stage.did if each[0] == "drop"] == [("drop", 1), ("drop", 1)]
    assert stage.told == []
    assert [(each.outcome, each.status) for each in stage.settlements] == [("client_gone", 499)]


def test_a_caller_that_leaves_pays_for_the_parts_that_were_answered_and_for_the_input_of_those_that_were_sent() -> None:
    stage = Stage(embedding("vectors"))
    fan_out = began(stage)
    answered(stage, 0, vectors(1, 2))

    fan_out.client_gone()

    (settlement,) = stage.settlements
    assert (settlement.cost, settlement.attempts) == (29_000_000, 3)


def test_an_unpriced_entry_leaves_the_cost_unknown() -> None:
    stage = Stage(own(embedding("vectors", pricing=None)))
    began(stage, b'{"model":"vectors","input":"a"}')

    answered(stage, 0, vectors(1))

    assert b"x-headgate-cost" not in stage.told[0][2]
    assert stage.settlements[0].cost is None


def test_a_drain_ends_every_part_with_an_error() -> None:
    stage = Stage(embedding("vectors"))

    began(stage).drain()

    assert stage.told[0][3] == b"ShuttingDown"
    assert [each.outcome for each in stage.settlements] == ["drained"]


def test_a_bug_in_one_part_breaks_off_the_whole() -> None:
    stage = Stage(embedding("vectors"))
    began(stage)

    stage.events[1].abandon()

    assert stage.told == [("abort",)]
    assert [each.outcome for each in stage.settlements] == ["abandoned"]


def test_the_time_of_a_part_is_up_as_that_of_a_call() -> None:
    stage = Stage(embedding("vectors"))

    began(stage).tick(stage.time + 31)

    assert stage.failures == ["first_byte_timeout"]
    assert stage.told[0][3] == b"UpstreamFailed"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(b"no json", b"InvalidJson", id="text that is not JSON"),
        pytest.param(b'{"model":"vectors"}', b"InvalidBody", id="no input"),
        pytest.param(b'{"model":"vectors","input":7}', b"InvalidBody", id="a number"),
        pytest.param(b'{"model":"vectors","input":"a","stream":true}', b"InvalidBody", id="a stream"),
        pytest.param(b'{"model":"vectors","input":"a","dimensions":"x"}', b"InvalidBody", id="a size that is text"),
        pytest.param(b'{"model":"vectors","input":"a","dimensions":0}', b"InvalidBody", id="a size of nothing"),
        pytest.param(b'{"model":"vectors","input":"a","dimensions":300}', b"InvalidDimensions", id="another size"),
        pytest.param(b'{"model":"nothing","input":"a"}', b"ModelNotFound", id="an unknown model"),
        pytest.param(b'{"model":"gpt-4o","input":"a"}', b"WrongEndpoint", id="a chat model"),
        pytest.param(b'{"model":"claude","input":"a"}', b"ModelNotRoutable", id="an upstream that embeds nothing"),
    ],
)
def test_what_cannot_be_served_is_refused_without_an_attempt(body: bytes, error: bytes) -> None:
    stage = Stage(
        embedding("vectors", supported_dimensions=(256, 512)), entry("gpt-4o"), embedding("claude", provider="claude")
    )

    began(stage, body)

    assert stage.told[0][3] == error
    assert [each[0] for each in stage.did] == ["answer"]
    assert (stage.settlements, stage.refusals) == ([], [error.decode()])


def test_a_bad_key_is_refused_before_the_body_is_taken() -> None:
    stage = Stage(embedding("vectors"))

    stage.fan_out().head(head([(b"authorization", b"Bearer bad")]))

    assert stage.told[0][3] == b"NotAuthenticated"


def test_an_entrys_size_is_asked_for_where_the_model_is_known_to_take_one() -> None:
    stage = Stage(embedding("vectors", dimensions=256, supported_dimensions=(256, 512)), embedding("one", dimensions=8))

    began(stage, b'{"model":"vectors","input":"a"}')
    began(stage, b'{"model":"one","input":"a"}')

    bodies = [json.loads(each[3]) for each in stage.did if each[0] == "send"]
    assert [body.get("dimensions") for body in bodies] == [256, None]
