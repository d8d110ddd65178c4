"""The DirectoryStore contract: what is put is loaded as it was, and a second put replaces it."""

from __future__ import annotations

import hashlib
from functools import partial

import msgspec
import pytest

from headgate.access.identity import (
    AccessToken,
    ExternalIdentity,
    Membership,
    Organization,
    OrganizationKey,
    OrganizationSettings,
    Project,
    ProjectMembership,
    ProjectRole,
    ProjectSettings,
    Role,
    Session,
    Sharing,
    SigningKey,
    User,
)
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.core.errors import Conflict
from headgate.core.overlay import Overlay
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


def test_a_directory_begins_empty(directory: DirectoryStore) -> None:
    assert not any(msgspec.structs.astuple(contents(directory)))


def test_what_is_put_is_loaded_as_it_was(directory: DirectoryStore) -> None:
    fill(directory)

    assert contents(directory) == DirectoryContents(
        organizations=[ORGANIZATION],
        projects=[PROJECT],
        users=[USER],
        identities=[],
        memberships=[MEMBERSHIP],
        project_memberships=[],
        tokens=[TOKEN],
        keys=[KEY],
        sessions=[SESSION],
        signing_keys=[SIGNING_KEY],
    )


def test_a_second_put_replaces(directory: DirectoryStore) -> None:
    fill(directory)
    renamed = msgspec.structs.replace(ORGANIZATION, name="Other")
    disabled = msgspec.structs.replace(USER, disabled=True)
    demoted = msgspec.structs.replace(MEMBERSHIP, role=Role.VIEWER)
    revoked = msgspec.structs.replace(TOKEN, revoked_at=AT + 5)
    withdrawn = msgspec.structs.replace(KEY, revoked_at=AT + 6, permissions=(), scopes=())
    ended = msgspec.structs.replace(SESSION, revoked_at=AT + 7)

    directory.put_organization(renamed)
    directory.put_user(disabled)
    directory.put_membership(demoted)
    directory.put_token(revoked)
    directory.put_key(withdrawn)
    directory.put_session(ended)

    loaded = contents(directory)
    assert [*loaded.organizations, *loaded.users, *loaded.memberships] == [renamed, disabled, demoted]
    assert [*loaded.tokens, *loaded.keys, *loaded.sessions] == [revoked, withdrawn, ended]


def test_a_key_without_a_project_and_a_session_without_a_token_come_back_as_they_were(
    directory: DirectoryStore,
) -> None:
    fill(directory)
    key = msgspec.structs.replace(KEY, id="k2", digest=digest("iak_2"), project="", expires_at=None)
    session = msgspec.structs.replace(SESSION, id="s2", token="", organization="")

    directory.put_key(key)
    directory.put_session(session)

    loaded = contents(directory)
    assert key in loaded.keys
    assert session in loaded.sessions


def test_keys_can_be_gone_through_twice(directory: DirectoryStore) -> None:
    fill(directory)

    keys = directory.load().keys

    assert list(keys) == list(keys) == [KEY]


def test_keys_come_in_the_order_of_their_ids(directory: DirectoryStore) -> None:
    fill(directory)
    for id_ in ("k3", "k2", "k4"):
        directory.put_key(msgspec.structs.replace(KEY, id=id_, digest=digest(id_)))

    assert [key.id for key in directory.load().keys] == ["k1", "k2", "k3", "k4"]


def test_a_slug_is_unique(directory: DirectoryStore) -> None:
    fill(directory)

    with pytest.raises(Conflict):
        directory.put_organization(msgspec.structs.replace(ORGANIZATION, id="o2"))
    with pytest.raises(Conflict):
        directory.put_project(msgspec.structs.replace(PROJECT, id="p2"))


def test_two_credentials_never_share_a_digest(directory: DirectoryStore) -> None:
    fill(directory)

    with pytest.raises(Conflict):
        directory.put_key(msgspec.structs.replace(KEY, id="k2"))
    with pytest.raises(Conflict):
        directory.put_token(msgspec.structs.replace(TOKEN, id="t2"))


def test_what_belongs_to_nobody_is_refused(directory: DirectoryStore) -> None:
    for orphan in (
        partial(directory.put_project, PROJECT),
        partial(directory.put_membership, MEMBERSHIP),
        partial(directory.put_token, TOKEN),
        partial(directory.put_key, KEY),
        partial(directory.put_session, SESSION),
    ):
        with pytest.raises(Conflict):
            orphan()


def test_sessions_that_ended_long_ago_are_forgotten(database: Database) -> None:
    directory = SqlDirectory(database)
    fill(directory)
    lasting = msgspec.structs.replace(SESSION, id="s2", expires_at=SESSION.expires_at + 1)
    directory.put_session(lasting)

    directory.forget_sessions(ended_before=SESSION.expires_at + 1)

    assert contents(directory).sessions == [lasting]


def settle(directory: DirectoryStore) -> None:
    fill(directory)
    directory.put_project_membership(IN_PROJECT)
    directory.put_identity(IDENTITY)


def test_settings_and_what_one_signs_in_with_come_back_as_they_were(directory: DirectoryStore) -> None:
    organization = msgspec.structs.replace(
        ORGANIZATION,
        settings=OrganizationSettings(
            sharing=Sharing.MEMBERS, public_models=True, overlay=Overlay(allowed_models=frozenset({"gpt-4o", "é"}))
        ),
    )
    project = msgspec.structs.replace(PROJECT, settings=ProjectSettings(developers_manage_secrets=False))
    user = msgspec.structs.replace(USER, email="ann@example.com", password="$argon2id$x", default_organization="o1")
    settle(directory)

    directory.put_organization(organization)
    directory.put_project(project)
    directory.put_user(user)

    loaded = contents(directory)
    assert [*loaded.organizations, *loaded.projects, *loaded.users] == [organization, project, user]


def test_memberships_of_projects_and_identities_come_back_as_they_were(directory: DirectoryStore) -> None:
    settle(directory)
    demoted = msgspec.structs.replace(IN_PROJECT, role=ProjectRole.VIEWER)

    assert contents(directory).project_memberships == [IN_PROJECT]
    assert contents(directory).identities == [IDENTITY]
    directory.put_project_membership(demoted)
    assert contents(directory).project_memberships == [demoted]


def test_an_email_is_one_users(directory: DirectoryStore) -> None:
    directory.put_user(msgspec.structs.replace(USER, email="ann@example.com"))

    with pytest.raises(Conflict):
        directory.put_user(msgspec.structs.replace(USER, id="u2", email="ann@example.com"))
    directory.put_user(msgspec.structs.replace(USER, id="u3"))
    directory.put_user(msgspec.structs.replace(USER, id="u4"))


def test_a_membership_of_a_project_ends_alone(directory: DirectoryStore) -> None:
    settle(directory)

    directory.drop_project_membership(IN_PROJECT)

    assert contents(directory).project_memberships == []
    assert contents(directory).memberships == [MEMBERSHIP]


def test_with_a_membership_end_those_in_the_organizations_projects_and_no_other(directory: DirectoryStore) -> None:
    settle(directory)
    other = msgspec.structs.replace(ORGANIZATION, id="o2", slug="other")
    theirs = msgspec.structs.replace(PROJECT, id="p2", organization="o2")
    elsewhere = msgspec.structs.replace(IN_PROJECT, organization="o2", project="p2")
    directory.put_organization(other)
    directory.put_project(theirs)
    directory.put_membership(msgspec.structs.replace(MEMBERSHIP, organization="o2"))
    directory.put_project_membership(elsewhere)

    directory.drop_membership(MEMBERSHIP)

    assert [each.organization for each in contents(directory).memberships] == ["o2"]
    assert contents(directory).project_memberships == [elsewhere]


def test_with_a_project_end_its_keys_and_memberships(directory: DirectoryStore) -> None:
    settle(directory)
    unbound = msgspec.structs.replace(KEY, id="k2", digest=digest("iak_2"), project="")
    directory.put_key(unbound)

    directory.drop_project(PROJECT)

    loaded = contents(directory)
    assert (loaded.projects, loaded.project_memberships, loaded.keys) == ([], [], [unbound])
    assert loaded.memberships == [MEMBERSHIP]


def test_with_an_organization_end_its_keys_and_memberships_and_nobody_has_it_as_default(
    directory: DirectoryStore,
) -> None:
    settle(directory)
    directory.put_user(msgspec.structs.replace(USER, default_organization="o1"))
    directory.drop_project(PROJECT)

    directory.drop_organization(ORGANIZATION)

    loaded = contents(directory)
    assert (loaded.organizations, loaded.memberships, loaded.keys) == ([], [], [])
    assert [each.default_organization for each in loaded.users] == [""]
    assert [each.organization for each in loaded.sessions] == [""]


def test_an_organization_with_a_project_stays(directory: DirectoryStore) -> None:
    settle(directory)
    before = contents(directory)

    with pytest.raises(Conflict):
        directory.drop_organization(ORGANIZATION)

    assert contents(directory) == before


def test_what_is_not_there_is_dropped_without_a_word(directory: DirectoryStore) -> None:
    directory.drop_membership(MEMBERSHIP)
    directory.drop_project_membership(IN_PROJECT)
    directory.drop_project(PROJECT)
    directory.drop_organization(ORGANIZATION)

    assert not any(msgspec.structs.astuple(contents(directory)))
