"""The one place that chooses the statuses and codes of our answers to errors, for both lanes and every shape.

The table names every error that the gateway reports; a test holds it against the error family, so one without an
answer does not come this far. `UpstreamFailed` is answered by what happened last, so it has a table of its own.
Rendering is synchronous and does nothing but build bytes: the request road calls it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from headgate.core import errors
from headgate.core.errors import GatewayError, InvalidBody, RateLimited, RerankFailed, UpstreamFailed
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import JSON_FAULTS, Json, JsonObject, encode
from headgate.gateway.endpoint import Shape
from headgate.gateway.road import Refusal
from headgate.web.detail import detail_body, detail_status, detailed
from headgate.web.envelope import UNTRACED, Traced, envelope_body, enveloped, status_of

INVALID_REQUEST: Final = "invalid_request_error"
SERVER_ERROR: Final = "server_error"
REQUESTS: Final = "requests"


class Answer(msgspec.Struct, frozen=True, gc=False):
    """How an error is told: `code` and `name` in the flat shape, `type` and `openai_code` in OpenAI's.

    `openai_code` is our code in lower case unless OpenAI has a word of its own.
    """

    status: int
    code: str
    name: str
    type: str = INVALID_REQUEST
    openai_code: str = ""

    @property
    def lower_code(self) -> str:
        return self.openai_code or self.code.lower()


NO_RESPONSE: Final = Answer(502, "PROVIDER_NO_RESPONSE", "ProviderNoResponse", SERVER_ERROR)
PROVIDER_ERROR: Final = Answer(502, "PROVIDER_ERROR", "ProviderError", SERVER_ERROR)
TIMED_OUT: Final = Answer(504, "PROVIDER_NO_RESPONSE", "ProviderNoResponse", SERVER_ERROR)
NOT_ROUTABLE: Final = Answer(424, "MODEL_NOT_ROUTABLE", "ModelNotRoutable")
CREDENTIAL_MISSING: Final = Answer(424, "CREDENTIAL_MISSING", "CredentialMissing")
RATE_LIMITED: Final = Answer(429, "RATE_LIMITED", "RateLimited", REQUESTS, "rate_limit_exceeded")
RERANK_FAILED: Final = Answer(502, "RERANK_FAILED", "RerankFailed", SERVER_ERROR)
RERANK_PARSE_FAILED: Final = Answer(502, "RERANK_PARSE_FAILED", "RerankParseFailed", SERVER_ERROR)
BUG: Final = Answer(500, "INTERNAL_ERROR", "InternalError", SERVER_ERROR)

ANSWERS: Final[Mapping[type[GatewayError], Answer]] = {
    errors.NotAuthenticated: Answer(401, "NOT_AUTHENTICATED", "NotAuthenticated", INVALID_REQUEST, "invalid_api_key"),
    errors.SignInRefused: Answer(401, "SIGN_IN_REFUSED", "SignInRefused"),
    errors.IdentityPending: Answer(503, "IDENTITY_PENDING", "IdentityPending", SERVER_ERROR),
    errors.TwoCredentials: Answer(400, "TWO_CREDENTIALS", "TwoCredentials"),
    errors.Forbidden: Answer(403, "FORBIDDEN", "Forbidden"),
    errors.ContextUnknown: Answer(403, "CONTEXT_UNKNOWN", "ContextUnknown"),
    errors.ProjectMissing: Answer(400, "PROJECT_MISSING", "ProjectMissing"),
    errors.OrganizationMissing: Answer(400, "ORGANIZATION_MISSING", "OrganizationMissing"),
    errors.Unsuitable: Answer(400, "UNSUITABLE", "Unsuitable"),
    errors.InvalidBody: Answer(400, "INVALID_BODY", "InvalidBody"),
    errors.InvalidJson: Answer(400, "INVALID_BODY", "InvalidBody"),
    errors.InvalidQuery: Answer(400, "INVALID_QUERY", "InvalidQuery"),
    errors.MissingModelId: Answer(400, "MISSING_MODEL_ID", "MissingModelId"),
    errors.MissingType: Answer(400, "MISSING_TYPE", "MissingType"),
    errors.InvalidItems: Answer(400, "INVALID_ITEMS", "InvalidItems"),
    errors.PayloadTooLarge: Answer(413, "PAYLOAD_TOO_LARGE", "PayloadTooLarge"),
    errors.TooManyItems: Answer(400, "PAYLOAD_TOO_LARGE", "PayloadTooLarge"),
    errors.HeadersTooLarge: Answer(431, "HEADERS_TOO_LARGE", "HeadersTooLarge"),
    errors.RequestTimeout: Answer(408, "REQUEST_TIMEOUT", "RequestTimeout"),
    errors.MalformedRequest: Answer(400, "MALFORMED_REQUEST", "MalformedRequest"),
    errors.UnknownRoute: Answer(404, "UNKNOWN_ROUTE", "UnknownRoute", INVALID_REQUEST, "unknown_url"),
    errors.MethodNotAllowed: Answer(405, "METHOD_NOT_ALLOWED", "MethodNotAllowed"),
    errors.PreconditionFailed: Answer(412, "PRECONDITION_FAILED", "PreconditionFailed"),
    errors.RateLimited: RATE_LIMITED,
    errors.NotFound: Answer(404, "NOT_FOUND", "NotFound"),
    errors.ModelNotFound: Answer(404, "MODEL_NOT_FOUND", "ModelNotFound"),
    errors.ModelExists: Answer(409, "MODEL_EXISTS", "ModelExists"),
    errors.NamesTaken: Answer(409, "NAMES_TAKEN", "NamesTaken"),
    errors.Conflict: Answer(409, "CONFLICT", "Conflict"),
    errors.ModelNotAllowed: Answer(403, "MODEL_NOT_ALLOWED", "ModelNotAllowed"),
    # Its published name is its code.
    errors.HeaderPolicyViolation: Answer(403, "HEADER_POLICY_VIOLATION", "HEADER_POLICY_VIOLATION"),
    errors.ModelNotRoutable: NOT_ROUTABLE,
    errors.WrongEndpoint: Answer(400, "WRONG_ENDPOINT", "WrongEndpoint"),
    errors.InvalidDimensions: Answer(400, "INVALID_DIMENSIONS", "InvalidDimensions"),
    errors.CredentialMissing: CREDENTIAL_MISSING,
    errors.PriceMissing: Answer(402, "PRICE_MISSING", "PriceMissing"),
    errors.BudgetExceeded: Answer(429, "BUDGET_EXCEEDED", "BudgetExceeded", "insufficient_quota", "insufficient_quota"),
    errors.LedgerUnavailable: Answer(503, "LEDGER_UNAVAILABLE", "LedgerUnavailable", SERVER_ERROR),
    errors.ShuttingDown: Answer(503, "SHUTTING_DOWN", "ShuttingDown", SERVER_ERROR),
    errors.StoreUnavailable: Answer(503, "STORE_UNAVAILABLE", "StoreUnavailable", SERVER_ERROR),
}

FAILURES: Final[Mapping[FailureKind, Answer]] = {
    FailureKind.UNROUTABLE: NOT_ROUTABLE,
    FailureKind.CREDENTIAL_MISSING: CREDENTIAL_MISSING,
    FailureKind.EGRESS_REFUSED: Answer(424, "EGRESS_REFUSED", "EgressRefused"),
    FailureKind.LIMITED: RATE_LIMITED,
    FailureKind.BUSY: Answer(503, "PROVIDER_NO_RESPONSE", "ProviderNoResponse", SERVER_ERROR),
    FailureKind.NAME_NOT_FOUND: NO_RESPONSE,
    FailureKind.REFUSED: NO_RESPONSE,
    FailureKind.TLS: NO_RESPONSE,
    FailureKind.CONNECT_TIMEOUT: TIMED_OUT,
    FailureKind.STALE: NO_RESPONSE,
    FailureKind.RESET: NO_RESPONSE,
    FailureKind.FIRST_BYTE_TIMEOUT: TIMED_OUT,
    FailureKind.IDLE_TIMEOUT: TIMED_OUT,
    FailureKind.TOTAL_TIMEOUT: TIMED_OUT,
    FailureKind.MALFORMED: PROVIDER_ERROR,
    FailureKind.TOO_LARGE: PROVIDER_ERROR,
    FailureKind.CUT: PROVIDER_ERROR,
    FailureKind.RATE_LIMITED: RATE_LIMITED,
    FailureKind.SERVER_ERROR: PROVIDER_ERROR,
    # The key that was refused is the entry's, not the caller's: a 401 would send the caller to mend the wrong one.
    FailureKind.CREDENTIAL_REJECTED: PROVIDER_ERROR,
    FailureKind.REJECTED: PROVIDER_ERROR,
    FailureKind.UNREADABLE: PROVIDER_ERROR,
}


def answer(error: GatewayError) -> Answer:
    """How `error` is told. A subclass that the table does not name is told as its nearest ancestor that it names."""
    if isinstance(error, UpstreamFailed):
        told = _of_failure(error.last)
        if not isinstance(error, RerankFailed) or told.status != RERANK_FAILED.status:
            return told
        return RERANK_PARSE_FAILED if error.last.kind is FailureKind.UNREADABLE else RERANK_FAILED
    for kind in type(error).__mro__:
        found = ANSWERS.get(kind)
        if found is not None:
            return found
    return BUG


def _of_failure(failure: Failure) -> Answer:
    found = FAILURES[failure.kind]
    status = failure.status
    if failure.kind is FailureKind.REJECTED and status is not None and 400 <= status < 500:
        return Answer(status, found.code, found.name, INVALID_REQUEST)
    return found


def retry_after(error: GatewayError) -> int | None:
    """Whole seconds, at least 1, or None if there is nothing to wait for."""
    seconds: int | None = None
    if isinstance(error, RateLimited | errors.BudgetExceeded | errors.IdentityPending):
        seconds = error.retry_after
    elif isinstance(error, UpstreamFailed):
        seconds = error.last.retry_after
    return None if seconds is None else max(1, seconds)


def openai_body(error: GatewayError) -> bytes:
    """`{"error": {message, type, param, code}}`, with an upstream's own words where it refused the request itself."""
    told = answer(error)
    words: JsonObject = {
        "message": error.message,
        "type": told.type,
        "param": _param(error),
        "code": told.lower_code,
    }
    if isinstance(error, UpstreamFailed) and error.last.kind is FailureKind.REJECTED:
        words.update(_upstream_words(error.last))
    return encode({"error": words})


def flat_body(error: GatewayError) -> bytes:
    """`{error, code, message, status, details?, retryAfter?}`; for an upstream's failure also which one's."""
    told = answer(error)
    body = _flat(told, error.message)
    if error.details is not None:
        body["details"] = error.details
    seconds = retry_after(error)
    if seconds is not None:
        body["retryAfter"] = seconds
    if isinstance(error, UpstreamFailed):
        kind = _upstream_words(error.last).get("type")
        about = {"provider": error.provider, "model": error.model, "provider_error_type": kind}
        body.update((name, value) for name, value in about.items() if value)
    return encode(body)


_SOON: Final = 1
"""Seconds. A budget that only calls under way have used up may have room again when one of them ends."""


def error_headers(error: GatewayError) -> list[bytes]:
    """Header lines that go with the answer, each ended by CRLF, without its content type."""
    seconds = retry_after(error)
    lines = [] if seconds is None else [b"retry-after: %d\r\n" % seconds]
    if isinstance(error, RateLimited | errors.BudgetExceeded):
        lines += error.headers.splitlines(keepends=True)
    if isinstance(error, errors.BudgetExceeded) and error.retry_after > _SOON:
        # The official clients try again by themselves at once: a budget is not replenished by then.
        lines.append(b"x-should-retry: false\r\n")
    if isinstance(error, errors.NotAuthenticated | errors.SignInRefused):
        lines.append(b"www-authenticate: Bearer\r\n")
    return lines


def bug_body(shape: Shape, ids: Traced = UNTRACED) -> bytes:
    """The body of a bare 500. It says nothing of the cause, which is in the log."""
    message = "an internal error occurred"
    if shape is Shape.ENVELOPE:
        return enveloped(BUG.status, message, details={}, ids=ids)
    if shape is Shape.DETAIL:
        return detailed(message)
    if shape is Shape.FLAT:
        return encode(_flat(BUG, message))
    return encode({"error": {"message": message, "type": BUG.type, "param": None, "code": BUG.lower_code}})


class ErrorShapes:
    """Errors as the request road answers them."""

    def answer(self, error: GatewayError, shape: Shape) -> Refusal:
        lines = [b"content-type: application/json\r\n", *error_headers(error)]
        return Refusal(status(error, shape), b"".join(lines), body(error, shape))

    def event(self, error: GatewayError, shape: Shape) -> bytes:
        return b"data: " + body(error, shape) + b"\n\n"


def status(error: GatewayError, shape: Shape) -> int:
    usual = answer(error).status
    if shape is Shape.DETAIL:
        return detail_status(error, usual)
    return status_of(error, usual) if shape is Shape.ENVELOPE else usual


def body(error: GatewayError, shape: Shape, *, ids: Traced = UNTRACED) -> bytes:
    """The error in a shape. `ids` are for the shapes that tell them in the body."""
    match shape:
        case Shape.FLAT:
            return flat_body(error)
        case Shape.OPENAI:
            return openai_body(error)
        case Shape.ENVELOPE:
            return envelope_body(error, answer(error).status, ids=ids)
        case Shape.DETAIL:
            return detail_body(error)


def _flat(told: Answer, message: str) -> JsonObject:
    return {"error": told.name, "code": told.code, "message": message, "status": told.status}


def _param(error: GatewayError) -> str | None:
    """The part of the request that is at fault, where the error names one."""
    if isinstance(error, errors.ModelNotFound | errors.ModelNotAllowed):
        return "model"
    if isinstance(error, errors.InvalidDimensions):
        return "dimensions"
    if isinstance(error, InvalidBody) and isinstance(error.details, list) and error.details:
        first: Json = error.details[0]
        path = first.get("path") if isinstance(first, Mapping) else None
        return path if isinstance(path, str) else None
    return None


class _Words(msgspec.Struct):
    type: Json = None
    param: Json = None
    code: Json = None


class _ErrorBody(msgspec.Struct):
    error: _Words


_DECODER: Final = msgspec.json.Decoder(_ErrorBody)
_WORD_LIMIT: Final = 200


def _upstream_words(failure: Failure) -> JsonObject:
    """`type`, `param` and `code` of an upstream's error body, as far as they are short strings."""
    if not failure.body:
        return {}
    try:
        said = _DECODER.decode(failure.body).error
    except JSON_FAULTS:
        return {}
    found = {"type": said.type, "param": said.param, "code": said.code}
    return {name: value for name, value in found.items() if isinstance(value, str) and 0 < len(value) <= _WORD_LIMIT}
