"""A town of tenants for tests: two organizations, their projects and people, and a directory that knows them all.

    acme     projects web and api; ann owns it, adam administers, mia is a member, vic a viewer
    globex   project main; gus owns it, and mia is a member there too, joined later
    root     is a platform administrator and a member of nothing

Ids are readable: `o-acme`, `p-web`, `u-mia`. Every credential's text is returned by what makes it.
"""

from __future__ import annotations

from collections.abc import Sequence

from headgate.access.identity import (
    AccessToken,
    Membership,
    Organization,
    OrganizationKey,
    Project,
    Role,
    Session,
    SigningKey,
    User,
)
from headgate.access.keys import digest, mint_key, mint_token
from headgate.gateway.directory import Directory
from headgate.gateway.stores import DirectoryContents

NOW = 1_800_000_000.0

ORGANIZATIONS = ("acme", "globex")
PROJECTS = (("acme", "web"), ("acme", "api"), ("globex", "main"))
PEOPLE = ("ann", "adam", "mia", "vic", "gus", "root")
MEMBERS = (
    ("ann", "acme", Role.OWNER),
    ("adam", "acme", Role.ADMIN),
    ("mia", "acme", Role.MEMBER),
    ("vic", "acme", Role.VIEWER),
    ("gus", "globex", Role.OWNER),
    ("mia", "globex", Role.MEMBER),
)


class SetClock:
    """A clock that stands until it is moved."""

    def __init__(self, wall: float = NOW) -> None:
        self.time = wall

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return self.time


class Randomness:
    """Unpredictable enough for tests, and the same in each run."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, length: int) -> bytes:
        self._count += 1
        return self._count.to_bytes(length, "big")


class KnownSessions:
    """The SessionVerifier port with signatures left out: the token `x.SESSION.x` stands for that session."""

    def __init__(self) -> None:
        self.asked = 0

    def verify(self, token: str, now: float) -> str | None:
        self.asked += 1
        return token.split(".")[1] or None


def contents(
    *,
    tokens: Sequence[AccessToken] = (),
    keys: Sequence[OrganizationKey] = (),
    sessions: Sequence[Session] = (),
    signing_keys: Sequence[SigningKey] = (),
) -> DirectoryContents:
    """The town as a store would hold it."""
    return DirectoryContents(
        organizations=[
            Organization(id=f"o-{slug}", slug=slug, name=slug.title(), created_at=NOW) for slug in ORGANIZATIONS
        ],
        projects=[
            Project(id=f"p-{slug}", organization=f"o-{owner}", slug=slug, name=slug, created_at=NOW)
            for owner, slug in PROJECTS
        ],
        users=[User(id=f"u-{name}", name=name, platform_admin=name == "root", created_at=NOW) for name in PEOPLE],
        memberships=[
            Membership(user=f"u-{name}", organization=f"o-{slug}", role=role, created_at=NOW + number)
            for number, (name, slug, role) in enumerate(MEMBERS)
        ],
        tokens=tokens,
        keys=keys,
        sessions=sessions,
        signing_keys=signing_keys,
    )


class Town:
    """The town in memory, and the texts of the credentials that were made in it."""

    def __init__(self) -> None:
        self.directory = Directory.of(contents())
        self.clock = SetClock()
        self.randomness = Randomness()

    def token(self, person: str, *, expires_at: float | None = None) -> bytes:
        """The text of an access token; its id is `t-PERSON`."""
        text = mint_token(self.randomness(32)).reveal().encode()
        self.directory.put_token(
            AccessToken(
                id=f"t-{person}",
                user=f"u-{person}",
                name="test",
                digest=digest(text),
                last4="test",
                created_at=NOW,
                expires_at=expires_at,
            )
        )
        return text

    def key(
        self,
        slug: str,
        name: str = "key",
        *,
        permissions: tuple[str, ...] = ("llm:completions:use",),
        scopes: tuple[str, ...] = (),
        project: str = "",
        expires_at: float | None = None,
    ) -> bytes:
        """The text of an organization key; its id is `k-NAME`."""
        text = mint_key(slug, self.randomness(32)).reveal().encode()
        self.directory.put_key(
            OrganizationKey(
                id=f"k-{name}",
                organization=f"o-{slug}",
                project=project,
                name=name,
                digest=digest(text),
                last4="test",
                permissions=permissions,
                scopes=scopes,
                created_at=NOW,
                created_by="user:u-ann",
                expires_at=expires_at,
            )
        )
        return text

    def session(self, person: str, *, organization: str = "", seconds: float = 3600) -> bytes:
        """The text of a session `s-PERSON`, given for the person's token."""
        self.directory.put_session(
            Session(
                id=f"s-{person}",
                user=f"u-{person}",
                token=f"t-{person}",
                organization=organization,
                created_at=NOW,
                expires_at=NOW + seconds,
            )
        )
        return b"x.s-%b.x" % person.encode()
