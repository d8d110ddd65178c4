"""Short requests that come as forms: kept until they are whole, and what refuses them."""

from __future__ import annotations

import pytest
from hypothesis import given

from headgate.core.usage import Usage
from headgate.gateway.call_state import State
from tests.dialects.forms import CONTENT_TYPE, file, form, part
from tests.dialects.pieces import CUTS, cut_at
from tests.gateway.uploads import (
    ANSWER,
    JSON,
    MODEL,
    PATH,
    RESET,
    SENT,
    SMALL,
    admitted,
    body_of,
    names,
    stage,
    uploaded,
)


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


def test_a_form_goes_no_further_than_the_agent_behind_it_may() -> None:
    on = stage()

    uploaded(on, form(MODEL, part("analytics_context[agent_allowed_models][]", b"other"), file(b"sound")))

    assert on.refusals == ["ModelNotAllowed"]
    assert "connect" not in names(on)


def test_a_form_fails_over_to_nothing_that_its_agent_may_not_call() -> None:
    on = stage()
    call = uploaded(on, form(MODEL, part("analytics_context", b'{"agent_allowed_models":["hear"]}'), file(b"sound")))

    call.upstream_failed(1, RESET)

    assert names(on).count("connect") == 1
    assert call.state is State.ENDED
