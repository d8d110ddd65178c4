"""The keys that sign sessions: which there are, and a new one in the place of the one that signs.

The former keys stay, to verify what they signed until that has ended. Whoever has learned a former key can vouch for
no session that was opened after it; to end those that it did sign, end the sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from headgate.access.identity import SigningKey
from headgate.gateway.stores import DirectoryStore
from headgate.gateway.write_through import Submits, write_through


class Signs(Protocol):
    """Signs sessions with one key at a time."""

    @property
    def signs_with(self) -> str:
        """The id of the key that signs."""

    def take(self, key: SigningKey) -> None:
        """Sign with this key from now on."""


class KeyOfSessions(msgspec.Struct, frozen=True):
    """What may be shown of a key."""

    id: str
    created_at: float
    signs: bool


class SigningKeys:
    """The use cases of platform administrators. `new_key` makes one, its private half sealed."""

    def __init__(
        self,
        keys: Iterable[SigningKey],
        store: DirectoryStore,
        *,
        writer: Submits,
        texts: Signs,
        new_key: Callable[[], SigningKey],
    ) -> None:
        self._keys = list(keys)
        self._store = store
        self._writer = writer
        self._texts = texts
        self._new_key = new_key

    def list(self) -> list[KeyOfSessions]:
        """The newest first."""
        signing = self._texts.signs_with
        shown = [KeyOfSessions(each.id, each.created_at, each.id == signing) for each in self._keys]
        return sorted(shown, key=lambda each: each.created_at, reverse=True)

    async def rotate(self) -> KeyOfSessions:
        """Sign with a new key from now on."""
        key = self._new_key()

        def then() -> None:
            self._texts.take(key)
            self._keys.append(key)

        await write_through(self._writer, lambda: self._store.put_signing_key(key), then=then)
        return KeyOfSessions(key.id, key.created_at, signs=True)
