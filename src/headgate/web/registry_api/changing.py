"""From what a body says to the document that an entry is to have."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import CATEGORY_WORDS, kind_of_category
from headgate.catalogue.merge import written
from headgate.catalogue.providers import Providers
from headgate.catalogue.upstream import ASSETS
from headgate.catalogue.values import found
from headgate.core.errors import Conflict, InvalidBody, Unsuitable
from headgate.core.json import Json, JsonObject
from headgate.web.registry_api.fields import TABLE, translated
from headgate.web.registry_api.reading import Reading, abilities_problem, refuse
from headgate.web.registry_api.view import UNKNOWN, shown_document

REGISTRY: Final = "registry"

_ONLY_OF: Final = {"temperature": "llm", "dimension": "embedding"}
"""What registering keeps for models of one category only."""
_LOCKED: Final = ("category", "abilities")


def registered(reading: Reading, providers: Providers) -> Document:
    """The document of a new entry. Unsuitable, InvalidBody."""
    category = demand_category(reading)
    values = {key: value for key, value in reading.values.items() if _ONLY_OF.get(key, category) == category}
    fields = _fields(values, providers)
    provider = providers.find(fields["provider"])
    if not fields.get("api_base") and provider is not None:
        fields["api_base"] = provider.base_url
    if _kept(reading.extras):
        fields["provider_config"] = _kept(reading.extras)
    kind = kind_of_category(category, abilities=_words(values.get("abilities")))
    return _written(None, {"name": reading.name, "kind": kind, **fields})


def changed(before: Document, reading: Reading, *, providers: Providers) -> Document:
    """The document after a change. Unsuitable, InvalidBody."""
    shown = shown_document(before)
    values = {key: value for key, value in reading.values.items() if not _is_shown(value, shown[key])}
    category = demand_category(reading) if reading.category is not None else shown["category"]
    if values.get("abilities") is not None:
        fault = abilities_problem(category, values["abilities"])
        refuse([fault] if fault is not None else [])
    fields = _fields(values, providers)
    if category != shown["category"]:
        fields["kind"] = kind_of_category(category, before.kind, abilities=values.get("abilities") or before.abilities)
    if reading.extras:
        fields["provider_config"] = _kept({**before.provider_config, **reading.extras})
    if "provider" in fields or "upstream_model" in fields:
        _complete(fields, before, shown)
        _follow(fields, before, providers)
    return _written(before, fields) if fields else before


def demand_unlocked(before: Document, reading: Reading) -> None:
    """Conflict if the body changes what people who were given an entry rely on."""
    shown = shown_document(before)
    given: JsonObject = {"category": reading.category, "abilities": reading.values.get("abilities")}
    differs = {
        "category": given["category"] is not None and given["category"] != shown["category"],
        "abilities": given["abilities"] is not None and set(given["abilities"]) != set(shown["abilities"]),
    }
    locked = [key for key in _LOCKED if differs[key]]
    if locked:
        raise Conflict(f"{' and '.join(locked)} of a shared model cannot be changed; un-share it first")


def demand_category(reading: Reading) -> str:
    """The category that a body names; Unsuitable if there is none of that name."""
    word = reading.category
    if word not in CATEGORY_WORDS:
        raise Unsuitable(f"'category' takes one of {', '.join(CATEGORY_WORDS)}, not {found(word)}")
    return word


def canonical(word: str, providers: Providers) -> str:
    """A provider as it is stored: by the id that an alias stands for; any other word in lower case."""
    row = providers.find(word)
    return row.id if row is not None else word.strip().lower()


def _fields(values: JsonObject, providers: Providers) -> JsonObject:
    fields: JsonObject = {TABLE[key]: value for key, value in values.items()}
    if fields.get("provider"):
        fields["provider"] = canonical(fields["provider"], providers)
    return fields


def _complete(fields: JsonObject, before: Document, shown: JsonObject) -> None:
    """Say the whole upstream where another API's words said the rest of it until now."""
    if before.upstream_by != ASSETS:
        return
    if shown["model_provider"] != UNKNOWN:
        fields.setdefault("provider", shown["model_provider"])
    fields.setdefault("upstream_model", shown["model_name"])


def _follow(fields: JsonObject, before: Document, providers: Providers) -> None:
    """A URL that is only the former provider's own does not stay behind when the provider changes."""
    former = providers.find(before.provider or "")
    if "api_base" in fields or former is None or before.api_base is None or before.api_base != former.base_url:
        return
    following = providers.find(fields.get("provider", before.provider) or "")
    if following is not former:
        fields["api_base"] = following.base_url if following is not None else None


def _is_shown(value: Json, shown: Json) -> bool:
    """Whether a value says what the document shows already; texts of a body are trimmed."""
    return bool(value == shown) or (isinstance(shown, str) and value == shown.strip())


def _kept(extras: JsonObject) -> JsonObject:
    return {key: value for key, value in extras.items() if value is not None}


def _words(value: Json) -> Collection[str]:
    return value if isinstance(value, list) else ()


def _written(before: Document | None, fields: JsonObject) -> Document:
    try:
        return written(before, fields, by=REGISTRY)
    except InvalidBody as error:
        raise translated(error) from None
