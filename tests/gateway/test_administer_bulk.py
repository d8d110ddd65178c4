"""Replacing all entries of a scope: all or nothing, one revision, and what matching entries keep."""

from __future__ import annotations

import msgspec
import pytest

from headgate.catalogue.offer import document_of
from headgate.catalogue.revision import Action
from headgate.catalogue.scope import PLATFORM
from headgate.core.errors import Forbidden, InvalidItems, PreconditionFailed, TooManyItems
from headgate.core.json import Json
from headgate.core.secret import Secret
from headgate.gateway.administer import Administer, Desk, Item, Write
from tests.gateway.writing import ACME, MANAGER, ROOT, document, item, names, write

KEY = Secret("sk-0123456789abcdefghij")


def faults(error: InvalidItems) -> list[tuple[int, str, str]]:
    details: list[dict[str, Json]] = msgspec.convert(error.details, list[dict[str, Json]])
    return [(each["index"], each["model_id"], each["path"]) for each in details]


def test_the_scope_holds_exactly_the_items_afterwards(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)
    administer.create(ROOT, write("b"), scope=PLATFORM)

    replaced = administer.replace(ROOT, [item("b"), item("c"), item("d")], scope=PLATFORM)

    assert names(desk, PLATFORM) == ["b", "c", "d"]
    assert (replaced.deleted, replaced.inserted, replaced.revision) == (2, 3, 3)


def test_it_is_one_revision_of_what_changed(administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)
    administer.create(ROOT, write("b"), scope=PLATFORM)

    administer.replace(ROOT, [item("b"), item("c")], scope=PLATFORM)

    revision = administer.revision(ROOT, 3)
    assert revision.action is Action.REPLACE
    assert [each.entry.name for each in revision.changes] == ["a", "c"]


def test_nothing_makes_an_empty_scope(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)

    assert administer.replace(ROOT, [], scope=PLATFORM).deleted == 1
    assert len(desk.snapshot) == 0


def test_replacing_with_what_is_there_makes_no_revision(desk: Desk, administer: Administer) -> None:
    administer.replace(ROOT, [item("a", title="A"), item("b")], scope=PLATFORM)

    again = administer.replace(ROOT, [item("b"), item("a", title="A")], scope=PLATFORM)

    assert (again.deleted, again.inserted, again.revision) == (2, 2, 1)
    assert desk.store.head() == 1


def test_a_matching_entry_keeps_identity_creation_and_secret(desk: Desk, administer: Administer) -> None:
    before = administer.create(ROOT, write("a", KEY), scope=PLATFORM).offer

    administer.replace(ROOT, [item("a", title="A")], scope=PLATFORM)

    after = desk.snapshot.at(PLATFORM, "a")
    assert after is not None
    kept = ("uid", "number", "created_at", "created_by")
    assert [getattr(after, field) for field in kept] == [getattr(before, field) for field in kept]
    assert desk.book.applicable(after) == desk.book.own(before.uid)
    assert desk.book.own(before.uid) is not None


def test_an_item_may_take_the_secret_away_or_bring_another(desk: Desk, administer: Administer) -> None:
    one = administer.create(ROOT, write("a", KEY), scope=PLATFORM).offer
    other = administer.create(ROOT, write("b", KEY), scope=PLATFORM).offer

    administer.replace(ROOT, [item("a", None), item("b", Secret("sk-another-0123456789"))], scope=PLATFORM)

    assert desk.book.own(one.uid) is None
    stored = desk.book.own(other.uid)
    assert stored is not None
    assert (stored.credential.version, stored.credential.last4) == (2, "6789")


def test_what_another_api_wrote_stays_with_a_matching_entry(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a", abilities=["asr"]), scope=PLATFORM)

    administer.replace(ROOT, [item("a", title="A")], scope=PLATFORM)

    after = desk.snapshot.at(PLATFORM, "a")
    assert after is not None
    assert document_of(after).abilities == ("asr",)


def test_a_secret_goes_with_its_entry(desk: Desk, administer: Administer) -> None:
    gone = administer.create(ROOT, write("a", KEY), scope=PLATFORM).offer

    administer.replace(ROOT, [item("b")], scope=PLATFORM)

    assert desk.book.own(gone.uid) is None
    assert list(desk.credential_store.credentials()) == []


def test_every_fault_of_every_item_is_told_and_nothing_is_written(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)
    bad = Item("c", lambda _: Write(msgspec.structs.replace(document("c"), rpm=-1, tags=("x", "x"))))

    with pytest.raises(InvalidItems) as raised:
        administer.replace(ROOT, [item("b"), item("b"), bad, item("d", credential="nobody")], scope=PLATFORM)

    assert faults(raised.value) == [
        (1, "b", "model_id"),
        (2, "c", "limits.rpm"),
        (2, "c", "tags"),
        (3, "d", "provider_config.credential"),
    ]
    assert names(desk, PLATFORM) == ["a"]
    assert desk.store.head() == 1


def test_a_name_of_a_wider_scope_is_a_fault_of_its_item(administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)

    with pytest.raises(InvalidItems) as raised:
        administer.replace(MANAGER, [item("b"), item("a"), item("c", org_slugs=["other"])], scope=ACME)

    assert faults(raised.value) == [(1, "a", "model_id"), (2, "c", "org_slugs")]


def test_the_entries_of_other_scopes_stay(desk: Desk, administer: Administer) -> None:
    administer.create(MANAGER, write("mine"), scope=ACME)

    administer.replace(ROOT, [item("a")], scope=PLATFORM)

    assert names(desk, ACME) == ["mine"]


def test_more_items_than_are_taken_are_refused_before_any_is_looked_at(desk: Desk) -> None:
    with pytest.raises(TooManyItems):
        Administer(desk, max_items=2).replace(ROOT, [item("a"), item("a"), item("a")], scope=PLATFORM)


def test_only_who_may_write_the_scope_replaces_or_plans(administer: Administer) -> None:
    with pytest.raises(Forbidden):
        administer.replace(MANAGER, [], scope=PLATFORM)
    with pytest.raises(Forbidden):
        administer.plan(MANAGER, [], scope=PLATFORM)


def test_the_version_of_a_scope_changes_with_the_scope_only(administer: Administer) -> None:
    version = administer.scope_version(PLATFORM)
    administer.create(MANAGER, write("mine"), scope=ACME)

    administer.replace(ROOT, [item("a")], scope=PLATFORM, if_match=version)

    assert administer.scope_version(PLATFORM) == '"platform-2"'
    with pytest.raises(PreconditionFailed):
        administer.replace(ROOT, [], scope=PLATFORM, if_match=version)
    with pytest.raises(PreconditionFailed):
        administer.plan(ROOT, [], scope=PLATFORM, if_match=version)


def test_a_plan_tells_what_a_replace_would_change_and_does_nothing(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)
    administer.create(ROOT, write("b"), scope=PLATFORM)
    items = [item("b", title="B"), item("c")]

    plan = administer.plan(ROOT, items, scope=PLATFORM)

    assert [(each.name, each.change) for each in plan] == [("a", "removed"), ("b", "changed"), ("c", "added")]
    assert desk.store.head() == 2


def test_a_plan_and_the_replace_that_follows_agree(administer: Administer) -> None:
    administer.create(ROOT, write("a"), scope=PLATFORM)
    items = [item("a", title="A", rpm=5), item("c", tags=["x"])]
    plan = administer.plan(ROOT, items, scope=PLATFORM)

    administer.replace(ROOT, items, scope=PLATFORM)

    done = administer.difference(ROOT, PLATFORM, old=1, new=2)
    assert [(each.name, each.change, each.fields) for each in done] == [
        (each.name, each.change, each.fields) for each in plan
    ]


def test_warnings_name_their_entries(administer: Administer) -> None:
    replaced = administer.replace(ROOT, [item("a", failover="b"), item("b", failover="nobody")], scope=PLATFORM)

    assert [warning.split(":")[0] for warning in replaced.warnings] == ["b"]
