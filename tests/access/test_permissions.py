"""Patterns, roles, and that a grant never exceeds its grantor."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.access.identity import Role
from headgate.access.permissions import (
    DEFAULT_FOR_KEYS,
    GOVERNANCE_MANAGE,
    PERMISSIONS,
    ROLES,
    covers,
    is_pattern,
    matches,
    permits_something,
)
from headgate.core.principal import Principal, PrincipalKind

WORDS = st.sampled_from(["llm", "audit", "completions", "governance", "use", "manage"])
PERMISSION = st.tuples(WORDS, WORDS, WORDS).map(":".join)
PATTERN = st.one_of(
    st.just("*"),
    WORDS.map(lambda word: f"{word}:*"),
    st.tuples(WORDS, WORDS).map(lambda words: ":".join(words) + ":*"),
    PERMISSION,
)


def holder(permissions: Collection[str]) -> Principal:
    return Principal(id="key:1", kind=PrincipalKind.KEY, credential="1", permissions=frozenset(permissions))


@pytest.mark.parametrize("text", ["*", "llm:*", "llm:completions:*", "llm:completions:use", "a2a:file_parsing:x-y"])
def test_a_permission_and_its_beginnings_are_patterns(text: str) -> None:
    assert is_pattern(text)


@pytest.mark.parametrize(
    "text",
    ["", "**", "llm", "llm:", ":*", "*:*", "llm:*:use", "*:completions:use", "llm:comp*", "llm:a:b:c", "llm:a:b:*",
     "LLM:a:b", "llm:a:b\n", "llm: a:b", "llm:é:b", "llm:" + "a" * 300 + ":b"],
)  # fmt: skip
def test_anything_else_is_no_pattern(text: str) -> None:
    assert not is_pattern(text)


@given(PATTERN)
def test_every_pattern_is_valid_and_covers_itself(pattern: str) -> None:
    assert is_pattern(pattern)
    assert matches(pattern, pattern)


@given(PATTERN, PATTERN, PATTERN)
def test_covering_reaches_through(one: str, two: str, three: str) -> None:
    if matches(one, two) and matches(two, three):
        assert matches(one, three)


@given(st.sets(PATTERN, max_size=4), PATTERN, PERMISSION)
def test_a_grant_never_opens_what_its_grantor_may_not(grantor: set[str], grant: str, permission: str) -> None:
    if covers(grantor, grant) and holder({grant}).may(permission):
        assert holder(grantor).may(permission)


@given(st.sets(PATTERN, max_size=4), PERMISSION)
def test_what_may_be_done_may_be_given_on_and_nothing_else(grantor: set[str], permission: str) -> None:
    assert covers(grantor, permission) == holder(grantor).may(permission)


def test_a_narrow_grantor_does_not_give_a_wide_pattern() -> None:
    assert not covers({"llm:completions:use", "llm:embeddings:use"}, "llm:*")
    assert not covers({"llm:*"}, "*")
    assert not covers(set(), "llm:completions:use")


def test_a_word_is_not_a_beginning_of_a_longer_word() -> None:
    assert not matches("llm:comp:*", "llm:completions:use")


def test_every_permission_that_exists_is_a_pattern_without_a_star() -> None:
    assert all(is_pattern(permission) and "*" not in permission for permission in PERMISSIONS)


def test_a_pattern_that_meets_no_permission_is_a_slip() -> None:
    assert permits_something("llm:*")
    assert not permits_something("lml:*")
    assert not permits_something("llm:completion:use")


def test_every_role_has_its_permissions() -> None:
    assert set(ROLES) == set(Role)


def test_an_owner_and_an_admin_manage_and_the_others_do_not() -> None:
    assert [role for role in Role if holder(ROLES[role]).may(GOVERNANCE_MANAGE)] == [Role.OWNER, Role.ADMIN]


def test_a_viewer_may_only_look() -> None:
    assert not any(holder(ROLES[Role.VIEWER]).may(permission) for permission in PERMISSIONS)


def test_a_member_may_call_models_and_so_does_a_key_of_which_nothing_else_is_said() -> None:
    assert all(holder(ROLES[Role.MEMBER]).may(permission) for permission in DEFAULT_FOR_KEYS)
