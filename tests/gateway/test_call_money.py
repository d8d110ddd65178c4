"""What is reserved, written down and given back on each way through a call."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from headgate.core.failure import FailureKind
from headgate.gateway.call import Call
from headgate.ledger.records import Closed, End, Finished, Opened, Settled, Status
from tests.dialects.message_streams import START
from tests.gateway.acts import ANSWER, DONE, STREAMED, WHOLE, answered, chunk, failure, streaming
from tests.gateway.money import NoLimits
from tests.gateway.stage import Stage, entry

A_TOKEN_IN, A_TOKEN_OUT = 1_000_000, 2_000_000
INPUT = -(-len(WHOLE) // 4) * A_TOKEN_IN


def only(stage: Stage) -> Finished:
    (finished,) = stage.finished
    return finished


def given_back(stage: Stage) -> list[object]:
    assert isinstance(stage.allows, NoLimits)
    return [each for each in stage.allows.did if each == "cancel" or each[0] == "settle"]


def test_an_answered_call_is_in_the_journal_before_it_is_sent_and_ends_in_one_frame() -> None:
    stage = Stage()
    call = stage.begun(WHOLE)
    before = [type(frame) for frame in stage.journal.frames]

    answered(call, 1)

    assert before == [Opened]
    assert [type(frame) for frame in stage.journal.frames] == [Opened, Settled]


def test_an_answered_call_costs_what_it_used_and_gives_its_hold_back_once() -> None:
    stage = Stage()
    answered(stage.begun(WHOLE), 1)

    (closed,), ended = only(stage).closed, only(stage).ended
    cost = 10 * A_TOKEN_IN + 5 * A_TOKEN_OUT
    assert (closed.status, closed.cost, closed.exposure, closed.overrun) == (Status.SETTLED, cost, 0, False)
    assert (ended.end, ended.code) == (End.COMPLETE, 200)
    assert given_back(stage) == [("settle", cost, 0, 15)]


def test_a_row_says_who_paid_for_what() -> None:
    stage = Stage()
    answered(stage.begun(WHOLE), 1)

    (opened,) = only(stage).opened
    assert (opened.account.organization, opened.account.user, opened.account.key) == ("o1", "u1", "")
    assert (opened.to.entry, opened.to.name, opened.to.provider) == ("uid-gpt-4o", "gpt-4o", "openai")
    assert opened.to.price == only(stage).prices[0].id
    assert (opened.model, opened.operation) == ("gpt-4o", "chat")


def test_what_is_held_covers_every_byte_as_a_token_and_the_longest_answer() -> None:
    stage = Stage(entry("gpt-4o", max_output_tokens=7))
    stage.begun(WHOLE)

    (opened,) = stage.journal.frames
    assert isinstance(opened, Opened)
    assert opened.hold == len(WHOLE) * A_TOKEN_IN + 7 * A_TOKEN_OUT
    assert opened.hold_tokens == len(WHOLE) + 7


def test_a_cost_above_its_hold_is_flagged() -> None:
    stage = Stage(entry("gpt-4o", max_output_tokens=1))
    call = stage.begun(WHOLE)
    answered(call, 1, b'{"choices":[],"usage":{"prompt_tokens":900,"completion_tokens":5}}')

    assert only(stage).closed[0].overrun


def test_an_attempt_that_failed_is_closed_before_the_next_is_opened() -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)
    call.upstream_failed(1, failure(FailureKind.SERVER_ERROR))
    answered(call, 2)

    assert [type(frame) for frame in stage.journal.frames] == [Opened, Closed, Opened, Settled]
    assert [each.outcome for each in only(stage).closed] == ["server_error", ""]
    assert [each.to.name for each in only(stage).opened] == ["gpt-4o", "other"]


@pytest.mark.parametrize(
    ("kind", "cost", "status"),
    [
        (FailureKind.REFUSED, 0, Status.SETTLED),
        (FailureKind.STALE, 0, Status.SETTLED),
        (FailureKind.SERVER_ERROR, 0, Status.SETTLED),
        (FailureKind.RATE_LIMITED, 0, Status.SETTLED),
        (FailureKind.RESET, INPUT, Status.ESTIMATED),
        (FailureKind.FIRST_BYTE_TIMEOUT, INPUT, Status.ESTIMATED),
        (FailureKind.CUT, INPUT, Status.ESTIMATED),
    ],
)
def test_what_was_not_sent_or_was_refused_costs_nothing_and_what_was_sent_its_input(
    kind: FailureKind, cost: int, status: Status
) -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)
    call.upstream_failed(1, failure(kind))
    answered(call, 2)

    first = only(stage).closed[0]
    assert (first.cost, first.status) == (cost, status)


def test_a_caller_that_leaves_before_anything_was_sent_pays_nothing() -> None:
    stage = Stage(ready=False)
    stage.begun(WHOLE).client_gone()

    (closed,), ended = only(stage).closed, only(stage).ended
    assert (closed.cost, closed.status, ended.end, ended.code) == (0, Status.SETTLED, End.CLIENT_GONE, 499)


def test_a_caller_that_leaves_before_the_first_token_pays_for_the_input() -> None:
    stage = Stage()
    stage.begun(WHOLE).client_gone()

    (closed,) = only(stage).closed
    assert (closed.cost, closed.status) == (INPUT, Status.ESTIMATED)


def test_a_caller_that_leaves_the_stand_in_of_a_refusal_pays_for_the_input() -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)
    call.upstream_whole(1, 429, headers=[], body=b"{}")
    call.client_gone()

    refused, left = only(stage).closed
    assert (refused.cost, refused.status, refused.code) == (0, Status.SETTLED, 429)
    assert (left.cost, left.status, left.code) == (INPUT, Status.ESTIMATED, 0)


def test_an_answer_after_a_refusal_has_the_status_of_its_own_upstream() -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)
    call.upstream_whole(1, 503, headers=[], body=b"{}")
    call.upstream_whole(2, 200, headers=[], body=ANSWER)

    assert [each.code for each in only(stage).closed] == [503, 200]


def test_an_upstream_that_breaks_off_before_its_first_token_is_paid_for_what_it_has_told() -> None:
    stage = Stage(entry("gpt-4o", provider="anthropic", failover="other"), entry("other"))
    call = stage.begun(STREAMED)
    call.upstream_head(1, 200, [])
    call.upstream_bytes(1, START)
    call.upstream_failed(1, failure(FailureKind.CUT))
    call.client_gone()

    first = only(stage).closed[0]
    assert (first.usage.input, first.usage.cached_input, first.status) == (25, 5, Status.ESTIMATED)


@pytest.mark.parametrize(
    ("leave", "end"),
    [
        (Call.client_gone, End.CLIENT_GONE),
        (Call.drain, End.SHUTDOWN),
        (lambda call: call.upstream_failed(1, failure(FailureKind.CUT)), End.UPSTREAM_CUT),
        (lambda call: call.upstream_failed(1, failure(FailureKind.IDLE_TIMEOUT)), End.TIMEOUT),
    ],
)
def test_a_stream_that_ends_half_way_is_paid_for_as_far_as_it_came(leave: Callable[[Call], None], end: End) -> None:
    stage = Stage()
    call = streaming(stage)
    call.upstream_bytes(1, chunk("lo"))

    leave(call)

    (closed,), ended = only(stage).closed, only(stage).ended
    assert (closed.status, closed.usage.output, ended.end) == (Status.ESTIMATED, 2, end)


def test_a_stream_whose_upstream_tells_no_usage_is_estimated() -> None:
    stage = Stage()
    call = streaming(stage)
    call.upstream_bytes(1, chunk("", "stop") + DONE)
    call.upstream_done(1, framed=True)

    (closed,), ended = only(stage).closed, only(stage).ended
    assert (closed.status, ended.end) == (Status.ESTIMATED, End.COMPLETE)


def test_a_bug_of_ours_leaves_the_hold_as_what_it_may_have_cost() -> None:
    stage = Stage()
    stage.begun(WHOLE).abandon()

    (opened,), (closed,) = only(stage).opened, only(stage).closed
    assert (closed.status, closed.cost, closed.exposure) == (Status.UNKNOWN, None, opened.hold)
    assert given_back(stage) == [("settle", 0, opened.hold, 0)]


def test_every_way_out_releases_the_caller_once() -> None:
    stage = Stage()
    call = streaming(stage)
    call.client_gone()
    call.drain()
    call.abandon()

    assert isinstance(stage.allows, NoLimits)
    assert stage.allows.did.count("release") == 1
    assert len(stage.finished) == 1


@pytest.mark.parametrize("kind", [FailureKind.CUT, FailureKind.IDLE_TIMEOUT, FailureKind.TOTAL_TIMEOUT])
def test_a_refusal_that_breaks_off_costs_nothing(kind: FailureKind) -> None:
    stage = Stage()
    call = stage.begun(WHOLE)
    call.upstream_head(1, 503, [])
    call.upstream_failed(1, failure(kind))

    (closed,) = only(stage).closed
    assert (closed.cost, closed.status, closed.code) == (0, Status.SETTLED, 503)


def test_a_refusal_that_is_too_long_costs_nothing() -> None:
    stage = Stage()
    call = stage.begun(WHOLE)
    call.upstream_whole(1, 500, headers=[], body=b"x" * 70_000)

    (closed,) = only(stage).closed
    assert (closed.cost, closed.outcome, closed.code) == (0, "too_large", 500)


def test_a_redirect_costs_nothing() -> None:
    stage = Stage()
    stage.begun(WHOLE).upstream_whole(1, 302, headers=[], body=b"")

    assert only(stage).closed[0].cost == 0
