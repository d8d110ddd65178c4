"""Any order of what can happen to a request that comes as a form."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headgate.gateway.call_state import State
from headgate.gateway.call_upload import AHEAD, KEPT
from tests.dialects.forms import file, form
from tests.gateway.uploads import (
    ANSWER,
    JSON,
    MODEL,
    RESET,
    SMALL,
    admitted,
    names,
    stage,
)

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
