"""`GET /assets/models`: the models of the request's project, page by page."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from headgate.access.entries import may_write
from headgate.access.permissions import MODELS_READ
from headgate.catalogue.kinds import MODE_WORDS
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.administer import Desk
from headgate.web import query
from headgate.web.answers import json_response
from headgate.web.assets_api import described
from headgate.web.assets_api.listing import DEFAULT_ORDER, SORTABLE, Order, Query, listing
from headgate.web.assets_api.models import project_of
from headgate.web.assets_api.status import Status
from headgate.web.assets_api.view import summary
from headgate.web.authorisation import Requires
from headgate.web.turns import in_turns

Reader = Annotated[Principal, Depends(Requires(MODELS_READ))]

LIMIT: Final = 20
MOST: Final = 100

_RISING: Final = "asc"
_FALLING: Final = "desc"


class Lists:
    """The handler of the list."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, router: APIRouter) -> None:
        of = described.LIST
        router.add_api_route("", self.list, methods=["GET"], operation_id=of.id, openapi_extra=of.words)

    async def list(self, request: Request, principal: Reader) -> Response:
        scope = project_of(principal)
        parameters = request.query_params
        page = query.number(parameters, "page", least=1) or 1
        limit = _limit(parameters)
        asked = _query(parameters, disabled=may_write(principal, scope))
        shelf = self._desk.snapshot.shelf(scope.key)
        verified = self._desk.board.of
        offers = shelf.offers() if shelf is not None else iter(())
        found = await in_turns(listing(offers, asked, verified=verified, offset=(page - 1) * limit, limit=limit))
        rows = [summary(offer, verified(offer.uid)) for offer in found.rows]
        return json_response({"data": rows, "pagination": _pagination(page, limit, total=found.total)})


def _limit(parameters: QueryParams) -> int:
    given = query.number(parameters, "limit", least=1)
    if given is not None and given > MOST:
        raise query.refused("limit", str(given), accepted=f"a whole number from 1 to {MOST}")
    return given or LIMIT


def _query(parameters: QueryParams, *, disabled: bool) -> Query:
    status = query.one_of(parameters, "status", accepted=list(Status))
    search = query.text(parameters, "search")
    by = (query.text(parameters, name) for name in ("created_by", "owner_id"))
    return Query(
        search=search.lower() if search is not None else None,
        status=Status(status) if status is not None else None,
        mode=query.one_of(parameters, "mode", accepted=MODE_WORDS),
        tags=frozenset(query.words(parameters, "tags")),
        created_by=tuple(word for word in by if word is not None),
        order=tuple(_order(item) for item in query.words(parameters, "sort")) or DEFAULT_ORDER,
        disabled=disabled,
    )


def _order(item: str) -> Order:
    field, _, direction = item.partition(":")
    if field not in SORTABLE or direction not in {_RISING, _FALLING}:
        fields = ", ".join(SORTABLE)
        raise query.refused(
            "sort", item, accepted=f"FIELD:asc or FIELD:desc with commas between, FIELD one of {fields}"
        )
    return Order(field, falling=direction == _FALLING)


def _pagination(page: int, limit: int, *, total: int) -> JsonObject:
    pages = -(-total // limit)
    return {
        "page": page,
        "limit": limit,
        "total_items": total,
        "total_pages": pages,
        "next_page": page + 1 if page < pages else None,
        "prev_page": min(page - 1, pages) or None,
    }
