"""Which field of a document stands where in the assets API's JSON, and what the API itself asks of its values.

The catalogue's rules hold besides: they are asked for every value that the API's own lets through.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.catalogue.kinds import MODE_WORDS
from headgate.catalogue.rules import RULES
from headgate.catalogue.values import Check, anything, found, integer, one_of, text
from headgate.core.json import Json
from headgate.web.assets_api.status import Status


class Field(msgspec.Struct, frozen=True):
    """`field` is the document's. What is not `nullable` cannot be cleared: a null of an update leaves it."""

    field: str
    check: Check = anything
    nullable: bool = True
    text: bool = False


def _up_to(limit: int, *, lines: bool = False) -> Check:
    """A text of the API, which may be empty."""
    check = text(limit=limit, lines=lines)
    return lambda value: None if value == "" else check(value)


TABLE: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "name": Field("title", text(limit=255), nullable=False),
        "litellm_model": Field("litellm_model", text(limit=500), nullable=False),
        "description": Field("description", _up_to(1000, lines=True), text=True),
        "tags": Field("tags"),
        "provider": Field("provider", _up_to(100), text=True),
        "api_base": Field("api_base", _up_to(1000), text=True),
        "api_version": Field("api_version", _up_to(50), text=True),
        "mode": Field("kind", one_of(*MODE_WORDS)),
        "max_input_tokens": Field("context_window", integer),
        "max_output_tokens": Field("max_output_tokens", integer),
        "rpm": Field("rpm", integer),
        "tpm": Field("tpm", integer),
        "default_temperature": Field("temperature"),
        "default_max_tokens": Field("max_tokens", integer),
        "timeout": Field("timeout", integer),
    }
)
"""Every key that may be created and updated, besides `credentials`."""

STATUS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "status": Field("", one_of(*Status), nullable=False),
        "status_message": Field("status_message", _up_to(1000, lines=True), text=True),
    }
)
"""What an update sets besides."""

CREDENTIALS: Final = "credentials"
RESOURCE_URI: Final = "resource_uri"

READ_ONLY: Final = frozenset(
    {"id", "organization_id", "project_id", "owner_id", "created_at", "updated_at", "created_by", "updated_by"}
)
"""Keys of responses that a body may carry and that mean nothing there."""


def wrong_with(known: Field, value: Json) -> str | None:
    """What the value of a key would have to be, or None if it may be written."""
    if value is None or (known.text and value == ""):
        return None
    wrong = known.check(value)
    if wrong is None and known.field not in {"", "kind"}:
        wrong = RULES[known.field].check(value)
    return wrong


def takes(key: str, wrong: str) -> str:
    return f"{key!r} takes {wrong}"


def null_for(key: str) -> str:
    return takes(key, f"a value, not {found(None)}")
