"""Who may use the routes about tenants and people, where several of them ask for the same."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends

from headgate.access.permissions import MEMBERS_MANAGE
from headgate.core.errors import ContextUnknown, Forbidden, NotAuthenticated, NotFound
from headgate.core.principal import Principal
from headgate.web.authorisation import Requires

Caller = Annotated[Principal, Depends(Requires())]
"""Anybody with a credential."""
Person = Annotated[Principal, Depends(Requires(user=True))]
"""A user; a key acts for none."""
MembersManager = Annotated[Principal, Depends(Requires(MEMBERS_MANAGE))]
Administrator = Annotated[Principal, Depends(Requires(platform_admin=True))]
"""Of the platform."""

REFUSED: Final = (NotAuthenticated, Forbidden, ContextUnknown)
"""What every such route may answer."""
REFUSED_ONE: Final = (*REFUSED, NotFound)
"""What a route about one object may answer."""
