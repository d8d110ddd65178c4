"""From one attempt to the next, as transcripts."""

from __future__ import annotations

import json

import pytest

from headgate.core.failure import FailureKind
from tests.gateway.acts import STREAMED, WHOLE, answered, failure
from tests.gateway.stage import Stage, entry


@pytest.mark.parametrize(
    "kind",
    [
        FailureKind.REFUSED,
        FailureKind.NAME_NOT_FOUND,
        FailureKind.RESET,
        FailureKind.MALFORMED,
        FailureKind.TLS,
        FailureKind.BUSY,
    ],
)
def test_failover_serves_when_the_first_upstream_fails_before_an_event(kind: FailureKind) -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)

    call.upstream_failed(1, failure(kind))
    answered(call, 2)

    ((_, status, headers, body),) = stage.told
    assert status == 200
    assert b"x-headgate-model: other\r\n" in headers
    assert b"x-headgate-attempts: 2\r\n" in headers
    assert json.loads(body)["model"] == "other"
    assert [each.attempts for each in stage.settlements] == [2]


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_failover_serves_when_the_first_upstream_answers_with_a_status_that_another_may_not(status: int) -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)

    call.upstream_head(1, status, [(b"retry-after", b"3")])
    call.upstream_bytes(1, b'{"error":{"message":"busy"}}')
    call.upstream_done(1, framed=True)
    answered(call, 2)

    assert stage.told[0][1] == 200


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_an_answer_that_blames_the_request_is_not_tried_elsewhere(status: int) -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)

    call.upstream_head(1, status, [])
    call.upstream_done(1, framed=True)

    assert [each[1] for each in stage.did if each[0] == "connect"] == ["gpt-4o"]
    assert stage.told[0][3] == b"UpstreamFailed"


def test_a_chain_of_failovers_ends_after_five_hops_and_never_turns_back() -> None:
    names = [f"m{n}" for n in range(8)]
    following = dict(zip(names, [*names[1:], "m0"], strict=True))
    stage = Stage(*(entry(name, failover=following[name]) for name in names))
    call = stage.begun(WHOLE.replace(b"gpt-4o", b"m0"))

    for attempt in range(1, 7):
        call.upstream_failed(attempt, failure(FailureKind.REFUSED))

    assert [each[1] for each in stage.did if each[0] == "connect"] == names[:6]
    assert stage.told[0][3] == b"UpstreamFailed"


def test_two_entries_that_name_each_other_are_tried_once_each() -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other", failover="gpt-4o"))
    call = stage.begun(WHOLE)

    call.upstream_failed(1, failure(FailureKind.REFUSED))
    call.upstream_failed(2, failure(FailureKind.REFUSED))

    assert stage.told[0][0] == "answer"
    assert len(stage.settlements) == 1


def test_a_stale_connection_is_tried_again_once_on_a_fresh_one() -> None:
    stage = Stage()
    call = stage.begun(WHOLE)

    call.upstream_failed(1, failure(FailureKind.STALE))
    answered(call, 2)

    assert [each[1:] for each in stage.did if each[0] == "connect"] == [("gpt-4o", 1, "pooled"), ("gpt-4o", 2, "fresh")]
    assert stage.settlements[0].attempts == 2


def test_events_of_an_earlier_attempt_are_dropped() -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)
    call.upstream_failed(1, failure(FailureKind.REFUSED))

    answered(call, 1)

    assert stage.told == []


def test_an_error_as_the_first_event_leaves_failover_open() -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(STREAMED)
    call.upstream_head(1, 200, [])

    call.upstream_bytes(1, b": keep-alive\n\n" + b'data: {"error":{"message":"overloaded"}}\n\n')

    assert stage.told == []
    assert [each[1] for each in stage.did if each[0] == "connect"] == ["gpt-4o", "other"]
