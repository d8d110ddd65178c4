"""The public keys of an identity provider, read from its JSON Web Key Set.

A key is found by its id and the algorithm that a token names, and each key serves the algorithms of its own kind only:
what was given as an RSA key never verifies anything else, least of all an HMAC. Whatever cannot be used is passed
over, because a provider publishes keys for other purposes in the same set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import Algorithm, ECAlgorithm, OKPAlgorithm, RSAAlgorithm, RSAPSSAlgorithm
from jwt.exceptions import PyJWTError

from headgate.adapters.compact import object_of
from headgate.core.json import Json, JsonObject

ALGORITHMS: Final = frozenset({"RS256", "PS256", "ES256", "EdDSA"})
KEY_ID_LIMIT: Final = 256
_KEYS: Final = 100
_RSA_BITS: Final = range(2048, 8193)
_RSA_EXPONENT_BITS: Final = 32
_PRIVATE: Final = frozenset({"d", "p", "q", "k"})


class VerifyingKey(Protocol):
    """A public key with the one algorithm that it is used with."""

    def verifies(self, signed: bytes, signature: bytes) -> bool: ...


class _Key:
    def __init__(self, algorithm: Algorithm, key: object) -> None:
        self._algorithm = algorithm
        self._key = key

    def verifies(self, signed: bytes, signature: bytes) -> bool:
        try:
            return bool(self._algorithm.verify(signed, self._key, signature))
        except (ValueError, TypeError, PyJWTError):
            return False


class KeySet:
    """The usable keys of one set."""

    def __init__(self, keys: Mapping[tuple[str, str], VerifyingKey]) -> None:
        self._keys = keys
        self._ids = frozenset(key_id for key_id, _ in keys)

    def __len__(self) -> int:
        return len(self._ids)

    def knows(self, key_id: str) -> bool:
        return key_id in self._ids

    def key(self, key_id: str, algorithm: str) -> VerifyingKey | None:
        return self._keys.get((key_id, algorithm))


NO_KEYS: Final = KeySet({})


def key_set(data: bytes) -> KeySet:
    """The keys of a set. ValueError if it is none, or holds none that can be used."""
    listed = object_of(data).get("keys")
    if not isinstance(listed, list):
        raise ValueError("there is no list of keys")  # noqa: TRY004  as above: it is the document that is wrong
    keys: dict[tuple[str, str], VerifyingKey] = {}
    for each in listed[:_KEYS]:
        for place, key in _read(each).items():
            keys.setdefault(place, key)
    if not keys:
        raise ValueError(f"none of the {len(listed)} keys can be used")
    return KeySet(keys)


def _read(described: Json) -> dict[tuple[str, str], VerifyingKey]:
    """What one description of a key is good for, by its id and the algorithm."""
    if not isinstance(described, dict) or not _is_for_signatures(described):
        return {}
    key_id, only = described.get("kid"), described.get("alg")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= KEY_ID_LIMIT:
        return {}
    kinds = _kinds(described)
    wanted = {name: kind for name, kind in kinds.items() if only in (None, name)}
    try:
        return {(key_id, name): _Key(kind, _public(kind, described)) for name, kind in wanted.items()}
    except (ValueError, TypeError, KeyError, PyJWTError, UnsupportedAlgorithm):
        return {}


def _is_for_signatures(described: JsonObject) -> bool:
    operations = described.get("key_ops", ["verify"])
    usable = described.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    # A set with private or symmetric keys in it has been published by mistake: anybody could sign with them.
    return usable and not _PRIVATE & described.keys()


def _kinds(described: JsonObject) -> Mapping[str, Algorithm]:
    match described.get("kty"), described.get("crv"):
        case "RSA", _:
            return {"RS256": RSAAlgorithm(RSAAlgorithm.SHA256), "PS256": RSAPSSAlgorithm(RSAPSSAlgorithm.SHA256)}
        case "EC", "P-256":
            return {"ES256": ECAlgorithm(ECAlgorithm.SHA256)}
        case "OKP", "Ed25519":
            return {"EdDSA": OKPAlgorithm()}
    return {}


def _public(kind: Algorithm, described: JsonObject) -> object:
    key = kind.from_jwk(described)
    if isinstance(key, RSAPublicKey):
        exponent = key.public_numbers().e
        if key.key_size not in _RSA_BITS or exponent.bit_length() > _RSA_EXPONENT_BITS:
            raise ValueError(f"an RSA key of {key.key_size} bits is not accepted")
    return key
