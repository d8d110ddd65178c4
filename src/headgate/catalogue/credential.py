"""Provider credentials as the catalogue knows them: everything but the secret.

A sealed secret is opened in one adapter only. What is decided here is which credential applies, and whether it may go
to an origin.
"""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.catalogue.scope import Scope
from headgate.core.json import JSON_FAULTS
from headgate.core.secret import Secret

API_KEY: Final = "api_key"

_SHOWN_FROM: Final = 16
_OBJECTS: Final = msgspec.json.Decoder(dict[str, object])


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A stored provider secret without the secret.

    Either named (`name` unique in its scope, `entry` None) or an entry's own (`entry` = its uid, `name` empty).
    `origins` (`scheme://host[:port]`, lower case, default port left out) are the only places it may be sent to.
    `provider` is a provider id; `default` marks the one used for that provider in its scope when an entry names none.
    `version` rises with every replacement of the secret. `last4` are the secret's last characters, "" if it is short.
    Times are Unix seconds.
    """

    id: str
    scope: Scope
    provider: str
    origins: tuple[str, ...]
    name: str = ""
    entry: str | None = None
    default: bool = False
    last4: str = ""
    version: int = 1
    created_at: float = 0.0
    created_by: str = ""
    updated_at: float = 0.0

    def may_go_to(self, origin: str) -> bool:
        return origin in self.origins


def last4(secret: Secret) -> str:
    """The characters by which people recognise a key; "" if they would give too much of it away."""
    key = presented(secret)
    return key.reveal()[-4:] if key is not None and len(key) >= _SHOWN_FROM else ""


def presented(secret: Secret) -> Secret | None:
    """What the provider's auth scheme presents of a secret: `api_key` of a JSON object, any other secret as it stands.

    None if it is an object without one.
    """
    text = secret.reveal()
    if not text.startswith("{"):
        return secret
    try:
        parts = _OBJECTS.decode(text)
    except JSON_FAULTS:
        return secret
    key = parts.get(API_KEY)
    return Secret(key) if isinstance(key, str) and key else None


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A secret at rest: AES-256-GCM under a data key, which is wrapped by the master key named `key_id`.

    Tenant, row and version are bound as associated data, so a sealed secret opens nowhere else.
    """

    key_id: str
    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes


class StoredCredential(msgspec.Struct, frozen=True):
    """A credential with its sealed secret, as the store keeps it."""

    credential: Credential
    sealed: Sealed
