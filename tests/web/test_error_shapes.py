"""How an error looks: flat, and in OpenAI's shape."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core import errors
from headgate.core.errors import (
    GatewayError,
    InvalidBody,
    ModelNotAllowed,
    ModelNotFound,
    NotAuthenticated,
    RateLimited,
    detail,
)
from headgate.core.failure import FailureKind
from tests.web.failing import CONTEXT_TOO_LONG, failed, flat, openai, words


def test_the_flat_shape_has_exactly_the_published_members() -> None:
    assert flat(ModelNotFound("gpt-x")) == {
        "error": "ModelNotFound",
        "code": "MODEL_NOT_FOUND",
        "message": "model 'gpt-x' does not exist",
        "status": 404,
    }


def test_the_flat_shape_tells_details_and_waiting_where_they_apply() -> None:
    invalid = InvalidBody("no", details=[detail("type", "a string")])

    assert flat(invalid)["details"] == [{"path": "type", "message": "a string"}]
    assert flat(RateLimited("no", retry_after=9))["retryAfter"] == 9


def test_the_flat_shape_tells_which_upstream_failed() -> None:
    body = flat(failed(FailureKind.REJECTED, status=400, body=CONTEXT_TOO_LONG))

    assert (body["provider"], body["model"]) == ("openai", "m")
    assert body["provider_error_type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("error", "type_", "code", "param"),
    [
        (NotAuthenticated(), "invalid_request_error", "invalid_api_key", None),
        (ModelNotFound("m"), "invalid_request_error", "model_not_found", "model"),
        (ModelNotAllowed("m", "off"), "invalid_request_error", "model_not_allowed", "model"),
        (RateLimited("no", retry_after=1), "requests", "rate_limit_exceeded", None),
        (failed(FailureKind.RATE_LIMITED, status=429), "requests", "rate_limit_exceeded", None),
        (failed(FailureKind.SERVER_ERROR, status=500), "server_error", "provider_error", None),
        (
            InvalidBody("no", details=[detail("messages", "an array")]),
            "invalid_request_error",
            "invalid_body",
            "messages",
        ),
        (errors.InvalidJson("no"), "invalid_request_error", "invalid_body", None),
        (errors.UnknownRoute("no"), "invalid_request_error", "unknown_url", None),
    ],
    ids=lambda value: words(value) if isinstance(value, GatewayError) else str(value),
)
def test_the_openai_shape_uses_the_words_of_openai(
    error: GatewayError, type_: str, code: str, param: str | None
) -> None:
    assert openai(error) == {"message": error.message, "type": type_, "param": param, "code": code}


def test_a_refusal_by_the_upstream_keeps_the_upstreams_own_words() -> None:
    told = openai(failed(FailureKind.REJECTED, status=400, body=CONTEXT_TOO_LONG))

    assert (told["code"], told["param"], told["type"]) == (
        "context_length_exceeded",
        "messages",
        "invalid_request_error",
    )


@given(
    st.one_of(
        st.binary(max_size=80),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["error", "code", "type"]), inner)
            ),
        ).map(msgspec.json.encode),
    )
)
def test_whatever_an_upstream_says_the_shape_holds(body: bytes) -> None:
    told = openai(failed(FailureKind.REJECTED, status=400, body=body))

    assert isinstance(told["code"], str)
    assert isinstance(told["type"], str)
    assert told["param"] is None or isinstance(told["param"], str)


def test_deeply_nested_words_of_an_upstream_do_no_harm() -> None:
    assert openai(failed(FailureKind.REJECTED, status=400, body=b'{"error":' * 100_000))["code"] == "provider_error"


def test_words_of_an_upstream_that_are_too_long_are_left_out() -> None:
    body = msgspec.json.encode({"error": {"code": "x" * 201, "type": "short"}})

    told = openai(failed(FailureKind.REJECTED, status=400, body=body))

    assert (told["code"], told["type"]) == ("provider_error", "short")
