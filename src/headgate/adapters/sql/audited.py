"""Which tables the audit trail follows, and how a row of each is told.

A table of the schema is either here or among those that are left out, with the reason; a test holds the list, so a new
table is a decision. Who wrote a row and when stands in the trail's own columns and is no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from headgate.access.audit import Row
from headgate.adapters.sql import money_tables, tables
from headgate.catalogue import scope as scopes
from headgate.core.json import Json

Stored = Mapping[str, Json]
"""A row, by column."""

_BOOKKEEPING: Final = frozenset(
    {"created_at", "created_by", "updated_at", "updated_by", "joined_at", "shared_at", "shared_by"}
)


def _column(name: str) -> Callable[[Connection, Stored], str]:
    return lambda _, row: row[name] or ""


def _nobodys(_: Connection, _row: Stored) -> str:
    return ""


def _of_scope(_: Connection, row: Stored) -> str:
    return scopes.parse(row["scope"]).organization


def _of_entry(connection: Connection, row: Stored) -> str:
    entry = tables.entry
    scope = connection.execute(select(entry.c.scope).where(entry.c.uid == row["uid"])).scalar_one_or_none()
    return "" if scope is None else scopes.parse(scope).organization


@dataclass(frozen=True, slots=True)
class Audited:
    """How the rows of one table are told.

    `word` begins actions and subjects. `organization` says whose trail a change belongs to, "" for the platform's.
    `secrets` are told by name only, `objects` are JSON taken apart by field, `unsaid` is not told at all. Rows whose
    `names` are given count only if their first key is one of them. `ends`: whether deletions are told.
    """

    word: str
    organization: Callable[[Connection, Stored], str] = _nobodys
    secrets: Mapping[str, str] = field(default_factory=dict)
    objects: tuple[str, ...] = ()
    unsaid: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    ends: bool = True

    def told(self, row: Stored | None, key: tuple[str, ...]) -> Row | None:
        """The fields of a row that a difference may be about."""
        if row is None:
            return None
        told: dict[str, Json] = {}
        for name, value in row.items():
            if name in self.objects:
                told.update((f"{name}.{each}", inner) for each, inner in msgspec.json.decode(value).items())
            elif name not in key and name not in self.unsaid and name not in _BOOKKEEPING:
                told[str(name)] = value
        return told


_OF_ORGANIZATION: Final = _column("organization_id")

AUDITED: Final[Mapping[str, Audited]] = {
    tables.organization.name: Audited("organization", _column("id"), objects=("settings",)),
    tables.project.name: Audited("project", _OF_ORGANIZATION, objects=("settings",)),
    tables.user_account.name: Audited("user", secrets={"password": "password"}),
    tables.external_identity.name: Audited("identity"),
    tables.membership.name: Audited("membership", _OF_ORGANIZATION),
    tables.project_membership.name: Audited("project_membership", _OF_ORGANIZATION),
    tables.access_token.name: Audited("token", secrets={"digest": "token"}),
    tables.organization_key.name: Audited("key", _OF_ORGANIZATION, secrets={"digest": "key"}),
    # Sessions that have ended are forgotten, which takes nothing from anybody.
    tables.session.name: Audited("session", _OF_ORGANIZATION, ends=False),
    # A private half is never replaced without its public one; wrapping it again is the master key's rotation.
    tables.signing_key.name: Audited("signing_key", unsaid=frozenset({"public", "sealed_private"})),
    tables.entry.name: Audited("model", _of_scope, objects=("document",), unsaid=frozenset({"name"})),
    # Under another master key the secret is the same, and its ciphertext too.
    tables.credential.name: Audited(
        "credential",
        _of_scope,
        secrets={"ciphertext": "secret"},
        unsaid=frozenset({"key_id", "wrapped_key", "nonce"}),
    ),
    tables.share.name: Audited("share", _of_entry),
    tables.user_default.name: Audited("user_default", _OF_ORGANIZATION, unsaid=frozenset({"number"})),
    money_tables.budget.name: Audited("budget", _OF_ORGANIZATION, objects=("settings",)),
    money_tables.rate_limit.name: Audited("rate_limit", _OF_ORGANIZATION, objects=("settings",)),
    money_tables.price_override.name: Audited("price_override", _OF_ORGANIZATION),
    money_tables.price_drift_ignored.name: Audited("price_drift_ignored"),
    tables.meta.name: Audited("defaults", objects=("value",), names={"platform_defaults": "platform"}),
}

LEFT_OUT: Final[Mapping[str, str]] = {
    tables.schema_version.name: "written by migrations",
    tables.counter.name: "counts what is told elsewhere",
    tables.revision.name: "is told by the entries that it changes",
    tables.revision_change.name: "is told by the entries that it changes",
    tables.verification.name: "is what was found out, and nobody's doing",
    tables.audit.name: "is the trail itself",
}
