"""`GET /models`: the published list, and on the first mount the lists of OpenAI's and Anthropic's clients in one.

A list may look at a hundred thousand entries, so it is worked through in slices, between which the event loop turns
to its other work; so is the writing of its rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from headgate.access.entries import may_write, view_of
from headgate.catalogue import scope as scopes
from headgate.catalogue.kinds import CATALOGUE_TYPES
from headgate.catalogue.listing import Page, Query, View, Window, listing
from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import Scope
from headgate.catalogue.snapshot import Snapshot
from headgate.core.clock import Clock
from headgate.core.errors import InvalidQuery, detail
from headgate.core.json import Json, JsonObject, encode
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer
from headgate.gateway.directory import Directory
from headgate.gateway.road import CurrentSnapshot
from headgate.web import query
from headgate.web.answers import json_response, not_modified
from headgate.web.authorisation import Requires
from headgate.web.catalogue_api import described
from headgate.web.catalogue_api.mount import Mount
from headgate.web.catalogue_api.reading import type_of
from headgate.web.catalogue_api.view import listed, shown
from headgate.web.running import Runner
from headgate.web.turns import in_turns

Reader = Annotated[Principal, Depends(Requires())]

PAGE_LIMIT: Final = 100
DATA_LIMIT: Final = 1000
CAPABILITIES: Final = ("vision", "audio", "text", "image")
ALL_ORGANIZATIONS: Final = "all"

_ROWS_AT_ONCE: Final = 50


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for of the pages. `limit` is the effective size of `items`."""

    window: Window
    page: int
    limit: int


class Lists:
    """The handler of lists on one mount."""

    def __init__(
        self,
        mount: Mount,
        *,
        current: CurrentSnapshot,
        administer: Administer,
        directory: Directory,
        writer: Runner,
        clock: Clock,
    ) -> None:
        self._mount = mount
        self._clock = clock
        self._current = current
        self._administer = administer
        self._directory = directory
        self._writer = writer

    def add_to(self, router: APIRouter) -> None:
        router.add_api_route(
            "/models", self.list, methods=["GET"], operation_id="listModels", openapi_extra=described.LIST
        )

    async def list(self, request: Request, principal: Reader) -> Response:
        parameters = request.query_params
        asked = self._asked(parameters)
        paging = _paging(parameters) if self._mount.superset else _pages(parameters)
        view = self._view(parameters, principal)
        snapshot, etag = await self._state(query.scope(parameters, principal), principal)
        found = await in_turns(listing(snapshot, view, query=asked, window=paging.window))
        wall = self._clock.wall()
        # The ETag names what was written. Rows of which a planned price has begun since read differently without it.
        as_written = etag is not None and not any(offer.begun(wall) for offer in found.rows)
        if etag is not None and as_written and (unchanged := not_modified(request, etag)) is not None:
            return unchanged
        return json_response(await self._body(found, paging, wall=wall), etag=etag)

    async def _state(self, scope: Scope | None, principal: Principal) -> tuple[Snapshot, str | None]:
        """The catalogue, and for who may replace the scope's entries the ETag that guards such a replacement."""
        if scope is None or not may_write(principal, scope):
            return self._current.snapshot, None
        # On the writer's thread nothing is written between the one and the other.
        return await self._writer.run(lambda: (self._current.snapshot, self._administer.scope_version(scope)))

    def _asked(self, parameters: QueryParams) -> Query:
        word = query.text(parameters, "type")
        known = type_of(word, self._mount.types) if word is not None else None
        if word is not None and known is None:
            raise query.refused("type", word, accepted=f"one of {', '.join(self._mount.types)}")
        types = self._mount.types if known is None else (known,)
        ids = query.text(parameters, "model_ids")
        return Query(
            kinds=frozenset(kind for kind, word in CATALOGUE_TYPES.items() if word in types),
            enabled=query.flag(parameters, "enabled"),
            model_ids=None if ids is None else frozenset(query.words(parameters, "model_ids")),
            tags=frozenset(query.words(parameters, "tags")),
            visible_only=query.flag(parameters, "visible_only") or False,
            brand=query.text(parameters, "brand"),
            search=query.text(parameters, "search"),
            capability=query.one_of(parameters, "capability", accepted=CAPABILITIES),
        )

    def _view(self, parameters: QueryParams, principal: Principal) -> View:
        pinned = query.scope(parameters, principal)
        if pinned is not None:
            return _view_of_scope(pinned, principal)
        slug = query.text(parameters, "orgSlug") if principal.platform_admin else None
        if slug is not None and slug != ALL_ORGANIZATIONS:
            return self._view_of_organization(slug, principal)
        view = view_of(principal)
        return msgspec.structs.replace(view, organization_slug=None) if slug == ALL_ORGANIZATIONS else view

    def _view_of_organization(self, slug: str, principal: Principal) -> View:
        found = self._directory.organization(slug)
        own = () if found is None else (scopes.organization(found.id),)
        seen = (*own, scopes.PLATFORM)
        return View(
            scopes=tuple(each.key for each in seen),
            organization_slug=slug if found is None else found.slug,
            writable=frozenset(each.key for each in seen if may_write(principal, each)),
        )

    async def _body(self, found: Page, paging: Paging, *, wall: float) -> JsonObject:
        items = found.rows[: paging.limit]
        body: JsonObject = {
            "items": await _rows(items, partial(shown, wall=wall)),
            "total": found.total,
            "page": paging.page,
            "limit": paging.limit,
        }
        if not self._mount.superset:
            return body
        return {
            **body,
            "object": "list",
            "data": await _rows(found.rows, listed),
            "has_more": found.has_more,
            "first_id": found.rows[0].name if found.rows else None,
            "last_id": found.rows[-1].name if found.rows else None,
        }


def _view_of_scope(scope: Scope, principal: Principal) -> View:
    """One scope's entries. One that is not the caller's to see looks like one that is empty."""
    writes = may_write(principal, scope)
    seen = writes or scope.key in principal.scopes
    return View(
        scopes=(scope.key,) if seen else (),
        organization_slug=None if writes else principal.organization_slug,
        names=principal.model_scopes,
        writable=frozenset({scope.key}) if writes else frozenset(),
    )


def _pages(parameters: QueryParams) -> Paging:
    """Pages by number."""
    page = query.number(parameters, "page", least=0) or 0
    limit = min(query.number(parameters, "limit", least=1) or PAGE_LIMIT, PAGE_LIMIT)
    return Paging(window=Window(limit=limit, offset=page * limit), page=page, limit=limit)


def _paging(parameters: QueryParams) -> Paging:
    """Pages by number or behind an id. Who asks for neither gets `data` of many pages, for clients that never page."""
    numbered = _pages(parameters)
    after, before = query.text(parameters, "after_id"), query.text(parameters, "before_id")
    given = [name for name in ("page", "after_id", "before_id") if query.text(parameters, name) is not None]
    if len(given) > 1:
        message = f"{' and '.join(map(repr, given))} exclude each other"
        raise InvalidQuery(message, details=[detail(name, message) for name in given])
    if after is not None or before is not None:
        window = Window(limit=numbered.limit, after=after, before=before)
    elif query.text(parameters, "page") is None and query.text(parameters, "limit") is None:
        window = Window(limit=DATA_LIMIT)
    else:
        window = numbered.window
    return Paging(window=window, page=numbered.page, limit=numbered.limit)


async def _rows(offers: Sequence[Offer], row: Callable[[Offer], Json]) -> msgspec.Raw:
    """A JSON array of rows, written some at a time."""
    parts: list[bytes] = []
    for start in range(0, len(offers), _ROWS_AT_ONCE):
        if start:
            await asyncio.sleep(0)
        parts += [encode(row(offer)) for offer in offers[start : start + _ROWS_AT_ONCE]]
    return msgspec.Raw(b"[" + b",".join(parts) + b"]")
