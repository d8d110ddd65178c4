"""The SharingStore and UserDefaultStore contracts."""

from __future__ import annotations

import msgspec
import pytest

from headgate.access.identity import Membership, Organization, Role, User
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.sharing import SqlSharing
from headgate.adapters.sql.user_defaults import SqlUserDefaults
from headgate.catalogue.revision import Action
from headgate.catalogue.share import Share
from headgate.core.errors import Conflict
from headgate.gateway.sharing import SharingStore
from headgate.gateway.stores import CatalogueStore, DirectoryStore
from headgate.gateway.user_defaults import UserDefault, UserDefaultStore
from tests.catalogue_writing import create, created, deleted, entry, revision


@pytest.fixture
def shares(database: Database) -> SharingStore:
    return SqlSharing(database)


@pytest.fixture
def choices(database: Database, directory: DirectoryStore) -> UserDefaultStore:
    for name in ("a", "b"):
        directory.put_user(User(id=name, name=name, created_at=1.0))
    directory.put_organization(Organization(id="o", slug="o", name="o", created_at=1.0))
    return SqlUserDefaults(database)


def share(uid: str, at: float = 1.5) -> Share:
    return Share(uid=uid, shared_at=at, shared_by="user:a")


def choice(uid: str, *, user: str = "a", config_type: str = "general", number: int = 1) -> UserDefault:
    return UserDefault(
        user=user, organization="o", config_type=config_type, number=number, uid=uid, created_at=1.5, updated_at=None
    )


def test_shares_come_back_as_they_were_the_oldest_first(catalogue: CatalogueStore, shares: SharingStore) -> None:
    one, two = create(catalogue, "one", "two")

    shares.put(share(one.uid, 2.5))
    shares.put(share(two.uid, 1.5))

    assert list(shares.shares()) == [share(two.uid, 1.5), share(one.uid, 2.5)]


def test_a_share_that_is_dropped_is_forgotten(catalogue: CatalogueStore, shares: SharingStore) -> None:
    (one,) = create(catalogue, "one")
    shares.put(share(one.uid))

    shares.drop(one.uid)
    shares.drop("unknown")

    assert list(shares.shares()) == []


def test_what_does_not_exist_is_not_shared(shares: SharingStore) -> None:
    with pytest.raises(Conflict):
        shares.put(share("unknown"))


def test_a_share_and_the_choices_end_with_their_entry(
    catalogue: CatalogueStore, shares: SharingStore, choices: UserDefaultStore
) -> None:
    (one,) = create(catalogue, "one")
    shares.put(share(one.uid))
    choices.put(choice(one.uid))

    catalogue.commit(revision(catalogue.head() + 1, *deleted(one), action=Action.DELETE))

    assert list(shares.shares()) == []
    assert choices.of("o", ["a"]) == []


def test_choices_are_those_of_the_people_who_are_asked_for(
    catalogue: CatalogueStore, choices: UserDefaultStore
) -> None:
    one, two = create(catalogue, "one", "two")
    mine, other = choice(one.uid), choice(two.uid, config_type="compact", number=2)
    theirs = choice(two.uid, user="b", number=3)
    for each in (theirs, other, mine):
        choices.put(each)

    assert choices.of("o", ["a"]) == [mine, other]
    assert choices.of("o", ["b", "a"]) == [mine, other, theirs]
    assert choices.of("elsewhere", ["a"]) == []


def test_there_is_one_choice_of_each_user_organization_and_type(
    catalogue: CatalogueStore, choices: UserDefaultStore
) -> None:
    one, two = create(catalogue, "one", "two")
    first = choice(one.uid)
    choices.put(first)
    second = msgspec.structs.replace(first, uid=two.uid, updated_at=2.5)

    choices.put(second)

    assert choices.of("o", ["a"]) == [second]


def test_a_choice_that_is_dropped_is_forgotten(catalogue: CatalogueStore, choices: UserDefaultStore) -> None:
    (one,) = create(catalogue, "one")
    mine, other = choice(one.uid), choice(one.uid, config_type="compact", number=2)
    choices.put(mine)
    choices.put(other)

    choices.drop(mine)

    assert choices.of("o", ["a"]) == [other]


def test_what_others_chose_ends_and_the_owners_choice_stays(
    catalogue: CatalogueStore, choices: UserDefaultStore
) -> None:
    one, two = create(catalogue, "one", "two")
    own, theirs = choice(one.uid), choice(one.uid, user="b", number=2)
    another = choice(two.uid, user="b", config_type="compact", number=3)
    for each in (own, theirs, another):
        choices.put(each)

    choices.drop_of_others(one.uid, owner="a")

    assert choices.of("o", ["a", "b"]) == [own, another]


def test_the_choices_of_a_member_end_with_the_membership(
    catalogue: CatalogueStore, choices: UserDefaultStore, directory: DirectoryStore
) -> None:
    (one,) = create(catalogue, "one")
    left = Membership(user="a", organization="o", role=Role.MEMBER, created_at=1.0)
    directory.put_membership(left)
    staying = choice(one.uid, user="b", number=2)
    for each in (choice(one.uid), staying):
        choices.put(each)

    directory.drop_membership(left)

    assert choices.of("o", ["a", "b"]) == [staying]


def test_an_entry_and_the_share_that_it_is_made_with_are_written_together_or_not_at_all(
    catalogue: CatalogueStore, shares: SharingStore
) -> None:
    one, two = entry("one", number=1), entry("two", number=2)

    catalogue.commit(revision(1, *created(one), action=Action.CREATE), shares=[share(one.uid)])
    with pytest.raises(Conflict):
        catalogue.commit(revision(2, *created(two), action=Action.CREATE), shares=[share("unknown")])

    assert list(shares.shares()) == [share(one.uid)]
    assert [each.name for each in catalogue.entries()] == ["one"]
    assert catalogue.head() == 1
