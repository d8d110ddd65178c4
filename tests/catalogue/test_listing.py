"""Lists: which rows, in which order, how many, and how they give way to others."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue import listing as listing_module
from headgate.catalogue import shelf
from headgate.catalogue.kinds import Kind
from headgate.catalogue.listing import SLICE, Page, Query, View, Window, listing
from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import PLATFORM, Scope, organization, user
from headgate.catalogue.snapshot import Snapshot
from tests.catalogue.offers import made

SCOPES = (user("a", "u"), organization("a"), PLATFORM)
KEYS = tuple(scope.key for scope in SCOPES)
NAMES = [f"{letter}{digit}" for letter in "ab" for digit in range(8)]
EVERYTHING = View(scopes=KEYS, organization_slug="acme")


@pytest.fixture(autouse=True, scope="module")
def small_chunks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf, "CHUNK", 3)
        patch.setattr(listing_module, "_FEW", 2)
        yield


@st.composite
def catalogues(draw: st.DrawFn) -> list[Offer]:
    keys = draw(st.lists(st.tuples(st.sampled_from(SCOPES), st.sampled_from(NAMES)), unique=True, max_size=40))
    return [an_offer(draw, number, scope, name) for number, (scope, name) in enumerate(keys, start=1)]


def an_offer(draw: st.DrawFn, number: int, scope: Scope, name: str) -> Offer:
    return made(
        name,
        number=number,
        scope=scope,
        kind=draw(st.sampled_from(["chat", "completion", "embedding"])),
        enabled=draw(st.booleans()),
        hidden=draw(st.none() | st.booleans()),
        brand=draw(st.sampled_from([None, "One", "Two"])),
        title=draw(st.sampled_from([None, "Großes Modell", "SMALL"])),
        tags=draw(st.lists(st.sampled_from("pqr"), unique=True, max_size=3)),
        capabilities=draw(st.dictionaries(st.sampled_from(["vision", "text"]), st.booleans(), max_size=2)),
        org_slugs=draw(st.sampled_from([[], [], ["acme"], ["blue"], ["acme", "blue"]])),
    )


VIEWS = st.builds(
    View,
    scopes=st.sampled_from([KEYS, KEYS[1:], KEYS[2:], ()]),
    organization_slug=st.sampled_from([None, "acme", "other"]),
    names=st.sampled_from([frozenset[str](), frozenset({"a1", "a2", "b3", "zz"})]),
    writable=st.sampled_from([frozenset[str](), frozenset(KEYS[:1]), frozenset(KEYS)]),
)
QUERIES = st.builds(
    Query,
    kinds=st.sampled_from([frozenset[Kind](), frozenset({Kind.CHAT, Kind.COMPLETION}), frozenset({Kind.EMBEDDING})]),
    enabled=st.none() | st.booleans(),
    model_ids=st.none() | st.frozensets(st.sampled_from([*NAMES, "nobody"]), max_size=6),
    tags=st.frozensets(st.sampled_from("pqrs"), max_size=4),
    visible_only=st.booleans(),
    brand=st.sampled_from([None, "One", "one"]),
    search=st.sampled_from([None, "a1", "GROSS", "groß", "small", "t"]),
    capability=st.sampled_from([None, "vision"]),
)


def run(snapshot: Snapshot, view: View, query: Query, window: Window) -> tuple[Page, int]:
    """The page, and how often the list gave way."""
    pages: list[Page] = []

    def steps() -> Iterator[None]:
        pages.append((yield from listing(snapshot, view, query=query, window=window)))

    pauses = sum(1 for _ in steps())
    return pages[0], pauses


def picked(offers: list[Offer], view: View) -> list[Offer]:
    """What resolution picks for every name, in order of the names."""
    rows: dict[str, Offer] = {}
    for key in reversed(view.scopes):
        for offer in offers:
            slug = view.organization_slug
            if offer.scope_key == key and (slug is None or not offer.org_slugs or slug in offer.org_slugs):
                rows[offer.name] = offer
    return [rows[name] for name in sorted(rows)]


def matches(offer: Offer, view: View, query: Query) -> bool:
    return all(
        (
            not view.names or offer.name in view.names,
            offer.enabled or offer.scope_key in view.writable,
            not query.kinds or offer.kind in query.kinds,
            query.enabled is None or offer.enabled == query.enabled,
            query.model_ids is None or offer.name in query.model_ids,
            not query.tags or bool(query.tags & offer.tags),
            not (query.visible_only and offer.hidden),
            query.brand is None or offer.brand == query.brand,
            query.search is None or query.search.lower() in offer.search,
            query.capability is None or query.capability in offer.capabilities,
        )
    )


@given(catalogues(), VIEWS, QUERIES)
def test_a_list_holds_what_resolution_picks_and_the_query_matches(
    offers: list[Offer], view: View, query: Query
) -> None:
    page, _ = run(Snapshot.of(offers, 1), view, query, Window(limit=100))

    wanted = [offer for offer in picked(offers, view) if matches(offer, view, query)]
    assert [offer.uid for offer in page.rows] == [offer.uid for offer in wanted]
    assert (page.total, page.has_more) == (len(wanted), False)


@given(catalogues(), st.integers(1, 7))
def test_pages_together_are_the_list(offers: list[Offer], limit: int) -> None:
    snapshot = Snapshot.of(offers, 1)
    whole, _ = run(snapshot, EVERYTHING, Query(), Window(limit=100))

    pages = [
        run(snapshot, EVERYTHING, Query(), Window(limit=limit, offset=offset))[0]
        for offset in range(0, whole.total, limit)
    ]

    assert [row for page in pages for row in page.rows] == list(whole.rows)
    assert [page.has_more for page in pages] == [True] * (len(pages) - 1) + [False] * bool(pages)
    assert {page.total for page in pages} <= {whole.total}


@given(catalogues(), st.sampled_from([*NAMES, "", "a", "zz"]), st.integers(1, 7))
def test_rows_behind_and_in_front_of_a_name(offers: list[Offer], name: str, limit: int) -> None:
    snapshot = Snapshot.of(offers, 1)
    every = [row.name for row in run(snapshot, EVERYTHING, Query(), Window(limit=100))[0].rows]
    behind, front = [each for each in every if each > name], [each for each in every if each < name]

    after, _ = run(snapshot, EVERYTHING, Query(), Window(limit=limit, after=name))
    before, _ = run(snapshot, EVERYTHING, Query(), Window(limit=limit, before=name))

    assert ([row.name for row in after.rows], after.has_more) == (behind[:limit], len(behind) > limit)
    assert ([row.name for row in before.rows], before.has_more) == (front[-limit:], len(front) > limit)


def test_an_offset_behind_the_end_is_an_empty_page() -> None:
    page, _ = run(Snapshot.of([made("a")], 1), EVERYTHING, Query(), Window(limit=10, offset=50))

    assert (list(page.rows), page.total, page.has_more) == ([], 1, False)


def test_a_disabled_entry_hides_what_it_stands_in_front_of() -> None:
    offers = [made("a", number=1, scope=SCOPES[1], enabled=False), made("a", number=2)]

    page, _ = run(Snapshot.of(offers, 1), EVERYTHING, Query(), Window(limit=10))

    assert list(page.rows) == []


def test_an_entry_that_is_not_open_to_the_organization_hides_nothing() -> None:
    offers = [made("a", number=1, scope=SCOPES[1], org_slugs=["blue"]), made("a", number=2)]

    page, _ = run(Snapshot.of(offers, 1), EVERYTHING, Query(), Window(limit=10))

    assert [row.number for row in page.rows] == [2]


def test_a_long_list_gives_way_after_every_slice() -> None:
    row = made("a")
    names = [msgspec.structs.replace(row, uid=str(number), name=f"{number:05}") for number in range(3 * SLICE)]

    page, pauses = run(Snapshot.of(names, 1), EVERYTHING, Query(), Window(limit=1))

    assert page.total == 3 * SLICE
    assert pauses >= 2
