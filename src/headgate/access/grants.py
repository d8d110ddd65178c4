"""What a new credential or role may be: the rules of its fields, and that it never exceeds who gives it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from headgate.access.identity import ProjectRole, ProjectSettings, Role
from headgate.access.keys import SLUG
from headgate.access.permissions import PERMISSIONS, ROLES, covers, in_project, is_pattern, permits_something
from headgate.core.errors import detail

NAME_LIMIT: Final = 128
MODEL_NAME_LIMIT: Final = 128
LIST_LIMIT: Final = 1000
MODEL_SCOPE: Final = "models:"
LAST_INSTANT: Final = 253_402_300_799
"""The end of the year 9999, the last that a timestamp can be written for."""

Faults: TypeAlias = list[Mapping[str, str]]
"""What is wrong, as `{path, message}`; empty if nothing is."""


class KeyWish(msgspec.Struct, frozen=True, kw_only=True):
    """What an organization key is asked to be. `project` is an id or slug, "" for none; `expires_at` Unix seconds."""

    name: str
    permissions: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    project: str = ""
    expires_at: float | None = None


class TokenWish(msgspec.Struct, frozen=True, kw_only=True):
    """What an access token is asked to be. `user` is whose it becomes, "" for one's own."""

    name: str
    user: str = ""
    expires_at: float | None = None


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """What a grantor has: permission patterns, models that may be called (none = any), and until when."""

    permissions: frozenset[str]
    models: frozenset[str] = frozenset()
    ends_at: float = math.inf


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who manages members is in the organization: patterns of permissions, an owner, an admin.

    A platform administrator stands there as an owner does; a key is neither owner nor admin.
    """

    permissions: frozenset[str]
    admin: bool = False
    owner: bool = False


def may_give_role(standing: Standing, role: Role) -> bool:
    """Whether one who stands like this may make somebody that.

    Asked as well about the role that a member has, before it is changed or taken: nobody disposes of those above.
    """
    if standing.owner:
        return True
    if role is Role.OWNER or (role is Role.ADMIN and not standing.admin):
        return False
    return all(covers(standing.permissions, each) for each in ROLES[role])


def may_give_project_role(standing: Standing, role: ProjectRole, *, settings: ProjectSettings) -> bool:
    """The same for a project that is run like this."""
    return all(covers(standing.permissions, each) for each in in_project(role, settings))


def slug_faults(slug: str) -> Faults:
    if re.fullmatch(SLUG, slug) is not None:
        return []
    return [detail("slug", f"{slug!r} is not 1 to 64 lower case letters, digits and inner hyphens")]


def name_faults(name: str) -> Faults:
    if 0 < len(name) <= NAME_LIMIT and name.isprintable() and name == name.strip():
        return []
    return [detail("name", f"{name!r} is not 1 to {NAME_LIMIT} printable characters without blanks at its ends")]


def end_faults(expires_at: float | None, *, now: float) -> Faults:
    if expires_at is None or now < expires_at <= LAST_INSTANT:
        return []
    return [detail("expires_at", "it lies in the past; a time to come is accepted, or null for none")]


def key_faults(wish: KeyWish, *, now: float) -> Faults:
    """What makes the wish meaningless, whoever asks."""
    found = name_faults(wish.name) + end_faults(wish.expires_at, now=now)
    for name, words in (("permissions", wish.permissions), ("scopes", wish.scopes)):
        if len(words) > LIST_LIMIT:
            found.append(detail(name, f"{len(words)} items; at most {LIST_LIMIT} are accepted"))
    if not wish.permissions:
        found.append(
            detail("permissions", "a key without a permission opens nothing; leave them out for the usual ones")
        )
    for index, pattern in enumerate(wish.permissions[:LIST_LIMIT]):
        if not is_pattern(pattern):
            found.append(
                detail(f"permissions[{index}]", f"{pattern!r} is not product:resource:action, with * only at the end")
            )
        elif not permits_something(pattern):
            known = ", ".join(sorted(PERMISSIONS))
            found.append(detail(f"permissions[{index}]", f"{pattern!r} permits nothing that exists; accepted: {known}"))
    for index, scope in enumerate(wish.scopes[:LIST_LIMIT]):
        model = scope.removeprefix(MODEL_SCOPE)
        if model == scope or not 0 < len(model) <= MODEL_NAME_LIMIT:
            found.append(detail(f"scopes[{index}]", f"{scope!r} is not {MODEL_SCOPE}NAME, NAME the name of a model"))
    return found


def excess(wish: KeyWish, authority: Authority) -> Faults:
    """What the wish asks for beyond what its grantor has. The wish has no faults."""
    found = [
        detail(f"permissions[{index}]", f"{pattern!r} is not yours to give")
        for index, pattern in enumerate(wish.permissions)
        if not covers(authority.permissions, pattern)
    ]
    if authority.models and not wish.scopes:
        found.append(detail("scopes", "your credential is bound to models; name those that the key may call"))
    if authority.models:
        found += [
            detail(f"scopes[{index}]", f"{scope!r} is outside the models of your credential")
            for index, scope in enumerate(wish.scopes)
            if scope.removeprefix(MODEL_SCOPE) not in authority.models
        ]
    return found + end_excess(wish.expires_at, authority.ends_at)


def end_excess(expires_at: float | None, ends_at: float) -> Faults:
    """A credential that ends gives nothing that outlasts it."""
    if (math.inf if expires_at is None else expires_at) <= ends_at:
        return []
    return [detail("expires_at", "your credential ends before that; what it gives ends with it at the latest")]
