"""Whose entry it is."""

from __future__ import annotations

import enum
from typing import Final

import msgspec


class ScopeKind(enum.StrEnum):
    """From the widest to the narrowest."""

    PLATFORM = "platform"
    ORGANIZATION = "organization"
    PROJECT = "project"
    USER = "user"


class Scope(msgspec.Struct, frozen=True, gc=False, order=True):
    """The owner of an entry or credential. Ids are those of the tenancy tables.

    `organization` is empty for the platform only; `project` and `user` are set for their kind only. A user's scope
    lies within one organization and ends with that membership.
    """

    kind: ScopeKind
    organization: str = ""
    project: str = ""
    user: str = ""

    @property
    def key(self) -> str:
        """One string for the scope, as stored and as `?scope=` takes it."""
        match self.kind:
            case ScopeKind.PLATFORM:
                return "platform"
            case ScopeKind.ORGANIZATION:
                return f"organization:{self.organization}"
            case ScopeKind.PROJECT:
                return f"project:{self.organization}/{self.project}"
            case ScopeKind.USER:
                return f"user:{self.organization}/{self.user}"


PLATFORM: Final = Scope(ScopeKind.PLATFORM)


def organization(organization_id: str) -> Scope:
    return Scope(ScopeKind.ORGANIZATION, organization_id)


def project(organization_id: str, project_id: str) -> Scope:
    return Scope(ScopeKind.PROJECT, organization_id, project=project_id)


def user(organization_id: str, user_id: str) -> Scope:
    return Scope(ScopeKind.USER, organization_id, user=user_id)


def parse(key: str) -> Scope:
    """The scope of a key that `Scope.key` wrote; ValueError for anything else."""
    kind, _, rest = key.partition(":")
    outer, _, inner = rest.partition("/")
    if key == "platform":
        return PLATFORM
    if kind == "organization" and rest and not inner:
        return organization(rest)
    if kind == "project" and outer and inner:
        return project(outer, inner)
    if kind == "user" and outer and inner:
        return user(outer, inner)
    raise ValueError(
        f"{key!r} is not a scope; accepted: platform, organization:ID, project:ORGANIZATION/ID, user:ORGANIZATION/ID"
    )


def wider(scope: Scope) -> tuple[Scope, ...]:
    """The scopes in which an entry of `scope` may find a failover target, its own first."""
    if scope.kind is ScopeKind.PLATFORM:
        return (PLATFORM,)
    if scope.kind is ScopeKind.ORGANIZATION:
        return (scope, PLATFORM)
    return (scope, organization(scope.organization), PLATFORM)
