"""Someone at the door of a town who identifies whoever comes."""

from __future__ import annotations

from headgate.access.carriers import OrgKeyAsBearer
from headgate.core.principal import Principal
from headgate.gateway.identify import Identify
from tests.gateway.town import KnownSessions, Town


class Door:
    """A town with someone at the door who identifies."""

    def __init__(self, org_key_as_bearer: OrgKeyAsBearer = OrgKeyAsBearer.ACCEPT) -> None:
        self.town = Town()
        self.sessions = KnownSessions()
        self.identify = Identify(
            self.town.directory, self.sessions, clock=self.town.clock, org_key_as_bearer=org_key_as_bearer
        )

    def bearer(self, credential: bytes, *, organization: str = "", project: str = "") -> Principal:
        headers = [(b"host", b"x"), (b"authorization", b"Bearer " + credential)]
        if organization:
            headers.append((b"x-organization-id", organization.encode()))
        if project:
            headers.append((b"x-project-id", project.encode()))
        return self.identify.identify(headers)
