"""Errors in the registry API's form."""

from __future__ import annotations

import msgspec
import pytest

from headgate.core import errors
from headgate.core.errors import GatewayError, InvalidBody, InvalidJson, InvalidQuery, detail
from headgate.core.json import Json
from headgate.gateway.endpoint import Shape
from headgate.web.application import shape_of
from headgate.web.detail import item
from headgate.web.errors import body, bug_body, status


def told(error: GatewayError) -> tuple[int, Json]:
    return status(error, Shape.DETAIL), msgspec.json.decode(body(error, Shape.DETAIL))


@pytest.mark.parametrize("path", ["/api/models", "/api/models/", "/api/models/x/y", "/api/models/public/list"])
def test_errors_below_its_path_have_its_form(path: str) -> None:
    assert shape_of(path) is Shape.DETAIL


@pytest.mark.parametrize("path", ["/api/modelsx", "/api", "/admin/v1/keys"])
def test_errors_elsewhere_do_not(path: str) -> None:
    assert shape_of(path) is not Shape.DETAIL


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.NotAuthenticated(), 401),
        (errors.Forbidden("no"), 403),
        (errors.ModelNotFound("m"), 404),
        (errors.NotFound("no"), 404),
        (errors.ModelExists("m"), 400),
        (errors.Unsuitable("no"), 400),
        (errors.OrganizationMissing(), 400),
        (errors.Conflict("no"), 409),
        (errors.PayloadTooLarge("no"), 413),
        (errors.StoreUnavailable("no"), 503),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, GatewayError) else str(value),
)
def test_what_happened_is_told_as_a_text(error: GatewayError, expected: int) -> None:
    assert told(error) == (expected, {"detail": error.message})


def test_faults_of_a_body_are_listed_with_their_places() -> None:
    error = InvalidBody("x", details=[item("abilities.0", "no", type_="string_type"), detail("base_url", "nor this")])

    assert told(error) == (
        422,
        {
            "detail": [
                {"type": "string_type", "loc": ["body", "abilities", 0], "msg": "no"},
                {"type": "value_error", "loc": ["body", "base_url"], "msg": "nor this"},
            ]
        },
    )


def test_faults_of_a_query_stand_in_the_query() -> None:
    error = InvalidQuery("x", details=[item("limit", "too much", type_="less_than_equal")])

    assert told(error)[1]["detail"][0]["loc"] == ["query", "limit"]


@pytest.mark.parametrize(
    ("error", "type_"), [(InvalidJson("not JSON"), "json_invalid"), (InvalidBody("wrong"), "value_error")]
)
def test_what_has_no_place_stands_in_the_body(error: GatewayError, type_: str) -> None:
    assert told(error) == (422, {"detail": [{"type": type_, "loc": ["body"], "msg": error.message}]})


def test_a_bug_says_nothing_of_its_cause() -> None:
    assert msgspec.json.decode(bug_body(Shape.DETAIL)) == {"detail": "an internal error occurred"}
