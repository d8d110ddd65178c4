"""`/admin/v1/routes/explain`: where a request would go, and why, without sending it."""

from __future__ import annotations

from typing import Final

import msgspec
from fastapi import APIRouter, Request, Response

from headgate.access.carriers import KEY_HEADERS
from headgate.catalogue.offer import Offer
from headgate.catalogue.upstream import Unroutable
from headgate.core import errors
from headgate.core.errors import ContextUnknown, GatewayError, InvalidBody, InvalidJson, NotAuthenticated, NotFound
from headgate.core.json import Json, JsonObject, encode
from headgate.core.money import usd
from headgate.core.principal import Principal
from headgate.gateway.effective import Word
from headgate.gateway.explain import EXPLAINED, Asked, Explain, Explanation
from headgate.gateway.explain_cost import CostRange
from headgate.gateway.explain_subject import Subjects, Whose
from headgate.gateway.explain_walk import Weighed
from headgate.gateway.selection import Why
from headgate.web.admin_api.callers import Caller
from headgate.web.admin_api.reading import Fields
from headgate.web.answers import json_response
from headgate.web.describe import BOOLEAN, INTEGER, OBJECT, STRING, list_of, object_of, operation
from headgate.web.errors import answer

MOST_HEADERS: Final = 100
BODY_LIMIT: Final = 256 * 1024
"""Bytes: the body is written anew for every entry that is weighed."""
_DEFAULT_PATH: Final = "/v1/chat/completions"
_ELSEWHERE: Final = frozenset(
    {"authorization", "x-organization-id", "x-project-id", *(name.decode() for name in KEY_HEADERS)}
)
_WORDS: Final = {
    Why.NAMED: "the request names it",
    Why.DEFAULT: "the request names no model, and it is the default",
    Why.DOWNGRADED: "the model that the request names is refused, and the organization serves the default instead",
    Why.ROUTED: "the organization's routing of 'auto' leads to it",
    Why.ROUTED_TO_DEFAULT: "the organization's routing of 'auto' leads to nothing that may be called, and it is the "
    "default",
    Why.CLASSIFIED: "a classifier chooses among the candidates when the request is sent; where its answer names none "
    "that may be called, it is the default",
}


def _or_null(schema: JsonObject) -> JsonObject:
    return {**schema, "type": [schema["type"], "null"]}


_AMOUNTS: Final = _or_null(object_of({"least": {"type": "number"}, "most": {"type": "number"}}, ("least", "most")))
_TEXT: Final = _or_null(STRING)
_ENTRY: Final = {"model_id": STRING, "uid": STRING, "scope": STRING, "provider": _TEXT}
_REASONS: Final = list_of(object_of({"reason": {"enum": [word.value for word in Word]}, "message": STRING}))
_WEIGHED: Final = object_of({"model_id": STRING, "uid": _TEXT, "scope": _TEXT, "provider": _TEXT, "reasons": _REASONS})
_LINK: Final = object_of({**_ENTRY, "cost": _AMOUNTS})
_ASKED: Final = object_of(
    {
        "path": {**STRING, "default": _DEFAULT_PATH, "enum": list(EXPLAINED)},
        "body": {**OBJECT, "description": "The request's body."},
        "headers": {"type": "object", "additionalProperties": STRING, "description": "Headers besides credentials."},
        "key_id": {**STRING, "description": "Whose request it is: this organization key's."},
        "user_id": {**STRING, "description": "Or this user's; without either the caller's own."},
        "organization": {**STRING, "description": "Id or slug: where the key or the user makes it."},
        "project": {**STRING, "description": "Id or slug."},
    },
    ("body",),
)
_RULE: Final = object_of({"messages_count": STRING, "value": INTEGER, "model": STRING})
_AUTO: Final = object_of(
    {
        "strategy": STRING,
        "rule": _or_null(_RULE),
        "classifier": _or_null(object_of(_ENTRY)),
        "candidates": list_of(_WEIGHED),
    }
)
_EXPLAINED: Final = object_of(
    {
        "subject": _or_null(object_of({"id": STRING, "organization": _TEXT, "project": _TEXT})),
        "model": _TEXT,
        "entry": _or_null(object_of(_ENTRY)),
        "why": _or_null(object_of({"reason": {"enum": [why.value for why in Why]}, "message": STRING})),
        "auto": _or_null(_AUTO),
        "chain": list_of(_LINK),
        "dropped": list_of(_WEIGHED),
        "headers": _or_null(object_of({"missing": list_of(STRING), "blocked": BOOLEAN})),
        "cost": _AMOUNTS,
        "refusal": _or_null(object_of({"status": INTEGER, "code": STRING, "message": STRING})),
    }
)


class ExplainRoutes:
    """The answer to "why did it go there?", asked before it goes."""

    def __init__(self, explain: Explain, subjects: Subjects) -> None:
        self._explain = explain
        self._subjects = subjects

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/routes", tags=["routes"])
        described = operation(
            "Where a request would go, why, and what it would cost at least and at most; nothing is sent",
            body=_ASKED,
            answer=_EXPLAINED,
            errors=(errors.NotAuthenticated, errors.Forbidden, ContextUnknown, InvalidBody, InvalidJson, NotFound),
        )
        router.add_api_route(
            "/explain", self.show, methods=["POST"], operation_id="explainRoute", openapi_extra=described
        )
        return router

    async def show(self, request: Request, principal: Caller) -> Response:
        asked, whose = await _read(request)
        try:
            subject = self._subjects.subject(principal, whose)
        except (NotAuthenticated, ContextUnknown) as refusal:
            return json_response(_shown(None, Explanation(refusal=refusal)))
        return json_response(_shown(subject, self._explain.explain(subject, asked)))


async def _read(request: Request) -> tuple[Asked, Whose]:
    words = ("key_id", "user_id", "organization", "project")
    fields = await Fields.of(request, "path", "body", "headers", *words)
    path = fields.text("path", default=_DEFAULT_PATH)
    endpoint = EXPLAINED.get(path)
    if endpoint is None:
        fields.refuse("path", f"{', '.join(EXPLAINED)} are accepted, not {path[:64]!r}")
    if not fields.has("body"):
        fields.refuse("body", "the request's body is required, an object")
    body, headers = encode(fields.mapping("body")), _headers(fields)
    if len(body) > BODY_LIMIT:
        fields.refuse("body", f"at most {BODY_LIMIT} bytes are accepted, not {len(body)}")
    key, user, organization, project = (fields.text(word, default="") for word in words)
    fields.check()
    assert endpoint is not None, "another path was refused"
    whose = Whose(key=key, user=user, organization=organization, project=project)
    return Asked(endpoint, headers, body), whose


def _headers(fields: Fields) -> list[tuple[bytes, bytes]]:
    given = fields.mapping("headers")
    if len(given) > MOST_HEADERS:
        fields.refuse("headers", f"at most {MOST_HEADERS} are accepted, not {len(given)}")
    headers: list[tuple[bytes, bytes]] = []
    for name, value in given.items():
        if name.lower() in _ELSEWHERE:
            fields.refuse(f"headers.{name}", "whose request it is and where is told by fields of their own")
        elif not isinstance(value, str):
            fields.refuse(f"headers.{name}", "a string is accepted")
        else:
            headers.append((name.lower().encode(), value.encode()))
    return headers


def _shown(subject: Principal | None, found: Explanation) -> JsonObject:
    first = found.chain[0] if found.chain else None
    refusal, lacks = found.refusal, found.lacks
    return {
        "subject": None if subject is None else _who(subject),
        "model": found.model,
        "entry": None if first is None else _entry(first.offer),
        "why": None if first is None or found.why is None else {"reason": found.why, "message": _WORDS[found.why]},
        "auto": _auto(found),
        "chain": [{**_entry(link.offer), "cost": _amounts(link.cost)} for link in found.chain],
        "dropped": [_weighed(each) for each in found.dropped],
        "headers": None if lacks is None else {"missing": list(lacks.names), "blocked": lacks.blocks},
        "cost": None if first is None else _amounts(first.cost),
        "refusal": None if refusal is None else _refusal(refusal),
    }


def _who(subject: Principal) -> JsonObject:
    return {"id": subject.id, "organization": subject.organization_slug or None, "project": subject.project or None}


def _auto(found: Explanation) -> JsonObject | None:
    if found.strategy is None:
        return None
    return {
        "strategy": found.strategy,
        "rule": msgspec.to_builtins(found.rule),
        "classifier": None if found.classifier is None else _entry(found.classifier),
        "candidates": [_weighed(each) for each in found.candidates],
    }


def _entry(offer: Offer) -> JsonObject:
    provider = None if isinstance(offer.route, Unroutable) else offer.route.provider.id
    return {"model_id": offer.name, "uid": offer.uid, "scope": offer.scope_key, "provider": provider}


def _weighed(each: Weighed) -> JsonObject:
    unseen: JsonObject = {"model_id": each.name, "uid": None, "scope": None, "provider": None}
    reasons = [{"reason": reason.word, "message": reason.message} for reason in each.reasons]
    return {**(unseen if each.offer is None else _entry(each.offer)), "reasons": reasons}


def _amounts(cost: CostRange | None) -> Json:
    return None if cost is None else {name: msgspec.Raw(usd(getattr(cost, name))) for name in ("least", "most")}


def _refusal(error: GatewayError) -> JsonObject:
    told = answer(error)
    return {"status": told.status, "code": told.code, "message": error.message}
