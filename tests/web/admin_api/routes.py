"""Asking where a request would go, over HTTP."""

from __future__ import annotations

from headgate.catalogue.scope import PLATFORM
from headgate.core.json import Json, JsonObject
from headgate.gateway.stores import Verification, VerificationState
from tests.web.api import Api, read

PATH = "/admin/v1/routes/explain"
MESSAGES: list[Json] = [{"role": "user", "content": "hello"}]


def explained(api: Api, body: JsonObject, *, by: str | bytes = "ann", **asked: Json) -> JsonObject:
    answer = api.ask("POST", PATH, by=by, body={"body": body, **asked})
    assert answer.status_code == 200, answer.text
    found: JsonObject = read(answer)
    return found


def chat(model: str | None, **fields: Json) -> JsonObject:
    return {"messages": MESSAGES, **({} if model is None else {"model": model}), **fields}


def governed(api: Api, **overlay: Json) -> None:
    body = {"settings": {"overlay": overlay}}
    assert api.ask("PATCH", "/admin/v1/organizations/acme", by="ann", body=body).status_code == 200


def chain(found: JsonObject) -> list[str]:
    return [each["model_id"] for each in found["chain"]]


def dropped(found: JsonObject) -> dict[str, list[str]]:
    return {each["model_id"]: [reason["reason"] for reason in each["reasons"]] for each in found["dropped"]}


def uid_of(api: Api, name: str) -> str:
    entry = api.desk.snapshot.at(PLATFORM, name)
    assert entry is not None
    return entry.uid


def fails(api: Api, name: str) -> None:
    failed = Verification(uid=uid_of(api, name), state=VerificationState.FAILED, message="no", at=1.0)
    api.desk.board.pin(failed)
