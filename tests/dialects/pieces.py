"""Bytes cut anywhere."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from hypothesis import strategies as st


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def cut_at(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """`data` in the pieces that the cut positions make; empty ones are left out."""
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(data)), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges) if start < end]


CUTS = st.lists(st.integers(0, 400), max_size=12)
