"""Secrets that do not open: altered in the database, or sealed under a master key that is not there.

An entry that would be called with one is no reason not to start and no reason not to list it. It is marked as failed
before anybody calls it; a call gets CREDENTIAL_MISSING. When the secret opens again, the mark goes.
"""

from __future__ import annotations

from typing import Final

from headgate.catalogue.credential import StoredCredential
from headgate.gateway.administer_desk import Desk
from headgate.gateway.ports import Opener
from headgate.gateway.stores import Verification, VerificationState

UNREADABLE: Final = "the credential must be entered again: it cannot be read"


def mark_unreadable(desk: Desk, opener: Opener) -> int:
    """Try every secret that an entry is called with, and pin what is found. How many secrets do not open."""
    opens: dict[str, bool] = {}
    now = desk.clock.wall()
    for offer in desk.snapshot.offers():
        stored = desk.book.applicable(offer)
        if not isinstance(stored, StoredCredential):
            continue
        known = opens.get(stored.credential.id)
        if known is None:
            known = opens[stored.credential.id] = _opens(opener, stored)
        marked = desk.board.of(offer.uid).message == UNREADABLE
        if not known and not marked:
            failed = Verification(uid=offer.uid, state=VerificationState.FAILED, message=UNREADABLE, at=now)
            desk.board.pin(failed)
        elif known and marked:
            desk.board.pin(Verification(uid=offer.uid, state=VerificationState.PENDING, at=now))
    desk.board.flush()
    return sum(1 for known in opens.values() if not known)


def _opens(opener: Opener, stored: StoredCredential) -> bool:
    try:
        opener.open(stored)
    except ValueError:
        return False
    return True
