"""`/admin/v1/usage` and `/admin/v1/requests`: what was used, by whom, and how its cost was reckoned.

The ledger is read on a thread, names are looked up on the event loop that the directory belongs to, and what was found
is written out on a thread again: a page may have thousands of values, and the loop serves everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from headgate.core.json import encode
from headgate.gateway.usage import Named, UsageReports
from headgate.gateway.usage_store import Group, GroupBy, Position, Reach, Rows, Summary, UsageFilter
from headgate.ledger.records import Account
from headgate.web import query
from headgate.web.admin_api import usage_described as described
from headgate.web.admin_api.callers import Caller
from headgate.web.admin_api.reading import PAGE_DEFAULT, PAGE_LIMIT
from headgate.web.admin_api.usage_asked import Asked, cursor_of
from headgate.web.admin_api.usage_export import FORMATS, PART, streamed, written
from headgate.web.admin_api.usage_shown import shown_group, shown_request, shown_row, shown_sums
from headgate.web.flat import JSON
from headgate.web.running import Runner

_USAGE: Final = "/admin/v1/usage"


class UsageRoutes:
    """Rows, sums, files and single requests, for everybody as far as they see them. `readers` may wait for the
    ledger."""

    def __init__(self, reports: UsageReports, readers: Runner) -> None:
        self._reports = reports
        self._readers = readers

    def router(self) -> APIRouter:
        router = APIRouter(tags=["usage"])
        for path, endpoint, name, words in (
            (_USAGE, self.list, "listUsage", described.LIST),
            (f"{_USAGE}/summary", self.summary, "summarizeUsage", described.SUMMARY),
            (f"{_USAGE}/export", self.export, "exportUsage", described.EXPORT),
            ("/admin/v1/requests/{request_id}", self.request, "readRequest", described.REQUEST),
        ):
            router.add_api_route(path, endpoint, methods=["GET"], operation_id=name, openapi_extra=words)
        return router

    async def list(self, request: Request, principal: Caller) -> Response:
        asked = Asked(request.query_params)
        wanted, after = asked.filter(), asked.position()
        limit = _limit(request, usual=PAGE_DEFAULT, most=PAGE_LIMIT)
        asked.check()
        reach, wanted = self._reports.reach(principal), self._reports.meant(principal, wanted)

        def body(rows: Rows, named: Named) -> bytes:
            items = [shown_row(row, named) for row in rows.items]
            return encode({"items": items, "next_cursor": cursor_of(rows.after)})

        _, content = await self._part(wanted, reach=reach, after=after, limit=limit, body=body)
        return Response(content, media_type=JSON)

    async def summary(self, request: Request, principal: Caller) -> Response:
        asked = Asked(request.query_params)
        by = asked.groups()
        wanted, after = asked.filter(of_sums=True), asked.group(by)
        limit = _limit(request, usual=described.SUMMARY_DEFAULT, most=described.SUMMARY_LIMIT)
        asked.check()
        reach, wanted = self._reports.reach(principal), self._reports.meant(principal, wanted)
        found = await self._readers.run(
            lambda: self._reports.summary(wanted, reach=reach, by=by, after=after, limit=limit)
        )
        named = self._reports.named(_accounts(by, group) for group, _ in found.items)
        return Response(await self._readers.run(lambda: _summary(by, found, named)), media_type=JSON)

    async def export(self, request: Request, principal: Caller) -> Response:
        asked = Asked(request.query_params)
        wanted = asked.filter()
        form = query.one_of(request.query_params, "format", accepted=tuple(FORMATS)) or "csv"
        asked.check()
        reach, wanted = self._reports.reach(principal), self._reports.meant(principal, wanted)

        async def read(after: Position | None) -> tuple[Rows, bytes]:
            def body(rows: Rows, named: Named) -> bytes:
                return written(rows.items, named, form=form, begins=after is None)

            return await self._part(wanted, reach=reach, after=after, limit=PART, body=body)

        return StreamingResponse(
            streamed(await read(None), read),
            media_type=FORMATS[form],
            headers={"content-disposition": f'attachment; filename="usage.{form}"'},
        )

    async def request(self, principal: Caller, request_id: str) -> Response:
        reach = self._reports.reach(principal)
        found = await self._readers.run(lambda: self._reports.request(request_id, reach=reach))
        named = self._reports.named([found.row.account])
        return Response(await self._readers.run(lambda: encode(shown_request(found, named))), media_type=JSON)

    async def _part(
        self,
        wanted: UsageFilter,
        *,
        reach: Reach,
        after: Position | None,
        limit: int,
        body: Callable[[Rows, Named], bytes],
    ) -> tuple[Rows, bytes]:
        rows = await self._readers.run(lambda: self._reports.rows(wanted, reach=reach, after=after, limit=limit))
        named = self._reports.named(row.account for row in rows.items)
        return rows, await self._readers.run(lambda: body(rows, named))


def _summary(by: tuple[GroupBy, ...], found: Summary, named: Named) -> bytes:
    items = [{**shown_group(by, group, named=named), **shown_sums(sums)} for group, sums in found.items]
    return encode({"items": items, "totals": shown_sums(found.totals), "next_cursor": cursor_of(found.after)})


def _accounts(by: tuple[GroupBy, ...], group: Group) -> Account:
    """What a group says of who paid."""
    words = dict(zip(by, map(str, group), strict=True))
    return Account(
        words.get(GroupBy.ORGANIZATION, ""),
        words.get(GroupBy.PROJECT, ""),
        words.get(GroupBy.USER, ""),
        words.get(GroupBy.KEY, ""),
    )


def _limit(request: Request, *, usual: int, most: int) -> int:
    return min(query.number(request.query_params, "limit", least=1) or usual, most)
