"""The CatalogueStore contract: revisions without gaps, history that is never lost, one transaction a write."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from headgate.catalogue.entry import Document, ModelEntry, Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.revision import Action, Change
from headgate.catalogue.scope import PLATFORM, organization, project, user
from headgate.core.errors import Conflict
from headgate.gateway.stores import CatalogueStore, CredentialStore
from tests.catalogue_writing import AT, create, created, credential, deleted, entry, ids, revision, titled

EVERYTHING = Document(
    name="team/gpt:4o ünï",
    kind=Kind.EMBEDDING,
    title='A "title"\n\twith \\ and \u0000 and \U0001f6b0',
    provider="openai",
    upstream_model="gpt-4o",
    api_base="https://api.openai.com/v1",
    credential="main",
    capabilities={"vision": True, "nested": {"a": [1, 2.5, None, "x"]}},
    abilities=("chat", "asr"),
    context_window=128_000,
    limits={"rps": 10**18},
    rpm=60,
    timeout=12.5,
    temperature=0.1,
    dimensions=[256, "auto"],
    supported_dimensions=(1, "two"),
    enabled=False,
    deprecated=True,
    failover="other",
    metrics={"gco2": 1e-7},
    pricing=Pricing(Decimal("0.000001"), Decimal("1234567.100000")),
    display={"order": 1},
    provider_config={"organization": "o"},
    tags=("a", "b"),
    org_slugs=("default",),
)


def test_a_catalogue_begins_empty(catalogue: CatalogueStore) -> None:
    assert (catalogue.head(), list(catalogue.entries()), catalogue.revision(1)) == (0, [], None)


def test_every_field_of_an_entry_comes_back_as_it_was(catalogue: CatalogueStore) -> None:
    scope = user("organization-1", "user-1")
    written = msgspec.structs.replace(
        entry("x", number=2**40, scope=scope), document=EVERYTHING, private_egress=True, created_at=0.1 + 0.2
    )

    catalogue.commit(revision(1, *created(written), scope=scope))

    assert list(catalogue.entries()) == [written]
    assert catalogue.entries_at(scope, 1) == [written]


def test_prices_keep_every_digit(catalogue: CatalogueStore) -> None:
    written = msgspec.structs.replace(entry("x", number=1), document=EVERYTHING)
    catalogue.commit(revision(1, *created(written)))

    (read,) = catalogue.entries()

    assert read.document.pricing is not None
    assert str(read.document.pricing.output_per_1m_tokens) == "1234567.100000"


def test_a_revision_comes_back_as_it_was(catalogue: CatalogueStore) -> None:
    first = entry("a", number=1)
    second = entry("b", number=2)
    catalogue.commit(revision(1, *created(first, second), action=Action.CREATE))
    third = entry("c", number=3, revision=2)
    mixed = revision(
        2, *deleted(first), Change(second, titled(second, "B", revision=2)), *created(third), action=Action.REPLACE
    )

    catalogue.commit(mixed)

    assert catalogue.revision(2) == mixed
    assert catalogue.head() == 2


def test_entries_are_those_in_force(catalogue: CatalogueStore) -> None:
    first, second = create(catalogue, "a", "b")
    changed = titled(second, "B", revision=2)

    catalogue.commit(revision(2, *deleted(first), Change(second, changed)))

    assert list(catalogue.entries()) == [changed]


@pytest.mark.parametrize("number", [0, 1, 3, 4])
def test_a_revision_that_is_not_the_next_is_refused(catalogue: CatalogueStore, number: int) -> None:
    create(catalogue, "a")

    with pytest.raises(Conflict, match="accepted: 2"):
        catalogue.commit(revision(number, *created(entry("b", number=9))))

    assert (catalogue.head(), [each.name for each in catalogue.entries()]) == (1, ["a"])


def test_a_refused_revision_leaves_nothing_behind(catalogue: CatalogueStore, credentials: CredentialStore) -> None:
    (before,) = create(catalogue, "a")
    same_name = entry("a", number=9, revision=2)

    with pytest.raises(Conflict):
        catalogue.commit(
            revision(2, *created(entry("b", number=8, revision=2), same_name)), put=[credential("c", name="c")]
        )

    assert (catalogue.head(), catalogue.revision(2)) == (1, None)
    assert list(catalogue.entries()) == [before]
    assert list(credentials.credentials()) == []


def test_a_name_may_pass_from_one_entry_to_another_within_one_revision(catalogue: CatalogueStore) -> None:
    (former,) = create(catalogue, "a")
    heir = entry("a", number=9, revision=2)

    catalogue.commit(revision(2, *created(heir), *deleted(former)))

    assert list(catalogue.entries()) == [heir]


def test_the_same_name_may_exist_in_different_scopes(catalogue: CatalogueStore) -> None:
    create(catalogue, "a")
    create(catalogue, "a", scope=organization("o"))
    create(catalogue, "a", scope=project("o", "p"))

    assert [each.scope for each in catalogue.entries()] == [PLATFORM, organization("o"), project("o", "p")]


def test_a_revision_without_changes_counts(catalogue: CatalogueStore) -> None:
    empty = revision(1)

    catalogue.commit(empty)

    assert (catalogue.head(), catalogue.revision(1)) == (1, empty)


def test_numbers_are_never_given_twice(catalogue: CatalogueStore) -> None:
    first = list(catalogue.next_numbers(3))
    (used,) = create(catalogue, "a")
    catalogue.commit(revision(2, *deleted(used)))
    later = list(catalogue.next_numbers(2))

    given = [*first, used.number, *later]
    assert given == sorted(set(given))


def test_an_entry_that_is_restored_keeps_its_identity(catalogue: CatalogueStore) -> None:
    (before,) = create(catalogue, "a")
    catalogue.commit(revision(2, *deleted(before)))
    (restored,) = catalogue.entries_at(PLATFORM, 1)
    again = msgspec.structs.replace(restored, revision=3)

    catalogue.commit(revision(3, *created(again), action=Action.ROLLBACK))

    (read,) = catalogue.entries()
    assert (read.uid, read.number, read.document) == (before.uid, before.number, before.document)


def history(catalogue: CatalogueStore) -> list[ModelEntry]:
    """Revision 1 creates a and b, 2 changes b, 3 deletes a, 4 belongs to an organization."""
    a, b = create(catalogue, "a", "b")
    changed = titled(b, "B", revision=2)
    catalogue.commit(revision(2, Change(b, changed)))
    catalogue.commit(revision(3, *deleted(a), action=Action.DELETE))
    (other,) = create(catalogue, "b", scope=organization("o"))
    return [a, b, changed, other]


def test_any_earlier_state_of_a_scope_can_be_read(catalogue: CatalogueStore) -> None:
    a, b, changed, other = history(catalogue)

    states = [catalogue.entries_at(PLATFORM, number) for number in range(6)]

    assert states == [[], [a, b], [a, changed], [changed], [changed], [changed]]
    assert catalogue.entries_at(organization("o"), 3) == []
    assert catalogue.entries_at(organization("o"), 4) == [other]


def test_revisions_are_listed_newest_first(catalogue: CatalogueStore) -> None:
    history(catalogue)

    listed = catalogue.revisions([PLATFORM, organization("o")], before=None, limit=10, name=None)

    assert [each.number for each in listed] == [4, 3, 2, 1]
    assert listed == [catalogue.revision(number) for number in (4, 3, 2, 1)]


@pytest.mark.parametrize(
    ("before", "limit", "expected"),
    [
        pytest.param(None, 2, [3, 2], id="a page"),
        pytest.param(2, 2, [1], id="the page after it"),
        pytest.param(1, 2, [], id="beyond the end"),
    ],
)
def test_revisions_are_listed_in_pages_of_their_scope(
    catalogue: CatalogueStore, before: int | None, limit: int, expected: list[int]
) -> None:
    history(catalogue)

    listed = catalogue.revisions([PLATFORM], before=before, limit=limit, name=None)

    assert [each.number for each in listed] == expected


def test_revisions_are_found_by_the_name_of_an_entry_that_they_changed(catalogue: CatalogueStore) -> None:
    history(catalogue)

    def numbers(name: str) -> list[int]:
        return [each.number for each in catalogue.revisions([PLATFORM], before=None, limit=10, name=name)]

    assert (numbers("a"), numbers("b"), numbers("c")) == ([3, 1], [2, 1], [])


def test_no_scope_has_no_revisions(catalogue: CatalogueStore) -> None:
    history(catalogue)

    assert catalogue.revisions([], before=None, limit=10, name=None) == []


def test_a_revision_brings_and_takes_the_credentials_of_its_entries(
    catalogue: CatalogueStore, credentials: CredentialStore
) -> None:
    new = entry("a", number=1)
    first = credential("first", entry=new.uid)
    catalogue.commit(revision(1, *created(new)), put=[first])
    assert list(credentials.credentials()) == [first]
    second = credential("second", entry=new.uid)

    catalogue.commit(revision(2, Change(new, titled(new, "A", revision=2))), put=[second], drop=["first"])

    assert list(credentials.credentials()) == [second]


def test_the_credential_of_an_entry_ends_with_it(catalogue: CatalogueStore, credentials: CredentialStore) -> None:
    new = entry("a", number=1)
    catalogue.commit(revision(1, *created(new)), put=[credential("own", entry=new.uid), credential("shared", name="s")])

    catalogue.commit(revision(2, *deleted(new)))

    assert ids(list(credentials.credentials())) == {"shared"}


def test_a_changed_entry_keeps_its_credential(catalogue: CatalogueStore, credentials: CredentialStore) -> None:
    new = entry("a", number=1)
    catalogue.commit(revision(1, *created(new)), put=[credential("own", entry=new.uid)])

    catalogue.commit(revision(2, Change(new, titled(new, "A", revision=2))))

    assert ids(list(credentials.credentials())) == {"own"}


def test_earlier_states_of_some_names_are_those_of_every_entry_that_ever_had_one(catalogue: CatalogueStore) -> None:
    first, second, _ = create(catalogue, "a", "b", "c")
    renamed = msgspec.structs.replace(first.document, name="d")
    catalogue.commit(revision(2, Change(first, msgspec.structs.replace(first, document=renamed, revision=2))))

    assert catalogue.entries_at(PLATFORM, 1, names=["d", "b", "nobody"]) == [first, second]
    assert catalogue.entries_at(PLATFORM, 1, names=[]) == []


def test_the_revisions_of_one_entry_are_told_without_what_else_they_changed(catalogue: CatalogueStore) -> None:
    one, other = create(catalogue, "one", "other")
    changed = titled(one, "One", revision=2)
    catalogue.commit(revision(2, Change(one, changed), Change(other, titled(other, "Other", revision=2))))
    catalogue.commit(revision(3, *created(entry("third", number=99, revision=3))))
    catalogue.commit(revision(4, *deleted(changed)))

    found = catalogue.revisions_of(PLATFORM, one.uid, before=None, limit=9)

    assert [(each.number, each.changes) for each in found] == [
        (4, deleted(changed)),
        (2, (Change(one, changed),)),
        (1, created(one)),
    ]
    assert [each.number for each in catalogue.revisions_of(PLATFORM, one.uid, before=4, limit=1)] == [2]
    assert [each.number for each in catalogue.revisions_of(PLATFORM, one.uid, before=None, limit=1, until=AT + 3)] == [
        2
    ]
    assert catalogue.revisions_of(organization("o"), one.uid, before=None, limit=9) == []
