"""Query parameters of the registry API, read as FastAPI reads them: a value out of range is a 422."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.datastructures import QueryParams

from headgate.catalogue.kinds import CATEGORIES, Kind
from headgate.core.errors import InvalidQuery
from headgate.web.detail import item

_DIGITS: Final = re.compile(r"[+-]?[0-9]{1,18}")
_FLAGS: Final[Mapping[str, bool]] = MappingProxyType(
    {
        **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
        **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
    }
)


def whole(query: QueryParams, name: str, *, least: int, most: int, default: int) -> int:
    """A whole number from `least` to `most`."""
    word = query.get(name)
    if word is None:
        return default
    number = int(word) if _DIGITS.fullmatch(word.strip()) else None
    if number is not None and least <= number <= most:
        return number
    kind = "int_parsing" if number is None else "less_than_equal" if number > most else "greater_than_equal"
    raise _refused(name, f"a whole number from {least} to {most}", word, kind)


def flag(query: QueryParams, name: str, *, default: bool) -> bool:
    word = query.get(name)
    if word is None:
        return default
    known = _FLAGS.get(word.strip().lower())
    if known is None:
        raise _refused(name, "true or false", word, "bool_parsing")
    return known


def kinds_of(category: str | None) -> frozenset[Kind]:
    """The kinds of a category: all of them for none, and none of them for a word that is no category."""
    return frozenset(kind for kind, word in CATEGORIES.items() if category in (None, "", word))


def _refused(name: str, accepted: str, found: str, kind: str) -> InvalidQuery:
    message = f"{name!r} takes {accepted}, not {found[:64]!r}"
    return InvalidQuery(message, details=[item(name, message, type_=kind)])
