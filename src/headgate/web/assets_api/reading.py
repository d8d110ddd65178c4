"""What a body of the assets API asks for: JSON in, fields of a document out. Every mistake is reported at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from headgate.catalogue.kinds import Kind, kind_of_mode
from headgate.catalogue.merge import Fields
from headgate.core.errors import detail
from headgate.core.json import Json, JsonObject
from headgate.core.secret import Secret
from headgate.web.assets_api.credentials import credentials_problem, sealed_text
from headgate.web.assets_api.fields import (
    CREDENTIALS,
    READ_ONLY,
    RESOURCE_URI,
    STATUS,
    TABLE,
    Field,
    null_for,
    takes,
    wrong_with,
)
from headgate.web.assets_api.handles import handle_problem
from headgate.web.assets_api.status import Status, flags
from headgate.web.bodies import plain, refuse_faulty

Problem = Mapping[str, str]

_UPDATED: Final[Mapping[str, Field]] = MappingProxyType({**TABLE, **STATUS})
_PROBED: Final = ("litellm_model", "provider", "api_base", "api_version")


class New(msgspec.Struct, frozen=True, kw_only=True):
    """A model to be created. `handle` None: one made of its name. `secret` None: none of its own."""

    handle: str | None
    name: str
    fields: Fields
    secret: Secret | None


class Unsaved(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters to be verified and not stored."""

    litellm_model: str
    provider: str | None
    api_base: str | None
    api_version: str | None
    secret: Secret | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An update as its body says it. `secret`: UNSET leaves it, None removes it."""

    given: JsonObject
    secret: Secret | UnsetType | None

    def of(self, shown: Mapping[str, Json], kind: Kind) -> Changed:
        """What it changes of an entry that is shown like this. InvalidBody.

        A value that is what the entry shows says nothing new, so that any answer can be sent back.
        """
        given = {key: value for key, value in self.given.items() if not _same(value, shown[key])}
        given = {key: value for key, value in given.items() if value is not None or _UPDATED[key].nullable}
        refuse_faulty([*_faults(given, _UPDATED)])
        word = given.pop("status", None)
        fields = {_UPDATED[key].field: plain(value) for key, value in given.items()}
        if "kind" in fields:
            fields["kind"] = kind_of_mode(fields["kind"], kind)
        wanted = None if word is None else Status(word)
        return Changed(fields={**fields, **(flags(wanted) if wanted is not None else {})}, status=wanted)


class Changed(msgspec.Struct, frozen=True):
    """The document's fields that an update sets, and the status that it asks for."""

    fields: Fields
    status: Status | None


def read_new(body: JsonObject) -> New:
    """A body that creates a model. InvalidBody."""
    faults = [*_unknown(body, {*TABLE, CREDENTIALS, RESOURCE_URI}), *_missing(body, ("name", "litellm_model"))]
    known = {key: value for key, value in body.items() if key in TABLE and value is not None}
    faults += _faults(known, TABLE)
    handle = body.get(RESOURCE_URI)
    if handle is not None and (wrong := handle_problem(handle)) is not None:
        faults.append(detail(RESOURCE_URI, takes(RESOURCE_URI, wrong)))
    secret = _needed_secret(body, faults)
    fields = {TABLE[key].field: plain(value) for key, value in known.items()}
    return New(
        handle=handle, name=body["name"], fields={**fields, "kind": kind_of_mode(body.get("mode"))}, secret=secret
    )


def read_change(body: JsonObject) -> Change:
    """A body that updates a model; its values are judged when it is known what they change. InvalidBody."""
    faults = _unknown(body, {*_UPDATED, CREDENTIALS, RESOURCE_URI})
    secret: Secret | UnsetType | None = UNSET
    if CREDENTIALS in body:
        value = body[CREDENTIALS]
        if value is not None and (wrong := credentials_problem(value)) is not None:
            faults.append(detail(CREDENTIALS, takes(CREDENTIALS, wrong)))
        elif not faults:
            secret = None if value is None else sealed_text(value)
    refuse_faulty(faults)
    return Change(given={key: value for key, value in body.items() if key in _UPDATED}, secret=secret)


def read_unsaved(body: JsonObject) -> Unsaved:
    """A body that asks whether something would work. InvalidBody."""
    faults = [*_unknown(body, {*_PROBED, CREDENTIALS}, read_only=frozenset()), *_missing(body, ("litellm_model",))]
    faults += _faults({key: body[key] for key in _PROBED if body.get(key) is not None}, TABLE)
    secret = _needed_secret(body, faults)
    return Unsaved(
        litellm_model=body["litellm_model"],
        provider=body.get("provider") or None,
        api_base=body.get("api_base") or None,
        api_version=body.get("api_version") or None,
        secret=secret,
    )


def _needed_secret(body: JsonObject, faults: list[Problem]) -> Secret | None:
    """The secret of a body that must have credentials, if nothing is wrong with the body."""
    if CREDENTIALS not in body:
        faults.append(detail(CREDENTIALS, f"{CREDENTIALS!r} is required: an object, empty for none"))
    elif (wrong := credentials_problem(body[CREDENTIALS])) is not None:
        faults.append(detail(CREDENTIALS, takes(CREDENTIALS, wrong)))
    refuse_faulty(faults)
    return sealed_text(body[CREDENTIALS])


def _unknown(body: JsonObject, accepted: set[str], *, read_only: frozenset[str] = READ_ONLY) -> list[Problem]:
    words = ", ".join(sorted(accepted))
    return [
        detail(key, f"{key!r} is not known here; accepted: {words}")
        for key in body
        if key not in accepted and key not in read_only
    ]


def _missing(body: JsonObject, keys: tuple[str, ...]) -> Iterator[Problem]:
    for key in keys:
        if key not in body:
            yield detail(key, f"{key!r} is required")
        elif body[key] is None:
            yield detail(key, null_for(key))


def _faults(given: Mapping[str, Json], table: Mapping[str, Field]) -> Iterator[Problem]:
    for key, value in given.items():
        wrong = wrong_with(table[key], value)
        if wrong is not None:
            yield detail(key, takes(key, wrong))


def _same(value: Json, shown: Json) -> bool:
    return isinstance(value, bool) == isinstance(shown, bool) and bool(plain(value) == shown)
