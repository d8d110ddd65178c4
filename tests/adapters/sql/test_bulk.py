"""The bulk writer leaves what single writes would have left."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest

from headgate.access.identity import Organization, OrganizationKey
from headgate.adapters.sql import bulk
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.catalogue.entry import Document, Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.revision import Action
from headgate.catalogue.scope import PLATFORM, organization
from headgate.core.errors import Conflict
from tests.catalogue_writing import AT, AUTHOR, create

SCOPE = organization("o1")


def documents(count: int) -> list[Document]:
    pricing = Pricing(Decimal("0.15"), Decimal("0.6"))
    return [Document(name=f"model-{number}", kind=Kind.CHAT, pricing=pricing) for number in range(count)]


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PORTION", 10)


def test_entries_are_added_with_one_revision_for_each_portion(database: Database) -> None:
    catalogue = SqlCatalogue(database)
    create(catalogue, "before")

    count = bulk.seed_entries(database, documents(25), scope=SCOPE, by=AUTHOR, at=AT)

    assert (count, catalogue.head()) == (25, 4)
    entries = [entry for entry in catalogue.entries() if entry.scope == SCOPE]
    assert [entry.document for entry in entries] == documents(25)
    assert [entry.revision for entry in entries] == [2] * 10 + [3] * 10 + [4] * 5
    assert len({entry.uid for entry in entries} | {entry.number for entry in entries}) == 50
    assert catalogue.entries_at(SCOPE, 4) == entries
    revision = catalogue.revision(3)
    assert revision is not None
    assert (revision.by, revision.at, revision.action) == (AUTHOR, AT, Action.CREATE)
    assert [change.after for change in revision.changes] == entries[10:20]


def test_single_writes_go_on_where_the_bulk_ended(database: Database) -> None:
    catalogue = SqlCatalogue(database)
    bulk.seed_entries(database, documents(5), scope=PLATFORM, by=AUTHOR, at=AT)

    (after,) = create(catalogue, "after")

    assert (after.number, after.revision) == (6, 2)


def test_a_portion_with_a_name_that_is_taken_is_not_written(database: Database) -> None:
    catalogue = SqlCatalogue(database)
    create(catalogue, "model-13")

    with pytest.raises(Conflict):
        bulk.seed_entries(database, documents(25), scope=PLATFORM, by=AUTHOR, at=AT)

    assert catalogue.head() == 2
    assert len(list(catalogue.entries())) == 11


def test_nothing_is_no_revision(database: Database) -> None:
    assert bulk.seed_entries(database, [], scope=PLATFORM, by=AUTHOR, at=AT) == 0
    assert SqlCatalogue(database).head() == 0


def test_keys_are_added_as_they_are(database: Database) -> None:
    directory = SqlDirectory(database)
    directory.put_organization(Organization(id="o1", slug="one", name="One", created_at=AT))
    keys = [
        OrganizationKey(
            id=f"k{number:02}",
            organization="o1",
            name="seeded",
            digest=hashlib.sha256(str(number).encode()).digest(),
            last4="0000",
            permissions=("llm:*",),
            created_at=AT,
            created_by=AUTHOR,
        )
        for number in range(25)
    ]

    assert bulk.seed_keys(database, iter(keys)) == 25
    assert list(directory.load().keys) == keys
