"""Sharing an own entry with one's organization: who may, what it does, how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from headgate.access.identity import Organization, OrganizationSettings
from headgate.access.identity import Sharing as Right
from headgate.adapters.sql.opening import open_database
from headgate.adapters.sql.sharing import SqlSharing
from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import organization, user
from headgate.catalogue.share import Share
from headgate.core.errors import Conflict, Forbidden, ModelNotFound
from headgate.core.principal import Principal, PrincipalKind
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.administer_desk import target
from headgate.gateway.directory import Directory
from headgate.gateway.sharing import Sharing, SharingStore
from tests.gateway.writing import ROOT, change, desk_at, write

ANN = Principal(
    id="user:ann",
    kind=PrincipalKind.USER,
    credential="t",
    user="ann",
    organization="acme-id",
    organization_slug="acme",
    organization_admin=True,
    permissions=frozenset({"llm:*"}),
    scopes=("user:acme-id/ann", "organization:acme-id", "platform"),
)
MIA = msgspec.structs.replace(
    ANN,
    id="user:mia",
    user="mia",
    organization_admin=False,
    permissions=frozenset(),
    scopes=("user:acme-id/mia", "organization:acme-id", "platform"),
)
GUS = msgspec.structs.replace(
    ANN,
    id="user:gus",
    user="gus",
    organization="other-id",
    organization_slug="other",
    scopes=("user:other-id/gus", "organization:other-id", "platform"),
)


class Stage:
    """A desk and what shares its entries; `restart` reads everything from the store again."""

    def __init__(self, desk: Desk, store: SharingStore) -> None:
        self.desk = desk
        self.store = store
        self.directory = Directory()
        self.settle(Right.ADMINS)
        self.sharing = Sharing(desk, store, directory=self.directory)
        self.administer = Administer(desk)

    def settle(self, right: Right) -> None:
        settings = OrganizationSettings(sharing=right)
        acme = Organization(id="acme-id", slug="acme", name="Acme", created_at=1.0, settings=settings)
        self.directory.put_organization(acme)

    def own(self, by: Principal, name: str = "m") -> Offer:
        scope = user(by.organization, by.user)
        return self.administer.create(by, write(name), scope=scope).offer

    def shared(self, by: Principal = ANN) -> Offer:
        offer = self.own(by)
        self.sharing.share(by, offer)
        return offer


@contextmanager
def stage_at(directory: Path) -> Iterator[Stage]:
    with desk_at(directory) as desk:
        store = desk.store
        database = store._database  # type: ignore[attr-defined]  # noqa: SLF001  # a database is opened once
        yield Stage(desk, SqlSharing(database))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with stage_at(tmp_path) as stage:
        yield stage


def test_a_shared_entry_is_called_by_the_members_from_the_next_request_on(stage: Stage) -> None:
    offer = stage.shared()

    assert stage.desk.snapshot.resolve(MIA, "m") is offer


def test_it_stays_unknown_to_everybody_else(stage: Stage) -> None:
    offer = stage.shared()

    for model in ("m", offer.uid):
        with pytest.raises(ModelNotFound):
            stage.desk.snapshot.resolve(GUS, model)


def test_unsharing_ends_access_with_the_next_request(stage: Stage) -> None:
    offer = stage.shared()

    stage.sharing.unshare(ANN, offer)

    for model in ("m", offer.uid):
        with pytest.raises(ModelNotFound):
            stage.desk.snapshot.resolve(MIA, model)
    assert list(stage.store.shares()) == []


def test_sharing_makes_no_revision(stage: Stage) -> None:
    offer = stage.own(ANN)
    before = stage.desk.snapshot.revision

    stage.sharing.share(ANN, offer)
    stage.sharing.unshare(ANN, offer)

    assert (stage.desk.snapshot.revision, stage.desk.store.head()) == (before, before)


def test_sharing_twice_keeps_the_time_of_the_first(stage: Stage) -> None:
    offer = stage.shared()
    first = list(stage.store.shares())

    stage.sharing.share(ANN, offer)

    assert list(stage.store.shares()) == first


def test_a_member_shares_only_where_the_organization_lets_every_member(stage: Stage) -> None:
    offer = stage.own(MIA)
    with pytest.raises(Forbidden, match="for the admins"):
        stage.sharing.share(MIA, offer)

    stage.settle(Right.MEMBERS)
    stage.sharing.share(MIA, offer)

    assert stage.desk.snapshot.resolve(ANN, "m") is offer


def test_unsharing_needs_no_right(stage: Stage) -> None:
    stage.settle(Right.MEMBERS)
    offer = stage.shared(MIA)
    stage.settle(Right.ADMINS)

    stage.sharing.unshare(MIA, offer)

    assert not stage.sharing.is_shared(offer)


def test_unsharing_ends_a_share_that_only_the_store_knows_of(stage: Stage) -> None:
    offer = stage.own(ANN)
    stage.store.put(Share(uid=offer.uid, shared_at=1.0, shared_by=ANN.id))

    stage.sharing.unshare(ANN, offer)

    assert list(stage.store.shares()) == []


def test_an_entry_is_made_shared_as_one_revision(stage: Stage) -> None:
    before = stage.desk.store.head()

    offer = stage.administer.create(ANN, write("m"), scope=user("acme-id", "ann"), shared=True).offer

    assert stage.desk.snapshot.resolve(MIA, "m") is offer
    assert [each.uid for each in stage.store.shares()] == [offer.uid]
    assert stage.desk.store.head() == before + 1


def test_nobody_shares_or_unshares_what_is_another_persons(stage: Stage) -> None:
    private, shared = stage.own(MIA, "private"), stage.shared()

    with pytest.raises(Forbidden):
        stage.sharing.share(ANN, private)
    with pytest.raises(Forbidden):
        stage.sharing.unshare(MIA, shared)


def test_only_a_persons_own_entry_is_shared(stage: Stage) -> None:
    offer = stage.administer.create(ANN, write("m"), scope=organization("acme-id")).offer

    with pytest.raises(Conflict):
        stage.sharing.share(ANN, offer)


def test_a_deleted_entry_takes_its_share_along_and_a_rollback_restores_none(stage: Stage) -> None:
    offer = stage.shared()
    number = stage.desk.snapshot.revision
    stage.administer.delete(ANN, "m")

    stage.administer.rollback(ANN, offer.scope, number=number)

    assert stage.desk.snapshot.resolve(ANN, "m").uid == offer.uid
    assert stage.desk.snapshot.find(MIA, "m") is None
    assert list(stage.store.shares()) == []


def test_a_changed_entry_stays_shared(stage: Stage) -> None:
    stage.shared()

    stage.administer.update(ANN, "m", change=change(title="New"))

    assert stage.desk.snapshot.resolve(MIA, "m").search == "m\nnew\n"
    assert len(list(stage.store.shares())) == 1


def test_catching_up_with_the_store_keeps_what_is_shared(stage: Stage) -> None:
    offer = stage.shared()
    stage.desk.current.snapshot = stage.desk.snapshot.after(0, gone=[], come=[])

    stage.desk.catch_up()

    assert stage.desk.snapshot.resolve(MIA, offer.uid).uid == offer.uid


def test_a_shared_entry_is_seen_by_management_paths_and_written_by_its_owner_only(stage: Stage) -> None:
    offer = stage.shared()

    for name in ("m", offer.uid):
        assert target(stage.desk.snapshot, MIA, name=name, scope=None) is offer
        with pytest.raises(Forbidden):
            stage.administer.update(MIA, name, change=change(title="Mine"))
        with pytest.raises(Forbidden):
            stage.administer.delete(MIA, name)
        with pytest.raises(ModelNotFound):
            target(stage.desk.snapshot, MIA, name=name, scope=organization("acme-id"))


def test_shares_are_there_again_after_a_restart(tmp_path: Path) -> None:
    with stage_at(tmp_path) as stage:
        offer = stage.shared()
        expected = list(stage.store.shares())

    database = open_database(tmp_path)
    try:
        assert list(SqlSharing(database).shares()) == expected
        assert expected[0].uid == offer.uid
    finally:
        database.close()


def test_a_platform_administrator_shares_own_entries_in_the_organization_of_the_request(stage: Stage) -> None:
    offer = stage.own(ROOT)

    stage.sharing.share(msgspec.structs.replace(ROOT, organization_admin=True), offer)

    assert stage.desk.snapshot.resolve(MIA, "m") is offer
