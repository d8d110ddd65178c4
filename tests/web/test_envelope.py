"""Errors in the platform's envelope."""

from __future__ import annotations

import re

import msgspec
import pytest

from headgate.core import errors
from headgate.core.errors import GatewayError, detail
from headgate.core.json import JsonObject
from headgate.gateway.endpoint import Shape
from headgate.web.envelope import CODES, Traced, traced
from headgate.web.errors import body, bug_body, status

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ERRORS = [
    (errors.InvalidJson("no"), 400, "INVALID_REQUEST"),
    (errors.InvalidQuery("no"), 400, "INVALID_REQUEST"),
    (errors.ProjectMissing(), 400, "INVALID_REQUEST"),
    (errors.TwoCredentials(["a", "b"]), 400, "INVALID_REQUEST"),
    (errors.MethodNotAllowed("no"), 405, "INVALID_REQUEST"),
    (errors.PayloadTooLarge("no"), 413, "INVALID_REQUEST"),
    (errors.NotAuthenticated(), 401, "INVALID_TOKEN"),
    (errors.Forbidden("no"), 403, "INSUFFICIENT_PERMISSIONS"),
    (errors.ContextUnknown(), 403, "INSUFFICIENT_PERMISSIONS"),
    (errors.ModelNotFound("m"), 404, "RESOURCE_NOT_FOUND"),
    (errors.UnknownRoute("no"), 404, "RESOURCE_NOT_FOUND"),
    (errors.ModelExists("m"), 409, "RESOURCE_ALREADY_EXISTS"),
    (errors.InvalidBody("no"), 422, "VALIDATION_ERROR"),
    (errors.RateLimited("no", retry_after=1), 429, "RATE_LIMIT_EXCEEDED"),
    (errors.StoreUnavailable("no"), 503, "SERVICE_UNAVAILABLE"),
    (GatewayError("no"), 500, "INTERNAL_ERROR"),
]


def told(error: GatewayError, ids: Traced) -> JsonObject:
    envelope: JsonObject = msgspec.json.decode(body(error, Shape.ENVELOPE, ids=ids))
    assert envelope.keys() == {"error"}
    words: JsonObject = envelope["error"]
    return words


@pytest.mark.parametrize(
    ("error", "number", "code"), ERRORS, ids=lambda value: type(value).__name__ if isinstance(value, Exception) else ""
)
def test_each_error_has_its_status_and_one_of_the_nine_codes(error: GatewayError, number: int, code: str) -> None:
    words = told(error, Traced("req_1", TRACE))

    assert status(error, Shape.ENVELOPE) == number
    assert (words["status"], words["code"], words["message"]) == (number, code, error.message)
    assert (words["request_id"], words["trace_id"]) == ("req_1", TRACE)


def test_the_nine_codes_are_those_of_the_platform() -> None:
    assert sorted(CODES.values()) == [
        "INSUFFICIENT_PERMISSIONS",
        "INTERNAL_ERROR",
        "INVALID_REQUEST",
        "INVALID_TOKEN",
        "RATE_LIMIT_EXCEEDED",
        "RESOURCE_ALREADY_EXISTS",
        "RESOURCE_NOT_FOUND",
        "SERVICE_UNAVAILABLE",
        "VALIDATION_ERROR",
    ]


@pytest.mark.parametrize(
    ("error", "details"),
    [
        (errors.ModelNotFound("m"), {"resource_type": "model", "resource_id": "m"}),
        (errors.ModelExists("m"), {"resource_type": "model", "resource_id": "m"}),
        (errors.Forbidden("no"), {}),
        (errors.InvalidBody("no", details=[detail("name", "x")]), {"errors": [{"path": "name", "message": "x"}]}),
    ],
    ids=["absent", "taken", "nothing more to say", "what is wrong where"],
)
def test_details_are_always_an_object(error: GatewayError, details: JsonObject) -> None:
    assert told(error, Traced())["details"] == details


def test_a_trace_of_the_callers_is_kept() -> None:
    assert traced("req_1", f"00-{TRACE}-00f067aa0ba902b7-01".encode()).trace_id == TRACE


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"nonsense",
        b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01".encode(),
    ],
    ids=["none", "no trace", "the empty trace", "capitals"],
)
def test_without_one_the_request_id_stands_for_the_trace(header: bytes) -> None:
    found = traced("req_00000000000000010000000002a", header)

    assert found == Traced("req_00000000000000010000000002a", "0000000000000000000000010000000002a"[-32:])
    assert re.fullmatch(r"[0-9a-f]{32}", found.trace_id)


def test_a_bug_says_nothing_of_its_cause() -> None:
    words = msgspec.json.decode(bug_body(Shape.ENVELOPE, Traced("req_1", TRACE)))["error"]

    assert (words["status"], words["code"], words["details"]) == (500, "INTERNAL_ERROR", {})
    assert words["request_id"] == "req_1"
