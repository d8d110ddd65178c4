"""Asking for prices and writing them, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping

from headgate.core.json import Json, JsonObject
from headgate.web import times
from tests.web.api import Api, read

PATH = "/admin/v1/prices"
SHORT: JsonObject = {"input_per_1m_tokens": 2, "output_per_1m_tokens": 8}
OTHER: JsonObject = {"input_per_1m_tokens": 3, "output_per_1m_tokens": 12}
WHOLE: JsonObject = {
    "input_per_1m_tokens": 3,
    "cached_input_per_1m_tokens": 0.3,
    "output_per_1m_tokens": 12.5,
    "per_request": 0.000000000001,
    "per_search": 0.01,
    "tiers": [
        {"above_tokens": 200000, "input_per_1m_tokens": 6},
        {"service_tier": "batch", "input_per_1m_tokens": 1.5},
    ],
}
DAY = 86_400


def sheet(api: Api, model: str = "m", *, by: str = "root", **query: str) -> JsonObject:
    answer = api.ask("GET", PATH, by=by, query={"model": model, **query})
    assert answer.status_code == 200, answer.text
    found: JsonObject = read(answer)
    return found


def add(api: Api, body: Json, *, by: str = "root", headers: Mapping[str, str] | None = None) -> JsonObject:
    answer = api.ask("POST", PATH, by=by, query={"model": "m"}, body=body, headers=headers)
    assert answer.status_code == 200, answer.text
    found: JsonObject = read(answer)
    return found


def code(api: Api, method: str, *, body: Json = None, by: str = "root", **query: str) -> tuple[int, str]:
    answer = api.ask(method, PATH, by=by, query=query, body=body)
    return answer.status_code, read(answer)["code"]


def paths(api: Api, body: Json) -> list[str]:
    answer = api.ask("POST", PATH, query={"model": "m"}, body=body)
    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_BODY"), answer.text
    return [each["path"] for each in read(answer)["details"]]


def later(api: Api, seconds: float) -> str:
    return times.written(api.desk.clock.wall() + seconds)


def said(price: JsonObject | None) -> JsonObject | None:
    """The amounts of a price."""
    beside = {"price_id", "effective_at", "source", "version"}
    return None if price is None else {name: value for name, value in price.items() if name not in beside}


def pricing(api: Api) -> Json:
    return read(api.ask("GET", "/v1/models/m"))["pricing"]


def patch(api: Api, price: Json) -> None:
    answer = api.ask("PATCH", "/v1/models/m", body={"pricing": price})
    assert answer.status_code == 200, answer.text
