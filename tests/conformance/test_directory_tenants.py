"""The DirectoryStore contract about tenants: settings, memberships of projects, and what ends with what."""

from __future__ import annotations

import msgspec
import pytest

from headgate.access.identity import OrganizationSettings, ProjectRole, ProjectSettings, Sharing
from headgate.core.errors import Conflict
from headgate.core.overlay import Overlay
from headgate.gateway.stores import DirectoryStore
from tests.conformance.directory_rows import (
    IDENTITY,
    IN_PROJECT,
    KEY,
    MEMBERSHIP,
    ORGANIZATION,
    PROJECT,
    USER,
    contents,
    digest,
    settle,
)


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
