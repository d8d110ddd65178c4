"""`/admin/v1/usage/what-if` and `/reconcile`: usage beside other prices, and beside a provider's own books."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from headgate.access.permissions import USAGE_READ
from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price
from headgate.core.json import Json, JsonObject, encode
from headgate.core.principal import Principal
from headgate.gateway.administer import Desk
from headgate.gateway.usage import UsageReports
from headgate.gateway.usage_reconcile import Billed, Compared
from headgate.gateway.usage_store import Sums, UsageFilter
from headgate.gateway.usage_what_if import other_entry, what_if
from headgate.web.admin_api import usage_described as described
from headgate.web.admin_api.callers import Caller
from headgate.web.admin_api.usage_asked import WORDS, Asked
from headgate.web.admin_api.usage_provider import reported
from headgate.web.admin_api.usage_shown import amount, day_of, shown_sums
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.bodies import read_bytes, read_object, refuse_unknown
from headgate.web.flat import JSON
from headgate.web.running import Runner

Reader = Annotated[Principal, Depends(Requires(USAGE_READ))]

_USAGE: Final = "/admin/v1/usage"
_ACCEPTED: Final = frozenset({"model", *WORDS, "end_reason", "from", "to"})
_OPENAI: Final = "openai"


class UsageComparisonRoutes:
    """Comparisons of what was used. They store nothing. `readers` may wait for the ledger."""

    def __init__(self, reports: UsageReports, readers: Runner, *, desk: Desk) -> None:
        self._reports = reports
        self._desk = desk
        self._readers = readers

    def router(self) -> APIRouter:
        router = APIRouter(prefix=_USAGE, tags=["usage"])
        for path, endpoint, name, words in (
            ("/what-if", self.what_if, "whatIfUsage", described.WHAT_IF),
            ("/reconcile", self.reconcile, "reconcileUsage", described.RECONCILE),
        ):
            router.add_api_route(path, endpoint, methods=["POST"], operation_id=name, openapi_extra=words)
        return router

    async def what_if(self, request: Request, principal: Caller) -> Response:
        body = await read_object(request)
        refuse_unknown(body, _ACCEPTED)
        asked = Asked.of_body({name: value for name, value in body.items() if name != "model"})
        wanted, model = asked.filter(of_sums=True), body.get("model")
        if not isinstance(model, str) or not model:
            asked.refuse("model", "'model' is required: the name or uid of an entry")
        asked.check()
        reach, wanted = self._reports.reach(principal), self._reports.meant(principal, wanted)
        # What others pay is theirs to know.
        payer = wanted.organization if principal.platform_admin else None
        offer, price = other_entry(self._desk, principal, model=str(model), organization=payer)
        found = await self._readers.run(lambda: self._reports.summary(wanted, reach=reach, by=(), after=None, limit=1))
        return json_response(_what_if(offer, price, found.totals))

    async def reconcile(self, request: Request, principal: Reader) -> Response:
        reach = self._reports.reach_of_all(principal)
        asked = Asked(request.query_params)
        wanted = self._reports.meant(principal, UsageFilter(organization=asked.text("organization")))
        provider = asked.text("provider") or _OPENAI
        asked.check()
        is_csv = request.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/csv"
        body = await read_bytes(request)

        def compared() -> bytes:
            lines = reported(body, is_csv=is_csv, provider=provider)
            return _compared(self._reports.reconciled(lines, reach=reach, organization=wanted.organization))

        return Response(await self._readers.run(compared), media_type=JSON)


def _what_if(offer: Offer, price: Price | None, sums: Sums) -> JsonObject:
    found = what_if(sums, price)
    lines: list[Json] = [
        {
            "bucket": each.bucket,
            "count": each.count,
            "rate_least": amount(each.least),
            "rate_most": amount(each.most),
        }
        for each in found.lines
    ]
    return {
        "model": offer.name,
        "entry": offer.uid,
        "price_id": price.id if price is not None else None,
        "actual": shown_sums(sums),
        "what_if": {
            "least": amount(found.least),
            "most": amount(found.most),
            "lines": lines,
            "unpriced": list(found.unpriced),
        },
        "note": described.NOTE,
    }


def _compared(found: Sequence[Compared]) -> bytes:
    items = [_shown(each) for each in found]
    return encode({"items": items, "differing": sum(map(_differs, found))})


def _shown(compared: Compared) -> JsonObject:
    provider, model, day = compared.place
    side = "both" if compared.theirs and compared.ours else "theirs" if compared.theirs else "ours"
    return {
        "provider": provider,
        "model": model or None,
        "day": day_of(day),
        "side": side,
        "theirs": _billed(compared.theirs),
        "ours": _billed(compared.ours),
        "difference": _billed(compared.difference),
        "exposure": amount(compared.exposure),
    }


def _billed(billed: Billed | None) -> JsonObject | None:
    if billed is None:
        return None
    return {
        "requests": billed.requests,
        "input_tokens": billed.input_tokens,
        "output_tokens": billed.output_tokens,
        "cost": amount(billed.cost),
    }


def _differs(compared: Compared) -> bool:
    difference = compared.difference
    figures = (difference.requests, difference.input_tokens, difference.output_tokens, difference.cost)
    return any(figures) or compared.theirs is None or compared.ours is None
