"""Request bodies of the management APIs: bytes in, plain JSON values out.

A number with a fraction or an exponent is kept as a Decimal, digit for digit, because prices must be what was written.
`plain` makes floats of them wherever no price is meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec
from starlette.requests import ClientDisconnect, Request

from headgate.core.errors import InvalidBody, InvalidJson, PayloadTooLarge, detail
from headgate.core.json import Json, JsonObject
from headgate.web.requests import demand_unchanged

BODY_LIMIT: Final = 8 * 1024 * 1024
"""Bytes of one body. 500 entries of several kilobytes each fit."""
DEPTH_LIMIT: Final = 64

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)


async def read_object(request: Request, *, default: JsonObject | None = None) -> JsonObject:
    """The JSON object that a request carries, or `default` for no body at all. InvalidJson, PayloadTooLarge."""
    body = await read_bytes(request)
    return default if default is not None and not body.strip() else decode_object(body)


async def read_list(request: Request) -> list[Json]:
    """The JSON array that a request carries. InvalidJson, PayloadTooLarge."""
    value = _decode(await read_bytes(request))
    if not isinstance(value, list):
        raise InvalidJson(f"the body is a JSON array, not {name_of(value)}")
    return value


async def read_bytes(request: Request) -> bytes:
    """What a request carries, as it came. PayloadTooLarge, InvalidJson if it did not all come."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                raise PayloadTooLarge(f"the body has more than {BODY_LIMIT} bytes")
    except ClientDisconnect:
        raise InvalidJson("the body ended before it was complete") from None
    await demand_unchanged(request)
    return bytes(body)


def decode_object(body: bytes) -> JsonObject:
    """One JSON object in UTF-8, its fractions as Decimals. InvalidJson for anything else."""
    value = _decode(body)
    if not isinstance(value, dict):
        raise InvalidJson(f"the body is a JSON object, not {name_of(value)}")
    return value


def _decode(body: bytes) -> Json:
    try:
        return _DECODER.decode(body)
    except UnicodeDecodeError as error:
        raise InvalidJson(f"the body is not UTF-8: byte {error.start} of a string") from None
    except msgspec.DecodeError as error:
        raise InvalidJson(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None


def plain(value: Json, depth: int = 0) -> Json:
    """The value with floats in place of Decimals, down to DEPTH_LIMIT; the rules refuse what lies deeper."""
    match value:
        case Decimal():
            return float(value)
        case dict() if depth < DEPTH_LIMIT:
            return {key: plain(each, depth + 1) for key, each in value.items()}
        case list() if depth < DEPTH_LIMIT:
            return [plain(each, depth + 1) for each in value]
    return value


def name_of(value: Json) -> str:
    """What kind of JSON value it is, for a message."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float() | Decimal():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
    return "an object"


def refuse_unknown(body: JsonObject, accepted: frozenset[str]) -> None:
    """InvalidBody that names every field of `body` that is not among those accepted."""
    unknown = [name for name in body if name not in accepted]
    if unknown:
        words = ", ".join(sorted(accepted)) or "none"
        raise InvalidBody(
            f"the body has unknown fields: {', '.join(map(repr, unknown))}",
            details=[detail(name, f"unknown field; accepted: {words}") for name in unknown],
        )


def refuse_faulty(faults: Sequence[Mapping[str, str]]) -> None:
    """InvalidBody with everything that is wrong with a body, if anything is."""
    if faults:
        paths = ", ".join(dict.fromkeys(fault["path"] for fault in faults))
        raise InvalidBody(f"the body breaks the rules of {paths}", details=list(faults))
