"""Offers for tests: made of small valid documents, as the running catalogue makes them."""

from __future__ import annotations

from headgate.catalogue.entry import ModelEntry
from headgate.catalogue.merge import written
from headgate.catalogue.offer import Offer, offer
from headgate.catalogue.providers import BUNDLED
from headgate.catalogue.scope import PLATFORM, Scope
from headgate.core.ids import uuid7
from headgate.core.json import Json

AT = 1_763_600_000.0


def uid(number: int) -> str:
    return uuid7(AT, number.to_bytes(10, "big"))


def entry(name: str, *, number: int = 1, scope: Scope = PLATFORM, revision: int = 1, **fields: Json) -> ModelEntry:
    return ModelEntry(
        uid=uid(number),
        number=number,
        scope=scope,
        document=written(None, {"name": name, "kind": "chat", "provider": "openai", **fields}),
        revision=revision,
        created_at=AT,
        created_by="user:a",
        updated_at=AT + revision,
        updated_by="user:b",
    )


def made(name: str, *, number: int = 1, scope: Scope = PLATFORM, revision: int = 1, **fields: Json) -> Offer:
    return offer(entry(name, number=number, scope=scope, revision=revision, **fields), BUNDLED)
