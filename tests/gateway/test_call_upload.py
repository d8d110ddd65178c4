"""Requests that come as forms: what is kept, what is sent on and when, and what stops it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.kinds import Kind
from headgate.core.failure import Failure, FailureKind
from headgate.core.usage import Usage
from headgate.dialects.openai_form import MOST_WITHOUT_MODEL
from headgate.gateway.call_state import State
from headgate.gateway.call_upload import AHEAD, KEPT, UploadCall
from headgate.gateway.ports import RequestHead
from tests.dialects.forms import CONTENT_TYPE, file, form, part
from tests.dialects.pieces import CUTS, cut_at
from tests.gateway.stage import GOOD_KEY, Stage, endpoint_at, entry

MIB = 1024 * 1024
PATH = "/v1/audio/transcriptions"
MODEL = part("model", b"hear")
SMALL = form(MODEL, file(b"sound"))
SENT = form(part("model", b"hear-upstream"), file(b"sound"))
JSON = ((b"content-type", b"application/json"),)
ANSWER = b'{"text":"Hello","usage":{"type":"tokens","input_tokens":1,"output_tokens":2,"total_tokens":3}}'
RESET = Failure(kind=FailureKind.RESET, message="reset")


def stage(*, ready: bool = True, **fields: object) -> Stage:
    made = Stage(
        entry("hear", kind=Kind.TRANSCRIPTION, failover="other", **fields),
        entry("other", kind=Kind.TRANSCRIPTION),
        ready=ready,
    )
    made.endpoint = endpoint_at(PATH)
    return made


def admitted(on: Stage, content_type: bytes = CONTENT_TYPE) -> UploadCall:
    """A call whose body is awaited."""
    call = UploadCall(on.road(), on.client, on.endpoint)
    call.head(RequestHead(PATH.encode(), b"", (*GOOD_KEY, (b"content-type", content_type)), ""))
    return call


def uploaded(on: Stage, body: bytes = SMALL) -> UploadCall:
    call = admitted(on)
    call.body(body)
    call.body_complete()
    return call


def body_of(on: Stage, attempt: int = 1) -> bytes:
    """What an upstream was sent."""
    return b"".join(each[2] for each in on.did if each[0] == "body" and each[1] == attempt)


def names(on: Stage) -> list[str]:
    return [each[0] for each in on.did]


# Short forms


def test_a_short_form_is_sent_when_it_is_whole_with_its_length() -> None:
    on = stage()
    call = admitted(on)

    call.body(SMALL)
    assert on.did == []
    call.body_complete()

    assert on.did[:2] == [
        ("connect", "hear", 1, "pooled"),
        ("open", 1, PATH, CONTENT_TYPE, len(SENT)),
    ]
    assert names(on)[2:] == ["body", "finish"]
    assert body_of(on) == SENT


def test_its_answer_is_told_with_its_usage_and_cost() -> None:
    on = stage()

    uploaded(on).upstream_whole(1, 200, headers=JSON, body=ANSWER)

    answer = on.told[0]
    assert answer[:2] == ("answer", 200)
    assert b"x-headgate-cost: 0.000005" in answer[2]
    assert on.settlements[0].usage == Usage(1, output=2)


def test_text_passes_as_text() -> None:
    on = stage()

    uploaded(on).upstream_whole(1, 200, headers=((b"content-type", b"text/plain"),), body=b"Hello")

    assert [each[0] for each in on.told] == ["start", "write", "end"]
    assert on.settlements[0].usage == Usage(on.settlements[0].usage.input, output=2, estimated=True)  # type: ignore[union-attr]


def test_seconds_cost_what_nobody_knows_who_has_a_price_of_tokens() -> None:
    on = stage()

    uploaded(on).upstream_whole(1, 200, headers=JSON, body=b'{"text":"x","usage":{"type":"duration","seconds":3}}')

    assert on.settlements[0].usage == Usage(seconds=3)
    assert on.settlements[0].cost is None
    assert b'"cost":null' in on.told[0][3]


@pytest.mark.parametrize("failure", ["503", "reset", "malformed"])
def test_a_short_form_fails_over_with_the_other_entrys_model(failure: str) -> None:
    on = stage()
    call = uploaded(on)

    if failure == "503":
        call.upstream_whole(1, 503, headers=(), body=b"")
    elif failure == "reset":
        call.upstream_failed(1, RESET)
    else:
        call.upstream_whole(1, 200, headers=JSON, body=b"{}")

    assert body_of(on, 2) == form(part("model", b"other-upstream"), file(b"sound"))
    call.upstream_whole(2, 200, headers=JSON, body=ANSWER)
    assert on.settlements[0].attempts == 2


def test_a_form_waits_for_its_connection() -> None:
    on = stage(ready=False)
    call = uploaded(on)
    assert names(on) == ["connect"]

    call.connected(1)

    assert body_of(on) == SENT
    assert call.state is State.WAIT


@pytest.mark.parametrize("content_type", [b"", b"application/json", b"multipart/form-data"])
def test_what_is_no_form_is_refused_before_its_body(content_type: bytes) -> None:
    on = stage()

    call = admitted(on, content_type)

    assert on.told[0][3] == b"InvalidBody"
    assert call.state is State.ENDED


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(SMALL[:-6], b"InvalidBody", id="cut"),
        pytest.param(form(MODEL, MODEL), b"InvalidBody", id="two models"),
        pytest.param(form(file(b"sound")), b"InvalidBody", id="no model"),
        pytest.param(form(part("model", b"unknown")), b"ModelNotFound", id="an unknown model"),
        pytest.param(b"", b"InvalidBody", id="nothing"),
    ],
)
def test_a_wrong_form_is_refused_and_nobody_is_asked(body: bytes, error: bytes) -> None:
    on = stage()

    uploaded(on, body)

    assert [each[0] for each in on.did] == ["answer"]
    assert on.told[0][3] == error
    assert on.settlements == []


@given(CUTS)
def test_no_cutting_changes_what_an_upstream_gets(cuts: list[int]) -> None:
    on = stage()
    call = admitted(on)
    for piece in cut_at(SMALL, cuts):
        call.body(piece)
    call.body_complete()

    assert body_of(on) == SENT


# Long forms


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


# Any life

LONG = form(MODEL, file(b"x" * (KEPT + AHEAD)))

EVENTS: dict[str, Any] = {
    "small": lambda call, _: call.body(SMALL),
    "long": lambda call, _: call.body(LONG),
    "most of it": lambda call, _: call.body(LONG[:-20]),
    "more": lambda call, _: call.body(b"x" * AHEAD),
    "wrong": lambda call, _: call.body(b"--wrong"),
    "complete": lambda call, _: call.body_complete(),
    "connected": lambda call, n: call.connected(n),
    "sent": lambda call, n: call.request_sent(n),
    "200": lambda call, n: call.upstream_head(n, 200, JSON),
    "text": lambda call, n: call.upstream_head(n, 200, ((b"content-type", b"text/plain"),)),
    "page": lambda call, n: call.upstream_head(n, 200, ((b"content-type", b"text/html"),)),
    "503": lambda call, n: call.upstream_head(n, 503, ()),
    "bytes": lambda call, n: call.upstream_bytes(n, ANSWER),
    "done": lambda call, n: call.upstream_done(n, framed=True),
    "unframed": lambda call, n: call.upstream_done(n, framed=False),
    "whole": lambda call, n: call.upstream_whole(n, 200, headers=JSON, body=ANSWER),
    "reset": lambda call, n: call.upstream_failed(n, RESET),
    "gone": lambda call, _: call.client_gone(),
    "blocked": lambda call, _: call.client_blocked(),
    "writable": lambda call, _: call.client_writable(),
    "tick": lambda call, _: call.tick(112.0),
    "late tick": lambda call, _: call.tick(1000.0),
    "drain": lambda call, _: call.drain(),
    "abandon": lambda call, _: call.abandon(),
}


@given(
    told=st.lists(st.sampled_from(sorted(EVENTS)), max_size=20),
    stuck=st.lists(st.booleans(), min_size=20, max_size=20),
    ready=st.booleans(),
)
def test_any_life_is_settled_once_if_it_was_tried(told: list[str], stuck: list[bool], ready: bool) -> None:  # noqa: FBT001
    on = stage(ready=ready)
    call = admitted(on)
    for name, on.stuck in zip(told, stuck, strict=False):
        EVENTS[name](call, max((each[2] for each in on.did if each[0] == "connect"), default=0))
    call.drain()

    assert call.state is State.ENDED
    assert len(on.settlements) == (1 if "connect" in names(on) else 0)
    held = [each for each in names(on) if each in ("hold", "take")]
    assert held == ["hold", "take"] * (len(held) // 2) + ["hold"] * (len(held) % 2)
    for attempt in range(1, names(on).count("connect") + 1):
        mine = [
            each[0] for each in on.did if len(each) > 1 and each[1] == attempt and each[0] in ("open", "body", "finish")
        ]
        assert mine[:1] in ([], ["open"])
        assert mine.count("open") <= 1
        assert "finish" not in mine[:-1]
