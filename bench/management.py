"""Calls of Headgate's own HTTP APIs, as an administrator makes them."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass

TIMEOUT_SECONDS = 30.0


class CallRefused(Exception):
    """A management call was not answered with success."""

    def __init__(self, method: str, path: str, status: int, body: bytes) -> None:
        super().__init__(f"{method} {path} was answered {status}: {body[:500]!r}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: headers by their names in lower case, and a JSON object."""

    headers: Mapping[str, str]
    document: dict[str, object]


def call(
    port: int, method: str, path: str, *, token: str, document: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Send a JSON document and return the one that comes back. Raise CallRefused for any status but 2xx."""
    return exchange(port, method, path, token=token, document=document).document


def exchange(port: int, method: str, path: str, *, token: str, document: Mapping[str, object] | None = None) -> Answer:
    """The same with the headers of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        body = None if document is None else json.dumps(document)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise CallRefused(method, path, answer.status, content)
    decoded = json.loads(content)
    if not isinstance(decoded, dict):
        raise CallRefused(method, path, answer.status, content)
    return Answer({name.lower(): value for name, value in answer.getheaders()}, decoded)


def is_ready(port: int, path: str = "/health/readiness") -> bool:
    """Whether the path answers 200 now."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
