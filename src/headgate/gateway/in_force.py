"""Whether what was shown when a request began is still in force when something lasting is given for it."""

from __future__ import annotations

from headgate.core.errors import Forbidden, NotAuthenticated
from headgate.core.principal import Principal, PrincipalKind
from headgate.gateway.directory import Directory


def demand_in_force(directory: Directory, by: Principal, *, now: float) -> None:
    """NotAuthenticated if the credential has ended."""
    if by.kind is PrincipalKind.KEY:
        key = directory.key(by.organization, by.credential)
        ended = key is None or not key.in_force(now)
    else:
        token, session = directory.token(by.credential), directory.any_session(by.credential)
        ended = token is not None and directory.authenticate(token.digest, now) is not token
        ended = ended or (session is not None and directory.session(session.id, now) is None)
        ended = ended or not directory.is_active(by.user)
    if ended:
        raise NotAuthenticated


def demand_member(directory: Directory, by: Principal) -> None:
    """Forbidden for a person who is no member of the organization of the request any more."""
    if by.user and not by.platform_admin and directory.membership(by.user, by.organization) is None:
        raise Forbidden("your membership in the organization has ended")
