"""`/admin/v1/audit`: the audit trail, newest first."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from headgate.access.audit import AuditEntry
from headgate.access.permissions import AUDIT_READ
from headgate.core import errors
from headgate.core.errors import detail
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.audit import AuditFilter, Auditing
from headgate.web import query, times
from headgate.web.admin_api.reading import PAGE_DEFAULT, PAGE_LIMIT
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.describe import BOOLEAN, INTEGER, STRING, list_of, object_of, operation
from headgate.web.describe import query as parameter
from headgate.web.running import Runner

Reader = Annotated[Principal, Depends(Requires(AUDIT_READ))]

_TIME: Final[JsonObject] = {**STRING, "format": "date-time"}
_ENTRY: Final = object_of(
    {
        "number": INTEGER,
        "at": _TIME,
        "actor": {**STRING, "description": "`user:ID`, `key:ID`, `system`, `operator` or `anonymous`."},
        "credential": {**STRING, "nullable": True, "description": "Id of the token, key or session that was shown."},
        "organization": {**STRING, "nullable": True},
        "source": {**STRING, "nullable": True, "description": "The client's address."},
        "action": {**STRING, "description": "A kind of thing and what happened to it, such as `key.revoked`."},
        "subject": {**STRING, "description": "Which thing, such as `key:ID`."},
        "difference": {
            **list_of(object_of({"path": STRING, "before": {}, "after": {}, "change": STRING})),
            "description": "What changed. Of a secret only that it was set, replaced or cleared.",
        },
        "hash": {**STRING, "description": "SHA-256 over the former row's hash and this row, in hex."},
    }
)
_LISTED: Final = (
    parameter("organization", "Id or slug; for platform administrators, who otherwise read all."),
    parameter("actor", "Only rows of this actor."),
    parameter("action", "Only rows with this action."),
    parameter("subject", "Only rows about this subject."),
    parameter("since", "Only rows from this time on.", schema=_TIME),
    parameter("until", "Only rows before this time.", schema=_TIME),
    parameter("before", "Only rows below this number.", schema=INTEGER),
    parameter("limit", f"At most this many, {PAGE_DEFAULT} unless told; more than {PAGE_LIMIT} counts as that."),
)


class AuditRoutes:
    """The trail of one's organization; for platform administrators everybody's."""

    def __init__(self, auditing: Auditing, *, readers: Runner, writer: Runner) -> None:
        self._auditing = auditing
        self._readers = readers
        self._writer = writer

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/audit", tags=["audit"])
        described = operation(
            "Read the audit trail, newest first",
            parameters=_LISTED,
            answer=object_of({"items": list_of(_ENTRY), "has_more": BOOLEAN}),
            errors=(
                errors.NotAuthenticated,
                errors.Forbidden,
                errors.ContextUnknown,
                errors.InvalidQuery,
                errors.NotFound,
                errors.StoreUnavailable,
            ),
        )
        router.add_api_route("", self.list, methods=["GET"], operation_id="listAudit", openapi_extra=described)
        return router

    async def list(self, request: Request, principal: Reader) -> Response:
        given = request.query_params
        limit = min(query.number(given, "limit", least=1) or PAGE_DEFAULT, PAGE_LIMIT)
        wanted = AuditFilter(
            organization=self._auditing.whose(principal, query.text(given, "organization")),
            actor=query.text(given, "actor"),
            action=query.text(given, "action"),
            subject=query.text(given, "subject"),
            since=_time(request, "since"),
            until=_time(request, "until"),
            before=query.number(given, "before", least=1),
        )
        # A refusal is told before its row is written; whoever asks afterwards finds it all the same.
        await self._writer.run(_nothing)
        found = await self._readers.run(lambda: self._auditing.entries(wanted, limit=limit + 1))
        return json_response({"items": [shown(each) for each in found[:limit]], "has_more": len(found) > limit})


def shown(entry: AuditEntry) -> JsonObject:
    event = entry.event
    return {
        "number": entry.number,
        "at": times.written(event.at),
        "actor": event.actor,
        "credential": event.credential or None,
        "organization": event.organization or None,
        "source": event.source or None,
        "action": event.action,
        "subject": event.subject,
        "difference": msgspec.Raw(event.difference.encode()),
        "hash": entry.hash.hex(),
    }


def _nothing() -> None: ...


def _time(request: Request, name: str) -> float | None:
    word = query.text(request.query_params, name)
    if word is None:
        return None
    try:
        return times.read(word)
    except ValueError as error:
        raise errors.InvalidQuery(str(error), details=[detail(name, str(error))]) from None
