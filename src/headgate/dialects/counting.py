"""What the dialects have in common in reading the counts that upstreams report.

A total is believed or, beyond what can be, nothing of the report is. A part of a total is cut to what the parts before
it have left, so that no bucket is negative, nothing is counted twice, and the buckets add up to the total.
"""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.core.json import JSON_FAULTS

MOST: Final = 10**9
"""From here on a count is no count. No answer comes near it, and sums of counts are 64-bit integers: an upstream that
lies may do so two thousand times a second for a month before one is full."""
BYTES_PER_TOKEN: Final = 4
"""Of text that an upstream has not counted."""
PICTURE_TOKENS: Final = 1_000
"""Of a picture that an upstream has not counted: about what one of a megapixel is."""
SOUND_TOKENS: Final = 10
"""Of one second of sound that goes in."""

_LONGEST_TIER: Final = 32
_word = msgspec.json.Decoder(str | None).decode


def believed(*totals: int) -> bool:
    return all(0 <= total < MOST for total in totals)


def part(count: int | None, left: int) -> int:
    """How much of a total that has `left` is this part."""
    # Most parts of most answers are none.
    return min(max(count, 0), left) if count else 0


def tier(word: str | None) -> str:
    """The service tier that answered, in the provider's word; "" for what is none."""
    return word if word and len(word) <= _LONGEST_TIER else ""


def read_tier(raw: msgspec.Raw | None) -> str:
    """The same, of a field that is not decoded."""
    if raw is None:
        return ""
    try:
        return tier(_word(raw))
    except JSON_FAULTS:
        return ""


def tokens_of(size: int) -> int:
    """Tokens of so many bytes of text."""
    return -(-size // BYTES_PER_TOKEN)
