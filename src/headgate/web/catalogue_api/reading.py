"""What a body of the catalogue API asks for: JSON in, changes of a document out.

A body is read once, without the entry it is about; what it says is applied to whatever document is in force when the
write happens. Every mistake is reported at once, with its path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from headgate.catalogue.kinds import Kind, kind_of_type
from headgate.catalogue.merge import Fields
from headgate.catalogue.rules import name_problem, problems, secret_problem
from headgate.catalogue.values import found
from headgate.core.errors import MissingModelId, MissingType, detail
from headgate.core.json import Json, JsonObject
from headgate.core.secret import Secret
from headgate.web.bodies import plain, refuse_faulty
from headgate.web.catalogue_api.fields import API_KEY, IDENTITY, READ_ONLY, TABLE, spread

_SYNONYMS: Final[Mapping[str, str]] = {"completions": "completion", "embedding": "embeddings"}
"""Words that the published pages use beside those of the schema."""

Problem = Mapping[str, str]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a body says. `fields` are fields of a document, None for those to be unset; `type` one of the mount's words.

    `secret`: UNSET leaves it, None removes it.
    """

    name: str | None
    type: str | None
    fields: Fields
    secret: Secret | UnsetType | None
    problems: tuple[Problem, ...]

    def with_kind(self, before: Kind | None) -> Fields:
        """The fields with the kind that the type sets on an entry of kind `before`."""
        if self.type is None:
            return self.fields
        return {**self.fields, "kind": kind_of_type(self.type, before)}


class _Reader:
    """Collects what one body says, and what is wrong with it."""

    def __init__(self) -> None:
        self.fields: JsonObject = {}
        self.problems: list[Problem] = []
        self.secret: Secret | UnsetType | None = UNSET

    def field(self, key: str, value: Json) -> None:
        known = TABLE[key]
        if isinstance(known, str):
            self.fields[known] = value if key == "pricing" else plain(value)
        elif value is None:
            self.fields.update(dict.fromkeys(known.fields()))
        elif isinstance(value, dict):
            rest = plain(value)
            if key == "provider_config" and "api_key" in rest:
                self._api_key(rest.pop("api_key"))
            self.fields.update(spread(known, rest))
        else:
            self.fields[known.free] = value

    def _api_key(self, value: Json) -> None:
        if value is None:
            self.secret = None
            return
        wrong = secret_problem(value) if isinstance(value, str) else "a secret as a string"
        if wrong is None:
            self.secret = Secret(value)
        else:
            self.problems.append(detail(API_KEY, f"{API_KEY!r} takes {wrong}, or null to remove it"))


def read_new(body: JsonObject, types: Sequence[str]) -> Reading:
    """A body that creates an entry. MissingModelId, MissingType, InvalidBody."""
    if _missing(body, "model_id"):
        raise MissingModelId
    if _missing(body, "type"):
        raise MissingType(types)
    return checked(read(body, types))


def read(body: JsonObject, types: Sequence[str]) -> Reading:
    """What a body says, with every mistake in `problems`. That `model_id` or `type` is absent is none here."""
    reader = _Reader()
    for key, value in body.items():
        if key in TABLE:
            reader.field(key, value)
        elif key not in READ_ONLY and key not in IDENTITY:
            accepted = ", ".join((*IDENTITY, *TABLE))
            reader.problems.append(detail(key, f"{key!r} is not known; accepted: {accepted}"))
    wrong_name = name_problem(body["model_id"]) if "model_id" in body else None
    if wrong_name is not None:
        reader.problems.append(detail("model_id", f"'model_id' takes {wrong_name}"))
    word = type_of(body.get("type"), types)
    if word is None and "type" in body:
        reader.problems.append(detail("type", f"'type' takes one of {', '.join(types)}, not {found(body['type'])}"))
    return Reading(
        name=body.get("model_id") if wrong_name is None else None,
        type=word,
        fields=reader.fields,
        secret=reader.secret,
        problems=(*reader.problems, *problems(reader.fields)),
    )


def checked(reading: Reading) -> Reading:
    """The reading, or InvalidBody if there is anything wrong with it."""
    refuse_faulty(reading.problems)
    return reading


def type_of(word: Json, types: Sequence[str]) -> str | None:
    """The mount's word for a type, or None if it has none."""
    known = _SYNONYMS.get(word, word) if isinstance(word, str) else None
    return known if known in types else None


def _missing(body: JsonObject, key: str) -> bool:
    value = body.get(key)
    return value is None or value == ""
