"""No sequence of grants gives anybody more than somebody who took part in it had to give."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.access.grants import KeyWish
from headgate.access.identity import Membership, OrganizationKey, ProjectRole, Role
from headgate.access.permissions import PERMISSIONS
from headgate.core.errors import GatewayError
from headgate.core.principal import Principal
from headgate.gateway.grant import Grants
from headgate.gateway.tenancy_organizations import TenantChange
from headgate.gateway.tenancy_users import UserChange
from tests.gateway.counter import Signs
from tests.gateway.hall import Hall, hall_at
from tests.gateway.town import MEMBERS, PEOPLE, PROJECTS

Act = Callable[[Hall, Principal], Coroutine[Any, Any, object]]

ROLES = st.sampled_from(Role)
PROJECT_ROLES = st.sampled_from(ProjectRole)
PERSONS = st.sampled_from([f"u-{name}" for name in PEOPLE])
PROJECT_NAMES = st.sampled_from(["web", "api", "main", "p-main"])
GRANTED = st.lists(st.sampled_from([*sorted(PERMISSIONS), "llm:*", "*"]), min_size=1, max_size=3).map(tuple)

INSIDERS = ("adam", "mia", "vic")
"""The members of acme below its owner. Owners and platform administrators do not take part: they may give anything."""


def grants_of(hall: Hall) -> Grants:
    return Grants(
        hall.directory,
        hall.tenancy.store,
        changes=hall.tenancy.changes,
        signer=Signs(),
        clock=hall.town.clock,
        randomness=hall.town.randomness,
    )


ACTS: st.SearchStrategy[Act] = st.one_of(
    st.builds(lambda user, role: lambda hall, by: hall.members.change(by, user, role=role), PERSONS, ROLES),
    st.builds(lambda user, role: lambda hall, by: hall.members.add(by, user=user, role=role), PERSONS, ROLES),
    st.builds(lambda user: lambda hall, by: hall.members.remove(by, user), PERSONS),
    st.builds(
        lambda project, user, role: lambda hall, by: hall.project_members.put(by, project, user=user, role=role),
        PROJECT_NAMES,
        PERSONS,
        PROJECT_ROLES,
    ),
    st.builds(
        lambda project, settings: lambda hall, by: hall.projects.update(by, project, change=settings),
        PROJECT_NAMES,
        st.booleans().map(lambda on: TenantChange(settings={"developers_manage_secrets": on})),
    ),
    st.builds(
        lambda user: (
            lambda hall, by: hall.users.update(by, user, change=UserChange(platform_admin=True, disabled=False))
        ),
        PERSONS,
    ),
    st.builds(
        lambda permissions, project: (
            lambda hall, by: grants_of(hall).create_key(by, KeyWish(name="k", permissions=permissions, project=project))
        ),
        GRANTED,
        st.sampled_from(["", "web", "api", "main"]),
    ),
)
ACTORS = st.tuples(st.sampled_from([*INSIDERS, "manager"]), st.sampled_from(["", "web", "api"]))


@contextmanager
def a_hall() -> Iterator[Hall]:
    with TemporaryDirectory() as directory, hall_at(Path(directory)) as hall:
        yield hall


def acting(hall: Hall, name: str, project: str) -> Principal:
    if name == "manager":
        return hall.key("llm:members:manage", "llm:completions:use", "llm:embeddings:use", "llm:credentials:use")
    return hall.person(name, "acme", project)


def owners(hall: Hall) -> set[str]:
    return {each.user for slug in ("acme", "globex") for each in hall.directory.members(f"o-{slug}") if _owns(each)}


def _owns(membership: Membership) -> bool:
    return membership.role is Role.OWNER


def keys(hall: Hall) -> list[OrganizationKey]:
    return [key for slug in ("acme", "globex") for key in hall.directory.all_keys(f"o-{slug}")]


def everything_of(hall: Hall, name: str) -> frozenset[str]:
    """What a person may do in acme, in any project of it or in none."""
    found: set[str] = set()
    for project in ("", "web", "api"):
        with suppress(GatewayError):
            principal = hall.person(name, "acme", project)
            found |= {permission for permission in PERMISSIONS if principal.may(permission)}
    return frozenset(found)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ACTORS, ACTS), max_size=12))
def test_nobody_below_the_owner_makes_an_owner_or_a_platform_administrator_or_reaches_another_tenant(
    steps: list[tuple[tuple[str, str], Act]],
) -> None:
    with a_hall() as hall:
        before = {(each.user, each.organization, each.role) for each in hall.directory.members("o-globex")}
        for (name, project), act in steps:
            with suppress(GatewayError):
                asyncio.run(act(hall, acting(hall, name, project)))

        assert owners(hall) == {"u-ann", "u-gus"}
        assert [each.id for each in hall.directory.users() if each.platform_admin] == ["u-root"]
        assert {(each.user, each.organization, each.role) for each in hall.directory.members("o-globex")} == before
        assert all(key.organization == "o-acme" for key in keys(hall))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.tuples(st.just("manager"), st.just("")), ACTS), max_size=12))
def test_a_key_that_manages_members_gives_nobody_what_it_does_not_have(
    steps: list[tuple[tuple[str, str], Act]],
) -> None:
    with a_hall() as hall:
        own = {"llm:members:manage", "llm:completions:use", "llm:embeddings:use", "llm:credentials:use"}
        before = {name: everything_of(hall, name) for name in PEOPLE if name not in ("root", "gus")}
        for (name, project), act in steps:
            with suppress(GatewayError):
                asyncio.run(act(hall, acting(hall, name, project)))

        for name, had in before.items():
            assert everything_of(hall, name) <= had | own
        for key in keys(hall):
            assert set(key.permissions) <= own


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.tuples(st.sampled_from(["mia", "vic"]), st.sampled_from(["", "web"])), ACTS), max_size=12))
def test_members_and_developers_give_nobody_anything_but_keys_of_their_project_within_their_rights(
    steps: list[tuple[tuple[str, str], Act]],
) -> None:
    with a_hall() as hall:
        hall.develops("mia", "web")
        had = everything_of(hall, "mia")
        before = {name: everything_of(hall, name) for name in INSIDERS}
        for (name, project), act in steps:
            with suppress(GatewayError):
                asyncio.run(act(hall, acting(hall, name, project)))

        for name, rights in before.items():
            assert everything_of(hall, name) <= rights
        for key in keys(hall):
            assert key.project == "p-web"
            assert set(key.permissions) <= had


def test_the_town_is_the_one_that_these_tests_are_about() -> None:
    assert {name for name, slug, _ in MEMBERS if slug == "acme"} == {"ann", *INSIDERS}
    assert ("globex", "main") in PROJECTS
