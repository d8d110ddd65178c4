"""The compact form of a signed token, taken apart as strictly as possible and believed in nothing.

One token has one spelling: base64url without padding, whose unused bits are zero, and JSON in which no name occurs
twice. Readers that are more generous differ from each other, and what one checks is then not what another reads.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Final, NoReturn

import msgspec

from headgate.core.json import JsonObject

TOKEN_LIMIT: Final = 16_384
_FORM: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


class Compact(msgspec.Struct, frozen=True):
    """What a token says, and the signature over `signed` by which somebody vouches for it."""

    header: JsonObject
    claims: JsonObject
    signed: bytes
    signature: bytes


def take_apart(token: str) -> Compact | None:
    """The parts of a token; None for what is none, or not in its only spelling."""
    match = _FORM.fullmatch(token) if len(token) <= TOKEN_LIMIT else None
    if match is None:
        return None
    try:
        header, claims, signature = map(_decoded, match.groups())
        return Compact(
            header=object_of(header),
            claims=object_of(claims),
            signed=token.rpartition(".")[0].encode(),
            signature=signature,
        )
    except ValueError:
        return None


def object_of(data: bytes) -> JsonObject:
    """One JSON object in UTF-8 in which no name occurs twice, at any depth. ValueError for anything else."""
    try:
        value = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004  one error for whatever is not accepted
    return value


def _decoded(part: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != part:
        raise ValueError("not the only spelling of these bytes")
    return data


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")
