"""What a write through one management API makes of a document, so that it loses nothing that another wrote.

An API turns a body into the fields of the document that it sets, and `written` applies them: a field that is not among
them stays as it is, None clears one, and a field of free keys is replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.catalogue.entry import Document, Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.price_form import trimmed
from headgate.catalogue.rules import check, problems
from headgate.catalogue.values import as_decimal
from headgate.core.errors import InvalidBody
from headgate.core.json import Json

Fields = Mapping[str, Json]
"""Values of document fields as JSON, None for one that is cleared. A field that is not in it does not change."""


_UPSTREAM: Final = frozenset({"provider", "upstream_model", "litellm_model"})
_DEFAULTS: Final = MappingProxyType(msgspec.structs.asdict(Document(name="", kind=Kind.CHAT)))
_TEXTS: Final = frozenset(
    {
        "title",
        "description",
        "provider",
        "upstream_model",
        "litellm_model",
        "api_base",
        "api_version",
        "credential",
        "status_message",
        "failover",
        "region",
        "brand",
    }
)
_TUPLES: Final = frozenset({"abilities", "supported_dimensions", "tags", "org_slugs"})
_FLOATS: Final = frozenset({"timeout", "temperature"})


def written(before: Document | None, fields: Fields, *, by: str = "catalogue") -> Document:
    """The document after a write of `fields`, or InvalidBody with every fault.

    Without `before`, `name` and `kind` are needed. An empty string unsets a text: forms send it for an empty line.
    `by` is the face that writes: from then on its words say where calls go, if they changed.
    """
    needed: Fields = {"name": None, "kind": None} if before is None else {}
    given = {field: None if value == "" and field in _TEXTS else value for field, value in {**needed, **fields}.items()}
    faults = problems(given)
    if faults:
        raise InvalidBody(faults[0]["message"], details=faults)
    values = {} if before is None else msgspec.structs.asdict(before)
    values.update(
        (field, _DEFAULTS[field] if value is None else _typed(field, value)) for field, value in given.items()
    )
    if before is None or any(values.get(field) != getattr(before, field) for field in _UPSTREAM):
        values["upstream_by"] = by
    document = Document(**values)
    faults = check(document)
    if faults:
        raise InvalidBody(faults[0]["message"], details=faults)
    return document


def replaced(before: Document | None, fields: Fields, *, shown: Iterable[str]) -> Document:
    """The document after an item of a bulk replace.

    Of the fields that the API shows, those that the item leaves out are cleared; others' fields stay as they were.
    """
    return written(before, {**dict.fromkeys(shown), **fields})


def _typed(field: str, value: Json) -> object:
    """A checked value as the document holds it."""
    if field == "kind":
        return Kind(value)
    if field == "pricing":
        return _pricing(value)
    if field == "prices":
        return tuple(value)
    if field in _FLOATS:
        return float(value)
    return tuple(_plain(each) for each in value) if field in _TUPLES else _plain(value)


def _pricing(value: Json) -> Pricing | None:
    given = msgspec.structs.asdict(value) if isinstance(value, Pricing) else value
    amounts = {key: trimmed(amount) for key, each in given.items() if (amount := as_decimal(each)) is not None}
    return Pricing(**amounts) if amounts else None


def _plain(value: Json) -> Json:
    """Free JSON without decimals: what a document holds is what its JSON reads back as."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
