"""Entries and revisions for tests of stores: valid, small, and different from each other where it matters."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from headgate.catalogue.credential import Credential, Sealed, StoredCredential
from headgate.catalogue.entry import Document, ModelEntry, Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.revision import Action, Change, Revision
from headgate.catalogue.scope import PLATFORM, Scope
from headgate.core.ids import uuid7
from headgate.gateway.stores import CatalogueStore

AUTHOR = "user:0193e1a0-0000-7000-8000-000000000001"
AT = 1_763_600_000.25


def uid(number: int) -> str:
    return uuid7(AT, number.to_bytes(10, "big"))


def entry(name: str, *, number: int, scope: Scope = PLATFORM, revision: int = 1) -> ModelEntry:
    return ModelEntry(
        uid=uid(number),
        number=number,
        scope=scope,
        document=Document(name=name, kind=Kind.CHAT, pricing=Pricing(Decimal("0.15"), Decimal("0.6"))),
        revision=revision,
        created_at=AT,
        created_by=AUTHOR,
        updated_at=AT + revision,
        updated_by=AUTHOR,
    )


def titled(before: ModelEntry, title: str, *, revision: int) -> ModelEntry:
    """The entry after an update of its title."""
    document = msgspec.structs.replace(before.document, title=title)
    return msgspec.structs.replace(before, document=document, revision=revision, updated_at=AT + revision)


def revision(number: int, *changes: Change, action: Action = Action.UPDATE, scope: Scope = PLATFORM) -> Revision:
    return Revision(number=number, scope=scope, at=AT + number, by=AUTHOR, action=action, changes=changes)


def created(*entries: ModelEntry) -> tuple[Change, ...]:
    return tuple(Change(None, each) for each in entries)


def deleted(*entries: ModelEntry) -> tuple[Change, ...]:
    return tuple(Change(each, None) for each in entries)


def create(catalogue: CatalogueStore, *names: str, scope: Scope = PLATFORM) -> list[ModelEntry]:
    """Write new entries as the next revision."""
    number = catalogue.head() + 1
    ids = catalogue.next_numbers(len(names))
    entries = [entry(name, number=each, scope=scope, revision=number) for name, each in zip(names, ids, strict=True)]
    catalogue.commit(revision(number, *created(*entries), action=Action.CREATE, scope=scope))
    return entries


def credential(
    id_: str, *, scope: Scope = PLATFORM, name: str = "", entry: str | None = None, default: bool = False
) -> StoredCredential:
    about = Credential(
        id=id_,
        scope=scope,
        provider="openai",
        origins=("https://api.openai.com", "http://127.0.0.1:9"),
        name=name,
        entry=entry,
        default=default,
        last4="wxyz",
        version=3,
        created_at=AT,
        created_by=AUTHOR,
        updated_at=AT + 1,
    )
    sealed = Sealed(key_id="0011", wrapped_key=b"\x00wrapped", nonce=b"\xffnonce", ciphertext=b"\x00\x01\xfe\xff")
    return StoredCredential(about, sealed)


def ids(stored: Sequence[StoredCredential]) -> set[str]:
    return {each.credential.id for each in stored}
