"""`/admin/v1/budgets`: what may be spent, and what has been."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from msgspec import UNSET

from headgate.access.permissions import GOVERNANCE_MANAGE
from headgate.core.clock import Clock
from headgate.core.errors import (
    Conflict,
    ContextUnknown,
    Forbidden,
    InvalidBody,
    InvalidQuery,
    NotAuthenticated,
    NotFound,
    StoreUnavailable,
)
from headgate.core.json import Json, JsonObject
from headgate.core.money import usd
from headgate.core.principal import Principal
from headgate.core.subject import SPENDERS, SubjectKind
from headgate.gateway.budget_book import Budget, Running
from headgate.gateway.budgets import BudgetChange, Budgets
from headgate.ledger.budget import PARTS, OnExceeded, Period, Terms, Unit, Window, amount_of
from headgate.web.admin_api.reading import PAGING, Fields, page_of, page_response, paging
from headgate.web.answers import json_response
from headgate.web.authorisation import Requires
from headgate.web.describe import BOOLEAN, INTEGER, OBJECT, STRING, object_of, operation, path, query
from headgate.web.query import text
from headgate.web.times import written

Governor = Annotated[Principal, Depends(Requires(GOVERNANCE_MANAGE))]

LIFETIME: Final = "lifetime"
ROLLING: Final = "rolling"
WINDOWS: Final = (*(each.value for each in Period), ROLLING, LIFETIME)
LONGEST: Final = 366 * 86_400
NAME_LIMIT: Final = 200

_REFUSALS: Final = (NotAuthenticated, Forbidden, ContextUnknown, InvalidQuery)
_ONE: Final = "/{budget_id}"
_ID: Final = path("budget_id", "The budget's id.")
_OF: Final = query("organization", "Only those of this organization (id or slug).")
_CHANGEABLE: Final = ("name", "amount", "hard", "on_exceeded")
_TERMS: Final = {
    "name": STRING,
    "amount": {"type": "number", "description": "USD with at most 12 decimals, or tokens."},
    "hard": {**BOOLEAN, "default": True, "description": "Whether calls are refused; otherwise it only warns."},
    "on_exceeded": {
        **STRING,
        "nullable": True,
        "enum": [each.value for each in OnExceeded],
        "description": "What becomes of a call that is not covered. None: the organization's quota_policy.",
    },
}
_MADE_OF: Final = {
    "subject_kind": {**STRING, "enum": [each.value for each in SPENDERS]},
    "subject_id": STRING,
    "unit": {**STRING, "enum": [each.value for each in Unit]},
    **_TERMS,
    "window": {**STRING, "enum": list(WINDOWS), "default": LIFETIME},
    "seconds": {**INTEGER, "description": f"Length of a rolling window, a multiple of {PARTS}."},
}
_BODY: Final = object_of(_MADE_OF, required=["subject_kind", "subject_id", "unit", "amount"])


class BudgetRoutes:
    """Create, list, read, change, delete."""

    def __init__(self, budgets: Budgets, *, clock: Clock) -> None:
        self._budgets = budgets
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/admin/v1/budgets", tags=["budgets"])
        add, one = router.add_api_route, (*_REFUSALS, NotFound)
        made = operation(
            "Create a budget", answer=OBJECT, body=_BODY, errors=(*one, InvalidBody, Conflict, StoreUnavailable)
        )
        add("", self.create, methods=["POST"], operation_id="createBudget", openapi_extra=made)
        listed = operation("List budgets", answer=page_of(OBJECT), parameters=[_OF, *PAGING], errors=one)
        add("", self.list, methods=["GET"], operation_id="listBudgets", openapi_extra=listed)
        read = operation("Read a budget", answer=OBJECT, parameters=[_ID], errors=one)
        add(_ONE, self.read, methods=["GET"], operation_id="getBudget", openapi_extra=read)
        changed = operation(
            "Change a budget", answer=OBJECT, parameters=[_ID], body=object_of(_TERMS), errors=(*one, InvalidBody)
        )
        add(_ONE, self.change, methods=["PATCH"], operation_id="updateBudget", openapi_extra=changed)
        ended = operation("Delete a budget", answer=OBJECT, parameters=[_ID], errors=one)
        add(_ONE, self.delete, methods=["DELETE"], operation_id="deleteBudget", openapi_extra=ended)
        return router

    async def create(self, request: Request, principal: Governor) -> Response:
        fields = await Fields.of(request, *_MADE_OF)
        kind = fields.word("subject_kind", accepted=SubjectKind)
        subject = fields.text("subject_id")
        unit = fields.word("unit", accepted=Unit)
        terms = Terms(
            name=_name(fields),
            unit=unit,
            amount=_amount(fields, unit),
            window=_window(fields),
            hard=fields.flag("hard", default=True),
            on_exceeded=_on_exceeded(fields),
        )
        fields.check()
        return self._answer(await self._budgets.create(principal, kind, subject=subject, terms=terms))

    async def list(self, request: Request, principal: Governor) -> Response:
        offset, limit = paging(request)
        organization = text(request.query_params, "organization")
        page = self._budgets.list(principal, organization=organization, offset=offset, limit=limit)
        return page_response(page, self._shown)

    async def read(self, request: Request, principal: Governor) -> Response:
        return self._answer(self._budgets.get(principal, request.path_params["budget_id"]))

    async def change(self, request: Request, principal: Governor) -> Response:
        fields, budget_id = await Fields.of(request, *_CHANGEABLE), request.path_params["budget_id"]
        before = self._budgets.get(principal, budget_id).budget
        change = BudgetChange(
            name=_name(fields) if fields.has("name") else UNSET,
            amount=_amount(fields, before.terms.unit) if fields.has("amount") else UNSET,
            hard=fields.flag("hard", default=True) if fields.has("hard") else UNSET,
            on_exceeded=_on_exceeded(fields) if fields.has("on_exceeded") else UNSET,
        )
        fields.check()
        return self._answer(await self._budgets.update(principal, budget_id, change=change))

    async def delete(self, request: Request, principal: Governor) -> Response:
        return self._answer(await self._budgets.delete(principal, request.path_params["budget_id"]))

    def _answer(self, running: Running) -> Response:
        return json_response(self._shown(running))

    def _shown(self, running: Running) -> JsonObject:
        return {**_terms(running.budget), "current": _current(running, int(self._clock.wall()))}


def _name(fields: Fields) -> str:
    name = fields.text("name", default="")
    if len(name) > NAME_LIMIT:
        fields.refuse("name", f"at most {NAME_LIMIT} characters are accepted")
    return name


def _amount(fields: Fields, unit: Unit) -> int:
    number = fields.decimal("amount")
    if number is None:
        return 0
    try:
        return amount_of(unit, number)
    except ValueError as error:
        fields.refuse("amount", str(error))
        return 0


def _window(fields: Fields) -> Window:
    word = fields.text("window", default=LIFETIME)
    seconds = fields.integer("seconds", default=0)
    if word not in WINDOWS:
        fields.refuse("window", f"{', '.join(WINDOWS)} are accepted, not {word[:64]!r}")
    elif word == ROLLING:
        if not PARTS <= seconds <= LONGEST or seconds % PARTS:
            accepted = f"a multiple of {PARTS} from {PARTS} to {LONGEST} is accepted"
            fields.refuse("seconds", f"{accepted}, not {seconds}")
        else:
            return Window(rolling=seconds)
    elif fields.has("seconds"):
        fields.refuse("seconds", f"only a {ROLLING!r} window has a length of its own")
    return Window(period=Period(word)) if word in list(Period) else Window()


def _on_exceeded(fields: Fields) -> OnExceeded | None:
    return fields.word("on_exceeded", accepted=OnExceeded) if fields.says("on_exceeded") else None


def _terms(budget: Budget) -> JsonObject:
    terms, window = budget.terms, budget.terms.window
    word = ROLLING if window.rolling is not None else window.period.value if window.period else LIFETIME
    return {
        "id": budget.id,
        "organization": budget.subject.organization,
        "subject_kind": budget.subject.kind.value,
        "subject_id": budget.subject.id,
        "name": terms.name,
        "unit": terms.unit.value,
        "amount": _written(terms.unit, terms.amount),
        "window": word,
        "seconds": window.rolling,
        "hard": terms.hard,
        "on_exceeded": terms.on_exceeded,
        "by_platform": budget.by_platform,
        "created_at": written(budget.created_at),
        "created_by": budget.created_by,
        "updated_at": written(budget.updated_at),
    }


def _current(running: Running, now: int) -> JsonObject:
    """The window in progress, and what it has come to."""
    terms, whole = running.budget.terms, running.tally.view(now)
    window, used = terms.window, whole.spent + whole.exposure + whole.held
    amounts = {
        "spent": whole.spent,
        "exposure": whole.exposure,
        "held": whole.held,
        "remaining": max(0, terms.amount - used),
    }
    return {
        "start": written(float(whole.start)) if window.ends else None,
        "end": written(float(window.end(window.start(now)))) if window.ends else None,
        **{name: _written(terms.unit, amount) for name, amount in amounts.items()},
    }


def _written(unit: Unit, amount: int) -> Json:
    return msgspec.Raw(usd(amount)) if unit is Unit.USD else amount
