"""What a write through one management API makes of a document, so that it loses nothing that another wrote.

An API shows some fields of the document as keys of objects (`display.name` is `title`), beside free keys that only it
knows. Writing such an object changes a lifted key only if it is present, null clearing it, and replaces the free keys
as a whole. So an API turns a body into the fields that it sets (`spread`), and `written` applies them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.catalogue.entry import Document, Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.rules import check, problems
from headgate.catalogue.values import as_decimal, found
from headgate.core.errors import InvalidBody, detail
from headgate.core.json import Json, JsonObject

Fields = Mapping[str, Json]
"""Values of document fields as JSON, None for one that is cleared. A field that is not in it does not change."""


class Lifted(msgspec.Struct, frozen=True):
    """An object of an API: the document field of its free keys, those of its lifted keys, and objects inside it."""

    free: str
    keys: Mapping[str, str]
    inner: Mapping[str, Lifted] = {}

    def fields(self) -> Iterable[str]:
        yield self.free
        yield from self.keys.values()
        for each in self.inner.values():
            yield from each.fields()


DISPLAY: Final = Lifted("display", {"name": "title", "brand": "brand", "hidden": "hidden"})
LIMITS: Final = Lifted(
    "limits",
    {
        "context_window": "context_window",
        "max_output_tokens": "max_output_tokens",
        "rpm": "rpm",
        "tpm": "tpm",
        "timeout": "timeout",
    },
)
PROVIDER_CONFIG: Final = Lifted(
    "provider_config",
    {
        "provider": "provider",
        "model": "upstream_model",
        "base_url": "api_base",
        "api_version": "api_version",
        "credential": "credential",
    },
    {"defaults": Lifted("defaults", {"temperature": "temperature", "max_tokens": "max_tokens"})},
)
CATALOGUE_OBJECTS: Final[Mapping[str, Lifted]] = MappingProxyType(
    {"display": DISPLAY, "limits": LIMITS, "provider_config": PROVIDER_CONFIG}
)
"""The objects of the catalogue API with lifted keys, by their key in its body."""

CATALOGUE_FIELDS: Final = frozenset(
    {
        *(field for each in CATALOGUE_OBJECTS.values() for field in each.fields()),
        "description",
        "capabilities",
        "dimensions",
        "supported_dimensions",
        "enabled",
        "failover",
        "region",
        "metrics",
        "pricing",
        "tags",
        "org_slugs",
    }
)
"""What the catalogue API shows and may be cleared: a bulk replace leaves every other field of an entry as it was."""

_UPSTREAM: Final = frozenset({"provider", "upstream_model"})
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
        "failover",
        "region",
        "brand",
    }
)
_TUPLES: Final = frozenset({"abilities", "supported_dimensions", "tags", "org_slugs"})
_OBJECTS: Final = frozenset({"capabilities", "limits", "defaults", "display", "provider_config"})
_FLOATS: Final = frozenset({"timeout", "temperature"})


def spread(path: str, lifted: Lifted, given: Json) -> dict[str, Json]:
    """The document fields that writing `given` to an object sets; null clears all. InvalidBody if it is no object."""
    if given is None:
        return dict.fromkeys(lifted.fields())
    if not isinstance(given, dict):
        raise InvalidBody(f"{path!r} is not an object", details=[detail(path, f"an object, not {found(given)}")])
    fields: dict[str, Json] = {field: given[key] for key, field in lifted.keys.items() if key in given}
    for key, inner in lifted.inner.items():
        if key in given:
            fields.update(spread(f"{path}.{key}", inner, given[key]))
    fields[lifted.free] = {
        key: value for key, value in given.items() if key not in lifted.keys and key not in lifted.inner
    }
    return fields


def gathered(lifted: Lifted, document: Document) -> JsonObject:
    """The object as it reads: the keys that have a value. What `spread` took apart comes back the same."""
    shown: JsonObject = {}
    for key, field in lifted.keys.items():
        value = getattr(document, field)
        if value is not None:
            shown[key] = value
    for key, inner in lifted.inner.items():
        if value := gathered(inner, document):
            shown[key] = value
    return {**shown, **getattr(document, lifted.free)}


def written(before: Document | None, fields: Fields, *, by: str = "catalogue") -> Document:
    """The document after a write of `fields`, or InvalidBody with every fault.

    Without `before`, `name` and `kind` are needed. An empty string unsets a text: forms send it for an empty line.
    """
    given = {field: None if value == "" and field in _TEXTS else value for field, value in fields.items()}
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


def replaced(before: Document | None, fields: Fields, *, shown: Iterable[str] = CATALOGUE_FIELDS) -> Document:
    """The document after an item of a bulk replace: `shown` fields that the item leaves out are cleared."""
    return written(before, {**dict.fromkeys(shown), **fields})


def _typed(field: str, value: Json) -> object:
    """A checked value as the document holds it."""
    if field == "kind":
        return Kind(value)
    if field == "pricing":
        return _pricing(value)
    if field in _FLOATS:
        return float(value)
    return tuple(_plain(each) for each in value) if field in _TUPLES else _plain(value)


def _pricing(value: Json) -> Pricing | None:
    given = msgspec.structs.asdict(value) if isinstance(value, Pricing) else value
    amounts = {key: _trimmed(amount) for key, each in given.items() if (amount := as_decimal(each)) is not None}
    return Pricing(**amounts) if amounts else None


def _trimmed(amount: Decimal) -> Decimal:
    """Without zeros at its end and without an exponent, so that equal prices are written alike."""
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount.normalize()


def _plain(value: Json) -> Json:
    """Free JSON without decimals: what a document holds is what its JSON reads back as."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
