"""What the administrative routes read from a request, and pages: of what is asked for, and as answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from headgate.core.errors import InvalidBody, detail
from headgate.core.json import Json, JsonObject
from headgate.gateway.pages import Page
from headgate.web import times
from headgate.web.answers import json_response
from headgate.web.bodies import name_of, plain, read_object, refuse_unknown
from headgate.web.describe import INTEGER, list_of, object_of, query
from headgate.web.query import number

T = TypeVar("T")
W = TypeVar("W", bound=StrEnum)

PAGE_DEFAULT: Final = 100
PAGE_LIMIT: Final = 1000
PAGING: Final[Sequence[JsonObject]] = (
    query("page", "The page, from 0.", schema=INTEGER),
    query(
        "limit", f"Items of a page, {PAGE_DEFAULT} unless told; more than {PAGE_LIMIT} counts as that.", schema=INTEGER
    ),
)


class Fields:
    """A body of which every field is read by name. What is wrong is collected and told at once by `check`."""

    def __init__(self, body: JsonObject) -> None:
        self._body = body
        self._faults: list[Mapping[str, str]] = []

    @classmethod
    async def of(cls, request: Request, *accepted: str) -> Fields:
        """The request's body; none at all counts as `{}`. InvalidJson, InvalidBody for a field that is not accepted."""
        body = await read_object(request) if _has_body(request) else {}
        refuse_unknown(body, frozenset(accepted))
        return cls(body)

    def has(self, name: str) -> bool:
        """Whether the body says anything about it, null included."""
        return name in self._body

    def says(self, name: str) -> bool:
        """Whether the body says anything but null about it."""
        return self._body.get(name) is not None

    def mapping(self, name: str) -> JsonObject:
        """An object, `{}` if there is none."""
        value = self._body.get(name)
        if value is None:
            return {}
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        return self._fault(name, value, accepted="an object", instead={})

    def text(self, name: str, *, default: str | None = None) -> str:
        value = self._body.get(name)
        if isinstance(value, str):
            return value
        if value is None and default is not None:
            return default
        return self._fault(name, value, accepted="a string", instead="")

    def texts(self, name: str, *, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self._body.get(name)
        if value is None:
            return default
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        return self._fault(name, value, accepted="an array of strings", instead=default)

    def integer(self, name: str, *, default: int | None = None) -> int:
        value = self._body.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if value is None and default is not None:
            return default
        return self._fault(name, value, accepted="a whole number", instead=0)

    def decimal(self, name: str) -> Decimal | None:
        """A number with every digit that was written; None if it is none, which is a fault."""
        value = self._body.get(name)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return Decimal(value)
        return self._fault(name, value, accepted="a number", instead=None)

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        value = self._body.get(name)
        if isinstance(value, bool):
            return value
        if value is None and default is not None:
            return default
        return self._fault(name, value, accepted="true or false", instead=False)

    def word(self, name: str, *, accepted: type[W]) -> W:
        """A word of a list of words."""
        value = self._body.get(name)
        if isinstance(value, str) and value in list(accepted):
            return accepted(value)
        words = list(accepted)
        self._faults.append(detail(name, f"{', '.join(words)} are accepted, not {_shown(value)}"))
        return words[0]

    def time(self, name: str) -> float | None:
        value = self._body.get(name)
        if isinstance(value, str):
            try:
                return times.read(value)
            except ValueError as error:
                self._faults.append(detail(name, str(error)))
        elif value is not None:
            self._fault(name, value, accepted="a time as a string, like 2026-11-20T12:00:00Z,", instead=None)
        return None

    def refuse(self, path: str, message: str) -> None:
        """Add what is wrong with fields that are well-formed each for itself."""
        self._faults.append(detail(path, message))

    def check(self) -> None:
        """InvalidBody if anything that was read is not what it must be."""
        if self._faults:
            words = "; ".join(f"{each['path']}: {each['message']}" for each in self._faults)
            raise InvalidBody(words, details=self._faults)

    def _fault(self, name: str, value: Json, *, accepted: str, instead: T) -> T:
        self._faults.append(detail(name, f"{accepted} is accepted, not {name_of(value)}"))
        return instead


def paging(request: Request) -> tuple[int, int]:
    """Offset and length of the page that the query asks for. InvalidQuery."""
    page = number(request.query_params, "page", least=0) or 0
    limit = min(number(request.query_params, "limit", least=1) or PAGE_DEFAULT, PAGE_LIMIT)
    return page * limit, limit


def page_of(item: JsonObject) -> JsonObject:
    """The shape of an answer that is a page of items."""
    return object_of({"items": list_of(item), "total": INTEGER})


def page_response(page: Page[T], shown: Callable[[T], JsonObject]) -> Response:
    """A page as an answer."""
    return json_response({"items": [shown(each) for each in page.items], "total": page.total})


def _shown(value: Json) -> str:
    return repr(value[:64]) if isinstance(value, str) else name_of(value)


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
