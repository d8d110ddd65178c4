"""The audit trail: who changed what, from where, in rows of which each holds the hash of the one before it.

A row's hash is SHA-256 over the former row's hash and the row's own values in one fixed spelling, so a row that is
changed, removed or put in between breaks the chain from there on. The number of rows is kept beside them: that shows
the loss of the last ones, which no chain can. Whoever may write the database can write a whole chain anew; the last
hash, kept elsewhere, tells.

A difference names every field that changed. Of a secret it says only that it was set, replaced or cleared.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from headgate.core.json import Json, JsonObject, encode
from headgate.core.secret import REDACTED

GENESIS: Final = bytes(32)
"""What stands in the place of the former hash in the first row."""

_FORMAT: Final = 1
_SECRET_NAME: Final = re.compile(
    r"(?:.*[_-])?(?:api[_-]?key|apikey|secret|secret[_-]?key|password|passwd|access[_-]?token|auth[_-]?token|"
    r"bearer[_-]?token|authorization|private[_-]?key)|token|credentials",
    re.IGNORECASE,
)

Row: TypeAlias = Mapping[str, Json]
"""The values of something that is audited, by field; None for what does not exist."""


class SecretChange(enum.StrEnum):
    """What the trail says of a secret."""

    SET = "set"
    REPLACED = "replaced"
    CLEARED = "cleared"


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, before it has its place in the trail.

    `actor` is a principal's id, or `system`, `operator`, `anonymous`; `credential` the id of the token, key or session
    that was shown; `source` the client's address. `organization` is whose trail it belongs to, "" for the platform's.
    `action` is a word for the kind of thing and what happened to it (`key.revoked`), `subject` says which
    (`key:ID`). `difference` is JSON text.
    """

    at: float
    actor: str
    credential: str
    source: str
    organization: str
    action: str
    subject: str
    difference: str


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the trail. Numbers begin at 1 and have no gaps."""

    number: int
    event: AuditEvent
    before_hash: bytes
    hash: bytes


def chained(number: int, event: AuditEvent, *, before_hash: bytes) -> AuditEntry:
    """The row of an event, as it follows the row with this hash."""
    values = (_FORMAT, number, *msgspec.structs.astuple(event))
    found = hashlib.sha256(before_hash + encode(values)).digest()
    return AuditEntry(number=number, event=event, before_hash=before_hash, hash=found)


class Break(msgspec.Struct, frozen=True):
    """Where the trail is first not what it was: the number of the row, and what is wrong."""

    number: int
    why: str


class Proof(msgspec.Struct, frozen=True):
    """A whole trail: how many rows, and the hash of the last."""

    rows: int
    head: bytes


def verified(entries: Iterable[AuditEntry], *, counted: int, known: Proof | None = None) -> Proof | Break:
    """Go through the trail from its first row.

    `counted` is how many rows there should be; `known` is what an earlier look at the trail found, which must still be
    its beginning.
    """
    number, head = 0, GENESIS
    for entry in entries:
        number += 1
        if entry.number != number:
            return Break(number, f"row {number} is missing: row {entry.number} follows row {number - 1}")
        if entry.before_hash != head:
            return Break(number, f"row {number} does not hold the hash of the row before it")
        if chained(number, entry.event, before_hash=head) != entry:
            return Break(number, f"row {number} does not have the hash of what it says")
        head = entry.hash
        if known is not None and known.rows == number and known.head != head:
            return Break(number, f"row {number} is not the one that is known: its hash is {head.hex()}")
    written = max(counted, known.rows if known is not None else 0)
    if number != written:
        return Break(number + 1, f"{written} rows were written, and the trail ends with row {number}")
    return Proof(number, head)


# Differences


def difference(before: Row | None, after: Row | None, *, secrets: Mapping[str, str]) -> list[JsonObject]:
    """The fields that differ. `secrets` names the fields that are never shown, and how each is called."""
    old, new = before or {}, after or {}
    found: list[JsonObject] = []
    for field in sorted(old.keys() | new.keys()):
        was, is_ = old.get(field), new.get(field)
        if _same(was, is_):
            continue
        if field in secrets:
            found.append({"path": secrets[field], "change": _secret_change(was, is_)})
        else:
            found.append({"path": field, "before": masked(was, field), "after": masked(is_, field)})
    return found


def masked(value: Json, name: str = "") -> Json:
    """A value without what is called a secret in it: callers write what they like into the free fields of objects."""
    match value:
        case dict():
            return {key: masked(each, str(key)) for key, each in value.items()}
        case list() | tuple():
            return [masked(each, name) for each in value]
        case str() if value and _SECRET_NAME.fullmatch(name.rpartition(".")[2]):
            return REDACTED
    return value


def written(found: Sequence[JsonObject]) -> str:
    """A difference as the trail holds it."""
    return encode(found).decode()


def _same(one: Json, other: Json) -> bool:
    # As JSON, because in Python true equals 1.
    return one is other or (type(one) is type(other) and encode(one) == encode(other))


def _secret_change(before: Json, after: Json) -> SecretChange:
    if before is None:
        return SecretChange.SET
    return SecretChange.CLEARED if after is None else SecretChange.REPLACED
