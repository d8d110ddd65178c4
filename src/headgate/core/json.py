"""JSON as the product reads and writes it.

Prices are decimals that must survive a round trip exactly, so every encoder of ours writes a Decimal as a number.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import msgspec

Json: TypeAlias = Any
"""One JSON value. `Any`, because a recursive alias is beyond msgspec and gives mypy nothing to hold on to."""

JsonObject: TypeAlias = dict[str, Json]

JSON_FAULTS: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
"""What decoding the JSON of others may raise: it is none, it is too deep, a string of it is not UTF-8."""

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def encode(value: object) -> bytes:
    """JSON bytes of a value built of Structs, containers, strings, numbers, Decimals."""
    return _ENCODER.encode(value)
