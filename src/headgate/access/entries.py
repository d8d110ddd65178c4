"""Who may do what to entries and to the credentials that they are called with."""

from __future__ import annotations

from headgate.access.permissions import CREDENTIALS_MANAGE, CREDENTIALS_USE, GOVERNANCE_MANAGE
from headgate.catalogue.scope import PLATFORM, Scope, ScopeKind, organization
from headgate.core.principal import Principal


def own_scope(principal: Principal) -> Scope:
    """The scope that a principal administers when it names none."""
    return PLATFORM if principal.platform_admin else organization(principal.organization)


def may_write(principal: Principal, scope: Scope) -> bool:
    """Whether the principal may write the entries of a scope, and read its history."""
    if scope.kind is ScopeKind.USER and scope.user == principal.user != "":
        return _at_home(principal, scope)
    return _holds(principal, scope, GOVERNANCE_MANAGE)


def may_use_credentials(principal: Principal, scope: Scope) -> bool:
    """Whether the principal may let entries refer to the named credentials of a scope."""
    return _holds(principal, scope, CREDENTIALS_USE)


def may_manage_credentials(principal: Principal, scope: Scope) -> bool:
    """Whether the principal may store, replace, delete and list the named credentials of a scope."""
    return _holds(principal, scope, CREDENTIALS_MANAGE)


def _holds(principal: Principal, scope: Scope, permission: str) -> bool:
    if scope.kind is ScopeKind.PLATFORM:
        return principal.platform_admin
    return scope.kind is not ScopeKind.USER and _at_home(principal, scope) and principal.may(permission)


def _at_home(principal: Principal, scope: Scope) -> bool:
    return scope.organization == principal.organization != ""
