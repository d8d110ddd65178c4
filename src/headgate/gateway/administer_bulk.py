"""Replacing all entries of a scope at once, and what that would change."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence

import msgspec

from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer, document_of
from headgate.catalogue.revision import Action, Difference, document_difference
from headgate.catalogue.scope import Scope
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
from headgate.core.principal import Principal
from headgate.gateway.administer_desk import Desk, Draft, Moment, Write
from headgate.gateway.administer_draft import changed, created, deleted, demand_free, ruled
from headgate.gateway.administer_warn import told


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


class Matched(msgspec.Struct, frozen=True):
    """A valid item: what to write, and the entry that it replaces."""

    write: Write
    before: Offer | None


def bounded(items: Sequence[Item], limit: int) -> Sequence[Item]:
    if len(items) > limit:
        raise TooManyItems(f"a bulk replace takes at most {limit} items, not {len(items)}")
    return items


def replace(desk: Desk, by: Principal, scope: Scope, items: Sequence[Item], *, kinds: Container[Kind]) -> Replaced:
    held = [offer for offer in _held(desk, scope) if offer.kind in kinds]
    matched = _matched(desk, by, scope, items)
    drafts = _drafts(desk, desk.moment(by), scope, held, matched)
    following = desk.next(drafts) if drafts else desk.snapshot
    if drafts:
        desk.commit(desk.moment(by), scope, Action.REPLACE, drafts, following)
    names = [item.write.document.name for item in matched]
    offers = [offer for name in names if (offer := following.at(scope, name)) is not None]
    return Replaced(len(held), len(items), desk.scope_head(scope), told(desk, following, by, offers))


def plan(desk: Desk, by: Principal, scope: Scope, items: Sequence[Item]) -> tuple[Difference, ...]:
    held, matched = _held(desk, scope), _matched(desk, by, scope, items)
    found = [
        document_difference("", None, item.write.document)
        if item.before is None
        else document_difference(item.before.uid, document_of(item.before), item.write.document)
        for item in matched
    ]
    kept = {item.before.uid for item in matched if item.before is not None}
    found += [document_difference(offer.uid, document_of(offer), None) for offer in held if offer.uid not in kept]
    return tuple(sorted((each for each in found if each is not None), key=lambda each: each.name))


def _held(desk: Desk, scope: Scope) -> list[Offer]:
    shelf = desk.snapshot.shelf(scope.key)
    return list(shelf.offers()) if shelf is not None else []


def _matched(desk: Desk, by: Principal, scope: Scope, items: Sequence[Item]) -> list[Matched]:
    """Every item checked; InvalidItems with all that is wrong with any of them."""
    matched: list[Matched] = []
    faults: list[Mapping[str, Json]] = []
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        if first.setdefault(item.name, index) != index:
            faults.append(_fault(index, item.name, "model_id", f"item {first[item.name]} has the same 'model_id'"))
            continue
        try:
            matched.append(_checked(desk, by, scope, item))
        except (InvalidBody, MissingModelId, MissingType, ModelExists, Forbidden) as error:
            faults += [_fault(index, item.name, path, message) for path, message in _reasons(error)]
    if faults:
        raise InvalidItems(f"{len({fault['index'] for fault in faults})} items cannot be stored", details=faults)
    return matched


def _checked(desk: Desk, by: Principal, scope: Scope, item: Item) -> Matched:
    before = desk.snapshot.at(scope, item.name)
    former = document_of(before) if before is not None else None
    write = item.change(former)
    document = ruled(desk, by, scope, write.document, former)
    if before is None or document.name != before.name:
        demand_free(desk, by, scope, document.name)
    return Matched(Write(document, write.secret), before)


def _reasons(error: GatewayError) -> list[tuple[str, str]]:
    if isinstance(error, InvalidBody) and isinstance(error.details, list):
        return [(each["path"], each["message"]) for each in error.details]
    paths = {MissingType: "type", Forbidden: "org_slugs"}
    return [(paths.get(type(error), "model_id"), error.message)]


def _fault(index: int, name: str, path: str, message: str) -> Mapping[str, Json]:
    return {"index": index, "model_id": name, "path": path, "message": message}


def _drafts(desk: Desk, now: Moment, scope: Scope, held: Sequence[Offer], matched: Sequence[Matched]) -> list[Draft]:
    """What changes: deletions, then changes, then new entries."""
    kept = {item.before.uid for item in matched if item.before is not None}
    drafts = [deleted(desk, offer) for offer in held if offer.uid not in kept]
    changes = (changed(desk, now, item.before, item.write) for item in matched if item.before is not None)
    drafts += [draft for draft in changes if draft is not None]
    added = [item for item in matched if item.before is None]
    numbers = desk.store.next_numbers(len(added)) if added else ()
    return drafts + [created(desk, now, scope, item.write, number) for item, number in zip(added, numbers, strict=True)]
