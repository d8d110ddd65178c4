"""Any order of events again, with an eye on money: whatever was taken is given back, and one row says what it cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.kinds import Kind
from headgate.core.errors import BudgetExceeded, EntryLimited, PriceMissing, RateLimited
from headgate.gateway.call import Call
from headgate.gateway.call_media import MediaCall
from headgate.gateway.call_state import State
from tests.gateway import test_call_lives, test_call_upload_lives, test_fan_out_lives
from tests.gateway.balance import Counted, Turns, comes_out_even
from tests.gateway.stage import PRINCIPAL, Stage, endpoint_at, entry, head
from tests.gateway.test_call_media import ASKED, SOUND
from tests.gateway.test_classify import BODY, OVERLAY, says
from tests.gateway.test_fan_out import FIVE, embedding
from tests.gateway.uploads import admitted, stage

REFUSALS: Mapping[str, Callable[[], Exception | None]] = {
    "passes": lambda: None,
    "entry limited": lambda: EntryLimited("busy", retry_after=1),
    "limited": lambda: RateLimited("too much", retry_after=1),
    "no price": lambda: PriceMissing("no price"),
    "used up": lambda: BudgetExceeded("used up", retry_after=1),
    "used up, the default instead": lambda: BudgetExceeded("used up", retry_after=1, downgrade=True),
}
DISK = st.sampled_from(["writes", "writes", "writes", "writes", "writes", "does not write", "is full"])
CLAIMS = st.lists(st.sampled_from(["passes", *REFUSALS]), max_size=4)


def watched(on: Stage, claims: list[str]) -> Turns:
    on.allows = Counted(*(REFUSALS[each]() for each in claims))
    on.journal = journal = Turns()
    return journal


def ends_turn(journal: Turns, disk: str) -> None:
    """`does not write`: the frames of this turn only. `is full`: no attempt may be opened either, from now on."""
    journal.end_turn(writes=disk == "writes")
    journal.accepts = disk != "is full"


def lives(on: Stage, call: Call | MediaCall, events: Mapping[str, Any], *, steps: list[tuple[str, str]]) -> None:
    journal = on.journal
    assert isinstance(journal, Turns)
    for name, disk in steps:
        if on.client.over or (name in ("head", "bad head", "all at once") and call.state is not State.HEAD):
            continue
        events[name](call, max((each[2] for each in on.did if each[0] == "connect"), default=0))
        ends_turn(journal, disk)
    if not on.client.over:
        call.drain()
    comes_out_even(on)


@given(
    steps=st.lists(st.tuples(st.sampled_from(sorted(test_call_lives.EVENTS)), DISK), max_size=25),
    disk=DISK,
    claims=CLAIMS,
    ready=st.booleans(),
    streams=st.booleans(),
)
def test_the_money_of_any_call_comes_out_even(
    steps: list[tuple[str, str]], disk: str, claims: list[str], *, ready: bool, streams: bool
) -> None:
    on = Stage(entry("gpt-4o", failover="other"), entry("other", failover="third"), entry("third"), ready=ready)
    on.default = "third"
    watched(on, claims)
    begin = [("head", "writes"), ("body" if streams else "whole body", "writes"), ("body complete", disk)]
    lives(on, on.call(), test_call_lives.EVENTS, steps=[*begin, *steps])


CLASSIFIED: dict[str, Any] = test_call_lives.EVENTS | {
    "body": lambda call, _: call.body(BODY),
    "all at once": lambda call, _: call.whole(head(), BODY),
}
TOLD: dict[str, Any] = {
    "big": lambda part, n: part.upstream_whole(n, 200, headers=(), body=says("big")),
    "nothing": lambda part, n: part.upstream_whole(n, 200, headers=(), body=says(None)),
    "refusal": lambda part, n: part.upstream_whole(n, 500, headers=(), body=b"{}"),
    "connected": lambda part, n: part.connected(n),
    "half": lambda part, n: part.upstream_head(n, 200, ()),
    "bug": lambda part, _: part.abandon(),
}


@given(
    steps=st.lists(
        st.tuples(
            st.one_of(
                st.tuples(st.sampled_from(sorted(CLASSIFIED)), st.just(-1)),
                st.tuples(st.sampled_from(sorted(TOLD)), st.integers(0, 3)),
            ),
            DISK,
        ),
        max_size=15,
    ),
    disk=DISK,
    claims=CLAIMS,
    ready=st.booleans(),
)
def test_the_money_of_any_call_that_asks_a_classifier_comes_out_even(
    steps: list[tuple[tuple[str, int], str]], disk: str, claims: list[str], *, ready: bool
) -> None:
    on = Stage(entry("judge"), entry("big", failover="small"), entry("small"), entry("plain"), ready=ready)
    on.principal = msgspec.structs.replace(PRINCIPAL, overlay=OVERLAY)
    on.default = "plain"
    journal = watched(on, claims)
    call = on.call()
    call.whole(head(), BODY)
    ends_turn(journal, disk)
    for (name, number), written in steps:
        if on.client.over or (name in ("head", "bad head", "all at once") and number < 0):
            continue
        attempts = [each[2] for each in on.did if each[0] == "connect"]
        if number < 0:
            CLASSIFIED[name](call, attempts[-1] if attempts else 0)
        elif number < len(on.events):
            TOLD[name](on.events[number], attempts[number])
        ends_turn(journal, written)
    if not on.client.over:
        call.drain()
    comes_out_even(on)


SPOKEN: dict[str, Any] = test_call_lives.EVENTS | {
    "all at once": lambda call, _: call.whole(head(), ASKED),
    "200": lambda call, n: call.upstream_head(n, 200, SOUND),
    "whole answer": lambda call, n: call.upstream_whole(n, 200, headers=SOUND, body=b"ID3"),
}


@given(
    steps=st.lists(st.tuples(st.sampled_from(sorted(SPOKEN)), DISK), max_size=20),
    disk=DISK,
    claims=CLAIMS,
    ready=st.booleans(),
)
def test_the_money_of_any_speech_comes_out_even(
    steps: list[tuple[str, str]], disk: str, claims: list[str], *, ready: bool
) -> None:
    on = stage_of_speech(ready=ready)
    watched(on, claims)
    call = MediaCall(on.road(), on.client, on.endpoint)
    lives(on, call, SPOKEN, steps=[("all at once", disk), *steps])


def stage_of_speech(*, ready: bool) -> Stage:
    on = Stage(entry("say", kind=Kind.SPEECH, failover="other"), entry("other", kind=Kind.SPEECH), ready=ready)
    on.endpoint = endpoint_at("/v1/audio/speech")
    return on


@given(
    steps=st.lists(st.tuples(st.sampled_from(sorted(test_call_upload_lives.EVENTS)), DISK), max_size=20),
    claims=CLAIMS,
    stuck=st.lists(st.booleans(), min_size=20, max_size=20),
    ready=st.booleans(),
)
def test_the_money_of_any_upload_comes_out_even(
    steps: list[tuple[str, str]], claims: list[str], stuck: list[bool], *, ready: bool
) -> None:
    on = stage(ready=ready)
    journal = watched(on, claims)
    call = admitted(on)
    for (name, disk), on.stuck in zip(steps, stuck, strict=False):
        if on.client.over:
            break
        # What is written at once meets the disk before its turn ends.
        journal.writes = disk == "writes"
        test_call_upload_lives.EVENTS[name](call, max((each[2] for each in on.did if each[0] == "connect"), default=0))
        ends_turn(journal, disk)
    if not on.client.over:
        call.drain()
    comes_out_even(on)


@given(
    steps=st.lists(st.tuples(test_fan_out_lives.STEPS, DISK), max_size=25),
    disk=DISK,
    claims=CLAIMS,
    ready=st.booleans(),
)
def test_the_money_of_any_request_in_parts_comes_out_even(
    steps: list[tuple[tuple[str, int], str]], disk: str, claims: list[str], *, ready: bool
) -> None:
    on = Stage(embedding("vectors", failover="other"), embedding("other"), ready=ready)
    journal = watched(on, claims)
    fan_out = on.fan_out()
    fan_out.whole(head(), FIVE)
    ends_turn(journal, disk)
    for (name, number), written in steps:
        if on.client.over or name == "head":
            continue
        if name in test_fan_out_lives.EVENTS:
            test_fan_out_lives.EVENTS[name](fan_out)
        elif number < len(on.events):
            test_fan_out_lives.PART_EVENTS[name](on.events[number])
        ends_turn(journal, written)
    if not on.client.over:
        fan_out.drain()
    comes_out_even(on)
