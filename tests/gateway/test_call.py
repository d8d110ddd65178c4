"""The life of a call with a whole answer, as transcripts."""

from __future__ import annotations

import json

import pytest

from headgate.catalogue.kinds import Kind
from tests.gateway.acts import ANSWER, DONE, STREAMED, WHOLE, answered, chunk, streaming
from tests.gateway.stage import Stage, entry, head


def test_a_whole_answer_reaches_the_caller_with_its_cost() -> None:
    stage = Stage()

    answered(stage.begun(WHOLE), 1)

    ((_, status, headers, body),) = stage.told
    assert status == 200
    assert b"x-headgate-cost: 0.000020000000\r\n" in headers
    assert b"x-headgate-attempts: 1\r\n" in headers
    answer = json.loads(body)
    assert answer["model"] == "gpt-4o"
    assert answer["usage"]["cost"] == 0.00002
    assert answer["usage"]["cost_details"] == {"input_cost": 0.00001, "output_cost": 0.00001}
    assert [each.outcome for each in stage.settlements] == ["answered"]
    assert stage.settlements[0].cost == 20_000_000


def test_the_upstream_gets_its_own_model_name_and_the_callers_other_fields() -> None:
    stage = Stage()

    stage.begun(b'{"model":"gpt-4o","messages":[],"seed":7,"unknown":{"a":[1.50]}}')

    (sent,) = [each for each in stage.did if each[0] == "send"]
    assert sent[2] == "/v1/chat/completions"
    assert sent[3] == b'{"model":"gpt-4o-upstream","messages":[],"seed":7,"unknown":{"a":[1.50]}}'


def test_a_bad_key_is_refused_before_the_body_is_taken() -> None:
    stage = Stage()
    call = stage.call()

    call.head(head([(b"authorization", b"Bearer bad")]))

    assert stage.told[0][3] == b"NotAuthenticated"
    assert stage.settlements == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(b"not json", b"InvalidJson", id="text that is not JSON"),
        pytest.param(b"[1]", b"InvalidJson", id="a list"),
        pytest.param(
            b'{"model":"gpt-4o","messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"InvalidJson", id="depth"
        ),
        pytest.param(b'{"model":"gpt-4o","messages":["\xff"]}', b"InvalidJson", id="bytes that are not UTF-8"),
        pytest.param(b'{"model":7,"messages":[]}', b"InvalidBody", id="a model that is a number"),
        pytest.param(b'{"model":"","messages":[]}', b"InvalidBody", id="an empty model"),
        pytest.param(b'{"messages":[]}', b"InvalidBody", id="no model where no default exists"),
        pytest.param(b'{"model":"gpt-4o"}', b"InvalidBody", id="no messages"),
        pytest.param(b'{"model":"gpt-4o","messages":[],"stream":"yes"}', b"InvalidBody", id="a stream that is text"),
        pytest.param(b'{"model":"nothing","messages":[]}', b"ModelNotFound", id="an unknown model"),
        pytest.param(b'{"model":"off","messages":[]}', b"ModelNotAllowed", id="a disabled model"),
        pytest.param(b'{"model":"vectors","messages":[]}', b"WrongEndpoint", id="a model of another kind"),
        pytest.param(b'{"model":"lost","messages":[]}', b"ModelNotRoutable", id="an entry without a provider"),
    ],
)
def test_a_request_that_cannot_be_served_is_refused_without_an_attempt(body: bytes, error: bytes) -> None:
    stage = Stage(
        entry("gpt-4o"),
        entry("off", enabled=False),
        entry("vectors", kind=Kind.EMBEDDING),
        entry("lost", provider=None),
    )

    stage.begun(body)

    assert stage.told[0][3] == error
    assert [each[0] for each in stage.did] == ["answer"]
    assert stage.settlements == []
    assert stage.refusals == [error.decode()]


def test_a_body_split_anywhere_is_one_body() -> None:
    stage = Stage()
    call = stage.call()
    call.head(head())

    for byte in WHOLE:
        call.body(bytes([byte]))
    call.body_complete()

    assert [each[0] for each in stage.did] == ["connect", "send"]


@pytest.mark.parametrize("body", [WHOLE, memoryview(WHOLE)], ids=["copied", "in place"])
def test_a_request_that_comes_at_once_is_the_same_as_one_in_parts(body: bytes | memoryview) -> None:
    at_once, in_parts = Stage(), Stage()
    call = at_once.call()

    call.whole(head(), body)
    answered(call, 1)
    answered(in_parts.begun(WHOLE), 1)

    assert at_once.did == in_parts.did


@pytest.mark.parametrize("body", [b"not json", WHOLE])
def test_a_bad_key_is_refused_whatever_comes_with_it(body: bytes) -> None:
    stage = Stage()

    stage.call().whole(head([(b"authorization", b"Bearer bad")]), body)

    assert stage.told[0][3] == b"NotAuthenticated"


def test_a_connection_that_takes_time_is_sent_to_when_it_is_there() -> None:
    stage = Stage(ready=False)
    call = stage.begun(WHOLE)
    assert [each[0] for each in stage.did] == ["connect"]

    call.connected(1)

    assert [each[0] for each in stage.did] == ["connect", "send"]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("request_body", [WHOLE, STREAMED])
@pytest.mark.parametrize("body", [ANSWER, chunk("a") + chunk("", "stop") + DONE, b"", b"<html>"])
def test_an_answer_that_comes_at_once_is_the_same_as_one_in_parts(
    status: int, request_body: bytes, body: bytes
) -> None:
    at_once, in_parts = Stage(), Stage()
    call = in_parts.begun(request_body)

    at_once.begun(request_body).upstream_whole(1, status, headers=[], body=body)
    call.upstream_head(1, status, [])
    if body:
        call.upstream_bytes(1, body)
    call.upstream_done(1, framed=True)

    assert at_once.told == in_parts.told
    assert at_once.settlements == in_parts.settlements


@pytest.mark.parametrize(
    ("told", "seconds", "kind"),
    [
        pytest.param(0, 5.1, "connect_timeout", id="no connection"),
        pytest.param(1, 30.1, "first_byte_timeout", id="no first byte"),
        pytest.param(2, 10.6, "idle_timeout", id="a stall in the answer"),
    ],
)
def test_each_phase_has_its_own_deadline(told: int, seconds: float, kind: str) -> None:
    stage = Stage(ready=False)
    call = stage.begun(WHOLE)
    if told >= 1:
        call.connected(1)
    if told >= 2:
        call.upstream_head(1, 200, [])
    call.tick(stage.time + 0.25)

    call.tick(stage.time + seconds)

    assert stage.failures == [kind]
    assert ("drop", 1) in stage.did
    assert stage.told[0][3] == b"UpstreamFailed"


def test_an_entrys_own_timeout_bounds_the_whole_attempt() -> None:
    stage = Stage(entry("gpt-4o", timeout=3.0))
    call = streaming(stage)

    call.tick(stage.time + 3.1)

    assert stage.failures == ["total_timeout"]
    assert stage.told[-2][1] == b"error event: UpstreamFailed"


def test_an_answer_above_the_limit_is_a_failure_and_not_kept() -> None:
    stage = Stage()
    call = stage.begun(WHOLE)
    call.upstream_head(1, 200, [])

    call.upstream_bytes(1, b"x" * 100_001)

    assert stage.failures == ["too_large"]


def test_a_bug_of_ours_aborts_both_sides_and_settles() -> None:
    stage = Stage()
    call = streaming(stage)

    call.abandon()

    assert stage.did[-2:] == [("drop", 1), ("abort",)]
    assert [each.outcome for each in stage.settlements] == ["abandoned"]
