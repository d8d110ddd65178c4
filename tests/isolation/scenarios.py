"""A request for every route."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Final

from headgate.core.json import JsonObject
from headgate.gateway.endpoint import ENDPOINTS, SECOND_MOUNT
from tests.isolation import scenarios_faces, scenarios_own, scenarios_spending, scenarios_usage
from tests.isolation.scenario import Scenario


def management() -> Iterator[Scenario]:
    """Every management route."""
    return itertools.chain(
        scenarios_faces.catalogue(""),
        scenarios_faces.catalogue(SECOND_MOUNT),
        scenarios_faces.assets(),
        scenarios_faces.registry(),
        scenarios_own.history(),
        scenarios_own.credentials(),
        scenarios_own.prices(),
        scenarios_own.tenancy(),
        scenarios_own.grants(),
        scenarios_own.rest(),
        scenarios_spending.spending(),
        scenarios_usage.usage(),
    )


_CALLED: Final[Mapping[str, JsonObject]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "Hello"}]},
    "/v1/completions": {"prompt": "Hello"},
    "/v1/embeddings": {"input": "Hello"},
    "/v1/images/generations": {"prompt": "A gate"},
    "/v1/rerank": {"query": "gate", "documents": ["a", "b"]},
    "/v2/rerank": {"query": "gate", "documents": ["a", "b"]},
    "/v1/moderations": {"input": "Hello"},
    "/v1/audio/speech": {"input": "Hello", "voice": "alloy"},
}
_FORMS: Final[Mapping[str, str]] = {
    "/v1/images/edits": "image",
    "/v1/audio/transcriptions": "file",
    "/v1/audio/translations": "file",
}
"""Endpoints that take parts, and the one that is a file."""


def inference() -> Iterator[Scenario]:
    """Every endpoint that calls a model. KeyError for one that is not known here."""
    for endpoint in ENDPOINTS:
        path, method = endpoint.path.decode(), endpoint.method.decode()
        known = path.removeprefix(SECOND_MOUNT)
        for word in ("<model>", "<upstream>", "<digits>"):
            if known in _FORMS:
                headers = {"content-type": "multipart/form-data; boundary=part"}
                yield Scenario(f"{method} {path}", path, body=_parts(_FORMS[known], word), headers=headers)
            else:
                yield Scenario(f"{method} {path}", path, body={**_CALLED[known], "model": word})


def _parts(file: str, word: str) -> str:
    said = "".join(
        f'--part\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in (("model", word), ("prompt", "A gate"))
    )
    named = f'--part\r\nContent-Disposition: form-data; name="{file}"; filename="a.png"\r\n'
    return f"{said}{named}Content-Type: application/octet-stream\r\n\r\nbytes\r\n--part--\r\n"
