"""Which entry a name means, who may see it, and what takes a name away: against the rules written out plainly."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import PLATFORM, Scope, organization, project, user, wider
from headgate.catalogue.snapshot import Snapshot
from headgate.core.errors import GatewayError, ModelNotAllowed, ModelNotFound
from headgate.core.principal import Principal, PrincipalKind
from tests.catalogue.offers import made

ORGANIZATIONS = {"a-id": "acme", "b-id": "blue"}
SCOPES = (
    PLATFORM,
    organization("a-id"),
    organization("b-id"),
    project("a-id", "p"),
    user("a-id", "u"),
    user("b-id", "u"),
)
NAMES = "wxyz"

PRINCIPALS = tuple(
    Principal(
        id=f"user:{place}",
        kind=PrincipalKind.USER,
        credential="t",
        user="u",
        organization=place,
        organization_slug=slug,
        project="p" if place == "a-id" else "",
        model_scopes=models,
        scopes=tuple(
            scope.key
            for scope in ([project(place, "p")] if place == "a-id" else [])
            + [user(place, "u"), organization(place), PLATFORM]
        ),
    )
    for place, slug in ORGANIZATIONS.items()
    for models in (frozenset[str](), frozenset({"w", "x"}))
)


@st.composite
def catalogues(draw: st.DrawFn) -> list[Offer]:
    keys = draw(st.lists(st.tuples(st.sampled_from(SCOPES), st.sampled_from(NAMES)), unique=True, max_size=14))
    return [
        made(
            name,
            number=number,
            scope=scope,
            enabled=draw(st.booleans()),
            org_slugs=draw(st.lists(st.sampled_from(["acme", "blue"]), unique=True, max_size=2)),
            failover=draw(st.none() | st.sampled_from(NAMES)),
        )
        for number, (scope, name) in enumerate(keys, start=1)
    ]


CATALOGUES = catalogues()
WHO = st.sampled_from(PRINCIPALS)


def open_to(offer: Offer, slug: str) -> bool:
    return not offer.org_slugs or slug in offer.org_slugs


def expected(offers: list[Offer], who: Principal, model: str) -> Offer | None:
    """The first entry of that name, or else the entry of that uid, in the principal's scopes and open to it."""
    seen = [each for each in offers if each.scope_key in who.scopes and open_to(each, who.organization_slug)]
    named = sorted((each for each in seen if each.name == model), key=lambda each: who.scopes.index(each.scope_key))
    return next(iter([*named, *(each for each in seen if each.uid == model)]), None)


def outcome(snapshot: Snapshot, who: Principal, model: str) -> object:
    try:
        return snapshot.resolve(who, model)
    except GatewayError as error:
        return type(error), str(error)


@given(CATALOGUES, WHO)
def test_a_name_means_the_first_visible_entry_in_order_of_scopes(offers: list[Offer], who: Principal) -> None:
    snapshot = Snapshot.of(offers, 1)

    for model in (*NAMES, *(offer.uid for offer in offers)):
        assert snapshot.find(who, model) is expected(offers, who, model)


@given(CATALOGUES, WHO)
def test_what_may_not_be_seen_answers_like_what_does_not_exist(offers: list[Offer], who: Principal) -> None:
    snapshot = Snapshot.of(offers, 1)
    hidden = [each for each in offers if each.scope_key not in who.scopes or not open_to(each, who.organization_slug)]

    for offer in hidden:
        assert outcome(snapshot, who, offer.uid) == (ModelNotFound, f"model {offer.uid!r} does not exist")


@given(CATALOGUES, WHO)
def test_what_is_called_is_enabled_and_within_the_models_of_the_key(offers: list[Offer], who: Principal) -> None:
    snapshot = Snapshot.of(offers, 1)

    for offer in offers:
        found = expected(offers, who, offer.uid)
        match outcome(snapshot, who, offer.uid):
            case Offer() as called:
                assert called is found
                assert called.enabled
                assert who.may_call(called.name)
            case (kind, _):
                refused = found is not None and not (found.enabled and who.may_call(found.name))
                assert kind is (ModelNotAllowed if refused else ModelNotFound)


@given(CATALOGUES, WHO)
def test_a_stand_in_is_callable_and_of_the_same_scope_or_a_wider_one(offers: list[Offer], who: Principal) -> None:
    snapshot = Snapshot.of(offers, 1)

    for offer in offers:
        target = snapshot.failover(who, offer)
        if target is not None:
            assert target.name == offer.failover
            assert target.scope in wider(offer.scope)
            assert target.enabled
            assert who.may_call(target.name)
            assert open_to(target, who.organization_slug)


@given(CATALOGUES, st.sampled_from(SCOPES), st.sampled_from(NAMES))
def test_a_name_is_taken_by_its_own_scope_or_a_wider_one_that_reaches_it(
    offers: list[Offer], scope: Scope, name: str
) -> None:
    slug = ORGANIZATIONS.get(scope.organization, "")
    holders = {
        offer.uid
        for offer in offers
        if offer.name == name and offer.scope in wider(scope) and (offer.scope == scope or open_to(offer, slug))
    }

    holder = Snapshot.of(offers, 1).taken(scope, name, organization_slug=slug)

    assert (holder is None) == (not holders)
    assert holder is None or holder.uid in holders


@pytest.mark.parametrize("narrow", [project("a-id", "p"), user("a-id", "u")])
def test_a_stand_in_is_never_of_a_narrower_scope(narrow: Scope) -> None:
    wide = made("a", number=1, scope=organization("a-id"), failover="b")
    snapshot = Snapshot.of([wide, made("b", number=2, scope=narrow)], 1)

    assert snapshot.failover(PRINCIPALS[0], wide) is None


def test_a_request_keeps_the_snapshot_that_it_took() -> None:
    old = made("a", number=1)
    snapshot = Snapshot.of([old], 1)

    following = snapshot.after(2, gone=[old], come=[msgspec.structs.replace(old, enabled=False, revision=2)])

    assert snapshot.resolve(PRINCIPALS[0], "a") is old
    with pytest.raises(ModelNotAllowed):
        following.resolve(PRINCIPALS[0], "a")


def test_equal_parts_of_many_entries_are_one_object() -> None:
    one, other = made("a", number=1, tags=["x", "y"]), made("b", number=2, tags=["y", "x"])

    Snapshot.of([one, other], 1)

    assert one.tags is other.tags
    assert one.tags == {"x", "y"}
