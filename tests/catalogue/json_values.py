"""JSON values for property tests, the odd ones among them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from hypothesis import strategies as st

from headgate.core.json import Json

ODD: Final = ["\ud800", "\0", "", " ", "\u202e", "auto", "..", "https://host.example/v1", 2**53, -1, 10**400, True]

_SCALARS: Final = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(ODD)
)
JSON: Final[st.SearchStrategy[Json]] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)

PRICE: Final[st.SearchStrategy[Decimal]] = st.decimals(0, 1000, places=6)


def nested(depth: int) -> Json:
    """An empty list inside as many lists."""
    value: Json = []
    for _ in range(depth):
        value = [value]
    return value
