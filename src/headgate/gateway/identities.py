"""Saying beforehand who somebody is to the identity provider, where unknown people are not let in."""

from __future__ import annotations

from typing import Final

from headgate.access.grants import Faults
from headgate.access.identity import ExternalIdentity
from headgate.core.errors import Conflict, NotFound, detail
from headgate.gateway.tenancy import Change, Tenancy, refuse

TEXT_LIMIT: Final = 255


class Identities:
    """The use case of platform administrators."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy

    async def add(self, user_id: str, *, issuer: str, subject: str) -> ExternalIdentity:
        """The user is whom the issuer's tokens call `subject`. NotFound, InvalidBody, Conflict if somebody else is."""
        refuse(_faults("issuer", issuer) + _faults("subject", subject))
        made = ExternalIdentity(issuer=issuer, subject=subject, user=user_id, created_at=self._tenancy.now())
        directory, store = self._tenancy.directory, self._tenancy.store

        def decide() -> Change:
            if directory.user(user_id) is None:
                raise NotFound(f"user {user_id!r} does not exist")
            known = directory.user_by_identity(issuer, subject)
            if known is not None and known.id != user_id:
                raise Conflict(f"{subject!r} of {issuer!r} is another user")
            return Change(lambda: store.put_identity(made), lambda: directory.put_identity(made))

        await self._tenancy.changes.make(decide)
        return made


def _faults(name: str, text: str) -> Faults:
    if 0 < len(text) <= TEXT_LIMIT and text.isprintable():
        return []
    return [detail(name, f"{text!r} is not 1 to {TEXT_LIMIT} printable characters")]
