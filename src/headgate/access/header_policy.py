"""Which headers an organization asks of its callers' requests.

A policy is an object with a key for each class of caller, `user`, `apikey` and `workspace`: `{mode, headers}`. `user`
counts whenever there is a user, `apikey` where there is none; a class that is not declared is not asked for anything.
A malformed policy never keeps anybody from calling: what is wrong in it is skipped and reported.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from headgate.core.json import Json


class CallerClass(enum.StrEnum):
    """Who calls, as a policy tells callers apart."""

    USER = "user"
    APIKEY = "apikey"
    WORKSPACE = "workspace"


class Mode(enum.StrEnum):
    """What becomes of a request that lacks a header."""

    BLOCK = "block"
    REPORT_ONLY = "report_only"
    DISABLED = "disabled"


class Flaw(enum.StrEnum):
    """What is wrong with a policy."""

    UNKNOWN_CALLER_CLASS = "UNKNOWN_CALLER_CLASS"
    MODE_MISSING = "MODE_MISSING"
    MODE_UNKNOWN = "MODE_UNKNOWN"
    HEADERS_MISSING = "HEADERS_MISSING"
    HEADERS_NOT_ARRAY = "HEADERS_NOT_ARRAY"
    HEADERS_EMPTY = "HEADERS_EMPTY"
    NOT_AN_OBJECT = "NOT_AN_OBJECT"


class Demand(msgspec.Struct, frozen=True):
    """What is asked of one class of caller. `headers` are names in lower case."""

    mode: Mode
    headers: tuple[bytes, ...]


class HeaderPolicy(msgspec.Struct, frozen=True):
    """What is asked of each class, and what was skipped: pairs of where it stands and what is wrong."""

    demands: Mapping[CallerClass, Demand]
    flaws: tuple[tuple[str, Flaw], ...]


_MODES: Final = frozenset(Mode)
_CLASSES: Final = frozenset(CallerClass)
_UNRESOLVED: Final = (b"{", b"}")


def read_policy(given: Json) -> HeaderPolicy:
    """A policy as it was given; nothing is asked where it says nothing or makes no sense."""
    if given is None:
        return HeaderPolicy({}, ())
    if not isinstance(given, dict):
        return HeaderPolicy({}, (("header_policy", Flaw.NOT_AN_OBJECT),))
    demands: dict[CallerClass, Demand] = {}
    flaws: list[tuple[str, Flaw]] = []
    for name, value in given.items():
        found = _demand(name, value)
        if isinstance(found, Flaw):
            flaws.append((name, found))
        else:
            demands[CallerClass(name)] = found
    return HeaderPolicy(demands, tuple(flaws))


def missing(demand: Demand, headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, ...]:
    """The headers that are asked for and absent, empty, or a placeholder that nobody filled in."""
    given = {name.lower() for name, value in headers if _is_filled(value.strip())}
    return tuple(name.decode("latin-1") for name in demand.headers if name not in given)


def _is_filled(value: bytes) -> bool:
    return bool(value) and not (value.startswith(_UNRESOLVED[0]) and value.endswith(_UNRESOLVED[1]))


def _demand(name: str, value: Json) -> Demand | Flaw:
    if name not in _CLASSES:
        return Flaw.UNKNOWN_CALLER_CLASS
    if not isinstance(value, dict):
        return Flaw.NOT_AN_OBJECT
    mode, headers = value.get("mode"), value.get("headers")
    if mode is None:
        return Flaw.MODE_MISSING
    if mode not in _MODES:
        return Flaw.MODE_UNKNOWN
    if mode == Mode.DISABLED:
        return Demand(Mode.DISABLED, ())
    if headers is None:
        return Flaw.HEADERS_MISSING
    if not isinstance(headers, list):
        return Flaw.HEADERS_NOT_ARRAY
    names = tuple(dict.fromkeys(each.strip().lower().encode() for each in headers if _is_name(each)))
    return Demand(Mode(mode), names) if names else Flaw.HEADERS_EMPTY


def _is_name(each: Json) -> bool:
    return isinstance(each, str) and bool(each.strip())
