"""What every write has in common: If-Match, and a memory that never differs from the store."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.catalogue.scope import PLATFORM, Scope
from headgate.core.errors import ModelExists, ModelNotFound, PreconditionFailed, StoreUnavailable
from headgate.gateway.administer import Administer, Desk
from tests.gateway.writing import ACME, ROOT, change, desk_at, names, write


@pytest.mark.parametrize("wrap", ["{}", '"x", {}', "*"])
def test_if_match_lets_the_version_in_force_through(administer: Administer, wrap: str) -> None:
    made = administer.create(ROOT, write("a"), scope=PLATFORM).offer

    administer.update(ROOT, "a", change=change(title="A"), if_match=wrap.format(f'"{made.version}"'))


@pytest.mark.parametrize("wrap", ["W/{}", '"other"', "", "nonsense"])
def test_if_match_stops_every_other_version(desk: Desk, administer: Administer, wrap: str) -> None:
    made = administer.create(ROOT, write("a"), scope=PLATFORM).offer

    with pytest.raises(PreconditionFailed):
        administer.update(ROOT, "a", change=change(title="A"), if_match=wrap.format(f'"{made.version}"'))
    with pytest.raises(PreconditionFailed):
        administer.delete(ROOT, "a", if_match=wrap.format(f'"{made.version}"'))
    assert desk.store.head() == 1


def test_a_version_that_was_overtaken_matches_no_longer(administer: Administer) -> None:
    made = administer.create(ROOT, write("a"), scope=PLATFORM).offer
    administer.update(ROOT, "a", change=change(title="A"))

    with pytest.raises(PreconditionFailed):
        administer.update(ROOT, "a", change=change(title="B"), if_match=f'"{made.version}"')


class _Failing:
    """A store whose commits fail, before or after they have happened."""

    def __init__(self, desk: Desk, *, happens: bool) -> None:
        self._desk = desk
        self._happens = happens

    def __getattr__(self, name: str) -> object:
        return getattr(self._desk.store, name)

    def commit(self, *arguments: object, **options: object) -> None:
        if self._happens:
            self._desk.store.commit(*arguments, **options)  # type: ignore[arg-type]  # passed on as they are
        raise StoreUnavailable("the disk is gone")


def test_a_failed_commit_changes_nothing_in_memory(desk: Desk) -> None:
    failing = msgspec.structs.replace(desk, store=_Failing(desk, happens=False))
    before = desk.snapshot

    with pytest.raises(StoreUnavailable):
        Administer(failing).create(ROOT, write("a"), scope=PLATFORM)

    assert desk.snapshot is before


def test_a_commit_that_happened_although_it_failed_is_in_force_with_the_next_write(desk: Desk) -> None:
    failing = msgspec.structs.replace(desk, store=_Failing(desk, happens=True))
    with pytest.raises(StoreUnavailable):
        Administer(failing).create(ROOT, write("a"), scope=PLATFORM)

    Administer(desk).create(ROOT, write("b"), scope=PLATFORM)

    assert names(desk, PLATFORM) == ["a", "b"]
    assert desk.snapshot.revision == desk.store.head() == 2


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "update", "delete"]), st.sampled_from("abc"), st.sampled_from([PLATFORM, ACME])
    ),
    max_size=12,
)


@settings(max_examples=25)
@given(steps=STEPS)
def test_memory_and_store_never_differ(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, Scope]]
) -> None:
    directory = tmp_path_factory.mktemp("steps")
    with desk_at(directory) as desk:
        administer = Administer(desk)
        for number, (step, name, scope) in enumerate(steps):
            try:
                if step == "create":
                    administer.create(ROOT, write(name, rpm=number), scope=scope)
                elif step == "update":
                    administer.update(ROOT, name, change=change(rpm=number), scope=scope)
                else:
                    administer.delete(ROOT, name, scope=scope)
            except (ModelExists, ModelNotFound):
                continue
        held = {offer.uid: (offer.version, offer.document) for offer in desk.snapshot.offers()}
        revision = desk.snapshot.revision
    with desk_at(directory) as desk:
        assert {offer.uid: (offer.version, offer.document) for offer in desk.snapshot.offers()} == held
        assert desk.snapshot.revision == revision
