"""The bodies of tests and of requests for providers' lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from headgate.catalogue.rules import RULES, secret_problem
from headgate.catalogue.values import Check, found, list_of, text
from headgate.core.json import Json, JsonObject
from headgate.core.secret import Secret
from headgate.web.bodies import plain
from headgate.web.detail import item
from headgate.web.registry_api.reading import DEFAULT_CATEGORY, Problem, refuse

_TEXT = text(limit=256)
_WORDS = list_of(text(limit=128), limit=1000, unique=False)


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """A model that is not stored. `secret` None: the credential that an entry of the caller's would be called with."""

    provider: str
    model: str
    category: str
    base_url: str | None
    secret: Secret | None
    abilities: Sequence[str]


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Whose models are to be listed, and with what. `secret` None: without any."""

    secret: Secret | None
    base_url: str | None
    category: str | None


def connection(body: JsonObject) -> Connection:
    """InvalidBody with everything that is wrong with it."""
    given = _checked(
        body,
        required={"model_provider": _TEXT, "model_name": _TEXT},
        optional={
            "category": _TEXT,
            "api_key": _secret,
            "base_url": _base_url,
            "temperature": RULES["temperature"].check,
            "dimension": _whole,
            "abilities": _WORDS,
            "top_n": _whole,
            "instruct": _any_text,
        },
    )
    return Connection(
        provider=given["model_provider"].strip(),
        model=given["model_name"].strip(),
        category=given.get("category") or DEFAULT_CATEGORY,
        base_url=_text(given.get("base_url")),
        secret=_sealed(given.get("api_key")),
        abilities=given.get("abilities") or (),
    )


def listing(body: JsonObject) -> Listing:
    """InvalidBody with everything that is wrong with it."""
    given = _checked(body, required={"api_key": _secret}, optional={"base_url": _base_url, "category": _TEXT})
    return Listing(
        secret=_sealed(given["api_key"]), base_url=_text(given.get("base_url")), category=given.get("category")
    )


def model_ids(body: JsonObject) -> Sequence[str]:
    """The ids of a body that may leave them out: none of them means all models."""
    return _checked(body, required={}, optional={"model_ids": _WORDS}).get("model_ids") or ()


def provider_names(body: Sequence[Json]) -> Sequence[str]:
    """The names of a body that is a bare array. InvalidBody."""
    wrong = _WORDS(body)
    refuse([item("", f"the body takes {wrong}", type_="list_type")] if wrong is not None else [])
    return [str(each) for each in body]


def _checked(body: JsonObject, *, required: Mapping[str, Check], optional: Mapping[str, Check]) -> JsonObject:
    known = {**required, **optional}
    given = {key: plain(value) for key, value in body.items()}
    faults: list[Problem] = [item(key, f"{key!r} is required", type_="missing") for key in required if key not in given]
    accepted = ", ".join(known)
    for key, value in given.items():
        if key not in known:
            faults.append(item(key, f"{key!r} is not known; accepted: {accepted}", type_="extra_forbidden"))
        elif (value is not None or key in required) and (wrong := known[key](value)) is not None:
            faults.append(item(key, f"{key!r} takes {wrong}", type_="value_error"))
    refuse(faults)
    return given


def _any_text(value: Json) -> str | None:
    return None if isinstance(value, str) and len(value) <= 8192 else f"a string, not {found(value)}"


def _whole(value: Json) -> str | None:
    return None if isinstance(value, int) and not isinstance(value, bool) else f"a whole number, not {found(value)}"


def _base_url(value: Json) -> str | None:
    return None if value == "" else RULES["api_base"].check(value.strip() if isinstance(value, str) else value)


def _secret(value: Json) -> str | None:
    """A secret may be empty, which is none. What was sent is never part of the message."""
    if not isinstance(value, str):
        return "a string"
    return secret_problem(value.strip()) if value.strip() else None


def _sealed(value: Json) -> Secret | None:
    return Secret(value.strip()) if isinstance(value, str) and value.strip() else None


def _text(value: Json) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
