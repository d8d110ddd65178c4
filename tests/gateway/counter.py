"""A counter where credentials are given and taken, with a real database behind."""

from __future__ import annotations

from headgate.access.grants import KeyWish
from headgate.access.identity import Session
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.gateway.directory import Directory
from headgate.gateway.grant import Grants
from headgate.gateway.identify import Identify
from headgate.gateway.tenancy import Changes
from tests.gateway.town import KnownSessions, Town, contents


class Signs:
    """The SessionSigner port, readable by KnownSessions."""

    def sign(self, session: Session) -> Secret:
        return Secret(f"x.{session.id}.x")


class Counter:
    """A counter where credentials are given and taken. Only the writer thread speaks with the database."""

    def __init__(self, database: Database) -> None:
        self.town = Town()
        self.database = database
        self.store = SqlDirectory(database)
        self._settle()
        self.grants = Grants(
            self.town.directory,
            self.store,
            changes=Changes(database.writer),
            signer=Signs(),
            clock=self.town.clock,
            randomness=self.town.randomness,
        )
        self.identify = Identify(self.town.directory, KnownSessions(), clock=self.town.clock)

    def _settle(self) -> None:
        town = contents()
        for organization in town.organizations:
            self.store.put_organization(organization)
        for project in town.projects:
            self.store.put_project(project)
        for user in town.users:
            self.store.put_user(user)

    def person(self, name: str, *, expires_at: float | None = None, organization: str = "") -> Principal:
        """The principal of a person who shows an access token that the database knows."""
        text = self.town.token(name, expires_at=expires_at)
        token = self.town.directory.token(f"t-{name}")
        assert token is not None
        self.database.writer.submit(lambda: self.store.put_token(token)).result()
        return self.who(text, organization=organization)

    def who(self, text: bytes | Secret, *, organization: str = "") -> Principal:
        raw = text.reveal().encode() if isinstance(text, Secret) else text
        headers = [(b"authorization", b"Bearer " + raw)]
        return self.identify.identify(
            [*headers, *([(b"x-organization-id", organization.encode())] * bool(organization))]
        )

    def after_a_restart(self) -> Directory:
        return self.database.readers.submit(lambda: Directory.of(self.store.load())).result()


def wish(
    name: str = "ci",
    *,
    permissions: tuple[str, ...] = ("llm:completions:use",),
    scopes: tuple[str, ...] = (),
    project: str = "",
    expires_at: float | None = None,
) -> KeyWish:
    return KeyWish(name=name, permissions=permissions, scopes=scopes, project=project, expires_at=expires_at)
