"""Long requests that come as forms: what is sent on and when, and what stops it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from headgate.core.failure import Failure, FailureKind
from headgate.dialects.openai_form import MOST_WITHOUT_MODEL
from headgate.gateway.call_state import State
from headgate.gateway.call_upload import AHEAD, KEPT
from headgate.gateway.ports import Outcome
from headgate.ledger.records import Status
from tests.dialects.forms import CONTENT_TYPE, file, form, part
from tests.gateway.uploads import (
    ANSWER,
    JSON,
    MIB,
    MODEL,
    PATH,
    RESET,
    admitted,
    body_of,
    names,
    stage,
    uploaded,
)


def test_a_long_form_is_sent_while_it_arrives_on_a_fresh_connection_in_chunks() -> None:
    on = stage()
    call = admitted(on)
    body = form(MODEL, file(b"x" * 2 * MIB))

    call.body(body[: KEPT + 1000])
    assert on.did[:2] == [("connect", "hear", 1, "fresh"), ("open", 1, PATH, CONTENT_TYPE, None)]
    assert len(body_of(on)) > KEPT
    assert "finish" not in names(on)
    call.body(body[KEPT + 1000 :])
    call.body_complete()

    assert body_of(on) == form(part("model", b"hear-upstream"), file(b"x" * 2 * MIB))
    assert names(on)[-1] == "finish"
    assert call.state is State.WAIT


def test_a_long_form_whose_model_stands_last_is_sent_with_its_length() -> None:
    on = stage()
    sound = file(b"x" * 2 * MIB)

    uploaded(on, form(sound, MODEL))

    sent = form(sound, part("model", b"hear-upstream"))
    assert on.did[1] == ("open", 1, PATH, CONTENT_TYPE, len(sent))
    assert body_of(on) == sent


def test_twenty_mebibytes_pass_and_little_of_them_is_ever_kept() -> None:
    on = stage()
    call = admitted(on)
    body = form(MODEL, file(b"x" * 20 * MIB))
    most = kept = 0
    for at in range(0, len(body), 256 * 1024):
        on.stuck = at % (512 * 1024) == 0
        call.body(body[at : at + 256 * 1024])
        kept = call._form.kept  # noqa: SLF001  the count is what is proved
        most = max(most, kept)
        on.stuck = False
        call.request_sent(1)
    call.body_complete()

    assert len(body_of(on)) == len(body) + len("-upstream")
    assert most <= KEPT + 256 * 1024
    assert kept <= AHEAD + 256 * 1024


def test_a_client_is_held_back_while_the_upstream_takes_nothing() -> None:
    on = stage()
    on.stuck = True
    call = admitted(on)
    call.body(form(MODEL, file(b"x" * 4 * MIB))[: 2 * MIB])
    call.body(b"x" * AHEAD)
    assert names(on).count("hold") == 1
    written = names(on).count("body")

    on.stuck = False
    call.request_sent(1)

    assert names(on).count("body") > written
    assert names(on)[-1] == "take"


def test_a_client_is_held_back_while_a_connection_is_made() -> None:
    on = stage(ready=False)
    call = admitted(on)

    call.body(form(MODEL, file(b"x" * 4 * MIB))[: 2 * MIB])
    assert names(on) == ["connect", "hold"]
    call.connected(1)

    assert names(on)[-1] == "take"


def test_an_upstream_that_takes_nothing_more_is_given_up() -> None:
    on = stage()
    on.stuck = True
    call = admitted(on)
    call.body(form(MODEL, file(b"x" * 4 * MIB))[: 2 * MIB])

    call.tick(on.time + 9)
    assert on.failures == []
    call.tick(on.time + 11)

    assert on.failures == ["first_byte_timeout"]
    assert on.told[0][3] == b"UpstreamFailed"


def test_an_upstream_need_not_answer_while_it_waits_for_the_client() -> None:
    on = stage()
    call = admitted(on)
    call.body(form(MODEL, file(b"x" * 4 * MIB))[: 2 * MIB])

    call.tick(on.time + 50)

    assert call.state is State.SEND
    assert on.failures == []


def test_a_long_form_fails_over_while_nothing_of_it_has_left() -> None:
    on = stage(ready=False)
    call = admitted(on)
    body = form(MODEL, file(b"x" * 2 * MIB))
    call.body(body[:-100])
    call.upstream_failed(1, Failure(kind=FailureKind.REFUSED, message="refused"))
    call.connected(2)
    call.body(body[-100:])
    call.body_complete()

    assert body_of(on, 2) == form(part("model", b"other-upstream"), file(b"x" * 2 * MIB))


@pytest.mark.parametrize("failure", ["413", "503", "reset"])
def test_a_long_form_that_has_begun_to_leave_fails_for_good(failure: str) -> None:
    on = stage()
    call = admitted(on)
    call.body(form(MODEL, file(b"x" * 4 * MIB))[: 2 * MIB])

    if failure == "reset":
        call.upstream_failed(1, RESET)
    else:
        call.upstream_whole(1, int(failure), headers=(), body=b"")
    call.body(b"x" * 1000)

    assert names(on).count("connect") == 1
    assert on.told[0][3] == b"UpstreamFailed"
    assert [each.outcome.value for each in on.settlements] == ["failed"]


def test_an_answer_before_the_end_of_the_form_is_an_answer() -> None:
    on = stage()
    call = admitted(on)
    call.body(form(MODEL, file(b"x" * 4 * MIB))[: 2 * MIB])

    call.upstream_whole(1, 200, headers=JSON, body=ANSWER)

    assert on.told[0][:2] == ("answer", 200)


def test_the_rest_of_a_form_goes_on_beside_an_answer_that_has_begun() -> None:
    on = stage()
    call = admitted(on)
    body = form(MODEL, file(b"x" * 4 * MIB))
    call.body(body[: 2 * MIB])
    call.upstream_head(1, 200, ((b"content-type", b"text/plain"),))
    call.upstream_bytes(1, b"Hel")
    call.body(body[2 * MIB :])
    call.body_complete()
    call.upstream_bytes(1, b"lo")
    call.upstream_done(1, framed=True)

    assert len(body_of(on)) == len(body) + len("-upstream")
    assert [each[0] for each in on.told] == ["start", "write", "write", "end"]


@pytest.mark.parametrize("fault", ["wrong", "cut"])
def test_a_fault_in_a_form_that_is_on_its_way_ends_the_call_and_cuts_the_request(fault: str) -> None:
    on = stage()
    call = admitted(on)
    call.body(form(MODEL, file(b"x" * 2 * MIB))[:-10])

    if fault == "wrong":
        call.body(part("x", b"")[:40] + b"\r\n\r\n")
    else:
        call.body_complete()

    assert names(on)[-2:] == ["drop", "answer"]
    assert "finish" not in names(on)
    assert on.told[0][3] == b"InvalidBody"
    assert [each.status for each in on.settlements] == [400]


def test_a_file_of_any_length_is_kept_until_its_model_is_known_but_for_a_cap() -> None:
    on = stage()
    call = admitted(on)
    call.body(file(b"x" * (MOST_WITHOUT_MODEL - 1000))[:-2])
    assert on.did == []

    call.body(b"x" * 2000)

    assert on.told[0][3] == b"PayloadTooLarge"
    assert on.settlements == []


def test_the_caller_leaves_while_the_form_is_on_its_way() -> None:
    on = stage()
    call = admitted(on)
    call.body(form(MODEL, file(b"x" * 2 * MIB))[:-10])

    call.client_gone()

    assert names(on)[-1] == "drop"
    assert [each.outcome.value for each in on.settlements] == ["client_gone"]


def test_an_upstream_that_does_not_take_the_end_of_a_long_form_is_given_up_in_time() -> None:
    on = stage()
    call = admitted(on)
    call.body(form(MODEL, file(b"x" * 2 * MIB)))
    on.stuck = True
    call.body_complete()
    call.tick(109)
    before = call.state

    call.tick(110)

    assert (before, call.state) == (State.SEND, State.ENDED)
    assert len(on.settlements) == 1


def test_a_list_for_an_agent_that_comes_when_the_form_is_on_its_way_ends_the_call() -> None:
    on = stage()
    call = admitted(on)
    body = form(MODEL, file(b"x" * 2 * MIB), part("analytics_context", b'{"agent_allowed_models":["other"]}'))

    call.body(body[: 2 * MIB])
    call.body(body[2 * MIB :])

    assert names(on)[-2:] == ["drop", "answer"]
    assert [each.outcome for each in on.settlements] == [Outcome.FAILED]


@pytest.mark.parametrize("leave", ["gone", "fault", "reset"])
def test_a_form_that_breaks_off_on_its_way_costs_nothing(leave: str) -> None:
    on = stage()
    call = admitted(on)
    call.body(form(MODEL, file(b"x" * 2 * MIB))[:-10])
    leaves: dict[str, Callable[[], None]] = {
        "gone": call.client_gone,
        "fault": call.body_complete,
        "reset": lambda: call.upstream_failed(1, RESET),
    }
    leaves[leave]()

    ((closed,),) = (each.closed for each in on.finished)
    assert (closed.cost, closed.status) == (0, Status.SETTLED)
