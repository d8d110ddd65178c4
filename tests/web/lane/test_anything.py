"""Whatever clients send and calls do: calls hear a well-formed story, no connection stays, and nothing fails unseen."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.web.lane_shared import LaneLimits
from tests.clients.wire import Wire, chunked, connected, request
from tests.web.lane.serving import Script, ScriptedCall, Served, next_turn, serving

STORY: Final = re.compile(r"head( body)?( complete)?( blocked| writable)*( client_gone| drain| abandon)*")
"""What a call may be told, in which order."""

LIMITS: Final = LaneLimits(body_bytes=20_000, unwritten_bytes=500_000)


def answer(call: ScriptedCall) -> None:
    call.client.answer(200, b"", b"x" * 10)


def answer_at_length(call: ScriptedCall) -> None:
    call.client.answer(200, b"", b"x" * 300_000)


def stream(call: ScriptedCall) -> None:
    call.client.start(200, b"")
    for _ in range(20):
        call.client.write(b"x" * 10_000)
    call.client.end()


def begin(call: ScriptedCall) -> None:
    call.client.start(200, b"")
    call.client.write(b"x")


def abort(call: ScriptedCall) -> None:
    call.client.abort()


def fail(_: ScriptedCall) -> None:
    raise RuntimeError("a bug that was ordered")


SCRIPTS: Final[dict[str, Script]] = {
    "answers": {"body_complete": answer},
    "answers at length": {"body_complete": answer_at_length},
    "streams": {"body_complete": stream},
    "never ends": {"body_complete": begin},
    "is silent": {},
    "refuses": {"head": answer},
    "answers in the middle": {"body": answer},
    "aborts": {"body_complete": abort},
    "fails at its head": {"head": fail},
    "fails at its end": {"body_complete": fail},
    "fails in time": {"tick": fail},
    "answers in time": {"tick": answer},
}

MESSAGES: Final = [
    request(b"hello"),
    request(b"x" * 5_000),
    request(b"x" * 30_000),
    chunked(b"hello", b"x" * 3_000),
    request(b"hello", path=b"/other"),
    request(b"x" * 5_000, path=b"/unread"),
    request(b"hello", version=b"HTTP/1.0"),
    request(b"hello", headers=[b"connection: close"]),
    request(b"hello", headers=[b"expect: 100-continue"]),
    chunked(b"hello", headers=[b"connection: upgrade", b"upgrade: h2c"]),
    b"BREW / HTTP/1.1\r\n\r\n",
]


def story(call: ScriptedCall) -> str:
    return " ".join("body" if isinstance(event, bytes) else event for event in call.told).replace(
        "body_complete", "complete"
    ).replace("client_blocked", "blocked").replace("client_writable", "writable")  # fmt: skip


async def act(served: Served, wire: Wire, step: tuple[str, object]) -> None:
    """One step of a client or of time. A client that was cut off goes on trying."""
    match step:
        case ("send", bytes(data)):
            with suppress(OSError):
                await wire.send(data, b"")
        case ("wait", int(seconds)):
            await served.pass_time(seconds)
        case ("read", _):
            await wire.read_what_is_there()


steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from(MESSAGES)),
        st.tuples(st.just("send"), st.sampled_from(MESSAGES).flatmap(
            lambda message: st.integers(1, len(message)).map(lambda cut: message[:cut])
        )),
        st.tuples(st.just("send"), st.binary(max_size=20)),
        st.tuples(st.just("wait"), st.integers(0, 80)),
        st.tuples(st.just("read"), st.none()),
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip
endings: dict[str, Callable[[Wire], None]] = {"close": Wire.close, "reset": Wire.reset, "half-close": Wire.stop_sending}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(SCRIPTS)), steps=steps, ending=st.sampled_from(sorted(endings)))
def test_no_order_of_events_breaks_a_rule(
    name: str, steps: list[tuple[str, object]], ending: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()

    async def live() -> list[ScriptedCall]:
        async with serving(SCRIPTS[name], limits=LIMITS) as served, connected(served.port) as wire:
            for step in steps:
                await act(served, wire, step)
            with suppress(OSError):
                endings[ending](wire)
            await next_turn()
            await served.pass_time(100)
            await served.pass_time(100)
            await served.without_connections()
        return served.calls

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        calls = runner.run(live())

    assert [story(call) for call in calls if not STORY.fullmatch(story(call))] == []
    assert [call.told for call in calls if call.told_after_its_end] == []
    unexpected = [record for record in caplog.records if record.levelno >= logging.ERROR and "fails" not in name]
    assert unexpected == []
