"""Who may do what to entries and to the credentials that they are called with."""

from __future__ import annotations

from headgate.access.permissions import CREDENTIALS_MANAGE, CREDENTIALS_USE, GOVERNANCE_MANAGE
from headgate.catalogue.listing import View
from headgate.catalogue.scope import PLATFORM, Scope, ScopeKind, organization, parse
from headgate.core.principal import Principal


def own_scope(principal: Principal) -> Scope:
    """The scope that a principal administers when it names none."""
    return PLATFORM if principal.platform_admin else organization(principal.organization)


def may_write(principal: Principal, scope: Scope) -> bool:
    """Whether the principal may write the entries of a scope, and read its history."""
    if scope.kind is ScopeKind.USER and scope.user == principal.user != "":
        return _at_home(principal, scope)
    return _holds(principal, scope, GOVERNANCE_MANAGE)


def view(principal: Principal, scope: Scope | None = None) -> View:
    """What a principal sees in lists: everything that it can resolve, or of one scope.

    A scope that is pinned by one who may write it shows all of itself, whatever organizations an entry is open to.
    """
    if scope is None:
        return _view(principal, principal.scopes, principal.organization_slug)
    if may_write(principal, scope):
        return _view(principal, (scope.key,), None)
    return _view(principal, (scope.key,) if scope.key in principal.scopes else (), principal.organization_slug)


def organization_view(principal: Principal, organization_id: str, *, slug: str) -> View:
    """What an organization sees, for a platform administrator who asks."""
    return _view(principal, (organization(organization_id).key, PLATFORM.key), slug)


def may_use_credentials(principal: Principal, scope: Scope) -> bool:
    """Whether the principal may let entries refer to the named credentials of a scope."""
    return _holds(principal, scope, CREDENTIALS_USE)


def may_manage_credentials(principal: Principal, scope: Scope) -> bool:
    """Whether the principal may store, replace, delete and list the named credentials of a scope."""
    return _holds(principal, scope, CREDENTIALS_MANAGE)


def _view(principal: Principal, scopes: tuple[str, ...], slug: str | None) -> View:
    return View(
        scopes=scopes,
        organization_slug=slug,
        names=principal.model_scopes,
        writable=frozenset(key for key in scopes if may_write(principal, parse(key))),
    )


def _holds(principal: Principal, scope: Scope, permission: str) -> bool:
    if scope.kind is ScopeKind.PLATFORM:
        return principal.platform_admin
    return scope.kind is not ScopeKind.USER and _at_home(principal, scope) and principal.may(permission)


def _at_home(principal: Principal, scope: Scope) -> bool:
    return scope.organization == principal.organization != ""
