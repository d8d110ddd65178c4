"""`/admin/v1/catalogue/effective`: what an organization or a key may call, and why each entry is in or out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from headgate.access.identity import Organization, OrganizationKey
from headgate.access.permissions import GOVERNANCE_MANAGE
from headgate.core import errors
from headgate.core.errors import InvalidQuery, NotFound
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.directory import Directory
from headgate.gateway.effective import Verdict, effective, of_organization
from headgate.gateway.key_reach import KeyReach
from headgate.gateway.ports import Credentials
from headgate.gateway.road import CurrentSnapshot
from headgate.web import query
from headgate.web.admin_api.reading import PAGING, paging
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.describe import BOOLEAN, INTEGER, STRING, list_of, object_of, operation
from headgate.web.describe import query as parameter
from headgate.web.turns import in_turns

Manager = Annotated[Principal, Depends(Requires(GOVERNANCE_MANAGE))]

_ENTRY: Final = object_of(
    {
        "model_id": STRING,
        "uid": STRING,
        "scope": STRING,
        "callable": BOOLEAN,
        "reasons": list_of(object_of({"reason": STRING, "message": STRING})),
    }
)
_SUBJECT: Final = object_of({"organization": STRING, "key": {"type": ["string", "null"]}})


class EffectiveRoutes:
    """The answer to "why can they not call it?", entry by entry."""

    def __init__(
        self,
        *,
        current: CurrentSnapshot,
        directory: Directory,
        credentials: Credentials,
        of_key: Callable[[OrganizationKey], Principal],
    ) -> None:
        self._current = current
        self._directory = directory
        self._credentials = credentials
        self._of_key = of_key

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/catalogue", tags=["history"])
        described = operation(
            "What an organization or a key may call, and why each entry is in or out",
            parameters=(
                parameter("organization", "Id or slug; without it the caller's own."),
                parameter("key", "The id of a key of that organization."),
                *PAGING,
            ),
            answer=object_of(
                {"subject": _SUBJECT, "items": list_of(_ENTRY), "total": INTEGER, "page": INTEGER, "limit": INTEGER}
            ),
            errors=(errors.NotAuthenticated, errors.Forbidden, errors.ContextUnknown, InvalidQuery, NotFound),
        )
        router.add_api_route(
            "/effective", self.show, methods=["GET"], operation_id="effectiveCatalogue", openapi_extra=described
        )
        return router

    async def show(self, request: Request, principal: Manager) -> Response:
        parameters = request.query_params
        organization = self._organization(query.text(parameters, "organization"), principal)
        key_id = query.text(parameters, "key")
        subject = self._subject(organization, key_id, by=principal)
        offset, limit = paging(request)
        work = effective(
            self._current.snapshot, self._credentials, by=principal, subject=subject, offset=offset, limit=limit
        )
        found = await in_turns(work)
        return json_response(
            {
                "subject": {"organization": organization.slug, "key": key_id},
                "items": [_shown(each) for each in found.items],
                "total": found.total,
                "page": offset // limit,
                "limit": limit,
            }
        )

    def _organization(self, name: str | None, principal: Principal) -> Organization:
        """The organization that is meant; one that is not the caller's to ask about is as if it did not exist."""
        wanted = name or principal.organization
        if not wanted:
            raise query.refused(
                "organization", "", accepted="an organization's id or slug, because the caller has none"
            )
        found = self._directory.organization(wanted)
        if found is None or not (principal.platform_admin or found.id == principal.organization):
            raise NotFound(f"organization {wanted[:64]!r} does not exist")
        return found

    def _subject(self, organization: Organization, key_id: str | None, *, by: Principal) -> Principal:
        whole = of_organization(organization.id, organization.slug, overlay=organization.settings.overlay)
        if key_id is None:
            return whole
        key = self._directory.key(organization.id, key_id)
        if key is None or not KeyReach.of(self._directory, by).sees(key):
            raise NotFound(f"key {key_id[:64]!r} does not exist")
        return self._of_key(key)


def _shown(verdict: Verdict) -> JsonObject:
    return {
        "model_id": verdict.offer.name,
        "uid": verdict.offer.uid,
        "scope": verdict.offer.scope_key,
        "callable": verdict.callable,
        "reasons": [{"reason": each.word, "message": each.message} for each in verdict.reasons],
    }
