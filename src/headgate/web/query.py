"""Query parameters of the management APIs, read strictly: a value that is not accepted is refused, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import QueryParams

from headgate.catalogue import scope as scopes
from headgate.catalogue.scope import PLATFORM, Scope, ScopeKind
from headgate.core.errors import InvalidQuery, detail
from headgate.core.principal import Principal

_DIGITS: Final = re.compile(r"[0-9]{1,9}")


def refused(name: str, found: str, *, accepted: str) -> InvalidQuery:
    message = f"{name!r} takes {accepted}, not {found[:64]!r}"
    return InvalidQuery(message, details=[detail(name, message)])


def text(query: QueryParams, name: str) -> str | None:
    """A parameter, or None if it is missing or empty."""
    return query.get(name) or None


def words(query: QueryParams, name: str) -> tuple[str, ...]:
    """A list with commas between, without its empty parts."""
    return tuple(part for part in (query.get(name) or "").split(",") if part)


def flag(query: QueryParams, name: str) -> bool | None:
    word = text(query, name)
    if word not in {None, "true", "false"}:
        raise refused(name, str(word), accepted="true or false")
    return None if word is None else word == "true"


def number(query: QueryParams, name: str, *, least: int) -> int | None:
    """A whole number of at least `least`."""
    word = text(query, name)
    if word is None:
        return None
    if not _DIGITS.fullmatch(word) or int(word) < least:
        raise refused(name, word, accepted=f"a whole number of at least {least}")
    return int(word)


def one_of(query: QueryParams, name: str, *, accepted: Sequence[str]) -> str | None:
    word = text(query, name)
    if word is not None and word not in accepted:
        raise refused(name, word, accepted=f"one of {', '.join(accepted)}")
    return word


def scope(query: QueryParams, principal: Principal) -> Scope | None:
    """The scope that `?scope=` pins: a scope's key, or `organization`, `project` and `user` for the caller's own."""
    word = text(query, "scope")
    if word is None:
        return None
    own = _own(principal).get(word)
    if own is not None:
        return own
    try:
        return scopes.parse(word)
    except ValueError as error:
        raise InvalidQuery(str(error), details=[detail("scope", str(error))]) from None


def _own(principal: Principal) -> dict[str, Scope]:
    own: dict[str, Scope] = {ScopeKind.PLATFORM: PLATFORM}
    if principal.organization:
        own[ScopeKind.ORGANIZATION] = scopes.organization(principal.organization)
        if principal.project:
            own[ScopeKind.PROJECT] = scopes.project(principal.organization, principal.project)
        if principal.user:
            own[ScopeKind.USER] = scopes.user(principal.organization, principal.user)
    return own
