"""Identifiers."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from headgate.core.ids import RequestIds, uuid7


@given(st.integers(0, 4 * 10**12), st.binary(min_size=10, max_size=10))
def test_a_uuid7_is_one_and_bears_its_time(milliseconds: int, randomness: bytes) -> None:
    made = uuid.UUID(uuid7(milliseconds / 1000, randomness))

    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert abs((made.int >> 80) - milliseconds) <= 1


@given(st.integers(0, 10**9), st.integers(1, 10**6), st.binary(min_size=10), st.binary(min_size=10))
def test_later_ids_sort_after_earlier_ones(wall: int, later: int, one: bytes, other: bytes) -> None:
    assert uuid7(float(wall), one) < uuid7(float(wall + later), other)


def test_request_ids_are_unique() -> None:
    ids = RequestIds(b"12345678")

    assert len({ids.next() for _ in range(1000)}) == 1000
