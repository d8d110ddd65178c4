"""The history of a scope, and going back in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.catalogue.entry import ModelEntry
from headgate.catalogue.revision import Action
from headgate.catalogue.scope import PLATFORM, Scope
from headgate.core.errors import Forbidden, InvalidItems, ModelExists, ModelNotFound, NamesTaken, NotFound
from headgate.core.json import encode
from headgate.core.secret import Secret
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.stores import VerificationState
from tests.gateway.writing import ACME, CALLER, MANAGER, OTHER, ROOT, STRANGER, change, desk_at, item, names, write

KEY = Secret("sk-0123456789abcdefghij")


def state(desk: Desk, scope: Scope) -> dict[str, tuple[int, str, bytes]]:
    """What a scope's entries say, byte for byte, with their identity."""
    return {each.uid: (each.number, each.name, encode(each.document)) for each in stored(desk, scope)}


def stored(desk: Desk, scope: Scope) -> list[ModelEntry]:
    return [each for each in desk.store.entries() if each.scope == scope]


def test_a_rollback_restores_changed_deleted_and_new_entries(desk: Desk, administer: Administer) -> None:
    administer.replace(ROOT, [item("changed", title="T"), item("deleted"), item("same")], scope=PLATFORM)
    before = state(desk, PLATFORM)
    administer.replace(ROOT, [item("changed", title="U"), item("same"), item("new")], scope=PLATFORM)

    rolled = administer.rollback(ROOT, PLATFORM, number=1)

    assert state(desk, PLATFORM) == before
    assert rolled.revision == 3
    assert [(each.name, each.change) for each in rolled.differences] == [
        ("changed", "changed"),
        ("deleted", "added"),
        ("new", "removed"),
    ]


def test_a_rollback_is_a_revision_like_any_other(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a", title="1"), scope=PLATFORM)
    administer.update(ROOT, "a", change=change(title="2"))
    administer.rollback(ROOT, PLATFORM, number=1)

    administer.rollback(ROOT, PLATFORM, number=2)

    assert administer.revision(ROOT, 4).action is Action.ROLLBACK
    assert [each.document.title for each in stored(desk, PLATFORM)] == ["2"]


def test_a_rollback_that_changes_nothing_makes_no_revision(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)

    rolled = administer.rollback(ROOT, PLATFORM, number=1)

    assert (rolled.revision, rolled.differences, desk.store.head()) == (1, (), 1)


def test_only_the_named_entries_go_back(desk: Desk, administer: Administer) -> None:
    administer.replace(ROOT, [item("a", title="1"), item("b", title="1")], scope=PLATFORM)
    administer.replace(ROOT, [item("a", title="2"), item("b", title="2")], scope=PLATFORM)

    administer.rollback(ROOT, PLATFORM, number=1, names=["a"])

    assert {each.name: each.document.title for each in stored(desk, PLATFORM)} == {"a": "1", "b": "2"}


def test_an_entry_that_was_made_anew_gives_way_to_the_one_before_it(desk: Desk, administer: Administer) -> None:
    first = administer.create(ROOT, write("a"), scope=PLATFORM).offer
    administer.delete(ROOT, "a")
    administer.create(ROOT, write("a"), scope=PLATFORM)

    administer.rollback(ROOT, PLATFORM, number=1, names=["a"])

    assert [each.uid for each in stored(desk, PLATFORM)] == [first.uid]


def test_names_that_never_were_are_refused(administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)

    with pytest.raises(NotFound):
        administer.rollback(ROOT, PLATFORM, number=1, names=["a", "b"])


@pytest.mark.parametrize("number", [0, -1, 2])
def test_a_revision_that_does_not_exist_is_nowhere_to_go(administer: Administer, number: int) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)

    with pytest.raises(NotFound):
        administer.rollback(ROOT, PLATFORM, number=number)


def test_names_taken_since_are_all_listed_and_nothing_is_restored(desk: Desk, administer: Administer) -> None:
    administer.replace(MANAGER, [item("a"), item("b"), item("c", title="1")], scope=ACME)
    administer.replace(MANAGER, [item("c", title="2")], scope=ACME)
    administer.replace(ROOT, [item("a"), item("b")], scope=PLATFORM)

    with pytest.raises(NamesTaken) as raised:
        administer.rollback(MANAGER, ACME, number=1)

    assert raised.value.details == ["a", "b"]
    assert names(desk, ACME) == ["c"]
    assert desk.store.head() == 3


def test_a_name_that_was_held_all_along_is_not_taken(desk: Desk, administer: Administer) -> None:
    administer.create(MANAGER, write("a", title="1"), scope=ACME)
    administer.update(MANAGER, "a", change=change(title="2"))
    administer.create(ROOT, write("a"), scope=PLATFORM)

    administer.rollback(MANAGER, ACME, number=1)

    assert [each.document.title for each in stored(desk, ACME)] == ["1"]


def test_a_rollback_brings_no_secret_back_and_says_so(desk: Desk, administer: Administer) -> None:
    lost = administer.create(ROOT, write("a", KEY), scope=PLATFORM).offer
    administer.delete(ROOT, "a")

    administer.rollback(ROOT, PLATFORM, number=1)

    assert desk.book.own(lost.uid) is None
    assert desk.board.of(lost.uid).state is VerificationState.FAILED


def test_a_rollback_leaves_the_secret_that_is_there(desk: Desk, administer: Administer) -> None:
    made = administer.create(ROOT, write("a", KEY), scope=PLATFORM).offer
    administer.update(ROOT, "a", change=change(Secret("sk-another-0123456789"), title="A"))

    administer.rollback(ROOT, PLATFORM, number=1)

    own = desk.book.own(made.uid)
    assert own is not None
    assert own.credential.last4 == "6789"


def test_going_back_to_another_origin_detaches_the_secret(desk: Desk, administer: Administer) -> None:
    made = administer.create(ROOT, write("a", KEY, api_base="https://one.example"), scope=PLATFORM).offer
    administer.update(ROOT, "a", change=change(Secret("sk-another-0123456789"), api_base="https://two.example"))

    rolled = administer.rollback(ROOT, PLATFORM, number=1)

    assert desk.board.of(made.uid).message == "credential must be entered again"
    assert any("entered again" in warning for warning in rolled.warnings)


def test_private_addresses_need_an_administrator_then_and_now(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("by-root", api_base="http://10.0.0.1"), scope=ACME)
    administer.create(MANAGER, write("by-manager", api_base="http://10.0.0.1"), scope=ACME)
    administer.replace(ROOT, [], scope=ACME)

    administer.rollback(ROOT, ACME, number=2)

    assert {each.name: each.private_egress for each in stored(desk, ACME)} == {"by-root": True, "by-manager": False}
    administer.replace(ROOT, [], scope=ACME)
    administer.rollback(MANAGER, ACME, number=2)
    assert not any(each.private_egress for each in stored(desk, ACME))


def test_history_is_for_who_may_write_the_scope(administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)

    for by, scope in ((MANAGER, PLATFORM), (CALLER, ACME), (STRANGER, ACME)):
        with pytest.raises(Forbidden):
            administer.revisions(by, scope, before=None, limit=10, name=None)
        with pytest.raises(Forbidden):
            administer.rollback(by, scope, number=1)
        with pytest.raises(Forbidden):
            administer.difference(by, scope, old=1, new=1)


def test_a_revision_of_another_tenant_does_not_exist(administer: Administer) -> None:
    administer.create(STRANGER, write("a"), scope=OTHER)

    with pytest.raises(NotFound) as foreign:
        administer.revision(MANAGER, 1)
    with pytest.raises(NotFound) as unknown:
        administer.revision(MANAGER, 2)

    assert str(foreign.value).replace("1", "2") == str(unknown.value)


def test_revisions_come_newest_first_by_page_and_by_name(administer: Administer) -> None:
    for name in ("a", "b", "a2"):
        administer.create(MANAGER, write(name), scope=ACME)
    administer.create(STRANGER, write("x"), scope=OTHER)
    administer.update(MANAGER, "a", change=change(title="A"))

    def numbers(*, before: int | None = None, limit: int = 10, name: str | None = None) -> list[int]:
        return [each.number for each in administer.revisions(MANAGER, None, before=before, limit=limit, name=name)]

    assert numbers() == [5, 3, 2, 1]
    assert numbers(limit=2) == [5, 3]
    assert numbers(before=3) == [2, 1]
    assert numbers(name="a") == [5, 1]


def test_a_difference_is_between_any_two_revisions_and_may_be_of_some_names(administer: Administer) -> None:
    administer.replace(ROOT, [item("a", title="1"), item("b", title="1")], scope=PLATFORM)
    administer.replace(ROOT, [item("a", title="2"), item("b", title="2")], scope=PLATFORM)
    administer.replace(ROOT, [item("a", title="3"), item("b", title="3")], scope=PLATFORM)

    forth = administer.difference(ROOT, PLATFORM, old=1, new=3, names=["b"])
    back = administer.difference(ROOT, PLATFORM, old=3, new=1, names=["b"])

    assert [(each.name, each.fields[0].before, each.fields[0].after) for each in forth] == [("b", "1", "3")]
    assert [(each.name, each.fields[0].before, each.fields[0].after) for each in back] == [("b", "3", "1")]


WRITES = st.lists(
    st.tuples(
        st.sampled_from(["create", "update", "delete", "replace"]),
        st.sampled_from([PLATFORM, ACME]),
        st.sampled_from("abc"),
        st.integers(0, 5),
    ),
    min_size=2,
    max_size=10,
)


@settings(max_examples=25)
@given(writes=WRITES, data=st.data())
def test_going_back_restores_one_scope_exactly_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[str, Scope, str, int]], data: st.DataObject
) -> None:
    with desk_at(tmp_path_factory.mktemp("rollback")) as desk:
        administer = Administer(desk)
        administer.create(MANAGER, write("first"), scope=ACME)
        states = {1: {scope: state(desk, scope) for scope in (PLATFORM, ACME)}}
        for step in writes:
            _do(administer, *step)
            states[desk.store.head()] = {scope: state(desk, scope) for scope in (PLATFORM, ACME)}
        scope, other = data.draw(st.permutations([PLATFORM, ACME]))
        number = data.draw(st.sampled_from(sorted(states)))
        untouched, now = state(desk, other), state(desk, scope)

        try:
            administer.rollback(ROOT, scope, number=number)
        except NamesTaken:
            assert scope == ACME
            assert state(desk, scope) == now
        else:
            assert state(desk, scope) == states[number][scope]
        assert state(desk, other) == untouched


def _do(administer: Administer, step: str, scope: Scope, name: str, mark: int) -> None:
    try:
        if step == "create":
            administer.create(ROOT, write(name, rpm=mark), scope=scope)
        elif step == "update":
            administer.update(ROOT, name, change=change(rpm=mark, metrics={"x": [mark / 7]}), scope=scope)
        elif step == "delete":
            administer.delete(ROOT, name, scope=scope)
        else:
            administer.replace(ROOT, [item(each, rpm=mark) for each in dict.fromkeys((name, "d"))], scope=scope)
    except (ModelExists, ModelNotFound, InvalidItems):
        return
