"""Sealing and opening: AES-256-GCM in two layers.

Each secret is encrypted under a data key of its own, drawn for it and used once; the data key is encrypted
("wrapped") under the master key. What a secret belongs to and where it may be sent is bound into both layers as
associated data, so a sealed secret that is copied to another row, tenant, entry or version does not open there, and
neither does one whose origins were changed behind our back. To change the master key, data keys are wrapped again and
no secret has to be decrypted; until all are, the former key stays on the ring for opening.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from headgate.adapters.sealing.master_key import MasterKey
from headgate.catalogue.credential import Credential, Sealed, StoredCredential
from headgate.core.json import encode
from headgate.core.secret import Secret

NONCE_BYTES: Final = 12
_DATA_KEY_BYTES: Final = 32
_FORMAT: Final = 1
_BLOB: Final = msgspec.msgpack.Decoder(Sealed)


class SealBroken(ValueError):
    """Something sealed does not open; the message says what and why, and nothing about its content."""


class KeyRing:
    """The master keys of an installation: the first seals, all of them open."""

    def __init__(self, keys: Sequence[MasterKey]) -> None:
        if not keys:
            raise ValueError("a key ring holds at least one master key")
        self._newest = keys[0]
        self._by_id = {key.id: key for key in keys}

    @property
    def newest(self) -> MasterKey:
        return self._newest

    def named(self, key_id: str) -> MasterKey:
        """The key that sealed something; SealBroken if it is not on the ring."""
        key = self._by_id.get(key_id)
        if key is None:
            raise SealBroken(f"sealed under master key {key_id!r}; this installation has {', '.join(self._by_id)}")
        return key

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._by_id)})"


class SecretSealer:
    """The Sealer port. It can seal, and cannot open."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def seal(self, credential: Credential, secret: Secret) -> StoredCredential:
        sealed = _seal(self._ring.newest, _credential_place(credential), secret.reveal().encode())
        return StoredCredential(credential, sealed)

    def seal_bytes(self, purpose: str, data: bytes) -> bytes:
        """Seal what is no provider secret. `purpose` says what for and for whom; it opens under the same words only."""
        return msgspec.msgpack.encode(_seal(self._ring.newest, _bytes_place(purpose), data))


class SecretOpener:
    """The Opener port."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def open(self, stored: StoredCredential) -> Secret:
        """The secret, or SealBroken."""
        credential = stored.credential
        try:
            return Secret(_open(self._ring, _credential_place(credential), stored.sealed).decode())
        except SealBroken as error:
            raise SealBroken(f"credential {credential.id!r} does not open: {error}") from error

    def open_bytes(self, purpose: str, blob: bytes) -> bytes:
        """What `seal_bytes` sealed for `purpose`, or SealBroken."""
        try:
            return _open(self._ring, _bytes_place(purpose), _BLOB.decode(blob))
        except msgspec.MsgspecError:
            raise SealBroken(f"{purpose!r} does not open: it is not a sealed value") from None
        except SealBroken as error:
            raise SealBroken(f"{purpose!r} does not open: {error}") from error


class SecretRewrapper:
    """Puts what is sealed under the ring's newest key, without opening it."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def rewrap(self, stored: StoredCredential) -> StoredCredential:
        """The same secret under the newest key, or SealBroken."""
        credential = stored.credential
        try:
            return StoredCredential(credential, _rewrap(self._ring, _credential_place(credential), stored.sealed))
        except SealBroken as error:
            raise SealBroken(f"credential {credential.id!r} does not open: {error}") from error

    def rewrap_bytes(self, purpose: str, blob: bytes) -> bytes:
        """The same value under the newest key, or SealBroken."""
        try:
            return msgspec.msgpack.encode(_rewrap(self._ring, _bytes_place(purpose), _BLOB.decode(blob)))
        except msgspec.MsgspecError:
            raise SealBroken(f"{purpose!r} does not open: it is not a sealed value") from None
        except SealBroken as error:
            raise SealBroken(f"{purpose!r} does not open: {error}") from error


_Place: TypeAlias = Sequence[str | int | Sequence[str]]


def _credential_place(credential: Credential) -> _Place:
    about = credential
    return "credential", about.scope.key, about.id, about.version, about.entry or "", about.origins


def _bytes_place(purpose: str) -> _Place:
    return "bytes", purpose


def _seal(master: MasterKey, place: _Place, data: bytes) -> Sealed:
    data_key, nonce = os.urandom(_DATA_KEY_BYTES), os.urandom(NONCE_BYTES)
    ciphertext = AESGCM(data_key).encrypt(nonce, data, _bound(*place, "secret"))
    return Sealed(key_id=master.id, wrapped_key=_wrap(master, place, data_key), nonce=nonce, ciphertext=ciphertext)


def _open(ring: KeyRing, place: _Place, sealed: Sealed) -> bytes:
    data_key = _unwrap(ring.named(sealed.key_id), place, sealed.wrapped_key)
    return _decrypted(data_key, sealed.nonce, sealed.ciphertext, bound=_bound(*place, "secret"))


def _rewrap(ring: KeyRing, place: _Place, sealed: Sealed) -> Sealed:
    heir = ring.newest
    if sealed.key_id == heir.id:
        return sealed
    data_key = _unwrap(ring.named(sealed.key_id), place, sealed.wrapped_key)
    return msgspec.structs.replace(sealed, key_id=heir.id, wrapped_key=_wrap(heir, place, data_key))


def _wrap(master: MasterKey, place: _Place, data_key: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(master.reveal()).encrypt(nonce, data_key, _bound(*place, "data key", master.id))


def _unwrap(master: MasterKey, place: _Place, wrapped: bytes) -> bytes:
    bound = _bound(*place, "data key", master.id)
    return _decrypted(master.reveal(), wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound=bound)


def _decrypted(key: bytes, nonce: bytes, ciphertext: bytes, *, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, bound)
    except (InvalidTag, ValueError):
        # ValueError: a nonce or key of a wrong length. Which of these it was would help only who tampered.
        raise SealBroken("it was altered, or sealed for another row, tenant, entry, origin or version") from None


def _bound(*words: str | int | Sequence[str]) -> bytes:
    """Associated data. JSON, because its quoting keeps two different lists from becoming the same bytes."""
    return encode(["headgate", _FORMAT, *words])
