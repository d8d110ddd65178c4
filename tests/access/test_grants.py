"""What a new credential or role may be, and what its grantor has to give."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.access.grants import (
    Authority,
    KeyWish,
    Standing,
    end_excess,
    end_faults,
    excess,
    key_faults,
    may_give_project_role,
    may_give_role,
    name_faults,
    slug_faults,
)
from headgate.access.identity import ProjectRole, ProjectSettings, Role
from headgate.access.permissions import SECRETS_MANAGE, in_project

NOW = 1_800_000_000.0
OWNER = Authority(permissions=frozenset({"llm:*"}))


def wish(
    name: str = "ci",
    *,
    permissions: tuple[str, ...] = ("llm:completions:use",),
    scopes: tuple[str, ...] = (),
    expires_at: float | None = None,
) -> KeyWish:
    return KeyWish(name=name, permissions=permissions, scopes=scopes, expires_at=expires_at)


def paths(found: list[object]) -> list[str]:
    return [each["path"] for each in found if isinstance(each, dict)]


@pytest.mark.parametrize("name", ["ci", "the nightly build", "ключ", "x" * 128])
def test_a_name_is_what_people_write(name: str) -> None:
    assert name_faults(name) == []


@pytest.mark.parametrize("name", ["", " ", " ci", "ci ", "a\nb", "a\0", "x" * 129, "\u202eci"])
def test_a_name_that_hides_something_is_refused(name: str) -> None:
    assert paths([*name_faults(name)]) == ["name"]


@pytest.mark.parametrize("end", [NOW, NOW - 1, 0.0, -1.0, 1e12, math.inf, math.nan])
def test_an_end_that_is_no_time_to_come_is_refused(end: float) -> None:
    assert paths([*end_faults(end, now=NOW)]) == ["expires_at"]


def test_no_end_and_a_time_to_come_are_accepted() -> None:
    assert end_faults(None, now=NOW) == []
    assert end_faults(NOW + 1, now=NOW) == []


def test_every_fault_is_told_with_its_place() -> None:
    bad = wish(
        "",
        permissions=("llm:*:use", "llm:completions:use", "llm:completion:use"),
        scopes=("gpt-4o", "models:", "models:a"),
    )

    assert paths([*key_faults(bad, now=NOW)]) == ["name", "permissions[0]", "permissions[2]", "scopes[0]", "scopes[1]"]


def test_a_key_without_a_permission_is_refused() -> None:
    assert paths([*key_faults(wish(permissions=()), now=NOW)]) == ["permissions"]


def test_a_list_longer_than_any_reason_is_refused() -> None:
    assert "scopes" in paths([*key_faults(wish(scopes=("models:a",) * 1001), now=NOW)])


def test_names_of_models_may_hold_slashes_and_colons() -> None:
    assert key_faults(wish(scopes=("models:bedrock/eu.anthropic:v1",)), now=NOW) == []


def test_a_permission_beyond_the_grantor_is_refused_and_named() -> None:
    grantor = Authority(permissions=frozenset({"llm:governance:manage"}))

    found = excess(wish(permissions=("llm:governance:manage", "llm:completions:use")), grantor)

    assert paths([*found]) == ["permissions[1]"]


def test_a_key_bound_to_models_gives_only_those() -> None:
    grantor = Authority(permissions=frozenset({"llm:*"}), models=frozenset({"a", "b"}))

    assert excess(wish(scopes=("models:a",)), grantor) == []
    assert paths([*excess(wish(scopes=("models:a", "models:c")), grantor)]) == ["scopes[1]"]
    assert paths([*excess(wish(), grantor)]) == ["scopes"]


def test_a_key_that_ends_gives_nothing_that_outlasts_it() -> None:
    grantor = Authority(permissions=frozenset({"llm:*"}), ends_at=NOW + 10)

    assert excess(wish(expires_at=NOW + 10), grantor) == []
    assert paths([*excess(wish(expires_at=NOW + 11), grantor)]) == ["expires_at"]
    assert paths([*excess(wish(), grantor)]) == ["expires_at"]


def test_one_without_an_end_gives_without_an_end() -> None:
    assert excess(wish(), OWNER) == []
    assert end_excess(None, math.inf) == []


@given(
    st.frozensets(st.sampled_from(["llm:*", "llm:completions:*", "llm:completions:use", "llm:governance:manage"])),
    st.frozensets(st.sampled_from(["a", "b", "c"])),
    st.lists(st.sampled_from(["llm:*", "llm:completions:use", "llm:governance:manage"]), min_size=1).map(tuple),
    st.lists(st.sampled_from(["models:a", "models:b", "models:d"])).map(tuple),
)
def test_giving_on_what_was_given_never_reaches_further_than_the_first_grantor(
    permissions: frozenset[str], models: frozenset[str], granted: tuple[str, ...], scopes: tuple[str, ...]
) -> None:
    first = Authority(permissions=permissions, models=models)
    if excess(wish(permissions=granted, scopes=scopes), first):
        return
    second = Authority(
        permissions=frozenset(granted), models=frozenset(scope.removeprefix("models:") for scope in scopes)
    )

    for onward in ("llm:*", "llm:completions:use", "llm:governance:manage"):
        for scope in ((), ("models:a",), ("models:d",)):
            if not excess(wish(permissions=(onward,), scopes=scope), second):
                assert excess(wish(permissions=(onward,), scopes=scope), first) == []


@pytest.mark.parametrize(
    ("standing", "given"),
    [
        pytest.param(Standing(permissions=frozenset(), owner=True), set(Role), id="an owner any role"),
        pytest.param(
            Standing(permissions=frozenset({"llm:*"}), admin=True), set(Role) - {Role.OWNER}, id="an admin no owner"
        ),
        pytest.param(
            Standing(permissions=frozenset({"llm:*"})), {Role.MEMBER, Role.VIEWER}, id="a key nobody who administers"
        ),
        pytest.param(
            Standing(permissions=frozenset({"llm:members:manage"})), {Role.VIEWER}, id="one of no rights what has none"
        ),
    ],
)
def test_a_role_does_not_exceed_who_gives_it(standing: Standing, given: set[Role]) -> None:
    assert {role for role in Role if may_give_role(standing, role)} == given


@pytest.mark.parametrize("settings", [ProjectSettings(), ProjectSettings(developers_manage_secrets=False)])
def test_a_developers_role_is_as_much_as_the_project_makes_of_it(settings: ProjectSettings) -> None:
    given = in_project(ProjectRole.DEVELOPER, settings)
    lacking = Standing(permissions=given - {SECRETS_MANAGE})

    assert may_give_project_role(Standing(permissions=given), ProjectRole.DEVELOPER, settings=settings)
    assert (
        may_give_project_role(lacking, ProjectRole.DEVELOPER, settings=settings)
        is not settings.developers_manage_secrets
    )


@pytest.mark.parametrize("slug", ["a", "a-b", "0", "a" * 64])
def test_a_slug_that_is_one_has_no_fault(slug: str) -> None:
    assert slug_faults(slug) == []
