"""Who may do what to entries and to the credentials that they are called with.

What a permission means depends on where it is asked about: a project's entries and credentials are for those whose
request is made in the context of that project, and for the admins of its organization.
"""

from __future__ import annotations

from headgate.access.permissions import (
    CREDENTIALS_MANAGE,
    CREDENTIALS_USE,
    GOVERNANCE_MANAGE,
    MODELS_DELETE,
    MODELS_WRITE,
    SECRETS_MANAGE,
)
from headgate.catalogue.governance import barred_by_overlay
from headgate.catalogue.listing import View
from headgate.catalogue.scope import PLATFORM, Scope, ScopeKind, organization, parse
from headgate.core.principal import Principal


def own_scope(principal: Principal) -> Scope:
    """The scope that a principal administers when it names none."""
    return PLATFORM if principal.platform_admin else organization(principal.organization)


def view_of(principal: Principal) -> View:
    """What lists show to a principal: what it may call, and what is disabled where it may write.

    Who administers the organization sees what it does not allow, too: they decide about it.
    """
    return View(
        scopes=principal.scopes,
        organization_slug=principal.organization_slug,
        names=principal.model_scopes,
        writable=frozenset(key for key in principal.scopes if may_write(principal, parse(key))),
        organization=principal.organization,
        barred=barred_by_overlay(principal) if not principal.organization_admin else None,
    )


def may_ask_about(principal: Principal, subject: Principal) -> bool:
    """Whether the principal may know what another may call: it governs the organization, or both keys' project."""
    if principal.platform_admin:
        return True
    governs = principal.organization == subject.organization != "" and principal.may(GOVERNANCE_MANAGE)
    if not principal.project_bound:
        return governs
    return governs and subject.project_bound and subject.project == principal.project


def may_write(principal: Principal, scope: Scope) -> bool:
    """Whether the principal may create and update the entries of a scope, and read its history."""
    return _may(principal, scope, of_project=MODELS_WRITE)


def may_delete(principal: Principal, scope: Scope) -> bool:
    """Whether the principal may delete the entries of a scope."""
    return _may(principal, scope, of_project=MODELS_DELETE)


def may_enter_secrets(principal: Principal, scope: Scope) -> bool:
    """Whether the principal may enter, replace and clear the secrets of a scope's entries."""
    return _may(principal, scope, of_project=SECRETS_MANAGE)


def authority(principal: Principal, organization_id: str) -> str:
    """The widest kind of scope that the principal administers of those that lie around an organization's projects and
    users: `platform`, `organization` or ""."""
    if principal.platform_admin:
        return ScopeKind.PLATFORM.value
    if organization_id and may_write(principal, organization(organization_id)):
        return ScopeKind.ORGANIZATION.value
    return ""


def authority_over(principal: Principal, scope: Scope) -> str:
    """The same of the scopes that a scope lies in, besides itself."""
    found = authority(principal, scope.organization)
    return "" if scope.kind is ScopeKind.PLATFORM or found == scope.kind.value else found


def may_use_credentials(principal: Principal, scope: Scope) -> bool:
    """Whether the principal may let entries refer to the named credentials of a scope."""
    return _holds(principal, scope, CREDENTIALS_USE)


def may_manage_credentials(principal: Principal, scope: Scope) -> bool:
    """Whether the principal may store, replace, delete and list the named credentials of a scope.

    Who may enter the secrets of a project's entries may also keep them under a name in that project.
    """
    if scope.kind is ScopeKind.PROJECT and _in_project(principal, scope, SECRETS_MANAGE):
        return True
    return _holds(principal, scope, CREDENTIALS_MANAGE)


def _may(principal: Principal, scope: Scope, *, of_project: str) -> bool:
    if scope.kind is ScopeKind.USER:
        return _own(principal, scope)
    if scope.kind is ScopeKind.PROJECT:
        return _in_project(principal, scope, of_project)
    return _holds(principal, scope, GOVERNANCE_MANAGE)


def _holds(principal: Principal, scope: Scope, permission: str) -> bool:
    match scope.kind:
        case ScopeKind.PLATFORM:
            return principal.platform_admin
        case ScopeKind.ORGANIZATION:
            # What a key was given for its project is not for the organization; using its credentials there is.
            beyond = principal.project_bound and permission != CREDENTIALS_USE
            return _at_home(principal, scope) and principal.may(permission) and not beyond
        case ScopeKind.PROJECT:
            return _in_project(principal, scope, permission)
        case ScopeKind.USER:
            return False


def _own(principal: Principal, scope: Scope) -> bool:
    return scope.user == principal.user != "" and _at_home(principal, scope)


def _in_project(principal: Principal, scope: Scope, permission: str) -> bool:
    if not _at_home(principal, scope):
        return False
    return principal.organization_admin or (scope.project == principal.project and principal.may(permission))


def _at_home(principal: Principal, scope: Scope) -> bool:
    return scope.organization == principal.organization != ""
