"""A small directory for the tests of its stores: one of everything, each different where it matters."""

from __future__ import annotations

import hashlib

import msgspec

from headgate.access.identity import (
    AccessToken,
    ExternalIdentity,
    Membership,
    Organization,
    OrganizationKey,
    Project,
    ProjectMembership,
    ProjectRole,
    Role,
    Session,
    SigningKey,
    User,
)
from headgate.gateway.stores import DirectoryContents, DirectoryStore

AT = 1_763_600_000.125


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


ORGANIZATION = Organization(id="o1", slug="default", name="Défault", created_at=AT)
PROJECT = Project(id="p1", organization="o1", slug="default", name="Default", created_at=AT)
USER = User(id="u1", name="Administrator", platform_admin=True, created_at=AT)
MEMBERSHIP = Membership(user="u1", organization="o1", role=Role.OWNER, created_at=AT)
IN_PROJECT = ProjectMembership(
    user="u1", organization="o1", project="p1", role=ProjectRole.DEVELOPER, created_at=AT + 1
)
IDENTITY = ExternalIdentity(issuer="https://id.example", subject="42", user="u1", created_at=AT)
TOKEN = AccessToken(id="t1", user="u1", name="administrator", digest=digest("at:1"), last4="abcd", created_at=AT)
KEY = OrganizationKey(
    id="k1",
    organization="o1",
    project="p1",
    name="ci",
    digest=digest("iak_1"),
    last4="wxyz",
    permissions=("llm:completions:use", "llm:*"),
    scopes=("models:team/gpt-4o",),
    created_at=AT,
    created_by="user:u1",
    expires_at=AT + 1,
)
SESSION = Session(id="s1", user="u1", token="t1", organization="o1", created_at=AT, expires_at=AT + 60)
SIGNING_KEY = SigningKey(id="g1", public=bytes(range(32)), sealed_private=b"\x00\xffsealed", created_at=AT)


def fill(directory: DirectoryStore) -> None:
    directory.put_organization(ORGANIZATION)
    directory.put_project(PROJECT)
    directory.put_user(USER)
    directory.put_membership(MEMBERSHIP)
    directory.put_token(TOKEN)
    directory.put_key(KEY)
    directory.put_session(SESSION)
    directory.put_signing_key(SIGNING_KEY)


def contents(directory: DirectoryStore) -> DirectoryContents:
    loaded = directory.load()
    return msgspec.structs.replace(loaded, keys=list(loaded.keys))


def settle(directory: DirectoryStore) -> None:
    fill(directory)
    directory.put_project_membership(IN_PROJECT)
    directory.put_identity(IDENTITY)
