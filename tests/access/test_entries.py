"""Who may write entries, and use and manage the credentials of a scope."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from headgate.access.entries import may_manage_credentials, may_use_credentials, may_write, own_scope
from headgate.catalogue.scope import PLATFORM, Scope, organization, project, user
from headgate.core.principal import Principal, PrincipalKind

HOME = organization("a")
NOBODY = Principal(id="key:k", kind=PrincipalKind.KEY, credential="k", organization="a", organization_slug="acme")
PERSON = msgspec.structs.replace(NOBODY, id="user:u", kind=PrincipalKind.USER, user="u")
ROOT = msgspec.structs.replace(PERSON, platform_admin=True)
EVERYWHERE = [PLATFORM, HOME, project("a", "p"), user("a", "u"), organization("b"), user("b", "u"), user("a", "v")]


def granted(permission: str) -> Principal:
    return msgspec.structs.replace(NOBODY, permissions=frozenset({permission}))


def where(principal: Principal) -> list[Scope]:
    return [scope for scope in EVERYWHERE if may_write(principal, scope)]


def test_without_a_permission_nothing_may_be_written() -> None:
    assert where(NOBODY) == []


def test_governance_of_an_organization_reaches_its_entries_and_its_projects() -> None:
    assert where(granted("llm:governance:manage")) == [HOME, project("a", "p")]


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
