"""The lane and the server are built into uvicorn, so its inside is a contract, and here it is in full.

Each list is compared with what the source really uses, so it can neither miss a name nor keep one that is not used.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import uvicorn
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import HANDLED_SIGNALS, Server, ServerState

from headgate.web import lane, server
from headgate.web.lane_flow import LaneFlow

WEB: Final = Path(lane.__file__).parent
LANE_SOURCES: Final = sorted(WEB.glob("lane*.py"))
SERVER_SOURCES: Final = [Path(server.__file__)]

PROTOCOL: Final = {
    "_start_asgi_task", "access_logger", "app", "app_state", "asgi_version", "client", "config", "connections",
    "cycle", "flow", "headers", "logger", "loop", "parser", "root_path", "scheme", "scope", "server", "server_state",
    "tasks", "timeout_keep_alive_task", "transport", "url",
}  # fmt: skip
"""What we set, read or call of the protocol and do not replace."""

CALLED: Final = {
    "_start_asgi_task", "_unset_keepalive_if_required", "connection_lost", "on_message_begin", "pause_writing",
    "resume_writing",
}  # fmt: skip
"""What of the protocol still runs, in a lane that was made without its `__init__` and `connection_made`."""

REPLACED: Final = {
    "connection_lost", "connection_made", "data_received", "eof_received", "on_body", "on_header",
    "on_headers_complete", "on_message_begin", "on_message_complete", "on_response_complete", "pause_writing",
    "resume_writing", "shutdown",
}  # fmt: skip

CYCLE: Final = {
    "body", "disconnected", "keep_alive", "message_event", "more_body", "response_complete", "response_started",
}  # fmt: skip

FLOW: Final = {"pause_reading", "read_paused", "resume_reading", "write_paused"}

FLOW_REPLACED: Final = {"drain", "pause_writing", "resume_writing"}

SERVER_STATE: Final = {"connections", "default_headers", "tasks", "total_requests"}

SERVER: Final = {"force_exit", "handle_exit", "lifespan", "run", "server_state", "servers", "should_exit"}

SERVER_REPLACED: Final = {"capture_signals", "handle_exit", "main_loop", "shutdown", "startup"}


async def nothing(scope: object, receive: object, send: object) -> None:
    """An application."""


def config() -> Config:
    return Config(nothing, log_config=None, ws="none")


@pytest.fixture
async def protocol() -> HttpToolsProtocol:
    return HttpToolsProtocol(config(), ServerState(), {})


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def used(sources: list[Path], owner: str) -> Iterator[str]:
    """The attributes that the sources use of whatever is called `owner`."""
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and owner in (
                getattr(node.value, "id", None),
                getattr(node.value, "attr", None),
            ):
                yield node.attr


def assigned(sources: list[Path]) -> Iterator[str]:
    """The attributes that the sources give to `self`."""
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                yield node.attr


def names(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("__")}


def test_the_version_is_the_one_that_was_read() -> None:
    assert uvicorn.__version__.startswith("0.54.")


@pytest.mark.anyio
async def test_the_protocol_has_what_the_lane_uses(protocol: HttpToolsProtocol) -> None:
    ours = {*used(LANE_SOURCES, "self"), *used(LANE_SOURCES, "_lane")} - REPLACED
    theirs = names(protocol) | {"url"}

    assert ours & theirs == PROTOCOL
    assert "self.url = " in inspect.getsource(HttpToolsProtocol.on_message_begin)


def test_the_protocol_has_what_the_lane_replaces() -> None:
    ours = {name for kind in lane.Lane.__mro__ if kind.__module__.startswith("headgate.") for name in vars(kind)}

    assert ours & set(vars(HttpToolsProtocol)) - {"__init__", "__module__", "__doc__"} == REPLACED


def test_the_lane_sets_what_remains_of_the_protocol_reads() -> None:
    read = {
        node.attr
        for name in CALLED
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(getattr(HttpToolsProtocol, name)))))
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and getattr(node.value, "id", "") == "self"
    }

    assert read - names(HttpToolsProtocol) <= set(assigned(LANE_SOURCES))


def test_a_cycle_has_what_the_lane_uses() -> None:
    source = inspect.getsource(RequestResponseCycle.__init__)

    assert set(used(LANE_SOURCES, "cycle")) == CYCLE
    assert [name for name in CYCLE if f"self.{name} = " not in source and f"self.{name}: " not in source] == []


def test_a_cycle_is_made_of_what_the_lane_gives() -> None:
    assert set(inspect.signature(RequestResponseCycle).parameters) == {
        "scope", "transport", "flow", "logger", "access_logger", "access_log", "default_headers", "message_event",
        "expect_100_continue", "keep_alive", "on_response",
    }  # fmt: skip


def test_flow_control_has_what_the_lane_uses() -> None:
    source = inspect.getsource(FlowControl)

    assert set(used(LANE_SOURCES, "flow")) == FLOW
    assert [name for name in FLOW if f"self.{name}" not in source and f"def {name}" not in source] == []
    assert HIGH_WATER_LIMIT > 0


def test_flow_control_has_what_ours_replaces() -> None:
    ours = set(vars(LaneFlow)) & set(vars(FlowControl)) - {"__init__", "__module__", "__doc__"}

    assert ours == FLOW_REPLACED
    # All that asks for the event is replaced.
    kept = [each for name, each in vars(FlowControl).items() if inspect.isfunction(each) and name not in FLOW_REPLACED]
    assert [each.__name__ for each in kept if "_is_writable_event" in inspect.getsource(each)] == ["__init__"]


def test_the_server_state_has_what_we_use() -> None:
    assert set(used([*LANE_SOURCES, *SERVER_SOURCES], "server_state")) == SERVER_STATE
    assert names(ServerState()) >= SERVER_STATE


def test_the_server_has_what_ours_uses() -> None:
    theirs = names(Server(config())) | {"lifespan", "servers"}

    assert set(used(SERVER_SOURCES, "self")) & theirs == SERVER
    assert "self.lifespan = " in inspect.getsource(Server)
    assert "self.servers" in inspect.getsource(Server)


def test_the_server_has_what_ours_replaces() -> None:
    ours = set(vars(server.GatewayServer)) & set(vars(Server)) - {"__init__", "__module__", "__doc__"}

    assert ours == SERVER_REPLACED


def test_a_server_handles_the_signals_that_stop_it() -> None:
    assert {signal.name for signal in HANDLED_SIGNALS} >= {"SIGINT", "SIGTERM"}


def test_every_option_that_we_set_exists() -> None:
    calls = [
        node
        for node in ast.walk(ast.parse(SERVER_SOURCES[0].read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Config"
    ]

    assert {keyword.arg for call in calls for keyword in call.keywords} <= set(inspect.signature(Config).parameters)
