"""Which field of a document stands where in the catalogue API's JSON.

One table serves both directions, so that what is shown can be written back. What a field may hold is the business of
the catalogue's rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.catalogue.entry import Document
from headgate.core.json import Json, JsonObject


class Group(msgspec.Struct, frozen=True):
    """An object of which some keys are lifted into fields of the document.

    `free` is the document's field that holds its other keys; `keys` are the lifted ones, each the name of a field or
    a group again.
    """

    free: str
    keys: Mapping[str, str | Group]

    def fields(self) -> Iterator[str]:
        """The document's fields that the object is made of."""
        yield self.free
        for each in self.keys.values():
            if isinstance(each, Group):
                yield from each.fields()
            else:
                yield each


TABLE: Final[Mapping[str, str | Group]] = MappingProxyType(
    {
        "display": Group("display", {"name": "title", "brand": "brand", "hidden": "hidden"}),
        "capabilities": "capabilities",
        "limits": Group(
            "limits",
            {
                "context_window": "context_window",
                "max_output_tokens": "max_output_tokens",
                "rpm": "rpm",
                "tpm": "tpm",
                "timeout": "timeout",
            },
        ),
        "failover": "failover",
        "region": "region",
        "dimensions": "dimensions",
        "supported_dimensions": "supported_dimensions",
        "metrics": "metrics",
        "provider_config": Group(
            "provider_config",
            {
                "provider": "provider",
                "model": "upstream_model",
                "base_url": "api_base",
                "api_version": "api_version",
                "credential": "credential",
                "defaults": Group("defaults", {"temperature": "temperature", "max_tokens": "max_tokens"}),
            },
        ),
        "pricing": "pricing",
        "tags": "tags",
        "org_slugs": "org_slugs",
        "enabled": "enabled",
        "description": "description",
    }
)
"""Every key that may be written besides `model_id` and `type`, in the order of the published schema."""

IDENTITY: Final = ("model_id", "type")
API_KEY: Final = "provider_config.api_key"
"""The one path that may be written and is never shown."""

READ_ONLY: Final = frozenset(
    {
        "id", "object", "created", "owned_by",
        "scope", "owner", "created_at", "created_by", "updated_at", "updated_by", "revision", "warnings",
    }
)  # fmt: skip
"""Keys of responses that a body may carry and that mean nothing there."""

_EXACT: Final = 2**53


def spread(group: Group, given: Mapping[str, Json]) -> JsonObject:
    """The document's fields that writing an object sets: a lifted key only if it is there, the free ones as a whole."""
    fields: JsonObject = {group.free: {key: value for key, value in given.items() if key not in group.keys}}
    for key, known in group.keys.items():
        if key not in given:
            continue
        value = given[key]
        if isinstance(known, str):
            fields[known] = value
        elif value is None:
            fields.update(dict.fromkeys(known.fields()))
        elif isinstance(value, dict):
            fields.update(spread(known, value))
        else:
            # Left whole, so that the rule for the group's own field says what is wrong with it.
            fields[known.free] = value
    return fields


def gathered(group: Group, document: Document) -> JsonObject:
    """The object as it reads: the keys that have a value."""
    shown: JsonObject = {}
    for key, known in group.keys.items():
        value = gathered(known, document) if isinstance(known, Group) else _number(getattr(document, known))
        if value is not None and value != {}:
            shown[key] = value
    return {**shown, **getattr(document, group.free)}


def _number(value: Json) -> Json:
    """A float without a fraction as the integer that it was most likely written as."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT else value


def _fields() -> Iterator[str]:
    for known in TABLE.values():
        if isinstance(known, Group):
            yield from known.fields()
        else:
            yield known


PUBLISHED: Final = frozenset(_fields()) - {"description"}
"""The document's fields that the published schema shows: an item of a bulk replace that leaves one out clears it.

A client of the published schema does not know of the description, so its silence says nothing.
"""
