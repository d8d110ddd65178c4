"""Session tokens: what we sign is read back, and nothing that a stranger can write is."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from headgate.access.identity import Session
from headgate.adapters.sealing.envelope import KeyRing, SecretOpener, SecretSealer
from headgate.adapters.sealing.master_key import MasterKey
from headgate.adapters.sessions import AUDIENCE, TYPE, SessionTexts, new_signing_key

NOW = 1_800_000_000.0
RING = KeyRing([MasterKey(bytes(range(32)))])
SEALER, OPENER = SecretSealer(RING), SecretOpener(RING)
KEY = new_signing_key("key-1", SEALER, now=NOW)
PRIVATE = Ed25519PrivateKey.from_private_bytes(OPENER.open_bytes("session signing key key-1", KEY.sealed_private))
INSTALLATION = "installation-1"
ISSUER = f"headgate:{INSTALLATION}"
SESSION = Session(
    id="session-1", user="user-1", token="token-1", organization="o", created_at=NOW, expires_at=NOW + 3600
)
GOOD_HEADER = {"alg": "EdDSA", "kid": "key-1", "typ": TYPE}
GOOD_CLAIMS = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "user-1",
    "jti": "session-1",
    "iat": int(NOW),
    "exp": int(NOW) + 3600,
}


@pytest.fixture
def texts() -> SessionTexts:
    return SessionTexts([KEY], OPENER, installation=INSTALLATION)


def part(value: object) -> bytes:
    raw = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def forged(header: object, claims: object = GOOD_CLAIMS, *, private: Ed25519PrivateKey = PRIVATE) -> str:
    """A token of these parts with a true signature under `private`: the worst that a stranger could dream of."""
    signed = part(header) + b"." + part(claims)
    return (signed + b"." + part(private.sign(signed))).decode()


def with_claims(**claims: object) -> str:
    kept = {name: value for name, value in (GOOD_CLAIMS | claims).items() if value is not ...}
    return forged(GOOD_HEADER, kept)


def hmac_signed(secret: bytes, **header: object) -> str:
    signed = part(GOOD_HEADER | {"alg": "HS256"} | header) + b"." + part(GOOD_CLAIMS)
    return (signed + b"." + part(hmac.digest(secret, signed, hashlib.sha256))).decode()


def strangers_jwk(stranger: Ed25519PrivateKey) -> dict[str, str]:
    public = stranger.public_key().public_bytes_raw()
    return {"kty": "OKP", "crv": "Ed25519", "x": part(public).decode(), "kid": "key-1"}


def test_a_session_is_read_back(texts: SessionTexts) -> None:
    text = texts.sign(SESSION)

    assert texts.verify(text.reveal(), NOW) == "session-1"
    assert repr(text) == "[redacted]"


def test_a_token_says_what_it_is_and_carries_no_secret(texts: SessionTexts) -> None:
    text = texts.sign(SESSION).reveal()

    assert jwt.get_unverified_header(text) == GOOD_HEADER
    assert jwt.decode(text, options={"verify_signature": False}) == GOOD_CLAIMS


def test_the_corpus_of_forgeries_starts_from_a_token_that_is_accepted(texts: SessionTexts) -> None:
    assert texts.verify(forged(GOOD_HEADER), NOW) == "session-1"


def test_a_session_ends_at_its_second_also_when_it_is_remembered(texts: SessionTexts) -> None:
    text = texts.sign(SESSION).reveal()

    assert texts.verify(text, NOW + 3599) == "session-1"
    assert texts.verify(text, NOW + 3600) is None
    assert texts.verify(text, NOW + 3599) == "session-1"


STRANGER = Ed25519PrivateKey.generate()
PUBLIC = PRIVATE.public_key()
PUBLIC_PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

HEADERS: dict[str, Any] = {
    "alg none": GOOD_HEADER | {"alg": "none"},
    "alg None": GOOD_HEADER | {"alg": "None"},
    "alg nOnE": GOOD_HEADER | {"alg": "nOnE"},
    "alg empty": GOOD_HEADER | {"alg": ""},
    "alg null": GOOD_HEADER | {"alg": None},
    "alg a list": GOOD_HEADER | {"alg": ["EdDSA"]},
    "alg under its other name": GOOD_HEADER | {"alg": "Ed25519"},
    "alg of another family": GOOD_HEADER | {"alg": "ES256"},
    "no alg": {"kid": "key-1", "typ": TYPE},
    "no kid": {"alg": "EdDSA", "typ": TYPE},
    "no typ": {"alg": "EdDSA", "kid": "key-1"},
    "typ of an ID token": GOOD_HEADER | {"typ": "JWT"},
    "typ of an OAuth access token": GOOD_HEADER | {"typ": "at+jwt"},
    "kid unknown": GOOD_HEADER | {"kid": "key-2"},
    "kid empty": GOOD_HEADER | {"kid": ""},
    "kid a number": GOOD_HEADER | {"kid": 1},
    "kid null": GOOD_HEADER | {"kid": None},
    "kid a list": GOOD_HEADER | {"kid": ["key-1"]},
    "kid a path": GOOD_HEADER | {"kid": "../../../../dev/null"},
    "kid SQL": GOOD_HEADER | {"kid": "key-1' UNION SELECT 'x' --"},
    "kid with a zero byte": GOOD_HEADER | {"kid": "key-1\0"},
    "jwk embedded": GOOD_HEADER | {"jwk": strangers_jwk(PRIVATE)},
    "jku": GOOD_HEADER | {"jku": "https://attacker.test/keys.json"},
    "x5u": GOOD_HEADER | {"x5u": "https://attacker.test/key.pem"},
    "x5c": GOOD_HEADER | {"x5c": ["MIIB"]},
    "unknown crit": GOOD_HEADER | {"crit": ["exp"]},
    "crit of what is not there": GOOD_HEADER | {"crit": ["b64"]},
    "crit empty": GOOD_HEADER | {"crit": []},
    "b64 true": GOOD_HEADER | {"b64": True},
    "b64 false": GOOD_HEADER | {"b64": False, "crit": ["b64"]},
    "zip": GOOD_HEADER | {"zip": "DEF"},
    "a header beside ours": GOOD_HEADER | {"cty": "JWT"},
    "a header that is a list": [GOOD_HEADER],
    "a header that is a string": "EdDSA",
    "a header that is no JSON": b"EdDSA",
    "a header that is not UTF-8": b'{"alg":"EdDSA","kid":"\xff"}',
    "a header nested too deeply": b"[" * 3000,
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_header_that_is_not_exactly_ours_is_refused_even_under_our_own_signature(
    texts: SessionTexts, header: object
) -> None:
    assert texts.verify(forged(header), NOW) is None


CLAIMS: dict[str, Any] = {
    "no exp": {"exp": ...},
    "exp a string": {"exp": str(int(NOW) + 3600)},
    "exp a fraction": {"exp": NOW + 3600.5},
    "exp true": {"exp": True},
    "exp null": {"exp": None},
    "exp a list": {"exp": [int(NOW) + 3600]},
    "exp past": {"exp": int(NOW) - 1},
    "exp negative": {"exp": -1},
    "no iat": {"iat": ...},
    "no jti": {"jti": ...},
    "jti a number": {"jti": 1},
    "no sub": {"sub": ...},
    "no aud": {"aud": ...},
    "aud another": {"aud": "another"},
    "aud a list": {"aud": [AUDIENCE]},
    "no iss": {"iss": ...},
    "iss another installation": {"iss": "headgate:installation-2"},
    "iss null": {"iss": None},
    "nbf, which we do not write": {"nbf": int(NOW) + 60},
    "a role, which no token carries": {"role": "owner"},
    "iat to come": {"iat": int(NOW) + 3600},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS)
def test_claims_that_are_not_exactly_ours_are_refused_even_under_our_own_signature(
    texts: SessionTexts, claims: dict[str, object]
) -> None:
    assert texts.verify(with_claims(**claims), NOW) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"session-1"', b"{", b"\xff", b"[" * 3000])
def test_a_body_that_is_no_object_is_refused_even_under_our_own_signature(texts: SessionTexts, body: bytes) -> None:
    assert texts.verify(forged(GOOD_HEADER, body), NOW) is None


def twice(part_of_token: object, name: str, value: object) -> bytes:
    """JSON of an object in which one name occurs twice, the second time with its true value."""
    text = msgspec.json.encode(part_of_token)
    return b"{" + msgspec.json.encode(name) + b":" + msgspec.json.encode(value) + b"," + text[1:]


@pytest.mark.parametrize("name", GOOD_CLAIMS)
def test_a_claim_that_occurs_twice_is_refused_even_under_our_own_signature(texts: SessionTexts, name: str) -> None:
    assert texts.verify(forged(GOOD_HEADER, twice(GOOD_CLAIMS, name, GOOD_CLAIMS[name])), NOW) is None


@pytest.mark.parametrize("name", GOOD_HEADER)
def test_a_header_that_occurs_twice_is_refused_even_under_our_own_signature(texts: SessionTexts, name: str) -> None:
    assert texts.verify(forged(twice(GOOD_HEADER, name, GOOD_HEADER[name])), NOW) is None


FORGERIES = {
    "signed by a stranger": forged(GOOD_HEADER, private=STRANGER),
    "signed by a stranger who sends the key along": forged(
        GOOD_HEADER | {"jwk": strangers_jwk(STRANGER)}, private=STRANGER
    ),
    "unsigned": forged(GOOD_HEADER).rpartition(".")[0] + ".",
    "unsigned and says so": (part({"alg": "none", "typ": TYPE}) + b"." + part(GOOD_CLAIMS) + b".").decode(),
    "HS256 with the raw public key": hmac_signed(PUBLIC.public_bytes_raw()),
    "HS256 with the public key's PEM": hmac_signed(PUBLIC_PEM),
    "HS256 with nothing": hmac_signed(b""),
    "HS256 that calls itself EdDSA": hmac_signed(PUBLIC.public_bytes_raw(), alg="EdDSA"),
    "the signature of other claims": ".".join(
        [*forged(GOOD_HEADER, GOOD_CLAIMS | {"jti": "session-2"}).split(".")[:2], forged(GOOD_HEADER).split(".")[2]]
    ),
    "encrypted, five parts": "e30.e30.e30.e30.e30",
    "JSON serialisation": msgspec.json.encode({"payload": "e30", "signatures": []}).decode(),
    "two parts": forged(GOOD_HEADER).rpartition(".")[0],
    "four parts": forged(GOOD_HEADER) + ".e30",
    "a line end after it": forged(GOOD_HEADER) + "\n",
    "padding": forged(GOOD_HEADER) + "==",
    "a foreign character in the signature": forged(GOOD_HEADER)[:-1] + "!" + forged(GOOD_HEADER)[-1],
    "a digit of another script": forged(GOOD_HEADER)[:-1] + "\N{ARABIC-INDIC DIGIT ONE}",
    "a hundred kilobytes": forged(GOOD_HEADER, GOOD_CLAIMS | {"sub": "x" * 100_000}, private=STRANGER),
    "empty": "",
    "dots": "..",
}


@pytest.mark.parametrize("text", FORGERIES.values(), ids=FORGERIES)
def test_a_forgery_is_refused_twice(texts: SessionTexts, text: str) -> None:
    assert texts.verify(text, NOW) is None
    assert texts.verify(text, NOW) is None


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=200))
def test_any_text_is_refused_and_breaks_nothing(text: str) -> None:
    assert SessionTexts([KEY], OPENER, installation=INSTALLATION).verify(text, NOW) is None


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_token_with_one_byte_changed_is_refused(place: int, change: int) -> None:
    texts = SessionTexts([KEY], OPENER, installation=INSTALLATION)
    header, claims, signature = texts.sign(SESSION).reveal().split(".")
    raw = [base64.urlsafe_b64decode(each + "==") for each in (header, claims, signature)]
    which, place = place % 3, place // 3
    changed = bytearray(raw[which])
    changed[place % len(changed)] ^= change
    raw[which] = bytes(changed)

    assert texts.verify(b".".join(map(part, raw)).decode(), NOW) is None


def test_two_tokens_with_one_header_are_two_sessions(texts: SessionTexts) -> None:
    other = msgspec.structs.replace(SESSION, id="session-2", user="user-2")

    assert texts.verify(texts.sign(SESSION).reveal(), NOW) == "session-1"
    assert texts.verify(texts.sign(other).reveal(), NOW) == "session-2"
    assert texts.verify(texts.sign(SESSION).reveal(), NOW) == "session-1"


def test_a_forgery_is_not_remembered(texts: SessionTexts) -> None:
    texts.verify(forged(GOOD_HEADER, private=STRANGER), NOW)

    assert len(texts._verified) == 0  # noqa: SLF001
