"""Creating, changing and deleting entries: who may, what is refused, and what one write leaves behind."""

from __future__ import annotations

import msgspec
import pytest

from headgate.catalogue.offer import document_of
from headgate.catalogue.revision import Action
from headgate.catalogue.scope import PLATFORM, Scope, user
from headgate.core.errors import (
    Forbidden,
    InvalidBody,
    ModelExists,
    ModelNotFound,
)
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer, Desk, Write
from tests.gateway.writing import (
    ACME,
    CALLER,
    MANAGER,
    OTHER,
    ROOT,
    STRANGER,
    change,
    document,
    names,
    write,
)


def test_what_is_created_is_in_force_and_in_the_store(desk: Desk, administer: Administer) -> None:
    written = administer.create(ROOT, write("a", title="A"), scope=PLATFORM)

    assert desk.snapshot.resolve(CALLER, "a") is written.offer
    (stored,) = desk.store.entries()
    assert (stored.uid, stored.document, stored.revision) == (written.offer.uid, document("a", title="A"), 1)
    assert (stored.created_by, stored.updated_by) == ("user:root", "user:root")


def test_every_write_is_one_revision_with_its_author_and_its_change(administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)
    administer.update(ROOT, "a", change=change(title="A"))
    administer.delete(ROOT, "a")

    revisions = administer.revisions(ROOT, None, before=None, limit=10, name="a")
    assert [(each.number, each.action) for each in revisions] == [
        (3, Action.DELETE),
        (2, Action.UPDATE),
        (1, Action.CREATE),
    ]
    assert all(each.by == "user:root" and len(each.changes) == 1 for each in revisions)


@pytest.mark.parametrize(
    ("by", "scope"),
    [
        pytest.param(MANAGER, PLATFORM, id="the platform by an organization's manager"),
        pytest.param(CALLER, ACME, id="an organization by one who may only call"),
        pytest.param(STRANGER, ACME, id="another organization by a manager"),
        pytest.param(MANAGER, user("acme-id", "root"), id="a user's entries by somebody else"),
    ],
)
def test_who_may_not_write_a_scope_creates_nothing_in_it(
    desk: Desk, administer: Administer, by: Principal, scope: Scope
) -> None:
    with pytest.raises(Forbidden):
        administer.create(by, write("a"), scope=scope)

    assert desk.store.head() == 0


def test_a_name_is_taken_in_its_scope_and_where_a_wider_entry_is_callable(administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)

    with pytest.raises(ModelExists):
        administer.create(ROOT, write("a"), scope=PLATFORM)
    with pytest.raises(ModelExists):
        administer.create(MANAGER, write("a"), scope=ACME)


def test_an_entry_that_an_organization_cannot_see_takes_no_name_from_it(administer: Administer) -> None:
    administer.create(ROOT, write("a", org_slugs=["other"]), scope=PLATFORM)

    written = administer.create(MANAGER, write("a"), scope=ACME)

    assert written.offer.scope == ACME


def test_a_wider_entry_may_be_created_above_a_narrower_one_of_the_same_name(desk: Desk, administer: Administer) -> None:
    narrow = administer.create(MANAGER, write("a"), scope=ACME).offer
    wide = administer.create(ROOT, write("a"), scope=PLATFORM).offer

    assert desk.snapshot.resolve(MANAGER, "a") is narrow
    assert desk.snapshot.resolve(STRANGER, "a") is wide


def test_a_refused_document_names_every_path_and_leaves_nothing(desk: Desk, administer: Administer) -> None:
    bad = msgspec.structs.replace(document("a"), rpm=-1, tags=("x", "x"))

    with pytest.raises(InvalidBody) as raised:
        administer.create(ROOT, Write(bad), scope=PLATFORM)

    faults = msgspec.convert(raised.value.details, list[dict[str, str]])
    assert [each["path"] for each in faults] == ["limits.rpm", "tags"]
    assert desk.store.head() == 0


def test_an_entry_of_an_organization_is_open_to_it_without_being_told(administer: Administer) -> None:
    written = administer.create(MANAGER, write("a"), scope=ACME)

    assert document_of(written.offer).org_slugs == ("acme",)


def test_an_entry_of_an_organization_cannot_be_opened_to_another(administer: Administer) -> None:
    with pytest.raises(Forbidden, match="org_slugs"):
        administer.create(MANAGER, write("a", org_slugs=["acme", "other"]), scope=ACME)


def test_an_update_keeps_identity_and_creation(desk: Desk, administer: Administer) -> None:
    before = administer.create(ROOT, write("a"), scope=PLATFORM).offer
    desk.clock.time += 60  # type: ignore[attr-defined]  # the clock of these tests

    after = administer.update(ROOT, "a", change=change(title="A")).offer

    kept = ("uid", "number", "created_at", "created_by")
    assert [getattr(after, field) for field in kept] == [getattr(before, field) for field in kept]
    assert (after.updated_at - before.updated_at, after.revision) == (60, 2)


def test_a_change_that_changes_nothing_makes_no_revision(desk: Desk, administer: Administer) -> None:
    before = administer.create(ROOT, write("a", capabilities={"vision": True, "text": True}), scope=PLATFORM).offer

    reordered = administer.update(ROOT, "a", change=change(capabilities={"text": True, "vision": True}))
    cleared = administer.update(ROOT, "a", change=change(None))

    assert reordered.offer is cleared.offer is before
    assert desk.store.head() == 1


def test_true_is_not_one(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a", metrics={"x": True}), scope=PLATFORM)

    administer.update(ROOT, "a", change=change(metrics={"x": 1}))

    assert desk.store.head() == 2


def test_a_write_never_falls_through_to_another_scope(desk: Desk, administer: Administer) -> None:
    wide = administer.create(ROOT, write("a"), scope=PLATFORM).offer

    with pytest.raises(Forbidden):
        administer.update(MANAGER, "a", change=change(title="A"))
    with pytest.raises(ModelNotFound):
        administer.update(MANAGER, "a", change=change(title="A"), scope=ACME)

    assert desk.snapshot.at(PLATFORM, "a") is wide


@pytest.mark.parametrize("by_uid", [False, True])
def test_an_entry_of_another_organization_does_not_exist(administer: Administer, *, by_uid: bool) -> None:
    foreign = administer.create(STRANGER, write("a"), scope=OTHER).offer

    with pytest.raises(ModelNotFound):
        administer.delete(MANAGER, foreign.uid if by_uid else "a")
    with pytest.raises(ModelNotFound):
        administer.delete(MANAGER, foreign.uid if by_uid else "a", scope=OTHER)


def test_a_scope_pins_which_of_two_entries_is_meant(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=ACME)
    administer.create(ROOT, write("a"), scope=PLATFORM)

    administer.delete(ROOT, "a", scope=PLATFORM)

    assert (names(desk, ACME), names(desk, PLATFORM)) == (["a"], [])


def test_an_administrator_reaches_entries_that_are_open_to_others_only(administer: Administer) -> None:
    administer.create(ROOT, write("a", org_slugs=["other"]), scope=PLATFORM)

    assert administer.update(ROOT, "a", change=change(org_slugs=[])).offer.org_slugs == frozenset()


def test_an_entry_can_be_written_by_its_uid(administer: Administer) -> None:
    made = administer.create(ROOT, write("a"), scope=PLATFORM).offer

    assert administer.update(ROOT, made.uid, change=change(title="A")).offer.uid == made.uid


def test_a_new_name_must_be_free(administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)
    administer.create(ROOT, write("b"), scope=PLATFORM)

    with pytest.raises(ModelExists):
        administer.update(ROOT, "b", change=change(name="a"))
    assert administer.update(ROOT, "b", change=change(name="c")).offer.name == "c"


def test_a_stand_in_that_cannot_be_called_is_stored_and_told_of(administer: Administer) -> None:
    written = administer.create(ROOT, write("a", failover="nobody"), scope=PLATFORM)

    assert written.offer.failover == "nobody"
    assert any("nobody" in warning for warning in written.warnings)


def test_a_stand_in_that_can_be_called_is_no_warning(administer: Administer) -> None:
    administer.create(ROOT, write("b"), scope=PLATFORM)

    assert administer.create(ROOT, write("a", failover="b"), scope=PLATFORM).warnings == ()
