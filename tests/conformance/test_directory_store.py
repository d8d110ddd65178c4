"""The DirectoryStore contract: what is put is loaded as it was, and a second put replaces it."""

from __future__ import annotations

from functools import partial

import msgspec
import pytest

from headgate.access.identity import Role
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.core.errors import Conflict
from headgate.gateway.stores import DirectoryContents, DirectoryStore
from tests.conformance.directory_rows import (
    AT,
    KEY,
    MEMBERSHIP,
    ORGANIZATION,
    PROJECT,
    SESSION,
    SIGNING_KEY,
    TOKEN,
    USER,
    contents,
    digest,
    fill,
)


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
