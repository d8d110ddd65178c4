"""Which field of a document stands where in the registry API's JSON.

What a field may hold is the business of the catalogue's rules, whose words are translated here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from headgate.catalogue.kinds import HEARS, SPEAKS
from headgate.catalogue.rules import RULES
from headgate.core.errors import InvalidBody
from headgate.web.detail import item

TABLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "model_provider": "provider",
        "model_name": "upstream_model",
        "base_url": "api_base",
        "temperature": "temperature",
        "context_window": "context_window",
        "dimension": "dimensions",
        "abilities": "abilities",
        "description": "description",
    }
)
"""Every key that is a field of the document as it stands."""

IDENTITY: Final = "model_id"
CATEGORY: Final = "category"
API_KEY: Final = "api_key"
SHARE: Final = "share_with_users"

EXTRAS: Final = ("language", "voice", "format", "sample_rate", "top_n", "instruct")
"""Settings of speech and rerank models that no answer shows: kept among the free keys of `provider_config`."""

READ_ONLY: Final = frozenset(
    {"id", "is_active", "is_owner", "can_edit", "can_delete", "is_shared", "created_at", "updated_at"}
)
"""Keys of responses that a body may carry and that mean nothing there."""

WRITTEN: Final = (IDENTITY, "model_provider", "model_name", API_KEY, CATEGORY, *tuple(TABLE)[2:], SHARE, *EXTRAS)
"""Every key that a body may have and that means something."""

CLOSED_ABILITIES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "image": frozenset({"generate", "edit"}),
        "embedding": frozenset({"embedding"}),
        "speech": frozenset({HEARS, SPEAKS}),
        "rerank": frozenset({"rerank"}),
        "video": frozenset({"generate"}),
    }
)
"""The abilities that a category knows; any others may be said of the categories that are not here."""

_KEYS: Final = MappingProxyType(
    {RULES[field].path: key for key, field in (*TABLE.items(), (IDENTITY, "name"), (CATEGORY, "kind"))}
    | {"provider_config.api_key": API_KEY}
)


def in_our_words(problems: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """What the catalogue's rules say, with the registry API's names of fields."""
    translated = []
    for each in problems:
        path = each["path"]
        key = _KEYS.get(path, path)
        message = each["message"].replace(repr(path), repr(key))
        translated.append(item(key, message, type_=each.get("type", "value_error")))
    return translated


def translated(error: InvalidBody) -> InvalidBody:
    """The error with the registry API's names of fields."""
    details = in_our_words(error.details) if isinstance(error.details, list) else []
    return InvalidBody(details[0]["message"] if details else error.message, details=details or None)
