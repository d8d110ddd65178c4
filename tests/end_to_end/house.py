"""A running gateway with an identity provider, and people who come and go."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.end_to_end.gateway import CHAT, MESSAGES, Gateway, serving
from tests.identity_provider import AUDIENCE, Pages, Provider, key_set, pages

PASSWORD: Final = "correct horse battery"
OTHER: Final = "staple of another kind"
ORGANIZATION: Final = {"x-organization-id": "default"}


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


@contextmanager
def house_at(data: Path) -> Iterator[House]:
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
        with serving(data, settings) as gateway:
            yield House(gateway, provider, shown, itertools.count())
