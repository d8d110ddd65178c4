"""The DefaultsStore contract."""

from __future__ import annotations

from headgate.adapters.sql.database import Database
from headgate.adapters.sql.defaults import SqlDefaults
from headgate.core.overlay import DefaultModels
from headgate.gateway.defaults import DefaultsStore

SOME = DefaultModels(completions="gpt-4o", image_files="team/ünï")


def test_there_are_no_defaults_at_first(database: Database) -> None:
    store: DefaultsStore = SqlDefaults(database)

    assert store.defaults() == DefaultModels()


def test_defaults_come_back_as_they_were_and_are_replaced_whole(database: Database) -> None:
    SqlDefaults(database).put_defaults(SOME)
    assert SqlDefaults(database).defaults() == SOME

    SqlDefaults(database).put_defaults(DefaultModels(embeddings="e"))

    assert SqlDefaults(database).defaults() == DefaultModels(embeddings="e")
