"""What is known of whether entries work, in memory, and written to the store in batches.

Any thread pins a note; only the writer thread flushes. A note that was not flushed before a crash is lost, and the
entry reads as pending until the next probe or call.
"""

from __future__ import annotations

from collections.abc import Iterable

from headgate.core.errors import StoreUnavailable
from headgate.gateway.stores import Verification, VerificationState, VerificationStore


class VerificationBoard:
    """The verification of every entry, by uid."""

    def __init__(self, store: VerificationStore) -> None:
        self._store = store
        self._known = {each.uid: each for each in store.verifications()}
        self._waiting: dict[str, Verification | None] = {}

    @property
    def waits(self) -> bool:
        """Whether anything is to be written down."""
        return bool(self._waiting)

    def of(self, uid: str) -> Verification:
        """What is known of an entry; pending since ever if nothing is."""
        known = self._known.get(uid)
        return known if known is not None else Verification(uid=uid, state=VerificationState.PENDING, at=0.0)

    def failed(self, uid: str) -> bool:
        """Whether the last that is known of an entry is that it does not work."""
        known = self._known.get(uid)
        return known is not None and known.state is VerificationState.FAILED

    def works(self, uid: str) -> bool:
        """Whether the last that is known of an entry is that it works."""
        known = self._known.get(uid)
        return known is not None and known.state is VerificationState.OK

    def pin(self, verification: Verification) -> None:
        self._known[verification.uid] = verification
        self._waiting[verification.uid] = verification

    def served(self, uid: str, at: float) -> None:
        """A call got its answer: that is the best proof. Only a change is written down."""
        if not self.works(uid):
            self.pin(Verification(uid=uid, state=VerificationState.OK, at=at))

    def forget(self, uids: Iterable[str]) -> None:
        for uid in uids:
            self._known.pop(uid, None)
            self._waiting[uid] = None

    def flush(self) -> None:
        """Write what has changed. If the store fails, it stays to be written next time."""
        # One at a time, because a note may be pinned meanwhile; popitem is atomic.
        taken: dict[str, Verification | None] = {}
        while self._waiting:
            uid, verification = self._waiting.popitem()
            taken.setdefault(uid, verification)
        try:
            put = [each for each in taken.values() if each is not None]
            if put:
                self._store.put(put)
            gone = [uid for uid, each in taken.items() if each is None]
            if gone:
                self._store.drop(gone)
        except StoreUnavailable:
            for uid, verification in taken.items():
                self._waiting.setdefault(uid, verification)
