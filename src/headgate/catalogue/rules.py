"""The limits and rules of fields, once for every management API.

A rule has the path by which the catalogue API knows the field; other APIs translate it. None is an unset field and
breaks no rule, except for those that an entry cannot be without.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.catalogue.entry import NAME_LIMIT, REGION_LIMIT, RESERVED_NAMES, Document, Pricing
from headgate.catalogue.kinds import TYPES, Kind
from headgate.catalogue.price_form import lists_problem
from headgate.catalogue.url import parse_base_url
from headgate.catalogue.values import (
    INTEGER_LIMIT,
    Check,
    anything,
    boolean,
    found,
    integer,
    list_of,
    one_of,
    open_object,
    positive,
    price,
    text,
    text_fault,
    within,
)
from headgate.core.errors import detail
from headgate.core.json import Json, encode

DOCUMENT_LIMIT: Final = 64 * 1024
"""Bytes of a document's JSON."""
SECRET_LIMIT: Final = 16 * 1024
LABEL_LIMIT: Final = 128
FACES: Final = ("catalogue", "registry", "assets")

_API_VERSION: Final = re.compile(r"[A-Za-z0-9._-]{1,50}")
_SECRET_KEYS: Final = frozenset(
    {
        "accesskey",
        "accesstoken",
        "apikey",
        "authorization",
        "authtoken",
        "awssecretaccesskey",
        "awssessiontoken",
        "bearertoken",
        "clientsecret",
        "credentials",
        "passphrase",
        "password",
        "privatekey",
        "refreshtoken",
        "secret",
        "secretaccesskey",
        "secretkey",
        "sessiontoken",
        "token",
        "xapikey",
    }
)
"""Without hyphens and underscores, in lower case."""


def name_problem(value: Json) -> str | None:
    """What is wrong with a name that callers put in `model`.

    A name stands in URL paths with its slashes as they are, so no part of it may be one that clients and proxies
    rewrite: empty, `.` or `..`.
    """
    wanted = f"a string of 1 to {NAME_LIMIT} characters"
    if not isinstance(value, str) or not 1 <= len(value) <= NAME_LIMIT:
        return f"{wanted}, not {found(value)}"
    if not value.isprintable() or value != value.strip():
        return f"{wanted}, all printable, without spaces at its ends, not {found(value)}"
    if value in RESERVED_NAMES:
        return f"a name that is not reserved: {value!r} is"
    if any(part in {"", ".", ".."} for part in value.split("/")):
        return f"{wanted} whose parts between slashes are neither empty nor '.' nor '..', not {found(value)}"
    return None


def secret_problem(value: str) -> str | None:
    """What is wrong with a provider secret, without a word of the secret itself: most travel in a header."""
    if not 1 <= len(value) <= SECRET_LIMIT:
        return f"a secret of 1 to {SECRET_LIMIT} characters"
    if not value.isascii() or not value.isprintable() or value != value.strip():
        return "a secret of printable ASCII characters without spaces at its ends"
    return None


def _kind(value: Json) -> str | None:
    return None if isinstance(value, Kind) or value in set(Kind) else f"one of {', '.join(TYPES)}, not {found(value)}"


def _base_url(value: Json) -> str | None:
    if not isinstance(value, str):
        return f"a URL that starts with https:// or http://, not {found(value)}"
    if (fault := text_fault(value)) is not None:
        return f"a URL without {fault}"
    try:
        parse_base_url(value)
    except ValueError as error:
        return str(error)
    return None


def _api_version(value: Json) -> str | None:
    if isinstance(value, str) and _API_VERSION.fullmatch(value):
        return None
    return f"1 to 50 letters, digits, '.', '_' and '-', not {found(value)}"


def _capabilities(value: Json) -> str | None:
    wrong = open_object(value)
    if wrong is not None:
        return wrong
    for word in ("vision", "audio", "text", "image"):
        if word in value and (wrong := boolean(value[word])) is not None:
            return f"{word!r}: {wrong}"
    return None


def _provider_config(value: Json) -> str | None:
    wrong = open_object(value)
    key = _secret_key(value) if wrong is None else None
    if key is not None:
        return f"no secret under {key!r}: give it as 'api_key', or name a stored one as 'credential'"
    return wrong


def _secret_key(value: Json) -> str | None:
    """A key, at any depth, that says that its value is a secret: free keys are shown to every reader."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.lower().replace("-", "").replace("_", "") in _SECRET_KEYS and inner not in (None, ""):
                return str(key)
            if (deeper := _secret_key(inner)) is not None:
                return deeper
    elif isinstance(value, list | tuple):
        return next((key for inner in value if (key := _secret_key(inner)) is not None), None)
    return None


def _pricing(value: Json) -> str | None:
    given = msgspec.structs.asdict(value) if isinstance(value, Pricing) else value
    if not isinstance(given, dict):
        return f"an object with {' and '.join(PRICES)}, not {found(value)}"
    unknown = next((key for key in given if key not in PRICES), None)
    if unknown is not None:
        return f"only {' and '.join(PRICES)}, not {found(unknown)}"
    priced = {key: each for key, each in given.items() if each is not None}
    if len(priced) == 1:
        return f"both {' and '.join(PRICES)}, or neither"
    return next((f"{key!r}: {wrong}" for key, each in priced.items() if (wrong := price(each)) is not None), None)


class Rule(msgspec.Struct, frozen=True):
    """What a field may hold, and its path in the catalogue API."""

    path: str
    check: Check
    required: bool = False


PRICES: Final = ("input_per_1m_tokens", "output_per_1m_tokens")
_LABEL: Final = text(limit=LABEL_LIMIT)
_SIZE: Final = positive(most=INTEGER_LIMIT)
_LABELS: Final = list_of(_LABEL, limit=100, unique=True)

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "name": Rule("model_id", name_problem, required=True),
        "kind": Rule("type", _kind, required=True),
        "title": Rule("display.name", text(limit=256)),
        "description": Rule("description", text(limit=8192, lines=True)),
        "provider": Rule("provider_config.provider", text(limit=100)),
        "upstream_model": Rule("provider_config.model", text(limit=256)),
        "litellm_model": Rule("litellm_model", text(limit=500)),
        "upstream_by": Rule("upstream_by", one_of(*FACES)),
        "api_base": Rule("provider_config.base_url", _base_url),
        "api_version": Rule("provider_config.api_version", _api_version),
        "credential": Rule("provider_config.credential", _LABEL),
        "capabilities": Rule("capabilities", _capabilities),
        "abilities": Rule("abilities", _LABELS),
        "context_window": Rule("limits.context_window", integer),
        "max_output_tokens": Rule("limits.max_output_tokens", integer),
        "limits": Rule("limits", open_object),
        "rpm": Rule("limits.rpm", integer),
        "tpm": Rule("limits.tpm", integer),
        # Zero is no time-out of the entry's own.
        "timeout": Rule("limits.timeout", within(0, 86_400)),
        "temperature": Rule("provider_config.defaults.temperature", within(0, Decimal("9.99"))),
        "max_tokens": Rule("provider_config.defaults.max_tokens", integer),
        "defaults": Rule("provider_config.defaults", open_object),
        "dimensions": Rule("dimensions", anything),
        "supported_dimensions": Rule("supported_dimensions", list_of(_SIZE, limit=256, unique=False)),
        "enabled": Rule("enabled", boolean),
        "deprecated": Rule("deprecated", boolean),
        "status_message": Rule("status_message", text(limit=1000, lines=True)),
        "failover": Rule("failover", text(limit=NAME_LIMIT)),
        "region": Rule("region", text(limit=REGION_LIMIT)),
        "metrics": Rule("metrics", anything),
        "pricing": Rule("pricing", _pricing),
        "prices": Rule("prices", lists_problem),
        "brand": Rule("display.brand", _LABEL),
        "hidden": Rule("display.hidden", boolean),
        "display": Rule("display", open_object),
        "provider_config": Rule("provider_config", _provider_config),
        "tags": Rule("tags", _LABELS),
        # A slug that no organization has opens the entry to nobody; catalogues of other systems have their own.
        "org_slugs": Rule("org_slugs", list_of(_LABEL, limit=1000, unique=True)),
    }
)
"""By field of the document. Complete: a field without a rule would be one that anything may be written to."""


def problems(fields: Mapping[str, Json]) -> list[Mapping[str, str]]:
    """What is wrong with values of document fields, as `{path, message}`; None of a field that may be unset is fine."""
    faults = []
    for field, value in fields.items():
        rule = RULES[field]
        if value is None and not rule.required:
            continue
        wrong = rule.check(value)
        if wrong is not None:
            faults.append(detail(rule.path, f"{rule.path!r} takes {wrong}"))
    return faults


def check(document: Document) -> list[Mapping[str, str]]:
    """What is wrong with a document, as `{path, message}`; empty if it may be stored."""
    faults = problems(msgspec.structs.asdict(document))
    if not faults and (size := len(encode(document))) > DOCUMENT_LIMIT:
        faults.append(detail("", f"a document has at most {DOCUMENT_LIMIT} bytes of JSON, not {size}"))
    return faults
