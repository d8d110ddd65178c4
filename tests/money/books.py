"""What the origin writes down of each request that reached it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec


class Entry(msgspec.Struct, kw_only=True):
    """One request at the origin. `size` bytes of body came, `sent` pieces of text were written before it `ended`:
    whole, left by the gateway, or cut by the origin. `counted` is what it told of usage, in buckets, and by which
    `tier`; `bill` is what it would bill in USD, None for what it told no usage of."""

    number: int
    model: int
    size: int
    status: int = 200
    sent: int = 0
    ended: Literal["", "whole", "left", "cut"] = ""
    counted: dict[str, int] | None = None
    tier: str = ""
    bill: str | None = None


Books = Mapping[int, Sequence[Entry]]
"""By the number of the request, in the order in which they came."""


def read(path: Path) -> Books:
    found: defaultdict[int, list[Entry]] = defaultdict(list)
    decode = msgspec.json.Decoder(Entry).decode
    with path.open("rb") as lines:
        for line in lines:
            entry = decode(line)
            found[entry.number].append(entry)
    return found
