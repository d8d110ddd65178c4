"""Shared entries: who sees them, what their names mean, and how a share ends."""

from __future__ import annotations

import msgspec
import pytest

from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import PLATFORM, organization, user
from headgate.catalogue.share import Share
from headgate.catalogue.snapshot import Snapshot
from headgate.core.errors import ModelNotFound
from headgate.core.principal import Principal, PrincipalKind
from tests.catalogue.offers import made

ANN = user("a-id", "ann")
BOB = user("a-id", "bob")

MEMBER = Principal(
    id="user:mia",
    kind=PrincipalKind.USER,
    credential="t",
    user="mia",
    organization="a-id",
    organization_slug="acme",
    scopes=(user("a-id", "mia").key, organization("a-id").key, PLATFORM.key),
)
KEY = msgspec.structs.replace(
    MEMBER, id="key:k", kind=PrincipalKind.KEY, user="", scopes=(organization("a-id").key, PLATFORM.key)
)
STRANGER = msgspec.structs.replace(
    MEMBER,
    id="user:gus",
    user="gus",
    organization="b-id",
    organization_slug="blue",
    scopes=(user("b-id", "gus").key, organization("b-id").key, PLATFORM.key),
)


def share(offer: Offer, at: float = 1.0) -> Share:
    return Share(uid=offer.uid, shared_at=at, shared_by="user:ann")


MODEL = made("m", number=1, scope=ANN)
PRIVATE = Snapshot.of([MODEL], 7)
SHARED = PRIVATE.sharing(share(MODEL))


@pytest.mark.parametrize("principal", [MEMBER, KEY], ids=["a member", "a key of the organization"])
@pytest.mark.parametrize("model", ["m", MODEL.uid])
def test_a_shared_entry_is_found_by_the_organization(principal: Principal, model: str) -> None:
    assert SHARED.resolve(principal, model) is MODEL


@pytest.mark.parametrize("model", ["m", MODEL.uid])
def test_nobody_else_finds_it(model: str) -> None:
    with pytest.raises(ModelNotFound):
        SHARED.resolve(STRANGER, model)


@pytest.mark.parametrize("model", ["m", MODEL.uid])
def test_what_is_not_shared_is_its_owners_alone(model: str) -> None:
    with pytest.raises(ModelNotFound):
        PRIVATE.resolve(MEMBER, model)


def test_sharing_is_no_revision() -> None:
    assert (SHARED.revision, SHARED.unsharing(MODEL.uid).revision) == (7, 7)


def test_an_entry_that_is_no_longer_shared_is_gone_for_the_others() -> None:
    after = SHARED.unsharing(MODEL.uid)

    assert after.find(MEMBER, "m") is None
    assert SHARED.find(MEMBER, "m") is MODEL


@pytest.mark.parametrize("scope", [user("a-id", "mia"), organization("a-id"), PLATFORM])
def test_a_name_means_the_callers_scopes_before_what_is_shared(scope: object) -> None:
    assert isinstance(scope, type(PLATFORM))
    nearer = made("m", number=2, scope=scope)
    snapshot = SHARED.after(8, gone=[], come=[nearer])

    assert snapshot.resolve(MEMBER, "m") is nearer
    assert snapshot.resolve(MEMBER, MODEL.uid) is MODEL


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_with_one_name_the_one_that_was_shared_first_is_meant(*, turned: bool) -> None:
    other = made("m", number=2, scope=BOB)
    shares = [share(MODEL, 2.0), share(other, 1.0)]
    snapshot = Snapshot.of([MODEL, other], 1, shares=reversed(shares) if turned else shares)

    assert snapshot.resolve(MEMBER, "m") is other
    assert snapshot.unsharing(other.uid).resolve(MEMBER, "m") is MODEL


def test_a_changed_entry_stays_shared() -> None:
    changed = made("renamed", number=1, scope=ANN, revision=8)
    snapshot = SHARED.after(8, gone=[MODEL], come=[changed])

    assert snapshot.resolve(MEMBER, "renamed") is changed
    assert snapshot.find(MEMBER, "m") is None


def test_a_deleted_entry_takes_its_share_along_and_comes_back_unshared() -> None:
    gone = SHARED.after(8, gone=[MODEL], come=[])
    back = gone.after(9, gone=[], come=[MODEL])

    assert gone.shared.shares() == []
    assert back.find(MEMBER, "m") is None


def test_shares_of_entries_that_are_gone_are_forgotten() -> None:
    assert Snapshot.of([], 1, shares=[share(MODEL)]).shared.shares() == []


@pytest.mark.parametrize("found", [True, False], ids=["shared too", "private"])
def test_a_shared_entry_fails_over_to_what_its_callers_see(*, found: bool) -> None:
    first = made("first", number=1, scope=ANN, failover="second")
    second = made("second", number=2, scope=ANN)
    shares = [share(each) for each in ([first, second] if found else [first])]
    snapshot = Snapshot.of([first, second], 1, shares=shares)

    assert snapshot.failover(MEMBER, first) is (second if found else None)
