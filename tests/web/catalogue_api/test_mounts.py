"""What holds for every operation on both mounts: credentials, methods, unknown paths, the shape of errors."""

from __future__ import annotations

import httpx2
import pytest

from tests.web.api import MOUNTS, SECOND, Api, read

OPERATIONS = (
    ("GET", "/v1/models"),
    ("POST", "/v1/models"),
    ("PUT", "/v1/models"),
    ("GET", "/v1/models/m"),
    ("PATCH", "/v1/models/m"),
    ("DELETE", "/v1/models/m"),
    ("GET", "/v1/defaults"),
    ("POST", "/v1/test"),
)
CARRIERS = ("x-prismeai-api-key", "x-api-key", "api-key", "x-goog-api-key")


def told(answer: httpx2.Response) -> tuple[int, str, str]:
    body = read(answer)
    assert body["status"] == answer.status_code
    assert body["message"]
    return answer.status_code, body["code"], body["error"]


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("by", [None, b"at:nobody", b"iak_acme_nobody"])
def test_without_a_valid_credential_it_is_401(quiet: Api, mount: str, method: str, path: str, by: bytes | None) -> None:
    answer = quiet.ask(method, f"{mount}{path}", by=by)

    assert told(answer) == (401, "NOT_AUTHENTICATED", "NotAuthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_an_organization_key_is_taken_from_every_header(quiet: Api, mount: str, carrier: str) -> None:
    key = quiet.town.key("acme").decode()

    assert quiet.ask("GET", f"{mount}/v1/models", by=None, headers={carrier: key}).status_code == 200


@pytest.mark.parametrize("mount", MOUNTS)
def test_two_different_credentials_are_400(quiet: Api, mount: str) -> None:
    answer = quiet.ask("GET", f"{mount}/v1/models", by="root", headers={"x-api-key": "another"})

    assert told(answer) == (400, "TWO_CREDENTIALS", "TwoCredentials")


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/models", "GET, POST, PUT"),
        ("PATCH", "/v1/models", "GET, POST, PUT"),
        ("POST", "/v1/models/m", "DELETE, GET, PATCH"),
        ("PUT", "/v1/models/a/b", "DELETE, GET, PATCH"),
        ("POST", "/v1/defaults", "GET"),
        ("GET", "/v1/test", "POST"),
    ],
)
def test_another_method_is_405_and_says_which_are_allowed(
    quiet: Api, mount: str, method: str, path: str, allowed: str
) -> None:
    answer = quiet.ask(method, f"{mount}{path}")

    assert told(answer) == (405, "METHOD_NOT_ALLOWED", "MethodNotAllowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/defaults/x", "/v1/test/", "/v1/model", "/v1"])
def test_an_unknown_path_below_the_second_mount_is_a_flat_404(quiet: Api, path: str) -> None:
    assert told(quiet.ask("GET", f"{SECOND}{path}")) == (404, "UNKNOWN_ROUTE", "UnknownRoute")


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/model", "/v1/videos", "/v1/test/"])
def test_an_unknown_path_below_the_first_mount_is_a_404_for_openais_clients(quiet: Api, path: str) -> None:
    answer = quiet.ask("POST", path)

    assert answer.status_code == 404
    assert read(answer)["error"]["code"] == "unknown_url"


def test_a_method_that_inference_does_not_take_is_405(quiet: Api) -> None:
    first, second = (quiet.ask("GET", f"{mount}/v1/chat/completions") for mount in MOUNTS)

    assert (first.status_code, first.headers["allow"], read(first)["error"]["code"]) == (
        405,
        "POST",
        "method_not_allowed",
    )
    assert told(second) == (405, "METHOD_NOT_ALLOWED", "MethodNotAllowed")
