"""Who may read, write and delete entries, enter their secrets, and use and manage the credentials of a scope."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from headgate.access.entries import (
    authority,
    authority_over,
    may_ask_about,
    may_delete,
    may_enter_secrets,
    may_manage_credentials,
    may_use_credentials,
    may_write,
    own_scope,
)
from headgate.catalogue.scope import PLATFORM, Scope, organization, project, user
from headgate.core.principal import Principal, PrincipalKind

HOME = organization("a")
NOBODY = Principal(id="key:k", kind=PrincipalKind.KEY, credential="k", organization="a", organization_slug="acme")
PERSON = msgspec.structs.replace(NOBODY, id="user:u", kind=PrincipalKind.USER, user="u")
ROOT = msgspec.structs.replace(PERSON, platform_admin=True)
ADMIN = msgspec.structs.replace(PERSON, organization_admin=True, permissions=frozenset({"llm:*"}))
EVERYWHERE = [
    PLATFORM,
    HOME,
    project("a", "p"),
    project("a", "q"),
    user("a", "u"),
    organization("b"),
    project("b", "p"),
    user("b", "u"),
    user("a", "v"),
]
May = Callable[[Principal, Scope], bool]


def granted(*permissions: str, project: str = "") -> Principal:
    return msgspec.structs.replace(NOBODY, permissions=frozenset(permissions), project=project)


def where(principal: Principal, may: May = may_write) -> list[Scope]:
    return [scope for scope in EVERYWHERE if may(principal, scope)]


def test_a_key_of_a_project_administers_nothing_of_the_organization_and_uses_its_credentials() -> None:
    bound = msgspec.structs.replace(granted("llm:*", project="p"), project_bound=True)

    assert where(bound) == [project("a", "p")]
    assert where(bound, may_manage_credentials) == [project("a", "p")]
    assert where(bound, may_use_credentials) == [HOME, project("a", "p")]


def test_without_a_permission_nothing_may_be_written() -> None:
    assert where(NOBODY) == []


@pytest.mark.parametrize("may", [may_write, may_delete, may_enter_secrets])
def test_governance_of_an_organization_reaches_its_entries_and_not_its_projects(may: May) -> None:
    assert where(granted("llm:governance:manage", project="p"), may) == [HOME]


@pytest.mark.parametrize(
    ("permission", "may"),
    [
        ("llm:models:write", may_write),
        ("llm:models:delete", may_delete),
        ("llm:secrets:manage", may_enter_secrets),
        ("llm:secrets:manage", may_manage_credentials),
        ("llm:credentials:manage", may_manage_credentials),
        ("llm:credentials:use", may_use_credentials),
    ],
)
def test_a_permission_of_a_project_counts_in_the_context_of_that_project_only(permission: str, may: May) -> None:
    assert project("a", "p") in where(granted(permission, project="p"), may)
    assert not {project("a", "q"), project("b", "p")} & set(where(granted(permission, project="p"), may))
    assert project("a", "p") not in where(granted(permission), may)


@pytest.mark.parametrize(
    ("own", "may"),
    [
        ("llm:models:write", may_write),
        ("llm:models:delete", may_delete),
        ("llm:secrets:manage", may_enter_secrets),
    ],
)
def test_each_permission_of_a_project_is_its_own(own: str, may: May) -> None:
    every = {"llm:models:read", "llm:models:write", "llm:models:delete", "llm:secrets:manage"}

    assert where(granted(*(every - {own}), project="p"), may) == []


@pytest.mark.parametrize("may", [may_write, may_delete, may_enter_secrets, may_manage_credentials])
def test_admins_of_an_organization_reach_all_of_its_projects(may: May) -> None:
    found = where(ADMIN, may)

    assert {project("a", "p"), project("a", "q")} <= set(found)
    assert project("b", "p") not in found


def test_a_persons_own_entries_are_not_their_admins() -> None:
    admin = msgspec.structs.replace(ADMIN, user="w")

    assert all(user("a", "u") not in where(admin, may) for may in (may_write, may_delete))


def test_who_governs_an_organization_asks_about_everybody_in_it_and_nobody_elsewhere() -> None:
    governor = granted("llm:governance:manage")
    elsewhere = msgspec.structs.replace(NOBODY, organization="b")

    assert may_ask_about(governor, NOBODY)
    assert not may_ask_about(governor, elsewhere)
    assert not may_ask_about(NOBODY, NOBODY)
    assert may_ask_about(ROOT, elsewhere)


def test_a_key_of_a_project_asks_about_keys_of_that_project_only() -> None:
    bound = msgspec.structs.replace(granted("llm:*", project="p"), project_bound=True)
    other = msgspec.structs.replace(bound, project="q")
    unbound = msgspec.structs.replace(bound, project_bound=False)

    assert [may_ask_about(bound, each) for each in (bound, other, unbound)] == [True, False, False]


def test_a_person_writes_their_own_entries_in_the_organization_at_hand() -> None:
    assert where(PERSON) == [user("a", "u")]


def test_the_platform_belongs_to_its_administrators() -> None:
    assert where(ROOT) == [PLATFORM, user("a", "u")]


def test_who_has_no_organization_writes_in_none() -> None:
    homeless = msgspec.structs.replace(granted("*"), organization="", organization_slug="")

    assert where(homeless) == []
    assert not may_write(homeless, organization(""))


@pytest.mark.parametrize(
    ("permission", "may"),
    [("llm:credentials:use", may_use_credentials), ("llm:credentials:manage", may_manage_credentials)],
)
def test_each_permission_for_credentials_is_its_own(permission: str, may: Callable[[Principal, Scope], bool]) -> None:
    assert may(granted(permission), HOME)
    assert not may(granted("llm:governance:manage"), HOME)
    assert not may(granted(permission), PLATFORM)
    assert not may(granted(permission), organization("b"))
    assert may(ROOT, PLATFORM)


def test_who_names_no_scope_means_the_one_that_they_administer() -> None:
    assert (own_scope(ROOT), own_scope(PERSON)) == (PLATFORM, HOME)


def test_what_lies_around_a_scope_is_administered_by_who_administers_the_widest_of_it() -> None:
    assert {scope.key: authority_over(ROOT, scope) for scope in EVERYWHERE if scope.organization == "a"} == {
        "organization:a": "platform",
        "project:a/p": "platform",
        "project:a/q": "platform",
        "user:a/u": "platform",
        "user:a/v": "platform",
    }
    assert [authority_over(ADMIN, scope) for scope in (HOME, project("a", "p"), user("a", "u"))] == [
        "",
        "organization",
        "organization",
    ]
    assert authority_over(ROOT, PLATFORM) == ""


@pytest.mark.parametrize(
    "principal",
    [
        pytest.param(PERSON, id="a member"),
        pytest.param(granted("llm:models:write", project="p"), id="who writes the project's entries"),
        pytest.param(
            msgspec.structs.replace(granted("llm:*", project="p"), project_bound=True), id="a key of the project"
        ),
        pytest.param(msgspec.structs.replace(ADMIN, organization="b"), id="who administers another organization"),
    ],
)
def test_nobody_else_administers_what_lies_around_a_scope(principal: Principal) -> None:
    assert [authority_over(principal, scope) for scope in EVERYWHERE if scope.organization == "a"] == [""] * 5


def test_who_administers_the_platform_or_the_organization_has_authority_over_what_is_in_it() -> None:
    governor = granted("llm:governance:manage")

    assert [authority(each, "a") for each in (ROOT, ADMIN, governor, PERSON)] == [
        "platform",
        "organization",
        "organization",
        "",
    ]
    assert [authority(each, "b") for each in (ROOT, ADMIN, governor)] == ["platform", "", ""]
    assert [authority(each, "") for each in (ROOT, ADMIN)] == ["platform", ""]
