"""Who somebody is, in a running gateway and on both its roads: no forgery passes, and a token gives what it says."""

from __future__ import annotations

import time

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.end_to_end.gateway import CHAT, MESSAGES
from tests.end_to_end.house import ORGANIZATION, OTHER, House
from tests.identity_provider import PEM, hmac_signed, part

# Forgeries


def test_every_forged_token_of_the_provider_is_refused_on_both_roads(house: House) -> None:
    house.external()

    told = {name: house.statuses(token) for name, token in house.provider.forgeries().items()}

    assert {name: each for name, each in told.items() if each != (401, 401)} == {}
    assert house.shown.asked == ["/keys"]


def sessions_forged(true: str) -> dict[str, str]:
    """Forgeries of one of our own sessions, by somebody who sees it and knows the public key."""
    header, claims = jwt.get_unverified_header(true), jwt.decode(true, options={"verify_signature": False})
    stranger = Ed25519PrivateKey.generate()
    public = stranger.public_key().public_bytes_raw()
    embedded = {"kty": "OKP", "crv": "Ed25519", "x": part(public).decode(), "kid": header["kid"]}
    first, second, third = true.split(".")

    def signed(changed: dict[str, object], **changes: object) -> str:
        text = part({**header, **changed}) + b"." + part({**claims, **changes})
        return (text + b"." + part(stranger.sign(text))).decode()

    found = {
        "a stranger's signature": signed({}),
        "jwk": signed({"jwk": embedded}),
        "jku": signed({"jku": "http://127.0.0.1:9/keys"}),
        "x5u": signed({"x5u": "http://127.0.0.1:9/cert"}),
        "x5c": signed({"x5c": ["MIIB"]}),
        "alg none": (part({**header, "alg": "none"}) + b"." + second.encode() + b".").decode(),
        "HS256 with nothing": hmac_signed({**header, "alg": "HS256"}, claims, b""),
        "HS256 with the provider's public key": hmac_signed({**header, "alg": "HS256", "kid": "RS256"}, claims, PEM),
        "other claims": ".".join([first, part({**claims, "sub": "somebody else"}).decode(), third]),
        "longer": ".".join([first, part({**claims, "exp": claims["exp"] + 10**6}).decode(), third]),
        "twice a claim": ".".join([first, part(b'{"exp":1,' + _text(claims)[1:]).decode(), third]),
        "cut": true[:-2],
        "two segments": f"{first}.{second}",
        "four segments": f"{true}.e30",
        "padding": f"{true}==",
    }
    for key_id in ("", "../../dev/null", "x' OR ''='", "k" * 5000, "RS256", None, 1):
        found[f"kid {str(key_id)[:20]!r}"] = signed({"kid": key_id})
    return found


def _text(claims: object) -> bytes:
    return msgspec.json.encode(claims)


def test_every_forged_session_is_refused_on_both_roads(house: House) -> None:
    _, true = house.person().session()
    assert house.passes(true)

    told = {name: house.statuses(token) for name, token in sessions_forged(true).items()}

    assert {name: each for name, each in told.items() if each != (401, 401)} == {}


def test_a_token_of_the_provider_for_our_sessions_opens_none(house: House) -> None:
    _, true = house.person().session()
    claims = jwt.decode(true, options={"verify_signature": False})

    assert house.statuses(house.provider.token(**claims)) == (401, 401)


# What a token of the provider may do


def test_a_token_gives_the_role_that_its_words_mean_and_no_other(house: House) -> None:
    subject = "somebody with many roles"
    house.provider.now = time.time()
    document = {"model_id": "of-the-provider", "type": "completion", "provider_config": {"provider": "mock"}}

    def create(*words: str) -> int:
        token = house.provider.token(sub=subject, groups=list(words))
        headers = {"authorization": f"Bearer {token}"}
        return house.gateway.http.post("/v1/models", headers=headers, json=document).status_code

    assert create("users", "unknown") == 403
    assert create("admins", "users") == 200
    assert create("watchers") == 403
    assert create() == 403
    assert create("admins") == 409


def test_only_a_word_that_means_it_makes_a_platform_administrator(house: House) -> None:
    house.provider.now = time.time()

    def keys(*words: str) -> int:
        token = house.provider.token(sub="an operator", groups=list(words), platform_admin=True, role="platform_admin")
        headers = {"authorization": f"Bearer {token}"}
        return house.gateway.http.get("/admin/v1/signing-keys", headers=headers).status_code

    assert keys("admins", "platform_admin") == 403
    assert keys("ops") == 200
    assert keys("users") == 403


def test_a_token_is_good_for_the_organizations_that_it_names(house: House) -> None:
    house.gateway.ask("POST", "/admin/v1/organizations", {"slug": "elsewhere", "name": "Elsewhere"})
    token = house.external()

    for name in ("elsewhere", "nowhere"):
        headers = {"authorization": f"Bearer {token}", "x-organization-id": name}
        assert house.gateway.http.get("/v1/models", headers=headers).status_code == 403
    unknown = house.provider.token(sub="lost", groups=["users"], organization="nowhere")
    assert house.statuses(unknown) == (403, 403)


def test_nothing_lasting_is_given_for_a_token_of_the_provider(house: House) -> None:
    headers = {"authorization": f"Bearer {house.external()}"}

    for path, body in (("/admin/v1/tokens", {"name": "mine"}), ("/admin/v1/sessions", {})):
        assert house.gateway.http.post(path, headers=headers, json=body).status_code == 403


def test_who_was_created_is_the_same_user_from_then_on_and_after_another_token(house: House) -> None:
    first = house.external(email="new@acme.test", name="New")
    subject = jwt.decode(first, options={"verify_signature": False})["sub"]
    house.provider.now = time.time() + 1

    second = house.provider.token(sub=subject, groups=["users"])

    assert house.user_of(first) == house.user_of(second)
    me = house.gateway.http.get("/admin/v1/users/me", headers={"authorization": f"Bearer {second}"}).json()
    assert (me["name"], me["email"]) == ("New", "new@acme.test")


def test_an_email_is_not_enough_to_become_somebody(house: House) -> None:
    person = house.person()

    token = house.external(email=person.email)

    assert house.user_of(token) != person.id


def test_the_request_road_asks_to_be_asked_again_while_somebody_is_created(house: House) -> None:
    house.provider.now = time.time()
    token = house.provider.token(sub="straight to the model", groups=["users"])
    headers = {"authorization": f"Bearer {token}"}
    body = {"model": "mock", "messages": MESSAGES}

    first = house.gateway.http.post(CHAT, headers=headers, json=body)
    house.gateway.http.get("/v1/models", headers=headers)
    second = house.gateway.http.post(CHAT, headers=headers, json=body)

    assert (first.status_code, first.headers["retry-after"], second.status_code) == (503, "1", 200)
    assert first.json()["error"]["code"] == "identity_pending"


# What is written down


def trail(house: House, action: str = "") -> list[dict[str, object]]:
    rows: list[dict[str, object]] = house.gateway.http.get("/admin/v1/audit", params={"limit": 100}).json()["items"]
    return [row for row in rows if action in str(row["action"])]


def test_whoever_a_call_makes_is_in_the_audit_trail_as_who_did_it(house: House) -> None:
    house.provider.now = time.time()
    token = house.provider.token("RS256", sub="somebody who calls first", groups=["users"])
    headers = {"authorization": f"Bearer {token}", **ORGANIZATION}
    house.gateway.http.post(CHAT, headers=headers, json={"model": "mock", "messages": MESSAGES})
    user = f"user:{house.user_of(token)}"

    assert [row["actor"] for row in trail(house, "user.created") if row["subject"] == user] == [user]


def test_a_sign_in_that_failed_is_in_the_audit_trail_without_what_was_typed(house: House) -> None:
    answer = house.gateway.http.post(
        "/admin/v1/sign-in", json={"email": "nobody@acme.test", "password": "a canary of a password"}
    )

    assert answer.status_code == 401
    row = trail(house, "sign_in")[0]
    assert row["source"] == "127.0.0.1"
    assert "canary" not in str(row)
    assert "nobody" not in str(row)


def test_neither_a_password_nor_a_key_is_in_the_audit_trail(house: House) -> None:
    person = house.person()
    house.gateway.ask("PUT", f"/admin/v1/users/{person.id}/password", {"password": OTHER})
    house.gateway.ask("POST", "/admin/v1/signing-keys")

    rows = str(trail(house))

    assert person.id in rows
    assert "argon2" not in rows
    assert OTHER not in rows
    assert "sealed_private" not in rows
