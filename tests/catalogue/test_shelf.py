"""Shards, chunks and snapshots against the plain dictionaries that they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue import shelf
from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import PLATFORM, Scope, organization
from headgate.catalogue.shelf import Shards, Shelf
from headgate.catalogue.snapshot import Snapshot
from tests.catalogue.offers import made

SCOPES = (PLATFORM, organization("a"), organization("b"))
OFFERS = [made(f"m{number:02}", number=number) for number in range(40)]
EDITS = st.lists(st.tuples(st.sampled_from(range(40)), st.booleans()), max_size=80)


@pytest.fixture(autouse=True, scope="module")
def small_chunks() -> Iterator[None]:
    """Chunks of four, so that forty entries show what forty thousand would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf, "CHUNK", 4)
        yield


@given(EDITS)
def test_shards_hold_what_a_dictionary_holds(edits: list[tuple[int, bool]]) -> None:
    shards, plain = Shards.of({"first": 0}), {"first": 0}
    for number, stays in edits:
        key = str(number)
        gone = [key] if key in plain else []
        come = {key: number} if stays else {}
        shards = shards.changed(gone, come)
        for each in gone:
            del plain[each]
        plain.update(come)

        assert sorted(shards.values()) == sorted(plain.values())
        assert len(shards) == len(plain)
    assert all(shards.get(str(number)) == plain.get(str(number)) for number in range(40))


@given(EDITS, st.integers(1, 9))
def test_a_shelf_is_in_order_whatever_was_put_in_and_taken_out(edits: list[tuple[int, bool]], together: int) -> None:
    held, plain = Shelf.of(()), dict[str, Offer]()
    for start in range(0, len(edits), together):
        wanted = dict(edits[start : start + together])
        gone = [plain[OFFERS[number].name] for number in wanted if OFFERS[number].name in plain]
        come = [OFFERS[number] for number, stays in wanted.items() if stays]
        held = held.changed(gone, come)
        for offer in gone:
            del plain[offer.name]
        plain.update((offer.name, offer) for offer in come)

        assert [offer.name for offer in held.offers()] == sorted(plain)
        assert all(0 < len(chunk) <= 8 for chunk in held.chunks)
    assert all(held.get(offer.name) is plain.get(offer.name) for offer in OFFERS)


STATES = st.lists(
    st.dictionaries(st.tuples(st.sampled_from(SCOPES), st.sampled_from("abcdefgh")), st.integers(1, 3), max_size=12),
    min_size=2,
    max_size=4,
)


@given(STATES)
def test_a_changed_snapshot_equals_one_that_is_built_anew(states: list[dict[tuple[Scope, str], int]]) -> None:
    snapshot, held = Snapshot.of((), 0), dict[tuple[Scope, str], Offer]()
    for revision, wanted in enumerate(states, start=1):
        coming = {
            key: held[key] if key in held and held[key].revision == mark else offer_at(key, mark)
            for key, mark in wanted.items()
        }
        gone = [offer for key, offer in held.items() if coming.get(key) is not offer]
        come = [offer for key, offer in coming.items() if held.get(key) is not offer]
        earlier, seen = snapshot, contents(snapshot)

        snapshot = snapshot.after(revision, gone=gone, come=come)
        held = coming

        assert contents(snapshot) == contents(Snapshot.of(held.values(), revision))
        assert contents(earlier) == seen


def test_a_change_leaves_the_shelves_of_other_scopes_as_they_are() -> None:
    one, other = made("a", number=1, scope=SCOPES[1]), made("a", number=2, scope=SCOPES[2])
    snapshot = Snapshot.of([one, other], 1)

    after = snapshot.after(2, gone=[one], come=[])

    assert after.shelf(other.scope_key) is snapshot.shelf(other.scope_key)


def offer_at(key: tuple[Scope, str], mark: int) -> Offer:
    scope, name = key
    return made(name, number=100 * SCOPES.index(scope) + ord(name), scope=scope, revision=mark)


def contents(snapshot: Snapshot) -> Sequence[object]:
    """Everything that can be asked of a snapshot about a few scopes."""
    shelves = [snapshot.shelf(scope.key) for scope in SCOPES]
    return [
        snapshot.revision,
        len(snapshot),
        sorted(offer.uid for offer in snapshot.offers()),
        [[offer.version for offer in each.offers()] if each is not None else [] for each in shelves],
        [[snapshot.at(scope, name) for name in "abcdefgh"] for scope in SCOPES],
        [snapshot.by_uid(offer_at((scope, name), 1).uid) for scope in SCOPES for name in "abcdefgh"],
    ]
