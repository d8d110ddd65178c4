"""The admin API about credentials, with everything behind it but sockets: real routes, database and signatures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import msgspec

from headgate.access.carriers import OrgKeyAsBearer
from headgate.access.identity import SigningKey
from headgate.adapters.passwords import Argon2Passwords
from headgate.adapters.sealing.envelope import KeyRing, SecretOpener, SecretSealer
from headgate.adapters.sealing.master_key import MasterKey
from headgate.adapters.sessions import SessionTexts, new_signing_key
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.core.ids import RequestIds
from headgate.core.json import Json, encode
from headgate.core.secret import Secret
from headgate.gateway.directory import Directory
from headgate.gateway.grant import Grants
from headgate.gateway.identify import Identify
from headgate.gateway.sign_in import Limits, SignIn
from headgate.gateway.signing import SigningKeys
from headgate.gateway.tenancy import Changes
from headgate.web.admin_api.keys import KeyRoutes
from headgate.web.admin_api.passwords import PasswordRoutes
from headgate.web.admin_api.sessions import SessionRoutes
from headgate.web.admin_api.signing_keys import SigningKeyRoutes
from headgate.web.admin_api.tokens import TokenRoutes
from headgate.web.application import application
from tests import databases
from tests.gateway.town import NOW, Town, contents

ROUTES = (
    ("POST", "/admin/v1/keys"),
    ("GET", "/admin/v1/keys"),
    ("GET", "/admin/v1/keys/some-id"),
    ("DELETE", "/admin/v1/keys/some-id"),
    ("POST", "/admin/v1/tokens"),
    ("GET", "/admin/v1/tokens"),
    ("DELETE", "/admin/v1/tokens/some-id"),
    ("POST", "/admin/v1/sessions"),
    ("GET", "/admin/v1/sessions"),
    ("DELETE", "/admin/v1/sessions/some-id"),
    ("DELETE", "/admin/v1/users/some-id/sessions"),
    ("PUT", "/admin/v1/users/some-id/password"),
    ("GET", "/admin/v1/signing-keys"),
    ("POST", "/admin/v1/signing-keys"),
)
EMAIL_ATTEMPTS = 3
ADDRESS_ATTEMPTS = 5
RING = KeyRing([MasterKey(bytes(range(32)))])
SIGNING = new_signing_key("signing-1", SecretSealer(RING), now=NOW)


class Office:
    """`ask` makes a request and returns status and body."""

    def __init__(self, database: Database, *, org_key_as_bearer: OrgKeyAsBearer = OrgKeyAsBearer.ACCEPT) -> None:
        self.town = Town()
        self.database = database
        self.store = SqlDirectory(database)
        for organization in contents().organizations:
            self.store.put_organization(organization)
        for project in contents().projects:
            self.store.put_project(project)
        for user in contents().users:
            self.store.put_user(user)
        texts = SessionTexts([SIGNING], SecretOpener(RING), installation="test")
        changes = Changes(database.writer)
        grants = Grants(
            self.town.directory,
            self.store,
            changes=changes,
            signer=texts,
            clock=self.town.clock,
            randomness=self.town.randomness,
        )
        self.signing = SIGNING
        self.passwords = Argon2Passwords(self.town.randomness)
        limits = Limits.of(self.town.clock, by_email=EMAIL_ATTEMPTS, by_address=ADDRESS_ATTEMPTS)
        sign_in = SignIn(
            self.town.directory,
            grants,
            passwords=self.passwords,
            limits=limits,
            changes=changes,
        )
        keys = SigningKeys([SIGNING], self.store, writer=database.writer, texts=texts, new_key=self._key)
        routes = (
            KeyRoutes(grants, self.town.directory),
            TokenRoutes(grants, self.town.directory),
            SessionRoutes(grants, self.town.directory),
            PasswordRoutes(sign_in),
            SigningKeyRoutes(keys),
        )
        self.identify = Identify(self.town.directory, texts, clock=self.town.clock, org_key_as_bearer=org_key_as_bearer)
        self.app = application([each.router() for each in routes], identify=self.identify, ids=RequestIds(bytes(8)))

    def _key(self) -> SigningKey:
        return new_signing_key("signing-2", SecretSealer(RING), now=self.town.clock.wall())

    def person(self, name: str, *, expires_at: float | None = None) -> str:
        """The text of a person's access token, which the database knows too. Its id is `t-PERSON`."""
        text = self.town.token(name, expires_at=expires_at).decode()
        token = self.town.directory.token(f"t-{name}")
        assert token is not None
        self.store.put_token(token)
        return text

    def give_password(self, name: str, password: str) -> str:
        """The e-mail with which a person signs in."""
        user = self.town.directory.user(f"u-{name}")
        assert user is not None
        encoded = asyncio.run(self.passwords.hash(Secret(password)))
        user = msgspec.structs.replace(user, email=f"{name}@acme.test", password=encoded)
        self.store.put_user(user)
        self.town.directory.put_user(user)
        return user.email

    def ask(
        self,
        method: str,
        path: str,
        *,
        by: str | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Json]:
        response = self.response(method, path, by=by, body=body, headers=headers)
        return response.status_code, msgspec.json.decode(response.content)

    def response(
        self,
        method: str,
        path: str,
        *,
        by: str | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        given = dict(headers or {})
        if by is not None:
            given["authorization"] = f"Bearer {by}"
        content = body if isinstance(body, bytes) or body is None else encode(body)
        return asyncio.run(self._send(httpx2.Request(method, f"http://gateway{path}", headers=given, content=content)))

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app)) as client:
            return await client.send(request)

    def after_a_restart(self) -> Directory:
        return Directory.of(self.store.load())


@contextmanager
def office_at(directory: Path, *, org_key_as_bearer: OrgKeyAsBearer = OrgKeyAsBearer.ACCEPT) -> Iterator[Office]:
    with databases.database("sqlite", directory) as database:
        yield Office(database, org_key_as_bearer=org_key_as_bearer)
