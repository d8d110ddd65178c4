"""The table of answers: complete, and told in two shapes."""

from __future__ import annotations

import re

import msgspec
import pytest

from headgate.core import errors
from headgate.core.errors import (
    BudgetExceeded,
    EntryLimited,
    Forbidden,
    GatewayError,
    ModelNotAllowed,
    ModelNotFound,
    NotAuthenticated,
    RateLimited,
    RerankFailed,
    UpstreamFailed,
)
from headgate.core.failure import Failure, FailureKind
from headgate.gateway.endpoint import Shape
from headgate.web.errors import (
    ANSWERS,
    BUG,
    FAILURES,
    Answer,
    ErrorShapes,
    answer,
    bug_body,
    error_headers,
)
from tests.web.failing import failed, flat, words


def leaves(family: type[GatewayError]) -> set[type[GatewayError]]:
    below = [each for each in family.__subclasses__() if each.__module__.startswith("headgate.")]
    return set().union(*(leaves(each) for each in below)) if below else {family}


def pascal_case(code: str) -> str:
    return "".join(word.capitalize() for word in code.split("_"))


def test_every_reported_error_has_an_answer() -> None:
    # Told as the errors that they are more special than: one by what happened last, one as any limit of ours.
    assert leaves(GatewayError) == {*ANSWERS, RerankFailed, EntryLimited} - {RateLimited}


def test_every_failure_of_an_upstream_has_an_answer() -> None:
    assert set(FAILURES) == set(FailureKind)


@pytest.mark.parametrize(
    "told",
    sorted({*ANSWERS.values(), *FAILURES.values(), BUG}, key=repr),
    ids=lambda told: f"{told.name} {told.status}",
)
def test_an_answer_has_an_error_status_a_code_and_a_name(told: Answer) -> None:
    assert 400 <= told.status < 600
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", told.code)
    assert told.name in (pascal_case(told.code), "HEADER_POLICY_VIOLATION")
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", told.lower_code)
    assert (told.type == "server_error") == (told.status >= 500)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotAuthenticated(), 401, "NOT_AUTHENTICATED"),
        (errors.TwoCredentials(["x-api-key", "api-key"]), 400, "TWO_CREDENTIALS"),
        (Forbidden("no"), 403, "FORBIDDEN"),
        (errors.ContextUnknown(), 403, "CONTEXT_UNKNOWN"),
        (errors.InvalidJson("no"), 400, "INVALID_BODY"),
        (errors.MissingModelId(), 400, "MISSING_MODEL_ID"),
        (errors.MissingType(["completion"]), 400, "MISSING_TYPE"),
        (errors.InvalidItems("no"), 400, "INVALID_ITEMS"),
        (errors.TooManyItems("no"), 400, "PAYLOAD_TOO_LARGE"),
        (errors.PayloadTooLarge("no"), 413, "PAYLOAD_TOO_LARGE"),
        (errors.HeadersTooLarge("no"), 431, "HEADERS_TOO_LARGE"),
        (errors.RequestTimeout("no"), 408, "REQUEST_TIMEOUT"),
        (errors.MethodNotAllowed("no"), 405, "METHOD_NOT_ALLOWED"),
        (errors.PreconditionFailed("no"), 412, "PRECONDITION_FAILED"),
        (RateLimited("slow down", retry_after=7), 429, "RATE_LIMITED"),
        (ModelNotFound("m"), 404, "MODEL_NOT_FOUND"),
        (errors.ModelExists("m"), 409, "MODEL_EXISTS"),
        (ModelNotAllowed("m", "disabled"), 403, "MODEL_NOT_ALLOWED"),
        (errors.HeaderPolicyViolation(["x-team"], model="m"), 403, "HEADER_POLICY_VIOLATION"),
        (errors.ModelNotRoutable("no"), 424, "MODEL_NOT_ROUTABLE"),
        (errors.CredentialMissing("no"), 424, "CREDENTIAL_MISSING"),
        (errors.ShuttingDown(), 503, "SHUTTING_DOWN"),
        (errors.StoreUnavailable("no"), 503, "STORE_UNAVAILABLE"),
        (failed(FailureKind.UNROUTABLE), 424, "MODEL_NOT_ROUTABLE"),
        (failed(FailureKind.CREDENTIAL_MISSING), 424, "CREDENTIAL_MISSING"),
        (failed(FailureKind.BUSY), 503, "PROVIDER_NO_RESPONSE"),
        (failed(FailureKind.REFUSED), 502, "PROVIDER_NO_RESPONSE"),
        (failed(FailureKind.NAME_NOT_FOUND), 502, "PROVIDER_NO_RESPONSE"),
        (failed(FailureKind.TLS), 502, "PROVIDER_NO_RESPONSE"),
        (failed(FailureKind.RESET), 502, "PROVIDER_NO_RESPONSE"),
        (failed(FailureKind.CONNECT_TIMEOUT), 504, "PROVIDER_NO_RESPONSE"),
        (failed(FailureKind.FIRST_BYTE_TIMEOUT), 504, "PROVIDER_NO_RESPONSE"),
        (failed(FailureKind.IDLE_TIMEOUT), 504, "PROVIDER_NO_RESPONSE"),
        (failed(FailureKind.TOTAL_TIMEOUT), 504, "PROVIDER_NO_RESPONSE"),
        (failed(FailureKind.CUT), 502, "PROVIDER_ERROR"),
        (failed(FailureKind.MALFORMED), 502, "PROVIDER_ERROR"),
        (failed(FailureKind.TOO_LARGE), 502, "PROVIDER_ERROR"),
        (failed(FailureKind.SERVER_ERROR, status=500), 502, "PROVIDER_ERROR"),
        (failed(FailureKind.RATE_LIMITED, status=429, retry_after=3), 429, "RATE_LIMITED"),
        (failed(FailureKind.REJECTED, status=422), 422, "PROVIDER_ERROR"),
        (failed(FailureKind.REJECTED, status=400), 400, "PROVIDER_ERROR"),
        (failed(FailureKind.REJECTED), 502, "PROVIDER_ERROR"),
    ],
    ids=lambda value: words(value) if isinstance(value, GatewayError) else str(value),
)
def test_an_error_is_told_with_its_status_and_code(error: GatewayError, status: int, code: str) -> None:
    body = flat(error)

    assert answer(error).status == status
    assert (body["status"], body["code"], body["message"]) == (status, code, error.message)


def test_what_an_upstream_did_is_told_before_what_was_never_tried() -> None:
    tried = Failure(kind=FailureKind.FIRST_BYTE_TIMEOUT, message="too slow")
    passed_over = Failure(kind=FailureKind.UNROUTABLE, message="no provider")

    assert answer(UpstreamFailed([tried, passed_over])).status == 504


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_of_the_entry_never_looks_like_a_refused_key_of_the_caller(status: int) -> None:
    assert answer(failed(FailureKind.CREDENTIAL_REJECTED, status=status)).status == 502


@pytest.mark.parametrize("status", [200, 302, 500, 600, 0])
def test_a_refusal_never_has_a_status_that_is_no_refusal(status: int) -> None:
    assert answer(failed(FailureKind.REJECTED, status=status)).status == 502


def test_an_error_that_is_more_special_than_the_table_is_told_as_its_nearest_kin() -> None:
    class TooDark(Forbidden):
        """More special than the table."""

    assert answer(TooDark("no")) == ANSWERS[Forbidden]


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (RateLimited("no", retry_after=7), [b"retry-after: 7\r\n"]),
        (BudgetExceeded("no", retry_after=7), [b"retry-after: 7\r\n", b"x-should-retry: false\r\n"]),
        (BudgetExceeded("calls under way hold it", retry_after=1), [b"retry-after: 1\r\n"]),
        (
            EntryLimited("no", retry_after=7, headers=b"a: 1\r\nb: 2\r\n"),
            [b"retry-after: 7\r\n", b"a: 1\r\n", b"b: 2\r\n"],
        ),
        (failed(FailureKind.RATE_LIMITED, status=429, retry_after=0), [b"retry-after: 1\r\n"]),
        (failed(FailureKind.SERVER_ERROR, status=503, retry_after=20), [b"retry-after: 20\r\n"]),
        (NotAuthenticated(), [b"www-authenticate: Bearer\r\n"]),
        (ModelNotFound("m"), []),
    ],
    ids=[
        "our limit",
        "a spent budget",
        "a budget that may have room again at once",
        "our limit and how it is told",
        "an upstream's limit, at least a second",
        "an upstream's pause",
        "a challenge",
        "nothing",
    ],
)
def test_the_header_lines_say_when_to_come_again(error: GatewayError, lines: list[bytes]) -> None:
    assert error_headers(error) == lines


def test_on_the_road_an_error_is_one_answer() -> None:
    told = ErrorShapes().answer(RateLimited("no", retry_after=2), Shape.FLAT)

    assert told.status == 429
    assert told.headers == b"content-type: application/json\r\nretry-after: 2\r\n"
    assert msgspec.json.decode(told.body)["code"] == "RATE_LIMITED"


@pytest.mark.parametrize("shape", Shape)
def test_in_a_stream_an_error_is_one_event(shape: Shape) -> None:
    event = ErrorShapes().event(ModelNotFound("a\nb\n\nc"), shape)

    assert event.startswith(b"data: {")
    assert event.endswith(b"}\n\n")
    assert event.count(b"\n") == 2


def test_a_bug_says_nothing_of_its_cause() -> None:
    told = {"error": "InternalError", "code": "INTERNAL_ERROR", "message": "an internal error occurred", "status": 500}
    assert msgspec.json.decode(bug_body(Shape.FLAT)) == told
    assert msgspec.json.decode(bug_body(Shape.OPENAI))["error"]["code"] == "internal_error"
