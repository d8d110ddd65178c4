"""Any order of events, at any part of a request: one settlement, and nothing after the end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.failure import FailureKind
from headgate.dialects.openai_embeddings import Joined
from headgate.gateway.ports import Outcome
from tests.gateway.acts import failure
from tests.gateway.stage import Stage, head
from tests.gateway.test_fan_out import FIVE, embedding, vectors

PART_EVENTS: dict[str, Any] = {
    "connected": lambda part: part.connected(1),
    "sent": lambda part: part.request_sent(1),
    "200": lambda part: part.upstream_head(1, 200, []),
    "500": lambda part: part.upstream_head(1, 500, []),
    "vectors": lambda part: part.upstream_bytes(1, vectors(1, 2)),
    "done": lambda part: part.upstream_done(1, framed=True),
    "answered": lambda part: part.upstream_whole(1, 200, headers=[], body=vectors(1, 2)),
    "one vector": lambda part: part.upstream_whole(1, 200, headers=[], body=vectors(1)),
    "refusal": lambda part: part.upstream_whole(1, 400, headers=[], body=b"{}"),
    "refused": lambda part: part.upstream_failed(1, failure(FailureKind.REFUSED)),
    "stale": lambda part: part.upstream_failed(1, failure(FailureKind.STALE)),
    "bug": lambda part: part.abandon(),
}
EVENTS: dict[str, Any] = {
    "head": lambda fan_out: fan_out.head(head()),
    "body": lambda fan_out: fan_out.body(FIVE),
    "body complete": lambda fan_out: fan_out.body_complete(),
    "gone": lambda fan_out: fan_out.client_gone(),
    "blocked": lambda fan_out: fan_out.client_blocked(),
    "writable": lambda fan_out: fan_out.client_writable(),
    "tick": lambda fan_out: fan_out.tick(101.0),
    "late tick": lambda fan_out: fan_out.tick(131.0),
    "drain": lambda fan_out: fan_out.drain(),
    "abandon": lambda fan_out: fan_out.abandon(),
}

STEPS = st.one_of(
    st.tuples(st.sampled_from(sorted(EVENTS)), st.just(0)),
    st.tuples(st.sampled_from(sorted(PART_EVENTS)), st.integers(0, 6)),
)


@given(st.lists(STEPS, max_size=25), st.booleans())
def test_any_life_of_a_request_in_parts_is_settled_once_if_it_was_tried(
    steps: list[tuple[str, int]],
    ready: bool,  # noqa: FBT001
) -> None:
    stage = Stage(embedding("vectors", failover="other"), embedding("other"), ready=ready)
    fan_out = stage.fan_out()
    headed = False
    for name, number in [("head", 0), ("body", 0), ("body complete", 0), *steps]:
        if name == "head":
            if not headed:
                fan_out.head(head())
            headed = True
        elif name in EVENTS:
            # Nothing is told by the driver of a connection to a call that has answered.
            if not stage.client.over:
                EVENTS[name](fan_out)
        elif number < len(stage.events):
            PART_EVENTS[name](stage.events[number])
    if not stage.client.over:
        fan_out.drain()

    assert len(stage.settlements) == 1
    opened, dropped = len(stage.events), len([each for each in stage.did if each[0] == "drop"])
    assert dropped <= opened


def test_a_bug_in_what_a_part_reports_to_ends_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(embedding("vectors", failover="other"), embedding("other"))
    fan_out = stage.fan_out()
    for step in ("head", "body", "body complete"):
        EVENTS[step](fan_out)
    monkeypatch.setattr(Joined, "take", broken)

    with pytest.raises(ZeroDivisionError):
        stage.events[0].upstream_whole(1, 200, headers=[], body=vectors(1, 2))

    assert [each.outcome for each in stage.settlements] == [Outcome.ABANDONED]
    assert stage.told == [("abort",)]


def broken(_joined: Joined, _number: int, _body: bytes) -> None:
    raise ZeroDivisionError
