"""Sessions as signed text: JSON Web Tokens under Ed25519, read as strictly as they are written.

The header of a token is text from a stranger until its signature has been checked. It is therefore compared with the
only header that we write, and never asked for an algorithm or a key: embedded keys, URLs, critical extensions and other
algorithms all fail at that comparison. The claims must be exactly those that we write, of the types that we write.

Checking a signature costs more than the rest of a request, so one that has been checked is remembered by the SHA-256 of
the whole token. Whether the session is still in force is the directory's to say, each time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.api_jws import PyJWS

from headgate.access.identity import Session, SigningKey
from headgate.access.keys import digest
from headgate.adapters.compact import take_apart
from headgate.core.secret import Secret
from headgate.gateway.recent import Recent

ALGORITHM: Final = "EdDSA"
TYPE: Final = "headgate-session+jwt"
AUDIENCE: Final = "headgate"

_REMEMBERED: Final = 65_536
_LIMIT: Final = 4096
_LEEWAY: Final = 60.0
"""By how much our own clock may have been set back since a session was opened."""


class Seals(Protocol):
    """Seals bytes so that they open only under the same purpose."""

    def seal_bytes(self, purpose: str, data: bytes) -> bytes: ...


class Opens(Protocol):
    """Opens what `Seals` sealed; ValueError if it does not open."""

    def open_bytes(self, purpose: str, blob: bytes) -> bytes: ...


class _Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that a session's token says. Times are whole Unix seconds."""

    iss: str
    aud: str
    sub: str
    jti: str
    iat: int
    exp: int


def new_signing_key(key_id: str, seals: Seals, *, now: float) -> SigningKey:
    """A fresh key, its private half sealed."""
    private = Ed25519PrivateKey.generate()
    return SigningKey(
        id=key_id,
        public=private.public_key().public_bytes_raw(),
        sealed_private=seals.seal_bytes(purpose_of(key_id), private.private_bytes_raw()),
        created_at=now,
    )


class _Verifying(msgspec.Struct, frozen=True):
    """A key and when another took over from it: it vouches for no session that was opened later."""

    public: Ed25519PublicKey
    until: float = math.inf


class SessionTexts:
    """Writes and reads the tokens of one installation: the SessionSigner and SessionVerifier ports.

    The newest key that opens signs; all of them verify what they signed. `installation` is its id; a token of another
    one is not accepted here.
    """

    def __init__(self, keys: Sequence[SigningKey], opens: Opens, *, installation: str) -> None:
        if not keys:
            raise ValueError("sessions need at least one signing key")
        signing = _newest_that_opens(keys, opens)
        if signing is None:
            raise ValueError("sessions need a signing key that opens")
        self._opens = opens
        self._issuer = f"headgate:{installation}"
        self._keys = {key.id: _Verifying(Ed25519PublicKey.from_public_bytes(key.public)) for key in keys}
        self._key_id, self._private = signing
        newest = next(key for key in keys if key.id == self._key_id)
        for key in keys:
            if key.created_at < newest.created_at:
                self._retire(key.id, newest.created_at)
        self._jws = PyJWS(algorithms=[ALGORITHM])
        self._verified: Recent[bytes, _Claims] = Recent(_REMEMBERED)

    @property
    def signs_with(self) -> str:
        """The id of the key that signs."""
        return self._key_id

    def take(self, key: SigningKey) -> None:
        """Sign with this key from now on. ValueError, which changes nothing, if it does not open."""
        private = self._opens.open_bytes(purpose_of(key.id), key.sealed_private)
        self._retire(self._key_id, key.created_at)
        self._keys[key.id] = _Verifying(Ed25519PublicKey.from_public_bytes(key.public))
        self._key_id, self._private = key.id, Ed25519PrivateKey.from_private_bytes(private)

    def sign(self, session: Session) -> Secret:
        claims = _Claims(
            iss=self._issuer,
            aud=AUDIENCE,
            sub=session.user,
            jti=session.id,
            iat=int(session.created_at),
            exp=int(session.expires_at),
        )
        headers = {"kid": self._key_id, "typ": TYPE}
        return Secret(self._jws.encode(msgspec.json.encode(claims), self._private, ALGORITHM, headers=headers))

    def verify(self, token: str, now: float) -> str | None:
        """The session's id, if one of our keys signed the text and it lasts at `now`; None for anything else."""
        known_by = digest(token.encode())
        claims = self._verified.get(known_by)
        if claims is None:
            claims = self._read(token)
            if claims is None:
                return None
            self._verified.put(known_by, claims)
        return claims.jti if claims.iat <= now + _LEEWAY and now < claims.exp else None

    def _retire(self, key_id: str, at: float) -> None:
        self._keys[key_id] = msgspec.structs.replace(self._keys[key_id], until=at)

    def _read(self, token: str) -> _Claims | None:
        compact = take_apart(token) if len(token) <= _LIMIT else None
        key_id = compact.header.get("kid") if compact is not None else None
        key = self._keys.get(key_id) if isinstance(key_id, str) else None
        if compact is None or key is None or compact.header != {"alg": ALGORITHM, "kid": key_id, "typ": TYPE}:
            return None
        try:
            key.public.verify(compact.signature, compact.signed)
            claims = msgspec.convert(compact.claims, _Claims)
        except (InvalidSignature, msgspec.ValidationError):
            return None
        ours = claims.iss == self._issuer and claims.aud == AUDIENCE
        return claims if ours and claims.iat <= key.until else None


def can_sign(keys: Sequence[SigningKey], opens: Opens) -> bool:
    """Whether any of the keys opens. One that does not still verifies what it signed."""
    return _newest_that_opens(keys, opens) is not None


def purpose_of(key_id: str) -> str:
    """What the private half of a signing key is sealed for."""
    return f"session signing key {key_id}"


def _newest_that_opens(keys: Sequence[SigningKey], opens: Opens) -> tuple[str, Ed25519PrivateKey] | None:
    for key in sorted(keys, key=lambda key: key.created_at, reverse=True):
        try:
            private = opens.open_bytes(purpose_of(key.id), key.sealed_private)
        except ValueError:
            continue
        return key.id, Ed25519PrivateKey.from_private_bytes(private)
    return None
