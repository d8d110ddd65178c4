"""An identity provider for tests: its keys, its pages on a real socket, and tokens as honest or as forged as wanted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from headgate.core.json import JsonObject

AUDIENCE: Final = "headgate-tests"
PRIVATE: Final[Mapping[str, Any]] = {
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "PS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": Ed25519PrivateKey.generate(),
}
STRANGER: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM: Final = PRIVATE["RS256"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def jwk(private: Any, key_id: str) -> JsonObject:  # noqa: ANN401  keys of four kinds
    public = private.public_key()
    kinds: tuple[tuple[type[Any], Any], ...] = (
        (rsa.RSAPublicKey, RSAAlgorithm),
        (ec.EllipticCurvePublicKey, ECAlgorithm),
    )
    kind = next((maker for type_, maker in kinds if isinstance(public, type_)), OKPAlgorithm)
    return {**kind.to_jwk(public, as_dict=True), "kid": key_id, "use": "sig"}


def key_set(*omitted: str) -> JsonObject:
    """The published keys, each named after its algorithm."""
    keys = [jwk(private, name) | {"alg": name} for name, private in PRIVATE.items() if name not in omitted]
    return {"keys": keys}


def part(value: object) -> bytes:
    raw = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def hmac_signed(header: object, claims: object, secret: bytes) -> str:
    signed = part(header) + b"." + part(claims)
    return (signed + b"." + part(hmac.digest(secret, signed, hashlib.sha256))).decode()


def signed(header: object, claims: object, private: Any = None) -> str:  # noqa: ANN401
    """A token of these parts with a true RS256 signature: of the provider, or of whoever holds another key."""
    text = part(header) + b"." + part(claims)
    algorithm = RSAAlgorithm(RSAAlgorithm.SHA256)
    return (text + b"." + part(algorithm.sign(text, private or PRIVATE["RS256"]))).decode()


@dataclass
class Provider:
    """The provider as tokens see it. `now` is what its clock says."""

    issuer: str = "https://login.company.test/realms/one"
    now: float = 1_800_000_000.0
    claims: JsonObject = field(default_factory=dict)

    def good(self, **changes: object) -> JsonObject:
        """Claims in order; a change to `...` leaves one out."""
        whole = {
            "iss": self.issuer,
            "aud": ["account", AUDIENCE],
            "sub": "subject-1",
            "iat": int(self.now),
            "exp": int(self.now) + 300,
            "typ": "Bearer",
            **self.claims,
            **changes,
        }
        return {name: value for name, value in whole.items() if value is not ...}

    def token(self, algorithm: str = "RS256", **changes: object) -> str:
        return jwt.encode(self.good(**changes), PRIVATE[algorithm], algorithm=algorithm, headers={"kid": algorithm})

    def forgeries(self) -> dict[str, str]:
        """Every token that must be refused, by what is wrong with it."""
        header, good = {"alg": "RS256", "kid": "RS256", "typ": "JWT"}, self.good()
        true = signed(header, good)
        found = {
            "signed by a stranger": signed(header, good, STRANGER),
            "jwk embedded": signed(header | {"jwk": jwk(STRANGER, "RS256")}, good, STRANGER),
            "jku": signed(header | {"jku": "http://127.0.0.1:9/keys"}, good, STRANGER),
            "x5u": signed(header | {"x5u": "http://127.0.0.1:9/cert"}, good, STRANGER),
            "x5c": signed(header | {"x5c": ["MIIB"]}, good, STRANGER),
            "crit": signed(header | {"crit": ["exp"]}, good),
            "b64 false": signed(header | {"b64": False, "crit": ["b64"]}, good),
            "zip": signed(header | {"zip": "DEF"}, good),
            "typ of our own sessions": signed(header | {"typ": "headgate-session+jwt"}, good),
            "typ of a logout token": signed(header | {"typ": "logout+jwt"}, good),
            "typ a number": signed(header | {"typ": 1}, good),
            "an ID token by its claim": signed(header, self.good(typ="ID")),
            "a refresh token": signed(header, self.good(typ="Refresh")),
            "an ID token by its hash": signed(header, self.good(at_hash="x")),
            "unsigned": true.rpartition(".")[0] + ".",
            "two segments": true.rpartition(".")[0],
            "four segments": true + ".e30",
            "five segments": true + ".e30.e30",
            "cut short": true[:-3],
            "padding": true + "==",
            "a blank inside": true[:20] + " " + true[20:],
            "another spelling of the signature": _other_spelling(true),
            "HS256 with the public key": hmac_signed(header | {"alg": "HS256"}, good, PEM),
            "HS256 that calls itself RS256": hmac_signed(header, good, PEM),
            "HS256 with nothing": hmac_signed(header | {"alg": "HS256"}, good, b""),
            "a key of another kind": signed(header | {"kid": "ES256"}, good),
            "huge": signed(header, self.good(x="x" * 20_000)),
            "other claims": _with_claims(true, self.good(sub="somebody else")),
            "a header twice": signed(_twice(header, "kid"), good),
            "a claim twice inside": signed(header, b'{"a":{"b":1,"b":2},' + msgspec.json.encode(good)[1:]),
            "claims that are a list": signed(header, [good]),
            "claims nested too deeply": signed(header, b"[" * 5000),
            "a number that is none": signed(header, msgspec.json.encode(good)[:-1] + b',"x":NaN}'),
        }
        return found | self._strange_headers(header) | self._strange_claims(header)

    def _strange_headers(self, header: JsonObject) -> dict[str, str]:
        good, found = self.good(), {}
        signature = signed(header, good).rpartition(".")[2].encode()
        for word in ("none", "None", "nOnE", "", "HS384", "RS1", "RS512", "ES256K", "Ed448", None, ["RS256"]):
            text = part(header | {"alg": word}) + b"." + part(good)
            found[f"alg {word!r}"] = (text + b"." + signature).decode()
        for key_id in (None, "", 1, ["RS256"], "../../dev/null", "x' OR ''='", "k" * 300, "RS256\0", "unknown"):
            found[f"kid {str(key_id)[:20]!r}"] = signed(header | {"kid": key_id}, good)
        return found

    def _strange_claims(self, header: JsonObject) -> dict[str, str]:
        good, found = self.good(), {}
        for name in good:
            found[f"{name} twice"] = signed(header, _twice(good, name))
        wrong: dict[str, object] = {
            "iss": "https://evil.test",
            "aud": "another",
            "sub": ...,
            "exp": int(self.now) - 1,
            "iat": ...,
        }
        for name, value in wrong.items():
            found[f"{name} wrong"] = signed(header, self.good(**{name: value}))
        odd: tuple[tuple[str, object], ...] = (
            ("iss", None), ("iss", [self.issuer]), ("iss", ...), ("iss", self.issuer + "/"),
            ("aud", ...), ("aud", []), ("aud", {AUDIENCE: 1}), ("aud", AUDIENCE + "x"),
            ("exp", ...), ("exp", None), ("exp", str(int(self.now) + 300)), ("exp", True), ("exp", 10**30), ("exp", -1),
            ("nbf", int(self.now) + 3600), ("nbf", "soon"), ("iat", int(self.now) + 3600), ("iat", "x"),
            ("sub", ""), ("sub", 7), ("sub", None), ("sub", "x" * 256), ("sub", "a\nb"), ("typ", 3), ("typ", None),
        )  # fmt: skip
        for name, value in odd:
            found[f"{name} {value!r}"[:60]] = signed(header, self.good(**{name: value}))
        return found


def _twice(members: JsonObject, name: str) -> bytes:
    pair = msgspec.json.encode({name: members[name]})[1:-1]
    return b"{" + pair + b"," + msgspec.json.encode(members)[1:]


def _with_claims(token: str, claims: object) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{part(claims).decode()}.{signature}"


def _other_spelling(token: str) -> str:
    """The same bytes with unused bits set: 256 bytes leave four bits of the last character."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + letters[letters.index(token[-1]) ^ 1]


class Pages:
    """What is served under which path, and what was asked for."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.asked: list[str] = []
        self.served: dict[str, tuple[int, bytes]] = {}

    def show(self, path: str, value: object, *, status: int = 200) -> None:
        self.served[path] = (status, value if isinstance(value, bytes) else msgspec.json.encode(value))


@contextmanager
def pages() -> Iterator[Pages]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            shown.asked.append(self.path)
            status, body = shown.served.get(self.path, (404, b"{}"))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            if status in (301, 302):
                self.send_header("location", f"{shown.origin}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shown = Pages(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield shown
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
