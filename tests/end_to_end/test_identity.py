"""Who somebody is, in a running gateway and on both its roads: no forgery passes, and what is revoked is refused."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.end_to_end.gateway import CHAT, MESSAGES, Gateway, serving
from tests.identity_provider import AUDIENCE, PEM, Pages, Provider, hmac_signed, key_set, pages, part

PASSWORD = "correct horse battery"
OTHER = "staple of another kind"
ORGANIZATION = {"x-organization-id": "default"}
REFUSED = {401, 403}


@dataclass
class House:
    """A gateway, its identity provider, and people who come and go."""

    gateway: Gateway
    provider: Provider
    shown: Pages
    numbers: Iterator[int]

    def statuses(self, credential: str) -> tuple[int, int]:
        """What the management road and the inference road answer to a credential in the default organization."""
        headers = {"authorization": f"Bearer {credential}", **ORGANIZATION}
        managed = self.gateway.http.get("/v1/models", headers=headers)
        called = self.gateway.http.post(CHAT, headers=headers, json={"model": "mock", "messages": MESSAGES})
        return managed.status_code, called.status_code

    def passes(self, credential: str) -> bool:
        return self.statuses(credential) == (200, 200)

    def person(self) -> Person:
        name = f"person-{next(self.numbers)}"
        email = f"{name}@acme.test"
        user = str(self.gateway.ask("POST", "/admin/v1/users", {"name": name, "email": email})["id"])
        self.gateway.ask("PUT", f"/admin/v1/users/{user}/password", {"password": PASSWORD})
        self.gateway.ask("POST", "/admin/v1/memberships", {"user": user, "role": "member"})
        return Person(self, user, email)

    def external(self, **claims: str) -> str:
        """A token of the provider for somebody new, who has called once."""
        self.provider.now = time.time()
        subject = f"subject-{next(self.numbers)}"
        token = self.provider.token("RS256", sub=subject, groups=["users"], **claims)
        assert self.passes(token), self.statuses(token)
        return token

    def user_of(self, token: str) -> str:
        answer = self.gateway.http.get("/admin/v1/users/me", headers={"authorization": f"Bearer {token}"})
        return str(answer.json()["id"])


@dataclass
class Person:
    house: House
    id: str
    email: str

    def token(self) -> tuple[str, str]:
        """The id and text of an access token."""
        made = self.house.gateway.ask("POST", "/admin/v1/tokens", {"name": "test", "user": self.id})
        return str(made["id"]), str(made["token"])

    def session(self) -> tuple[str, str]:
        """The id and text of a session that the password opened."""
        made = self.house.gateway.ask("POST", "/admin/v1/sign-in", {"email": self.email, "password": PASSWORD})
        return str(made["id"]), str(made["token"])

    def exchanged(self) -> tuple[str, str, str]:
        """The ids of an access token and of the session that it was exchanged for, and the session's text."""
        token_id, text = self.token()
        answer = self.house.gateway.http.post("/admin/v1/sessions", headers={"authorization": f"Bearer {text}"})
        assert answer.status_code == 200, answer.text
        return token_id, str(answer.json()["id"]), str(answer.json()["token"])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with pages() as shown:
        shown.show("/keys", key_set())
        provider = Provider(now=time.time(), claims={"organization": "default"})
        settings = {
            "HEADGATE_OIDC_ISSUER": provider.issuer,
            "HEADGATE_OIDC_AUDIENCE": AUDIENCE,
            "HEADGATE_OIDC_JWKS_URL": f"{shown.origin}/keys",
            "HEADGATE_OIDC_ORGANIZATION_CLAIM": "organization",
            "HEADGATE_OIDC_ROLES_CLAIM": "groups",
            "HEADGATE_OIDC_ROLES": "ops=platform_admin,admins=admin,users=member,watchers=viewer",
            "HEADGATE_OIDC_UNKNOWN_USERS": "create",
            "HEADGATE_EGRESS_ALLOW": "127.0.0.0/8",
        }
        with serving(tmp_path_factory.mktemp("identity"), settings) as gateway:
            yield House(gateway, provider, shown, itertools.count())


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


# Revoking


def end_session(person: Person, session_id: str) -> None:
    person.house.gateway.ask("DELETE", f"/admin/v1/sessions/{session_id}")


def disable(house: House, user: str) -> None:
    house.gateway.ask("PATCH", f"/admin/v1/users/{user}", {"disabled": True})


def remove(house: House, user: str) -> None:
    house.gateway.ask("DELETE", f"/admin/v1/memberships/{user}")


def change_password(house: House, user: str) -> None:
    house.gateway.ask("PUT", f"/admin/v1/users/{user}/password", {"password": OTHER})


def end_sessions(house: House, user: str) -> None:
    house.gateway.ask("DELETE", f"/admin/v1/users/{user}/sessions")


OF_A_USER: dict[str, Callable[[House, str], None]] = {
    "disabling the user": disable,
    "removing the member": remove,
    "changing the password": change_password,
    "ending the sessions": end_sessions,
}


@pytest.mark.parametrize("act", OF_A_USER.values(), ids=OF_A_USER)
@pytest.mark.parametrize("opened_by", ["password", "token"])
def test_a_session_is_refused_from_the_next_request_on(
    house: House, opened_by: str, act: Callable[[House, str], None]
) -> None:
    person = house.person()
    session = person.session()[1] if opened_by == "password" else person.exchanged()[2]
    assert house.passes(session)

    act(house, person.id)

    assert set(house.statuses(session)) <= REFUSED


@pytest.mark.parametrize("act", [disable, remove], ids=["disabling the user", "removing the member"])
def test_an_access_token_is_refused_from_the_next_request_on(house: House, act: Callable[[House, str], None]) -> None:
    person = house.person()
    _, token = person.token()
    assert house.passes(token)

    act(house, person.id)

    assert set(house.statuses(token)) <= REFUSED


@pytest.mark.parametrize("act", [disable, remove], ids=["disabling the user", "removing the member"])
def test_a_token_of_the_provider_is_refused_from_the_next_request_on_and_so_is_the_next_one(
    house: House, act: Callable[[House, str], None]
) -> None:
    token = house.external()
    subject = jwt.decode(token, options={"verify_signature": False})["sub"]

    act(house, house.user_of(token))

    house.provider.now = time.time() + 1
    for each in (token, house.provider.token(sub=subject, groups=["admins"])):
        assert set(house.statuses(each)) <= REFUSED


def test_a_revoked_access_token_takes_its_session_with_it(house: House) -> None:
    token_id, _, session = house.person().exchanged()
    assert house.passes(session)

    house.gateway.ask("DELETE", f"/admin/v1/tokens/{token_id}")

    assert house.statuses(session) == (401, 401)


def test_a_session_that_was_ended_is_refused(house: House) -> None:
    person = house.person()
    session_id, session = person.session()
    _, other = person.session()
    assert house.passes(session)

    end_session(person, session_id)

    assert house.statuses(session) == (401, 401)
    assert house.passes(other)


def test_a_revoked_key_is_refused(house: House) -> None:
    made = house.gateway.ask("POST", "/admin/v1/keys", {"name": "application"})
    assert house.passes(str(made["key"]))

    house.gateway.ask("DELETE", f"/admin/v1/keys/{made['id']}")

    assert house.statuses(str(made["key"])) == (401, 401)


def test_sessions_outlive_a_rotation_of_the_key_that_signed_them(house: House) -> None:
    _, before = house.person().session()

    house.gateway.ask("POST", "/admin/v1/signing-keys")
    _, after = house.person().session()

    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    assert house.passes(before)
    assert house.passes(after)
