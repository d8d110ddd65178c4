"""Replacing all entries of a scope at once, and what that would change."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence

import msgspec

from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer, document_of
from headgate.catalogue.revision import Action, Difference, document_difference
from headgate.core.errors import (
    Forbidden,
    GatewayError,
    InvalidBody,
    InvalidItems,
    MissingModelId,
    MissingType,
    ModelExists,
    TooManyItems,
)
from headgate.core.json import Json
from headgate.gateway.administer_desk import Draft, Write
from headgate.gateway.administer_warn import told
from headgate.gateway.administer_writing import Writing


class Item(msgspec.Struct, frozen=True):
    """One item: the name that it is matched by, and what it makes of the document that has that name, if any."""

    name: str
    change: Callable[[Document | None], Write]


class Replaced(msgspec.Struct, frozen=True):
    """`deleted` counts the entries that were there, `inserted` the items; `revision` is the scope's last."""

    deleted: int
    inserted: int
    revision: int
    warnings: tuple[str, ...]


class _Matched(msgspec.Struct, frozen=True):
    """A valid item: what to write, and the entry that it replaces."""

    write: Write
    before: Offer | None


class Replacement:
    """A bulk replace of entries of some kinds, entries of other kinds staying; to be planned or done.

    TooManyItems; InvalidItems with everything that is wrong with any item.
    """

    def __init__(self, writing: Writing, items: Sequence[Item], *, kinds: Container[Kind], limit: int) -> None:
        if len(items) > limit:
            raise TooManyItems(f"a bulk replace takes at most {limit} items, not {len(items)}")
        self._writing = writing
        self._kinds = kinds
        shelf = writing.desk.snapshot.shelf(writing.scope.key)
        self._held = [offer for offer in shelf.offers() if offer.kind in kinds] if shelf is not None else []
        self._matched = self._match(items)
        kept = {item.before.uid for item in self._matched if item.before is not None}
        self._leaving = [offer for offer in self._held if offer.uid not in kept]

    def plan(self) -> tuple[Difference, ...]:
        found = [document_difference(offer.uid, before=document_of(offer), after=None) for offer in self._leaving]
        for item in self._matched:
            uid = item.before.uid if item.before is not None else ""
            before = document_of(item.before) if item.before is not None else None
            found.append(document_difference(uid, before=before, after=item.write.document))
        return tuple(sorted((each for each in found if each is not None), key=lambda each: each.name))

    def carry_out(self) -> Replaced:
        writing = self._writing
        following = writing.commit(Action.REPLACE, self._drafts())
        names = [item.write.document.name for item in self._matched]
        offers = [offer for name in names if (offer := following.at(writing.scope, name)) is not None]
        warnings = told(writing.desk, writing.by, snapshot=following, offers=offers)
        return Replaced(len(self._held), len(self._matched), writing.desk.scope_head(writing.scope), warnings)

    def _drafts(self) -> list[Draft]:
        """What changes: deletions, then changes, then new entries."""
        writing = self._writing
        drafts = [writing.deleted(offer) for offer in self._leaving]
        changes = (writing.changed(item.before, item.write) for item in self._matched if item.before is not None)
        drafts += [draft for draft in changes if draft is not None]
        added = [item.write for item in self._matched if item.before is None]
        numbers = writing.desk.store.next_numbers(len(added)) if added else ()
        return drafts + [writing.created(write, number=number) for write, number in zip(added, numbers, strict=True)]

    def _match(self, items: Sequence[Item]) -> list[_Matched]:
        matched: list[_Matched] = []
        faults: list[Mapping[str, Json]] = []
        first: dict[str, int] = {}
        for index, item in enumerate(items):
            if first.setdefault(item.name, index) != index:
                message = f"item {first[item.name]} has the same 'model_id'"
                faults.append(_fault(index, item, path="model_id", message=message))
                continue
            try:
                matched.append(self._checked(item))
            except (InvalidBody, MissingModelId, MissingType, ModelExists, Forbidden) as error:
                faults += [_fault(index, item, path=path, message=message) for path, message in _reasons(error)]
        if faults:
            raise InvalidItems(f"{len({fault['index'] for fault in faults})} items cannot be stored", details=faults)
        return matched

    def _checked(self, item: Item) -> _Matched:
        before = self._writing.desk.snapshot.at(self._writing.scope, item.name)
        if before is not None and before.kind not in self._kinds:
            raise ModelExists(item.name)
        former = document_of(before) if before is not None else None
        shown = self._writing.shown(former) if former is not None else None
        write = self._writing.ruled(item.change(shown), former)
        if before is None or write.document.name != before.name:
            self._writing.demand_free(write.document.name)
        return _Matched(write, before)


def _reasons(error: GatewayError) -> list[tuple[str, str]]:
    if isinstance(error.details, list):
        return [(each["path"], each["message"]) for each in error.details]
    return [("type" if isinstance(error, MissingType) else "model_id", error.message)]


def _fault(index: int, item: Item, *, path: str, message: str) -> Mapping[str, Json]:
    return {"index": index, "model_id": item.name, "path": path, "message": message}
