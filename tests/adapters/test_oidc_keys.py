"""The keys of an identity provider: those that can be used, each for its own algorithms, and nothing else."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from headgate.adapters.oidc_keys import key_set as read_keys
from tests.identity_provider import PRIVATE, jwk, key_set

WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  that is the point
UNUSABLE = {
    "a shared secret": {"kty": "oct", "k": "c2VjcmV0", "kid": "x"},
    "a private key": {**jwk(PRIVATE["RS256"], "x"), "d": "AQAB"},
    "a key for encryption": {**jwk(PRIVATE["RS256"], "x"), "use": "enc"},
    "a key for signing only": {**jwk(PRIVATE["RS256"], "x"), "key_ops": ["sign"]},
    "a key for an HMAC": {**jwk(PRIVATE["RS256"], "x"), "alg": "HS256"},
    "a weak key": jwk(WEAK, "x"),
    "a key without an id": {name: value for name, value in jwk(PRIVATE["RS256"], "x").items() if name != "kid"},
    "a key of another curve": {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "kid": "x"},
    "a key in pieces": {"kty": "RSA", "kid": "x"},
    "a point that is on no curve": {**jwk(PRIVATE["ES256"], "x"), "y": "AAAA"},
    "no key at all": 7,
}


@pytest.mark.parametrize("described", UNUSABLE.values(), ids=UNUSABLE)
def test_a_key_that_cannot_be_used_is_passed_over(described: object) -> None:
    found = read_keys(msgspec.json.encode({"keys": [described, *key_set()["keys"]]}))

    assert not found.knows("x")
    assert found.knows("RS256")


@pytest.mark.parametrize("page", [b"", b"[]", b"{}", b'{"keys":{}}', b'{"keys":[]}', b'{"keys":[],"keys":[]}'])
def test_a_page_without_keys_is_no_set_of_them(page: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_keys(page)


def test_a_key_serves_the_algorithms_of_its_own_kind_only() -> None:
    keys = read_keys(msgspec.json.encode({"keys": [jwk(PRIVATE["RS256"], "x")]}))

    assert keys.key("x", "RS256") is not None
    assert keys.key("x", "PS256") is not None
    assert keys.key("x", "ES256") is None
    assert keys.key("x", "HS256") is None
