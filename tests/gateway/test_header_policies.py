"""The headers that an organization asks for, as its callers' requests meet that."""

from __future__ import annotations

import msgspec
import pytest

from headgate.core.events import FIELDS, EventName
from headgate.core.overlay import Overlay
from headgate.gateway.ports import RequestHead
from tests.gateway.stage import PRINCIPAL, Stage, entry, head

BODY = b'{"model":"a","messages":[{"role":"user","content":"hello"}]}'


def governed(overlay: Overlay) -> Stage:
    stage = Stage(entry("a"))
    stage.principal = msgspec.structs.replace(PRINCIPAL, overlay=overlay)
    return stage


def asking(mode: str, *, caller: str = "user") -> Overlay:
    return Overlay(header_policy={caller: {"mode": mode, "headers": ["X-Team", "X-Cost-Centre"]}})


def with_headers(*fields: tuple[bytes, bytes]) -> RequestHead:
    plain = head()
    return RequestHead(plain.path, plain.query, [*plain.headers, *fields], plain.client)


def sent(stage: Stage, request: RequestHead) -> None:
    call = stage.call()
    call.head(request)
    call.body(BODY)
    call.body_complete()


def test_a_request_without_the_headers_that_are_asked_for_is_refused_and_told_of() -> None:
    stage = governed(asking("block"))

    sent(stage, with_headers((b"x-team", b"search"), (b"x-cost-centre", b"{user.centre}")))

    assert stage.refusals == ["HeaderPolicyViolation"]
    (name, fields), *_ = stage.happened
    assert name is EventName.HEADERS_MISSING
    assert (fields["blocked"], fields["missing"], fields["model"]) == (True, ["x-cost-centre"], "a")
    assert set(fields) == set(FIELDS[name])


def test_report_only_tells_and_lets_the_request_pass() -> None:
    stage = governed(asking("report_only"))

    sent(stage, with_headers())

    assert stage.did[0][:2] == ("connect", "a")
    assert [fields["blocked"] for _, fields in stage.happened] == [False]


@pytest.mark.parametrize("overlay", [asking("disabled"), asking("block", caller="apikey")])
def test_a_class_that_nothing_is_asked_of_passes_unseen(overlay: Overlay) -> None:
    stage = governed(overlay)

    sent(stage, with_headers())

    assert stage.did[0][:2] == ("connect", "a")
    assert stage.happened == []


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (["x-team"], "NOT_AN_OBJECT"),
        ({"robot": {"mode": "block", "headers": ["x"]}}, "UNKNOWN_CALLER_CLASS"),
        ({"apikey": {"headers": ["x"]}}, "MODE_MISSING"),
        ({"apikey": {"mode": "often", "headers": ["x"]}}, "MODE_UNKNOWN"),
        ({"apikey": {"mode": "block"}}, "HEADERS_MISSING"),
        ({"apikey": {"mode": "block", "headers": "x"}}, "HEADERS_NOT_ARRAY"),
        ({"apikey": {"mode": "block", "headers": [""]}}, "HEADERS_EMPTY"),
    ],
)
def test_a_malformed_policy_blocks_nobody_and_is_told_of_once(policy: object, reason: str) -> None:
    stage = governed(Overlay(header_policy=policy))
    road = stage.road()

    for _ in range(2):
        road.header_policies.judged(stage.principal, [])
    stage.begun(BODY)

    assert stage.did[0][:2] == ("connect", "a")
    assert [fields["reason"] for name, fields in stage.happened][:1] == [reason]
    assert len(stage.happened) == 2  # once for each of the two roads
