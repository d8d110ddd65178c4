"""Parts of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a list, newest first, and how long the whole list is."""

    items: list[T]
    total: int


def newest_first(records: Mapping[str, T] | Sequence[T], *, offset: int, limit: int) -> Page[T]:
    """A page of records that are kept in the order of their creation."""
    held = records.values() if isinstance(records, Mapping) else records
    backwards = reversed(held)  # type: ignore[arg-type]
    return Page(list(islice(backwards, offset, offset + limit)), len(records))
