"""Every event in every state, and any order of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.failure import FailureKind
from headgate.gateway.call import Call
from headgate.gateway.call_state import State
from headgate.gateway.ports import RequestHead
from tests.gateway.acts import ANSWER, DONE, STREAMED, WHOLE, chunk, failure
from tests.gateway.stage import Stage, entry, head

EVENTS: dict[str, Any] = {
    "head": lambda call, _: call.head(head()),
    "bad head": lambda call, _: call.head(RequestHead(b"/", b"", (), "")),
    "body": lambda call, _: call.body(STREAMED),
    "whole body": lambda call, _: call.body(WHOLE),
    "body complete": lambda call, _: call.body_complete(),
    "all at once": lambda call, _: call.whole(head(), STREAMED),
    "connected": lambda call, n: call.connected(n),
    "sent": lambda call, n: call.request_sent(n),
    "200": lambda call, n: call.upstream_head(n, 200, []),
    "500": lambda call, n: call.upstream_head(n, 500, []),
    "429": lambda call, n: call.upstream_head(n, 429, [(b"retry-after", b"1")]),
    "302": lambda call, n: call.upstream_head(n, 302, []),
    "chunk": lambda call, n: call.upstream_bytes(n, chunk("x")),
    "half a chunk": lambda call, n: call.upstream_bytes(n, chunk("x")[:20]),
    "comment": lambda call, n: call.upstream_bytes(n, b": ping\n\n"),
    "finish": lambda call, n: call.upstream_bytes(n, chunk("", "stop")),
    "done marker": lambda call, n: call.upstream_bytes(n, DONE),
    "error event": lambda call, n: call.upstream_bytes(n, b'data: {"error":{"message":"no"}}\n\n'),
    "answer": lambda call, n: call.upstream_bytes(n, ANSWER),
    "done": lambda call, n: call.upstream_done(n, framed=True),
    "whole answer": lambda call, n: call.upstream_whole(n, 200, headers=[], body=ANSWER),
    "whole stream": lambda call, n: call.upstream_whole(n, 200, headers=[], body=chunk("x") + DONE),
    "whole refusal": lambda call, n: call.upstream_whole(n, 503, headers=[], body=b"{}"),
    "done by eof": lambda call, n: call.upstream_done(n, framed=False),
    "refused": lambda call, n: call.upstream_failed(n, failure(FailureKind.REFUSED)),
    "stale": lambda call, n: call.upstream_failed(n, failure(FailureKind.STALE)),
    "cut": lambda call, n: call.upstream_failed(n, failure(FailureKind.CUT)),
    "gone": lambda call, _: call.client_gone(),
    "blocked": lambda call, _: call.client_blocked(),
    "writable": lambda call, _: call.client_writable(),
    "tick": lambda call, _: call.tick(101.0),
    "late tick": lambda call, _: call.tick(131.0),
    "very late tick": lambda call, _: call.tick(1000.0),
    "drain": lambda call, _: call.drain(),
    "abandon": lambda call, _: call.abandon(),
}

PREFIXES: dict[State, list[str]] = {
    State.HEAD: [],
    State.BODY: ["head", "body"],
    State.CONNECT: ["head", "body", "body complete"],
    State.WAIT: ["head", "body", "body complete", "connected"],
    State.ANSWER: ["head", "body", "body complete", "connected", "200"],
    State.STREAM: ["head", "body", "body complete", "connected", "200", "chunk"],
    State.ENDED: ["head", "body", "body complete", "connected", "200", "chunk", "gone"],
}


def play(names: list[str]) -> tuple[Stage, Call]:
    """Tell a call the named events. The client's own assertions catch a byte after the end; nothing is told to a call
    by the driver of its connection once that has the answer's end, as the lane keeps it."""
    stage = Stage(entry("gpt-4o", failover="other"), entry("other", failover="third"), entry("third"), ready=False)
    call = stage.call()
    for name in names:
        if name in ("head", "bad head", "all at once") and call.state is not State.HEAD:
            continue
        attempt = max((each[2] for each in stage.did if each[0] == "connect"), default=0)
        EVENTS[name](call, attempt)
    return stage, call


@pytest.mark.parametrize("state", PREFIXES)
@pytest.mark.parametrize("event", EVENTS)
def test_every_event_in_every_state_leaves_at_most_one_settlement(state: State, event: str) -> None:
    stage, before = play(PREFIXES[state])
    assert before.state is state

    stage, call = play([*PREFIXES[state], event])

    call.drain()
    assert call.state is State.ENDED
    assert len(stage.settlements) <= 1


@given(st.lists(st.sampled_from(sorted(EVENTS)), max_size=25), st.sampled_from(sorted(PREFIXES)))
def test_any_life_of_a_call_is_settled_once_if_it_was_tried_and_never_writes_after_its_end(
    names: list[str], state: State
) -> None:
    stage, call = play([*PREFIXES[state], *names])
    call.drain()

    tried = any(each[0] == "connect" for each in stage.did)
    assert call.state is State.ENDED
    assert len(stage.settlements) == (1 if tried else 0)
    opened = [each[2] for each in stage.did if each[0] == "connect"]
    assert opened == list(range(1, len(opened) + 1))
