"""A seeded database holds what single writes would have left."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.seed import NotStarted, document, seed
from headgate.access.identity import Organization
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.opening import open_database
from headgate.catalogue.rules import check

AT = 1_790_000_000.0
ORGANIZATION = Organization(id="01890000-0000-7000-8000-000000000001", slug="default", name="Default", created_at=AT)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    opened.close()


def test_a_seeded_database_has_the_entries_and_the_keys(database: Database) -> None:
    directory = SqlDirectory(database)
    directory.put_organization(ORGANIZATION)

    seed(database, entries=30, keys=20, at=AT)

    names = [entry.name for entry in SqlCatalogue(database).entries()]
    keys = list(directory.load().keys)
    assert sorted(names) == sorted(document(number).name for number in range(30))
    assert len({key.digest for key in keys}) == 20
    assert {key.organization for key in keys} == {ORGANIZATION.id}


def test_a_directory_before_its_first_start_is_refused(database: Database) -> None:
    with pytest.raises(NotStarted, match="start headgate on it once"):
        seed(database, entries=1, keys=1, at=AT)


@pytest.mark.parametrize("number", [0, 1, 49, 50, 899, 2_699, 99_999])
def test_a_seeded_document_keeps_the_rules_of_the_catalogue(number: int) -> None:
    assert list(check(document(number))) == []
