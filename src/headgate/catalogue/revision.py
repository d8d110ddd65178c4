"""Revisions: every write of the catalogue is one immutable numbered change."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import msgspec

from headgate.catalogue.entry import Document, ModelEntry
from headgate.catalogue.scope import Scope
from headgate.core.json import Json, encode


class Action(enum.StrEnum):
    """What the writer asked for."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ROLLBACK = "rollback"


class Change(msgspec.Struct, frozen=True, gc=False):
    """One entry in one revision: the entry before (None: created) and after (None: deleted)."""

    before: ModelEntry | None
    after: ModelEntry | None

    @property
    def entry(self) -> ModelEntry:
        """The entry that the change is about, in its latest form."""
        entry = self.after or self.before
        assert entry is not None, "a change has a before or an after"
        return entry


class Revision(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One numbered change of one scope.

    Numbers are global and gap-free; `at` is in Unix seconds; `by` is a principal's id.
    """

    number: int
    scope: Scope
    at: float
    by: str
    action: Action
    changes: tuple[Change, ...]


class FieldChange(msgspec.Struct, frozen=True, gc=False):
    """One field of a document that differs; a missing value is None."""

    field: str
    before: Json
    after: Json


class Difference(msgspec.Struct, frozen=True, gc=False):
    """How one entry differs between two states of the catalogue."""

    uid: str
    name: str
    change: str
    """`added`, `removed` or `changed`."""
    fields: tuple[FieldChange, ...]


def same(one: Json, other: Json) -> bool:
    """Whether two values say the same. As JSON, because in Python true equals 1; the order of keys says nothing."""
    return msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")


def fields_changed(before: Document | None, after: Document | None) -> tuple[FieldChange, ...]:
    """The fields of two documents that differ, by name, as JSON values."""
    old = msgspec.json.decode(encode(before)) if before is not None else {}
    new = msgspec.json.decode(encode(after)) if after is not None else {}
    return tuple(
        FieldChange(field, old.get(field), new.get(field))
        for field in sorted(old.keys() | new.keys())
        if not same(old.get(field), new.get(field))
    )


def document_difference(uid: str, *, before: Document | None, after: Document | None) -> Difference | None:
    """How one entry's document differs, or None if it does not. `uid` is "" for an entry that has none yet."""
    document = after or before
    fields = fields_changed(before, after)
    if document is None or not fields:
        return None
    change = "added" if before is None else "removed" if after is None else "changed"
    return Difference(uid, document.name, change, fields)


def difference(before: ModelEntry | None, after: ModelEntry | None) -> Difference | None:
    """How one entry differs, or None if its document does not."""
    entry = after or before
    if entry is None:
        return None
    return document_difference(
        entry.uid, before=before.document if before else None, after=after.document if after else None
    )


def differences(before: Sequence[ModelEntry], after: Sequence[ModelEntry]) -> tuple[Difference, ...]:
    """How two states of the same entries differ, by name."""
    old = {entry.uid: entry for entry in before}
    new = {entry.uid: entry for entry in after}
    found = (difference(old.get(uid), new.get(uid)) for uid in old.keys() | new.keys())
    return tuple(sorted((each for each in found if each is not None), key=lambda each: (each.name, each.uid)))
