"""What a body of the registry API asks for: JSON in, changes of a document out.

A body is read once, without the entry it is about. What it says is then held against the document in force: a value
that the document shows already changes nothing, so what a GET returned can be sent back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from headgate.catalogue.kinds import CATEGORY_WORDS
from headgate.catalogue.rules import name_problem, problems, secret_problem
from headgate.catalogue.values import INTEGER_LIMIT, found
from headgate.core.errors import InvalidBody
from headgate.core.json import Json, JsonObject
from headgate.core.secret import Secret
from headgate.web.bodies import plain
from headgate.web.detail import item
from headgate.web.registry_api.fields import (
    API_KEY,
    CATEGORY,
    CLOSED_ABILITIES,
    EXTRAS,
    IDENTITY,
    READ_ONLY,
    SHARE,
    TABLE,
    WRITTEN,
    in_our_words,
)

DEFAULT_CATEGORY: Final = "llm"

_REQUIRED: Final = (IDENTITY, "model_provider", "model_name", API_KEY)
_TRIMMED: Final = frozenset({IDENTITY, "model_provider", "model_name", API_KEY, "base_url"})
_TEXTS: Final = frozenset({*_TRIMMED, CATEGORY, "description", "language", "voice", "format", "instruct"})
_INTEGERS: Final = frozenset({"dimension", "context_window", "sample_rate", "top_n"})
_NEVER_NULL: Final = frozenset({IDENTITY, "model_provider", "model_name", API_KEY, CATEGORY, SHARE})
"""Keys that take no null when an entry is created."""
_TEXT_LIMIT: Final = 8192

Problem = Mapping[str, str]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a body says. `values` are by the API's keys, `extras` too; `category` and `share` None if it says nothing.

    `secret`: UNSET leaves it.
    """

    name: str
    category: str | None
    values: JsonObject
    extras: JsonObject
    secret: Secret | UnsetType
    share: bool | None


def read_new(body: JsonObject) -> Reading:
    """A body that registers a model. InvalidBody with everything that is wrong with it."""
    missing = [item(key, f"{key!r} is required", type_="missing") for key in _REQUIRED if key not in body]
    empty = [
        item(key, f"{key!r} is a string of at least 1 character", type_="string_too_short")
        for key in ("model_provider", "model_name")
        if isinstance(body.get(key), str) and not body[key].strip()
    ]
    given = {SHARE: False, CATEGORY: DEFAULT_CATEGORY, **body}
    nulls = [
        item(key, f"{key!r} takes no null", type_="value_error")
        for key in given
        if key in _NEVER_NULL and given[key] is None
    ]
    return _read(given, [*missing, *empty, *nulls], named=True)


def read_change(body: JsonObject) -> Reading:
    """A body that changes a model. InvalidBody with everything that is wrong with it.

    The id cannot be changed, so whatever a body says of it means nothing.
    """
    return _read({key: value for key, value in body.items() if key != IDENTITY}, [], named=False)


def abilities_problem(category: str, abilities: Sequence[str]) -> Problem | None:
    """What is wrong with the abilities of a model of this category."""
    known = CLOSED_ABILITIES.get(category)
    if known is None:
        return None
    words = ", ".join(sorted(known))
    if not abilities:
        message = f"'abilities' of the category {category!r} is null or has some of {words}"
        return item("abilities", message, type_="too_short")
    strange = [each for each in abilities if each not in known]
    if strange:
        message = f"'abilities' of the category {category!r} takes {words}, not {found(strange[0])}"
        return item("abilities", message, type_="value_error")
    return None


def refuse(problems: Sequence[Problem]) -> None:
    """InvalidBody with the problems, if there are any."""
    if problems:
        raise InvalidBody(problems[0]["message"], details=list(problems))


def _read(body: JsonObject, problems: list[Problem], *, named: bool) -> Reading:
    values = {key: _tidy(key, value) for key, value in body.items() if key not in READ_ONLY}
    faults = [*problems, *(fault for key, value in values.items() if (fault := _fault(key, value)) is not None)]
    faulty = {fault["path"] for fault in faults}
    if named and IDENTITY in values and IDENTITY not in faulty:
        wrong = name_problem(values[IDENTITY])
        if wrong is not None:
            faults.append(item(IDENTITY, f"{IDENTITY!r} takes {wrong}", type_="value_error"))
    sound = {key: value for key, value in values.items() if key in TABLE and key not in faulty}
    faults += _ruled(sound)
    category = values.get(CATEGORY)
    abilities = sound.get("abilities")
    if named and isinstance(category, str) and category in CATEGORY_WORDS and abilities is not None:
        wrong_abilities = abilities_problem(category, abilities)
        faults += [wrong_abilities] if wrong_abilities is not None else []
    refuse(faults)
    return Reading(
        name=values.get(IDENTITY, ""),
        category=category,
        values=sound,
        extras={key: value for key, value in values.items() if key in EXTRAS},
        secret=_secret(values.get(API_KEY)),
        share=values.get(SHARE),
    )


def _tidy(key: str, value: Json) -> Json:
    value = plain(value)
    if key in _INTEGERS and isinstance(value, float) and value.is_integer():
        return int(value)
    return value.strip() if key in _TRIMMED and isinstance(value, str) else value


def _fault(key: str, value: Json) -> Problem | None:
    """What is wrong with the form of one value; what it may be is a matter of the catalogue's rules."""
    if key not in WRITTEN:
        return item(key, f"{key!r} is not known; accepted: {', '.join(WRITTEN)}", type_="extra_forbidden")
    if value is None:
        return None
    form = _form(key)
    if form.holds(value):
        return None
    # A secret is never part of a message.
    shown = "what was sent" if key == API_KEY else found(value)
    return item(key, f"{key!r} takes {form.words}, not {shown}", type_=form.type)


class _Form(msgspec.Struct, frozen=True):
    """What JSON a key takes, in words, and FastAPI's word for anything else."""

    holds: Callable[[Json], bool]
    words: str
    type: str


_TEXT: Final = _Form(lambda value: isinstance(value, str), "a string", "string_type")
_FLAG: Final = _Form(lambda value: isinstance(value, bool), "true or false", "bool_type")
_NUMBER: Final = _Form(
    lambda value: isinstance(value, int | float) and not isinstance(value, bool), "a number", "float_type"
)
_INTEGER: Final = _Form(
    lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= INTEGER_LIMIT,
    "a whole number from 0",
    "int_type",
)
_WORDS: Final = _Form(
    lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
    "a list of strings",
    "list_type",
)


def _form(key: str) -> _Form:
    if key in _TEXTS:
        return _TEXT
    if key in _INTEGERS:
        return _INTEGER
    return {SHARE: _FLAG, "abilities": _WORDS}.get(key, _NUMBER)


def _ruled(values: JsonObject) -> list[Problem]:
    """What the catalogue's rules say. An empty text unsets a field and breaks no rule."""
    return in_our_words(problems({TABLE[key]: value for key, value in values.items() if value != ""}))


def _secret(value: Json) -> Secret | UnsetType:
    """A key that is missing, null or empty says nothing of the one that is stored."""
    if not isinstance(value, str) or value == "":
        return UNSET
    wrong = secret_problem(value)
    if wrong is not None:
        refuse([item(API_KEY, f"{API_KEY!r} takes {wrong}", type_="value_error")])
    return Secret(value)
