"""Events are written down as lines of JSON, in order, by a thread that nobody on the road waits for."""

from __future__ import annotations

import io
import json
import logging
import queue
from collections.abc import Iterator

import msgspec
import pytest

from headgate.adapters.telemetry import events
from headgate.adapters.telemetry.events import EventLog
from headgate.core.events import EventName
from headgate.core.json import JsonObject
from headgate.core.overlay import Overlay
from headgate.gateway.header_policies import HeaderPolicies
from tests.gateway.stage import PRINCIPAL, Stage, entry

FAULT: JsonObject = {"organization_id": "o-1", "key": "user", "reason": "MODE_MISSING"}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a handler of the log writes, as an operator's would."""
    text = io.StringIO()
    handler, log = logging.StreamHandler(text), logging.getLogger("headgate.events")
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    yield text
    log.removeHandler(handler)


def lines(written: io.StringIO) -> list[JsonObject]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_each_event_is_a_line_of_json_in_the_order_in_which_they_were_told(written: io.StringIO) -> None:
    log = EventLog()

    log.tell(EventName.HEADER_POLICY_INVALID, FAULT)
    log.tell(EventName.HEADER_POLICY_INVALID, {**FAULT, "key": "two\nlines, and a ü"})
    log.close()

    assert lines(written) == [
        {"event": "HeaderPolicyInvalid", **FAULT},
        {"event": "HeaderPolicyInvalid", **FAULT, "key": "two\nlines, and a ü"},
    ]


def test_a_call_that_lacks_headers_and_a_faulty_policy_are_written_down(written: io.StringIO) -> None:
    log = EventLog()
    policy = {"user": {"mode": "report_only", "headers": ["x-team"]}, "apikey": {"headers": ["x-team"]}}
    stage = Stage(entry("a"))
    stage.principal = msgspec.structs.replace(PRINCIPAL, overlay=Overlay(header_policy=policy))
    policies = HeaderPolicies(log)

    principal = policies.judged(stage.principal, [(b"x-secret", b"value")])
    assert principal.lacks is not None
    policies.enforce(principal, principal.lacks, offer=stage.snapshot.resolve(principal, "a"))
    log.close()

    fault, missing = lines(written)
    assert fault == {"event": "HeaderPolicyInvalid", "organization_id": "o1", "key": "apikey", "reason": "MODE_MISSING"}
    assert missing == {
        "event": "governance.headers.missing",
        "blocked": False,
        "mode": "report_only",
        "missing": ["x-team"],
        "model": "a",
        "provider": "openai",
        "auth_type": "user",
        "organization_id": "o1",
        "user_id": "u1",
        "key_id": None,
    }


def test_events_that_do_not_fit_are_counted_and_the_next_one_tells_how_many(
    written: io.StringIO, slow: SlowHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_MOST_WAITING", 1)
    log = EventLog()

    log.tell(EventName.HEADER_POLICY_INVALID, {"key": "being written"})
    slow.has_begun()
    for key in ("waiting", "dropped", "dropped too"):
        log.tell(EventName.HEADER_POLICY_INVALID, {"key": key})
    slow.goes_on()
    slow.has_begun()
    log.tell(EventName.HEADER_POLICY_INVALID, {"key": "next"})
    slow.goes_on()
    slow.goes_on()
    log.close()

    told = [(each["key"], each.get("dropped_before")) for each in lines(written)]
    assert told == [("being written", None), ("waiting", None), ("next", 2)]


class SlowHandler(logging.Handler):
    """Holds each record up until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self._begun: queue.Queue[None] = queue.Queue()
        self._may_go_on: queue.Queue[None] = queue.Queue()

    def emit(self, _record: logging.LogRecord) -> None:
        self._begun.put(None)
        self._may_go_on.get()

    def has_begun(self) -> None:
        self._begun.get()

    def goes_on(self) -> None:
        self._may_go_on.put(None)


@pytest.fixture
def slow() -> Iterator[SlowHandler]:
    handler, log = SlowHandler(), logging.getLogger("headgate.events")
    log.addHandler(handler)
    yield handler
    log.removeHandler(handler)
