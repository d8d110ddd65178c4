"""What somebody sees: the list of models, and what there is among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from itertools import islice
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from headgate.catalogue.kinds import CATEGORIES
from headgate.catalogue.listing import SLICE, Query
from headgate.catalogue.offer import Offer, document_of
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.directory import Directory
from headgate.gateway.road import CurrentSnapshot
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.registry_api import asked, described
from headgate.web.registry_api.meant import lowest, visible
from headgate.web.registry_api.routing import add_route
from headgate.web.registry_api.view import shown, shown_document, upstream
from headgate.web.turns import in_turns

Person = Annotated[Principal, Depends(Requires(user=True))]

LIST_LIMIT: Final = 1000
PUBLIC_LIMIT: Final = 100
_FAR: Final = 2**53


class Census(msgspec.Struct, frozen=True):
    """What there is among some entries, each word with how often it occurs."""

    categories: Counter[str]
    providers: Counter[str]
    abilities: Counter[str]
    total: int


class Lists:
    """The handlers of lists and counts, for people and for the public."""

    def __init__(self, current: CurrentSnapshot, directory: Directory) -> None:
        self._current = current
        self._directory = directory

    def add_to(self, router: APIRouter) -> None:
        add_route(router, "GET ", handler=self.list, name="listRegisteredModels", said=described.LIST)
        for path, handler, name, said in (
            ("/categories", self.categories, "listRegisteredCategories", described.CATEGORIES),
            ("/providers", self.providers, "listRegisteredProviders", described.PROVIDERS),
            ("/abilities", self.abilities, "listRegisteredAbilities", described.ABILITIES),
            ("/summary", self.summary, "summarizeRegisteredModels", described.SUMMARY),
            ("/public/list", self.public_list, "listPublicModels", described.PUBLIC_LIST),
            ("/public/categories", self.public_categories, "listPublicCategories", described.PUBLIC_CATEGORIES),
            ("/public/providers", self.public_providers, "listPublicProviders", described.PUBLIC_PROVIDERS),
            ("/public/summary", self.public_summary, "summarizePublicModels", described.PUBLIC_SUMMARY),
        ):
            add_route(router, f"GET {path}", handler=handler, name=name, said=said)

    async def list(self, request: Request, principal: Person) -> Response:
        query, snapshot = request.query_params, self._current.snapshot
        skip = asked.whole(query, "skip", least=0, most=_FAR, default=0)
        limit = asked.whole(query, "limit", least=1, most=LIST_LIMIT, default=100)
        wanted = Query(
            kinds=asked.kinds_of(query.get("category")), enabled=asked.flag(query, "is_active", default=True)
        )
        if not wanted.kinds:
            return json_response([])
        offers = await in_turns(visible(snapshot, principal, query=wanted))
        chosen = await in_turns(_of_provider(offers, query.get("model_provider")))
        found = await in_turns(lowest(chosen, skip + limit))
        return json_response([shown(offer, principal, snapshot=snapshot) for offer in found[skip:]])

    async def categories(self, principal: Person) -> Response:
        return json_response({"categories": sorted((await self._census(principal)).categories)})

    async def providers(self, principal: Person) -> Response:
        return json_response({"providers": sorted((await self._census(principal)).providers)})

    async def abilities(self, principal: Person) -> Response:
        return json_response({"abilities": sorted((await self._census(principal)).abilities)})

    async def summary(self, principal: Person) -> Response:
        found = await self._census(principal)
        return json_response(
            {"total_models": found.total, "by_category": found.categories, "by_provider": found.providers}
        )

    async def public_list(self, request: Request) -> Response:
        query = request.query_params
        limit = asked.whole(query, "limit", least=1, most=PUBLIC_LIMIT, default=50)
        kinds = asked.kinds_of(query.get("category"))
        offers = [offer for offer in self._public() if offer.kind in kinds]
        chosen = await in_turns(_of_provider(offers, query.get("provider")))
        found = await in_turns(lowest(chosen, limit))
        return json_response({"models": [_public_row(offer) for offer in found], "count": len(found)})

    async def public_categories(self) -> Response:
        return json_response({"categories": sorted((await in_turns(_counted(self._public()))).categories)})

    async def public_providers(self) -> Response:
        return json_response({"providers": sorted((await in_turns(_counted(self._public()))).providers)})

    async def public_summary(self) -> Response:
        found = await in_turns(_counted(self._public()))
        return json_response({"total_models": found.total, "by_category": found.categories})

    async def _census(self, principal: Principal) -> Census:
        return await in_turns(
            _counted(await in_turns(visible(self._current.snapshot, principal, query=Query(enabled=True))))
        )

    def _public(self) -> Sequence[Offer]:
        """What is shared in the organizations that let everybody know of it."""
        shared = self._current.snapshot.shared
        organizations = (self._directory.organization(each) for each in shared.organizations())
        open_ = [each.id for each in organizations if each is not None and each.settings.public_models]
        return [offer for each in open_ for offer in shared.offers(each) if offer.enabled]


def _public_row(offer: Offer) -> JsonObject:
    document = document_of(offer)
    said = shown_document(document)
    row = {
        "id": offer.number,
        "model_id": offer.name,
        **{key: said[key] for key in ("category", "model_provider", "model_name", "abilities", "description")},
    }
    if said["category"] == "llm":
        row.update(temperature=document.temperature, max_tokens=document.max_tokens)
    elif said["category"] == "embedding":
        row["dimension"] = said["dimension"]
    return row


def _of_provider(offers: Sequence[Offer], provider: str | None) -> Generator[None, None, Sequence[Offer]]:
    """Those whose provider is exactly this one."""
    if not provider:
        return offers
    kept: list[Offer] = []
    remaining = iter(offers)
    while piece := list(islice(remaining, SLICE)):
        kept += [offer for offer in piece if upstream(document_of(offer))[0] == provider]
        yield
    return kept


def _counted(offers: Iterable[Offer]) -> Generator[None, None, Census]:
    census = Census(Counter(), Counter(), Counter(), 0)
    total = 0
    remaining = iter(offers)
    while piece := list(islice(remaining, SLICE)):
        for offer in piece:
            document = document_of(offer)
            census.categories[CATEGORIES[offer.kind]] += 1
            census.providers[upstream(document)[0]] += 1
            census.abilities.update(document.abilities)
        total += len(piece)
        yield
    return msgspec.structs.replace(census, total=total)
