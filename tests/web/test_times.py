"""Times on the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.web.times import read, written, written_or_null


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("2026-11-20T05:53:20.123Z", 1_795_154_000.123),
        ("2026-11-20T06:53:20.123+01:00", 1_795_154_000.123),
        ("2026-11-20 05:53:20+00:00", 1_795_154_000.0),
    ],
)
def test_a_time_with_its_offset_is_read(text: str, seconds: float) -> None:
    assert read(text) == seconds


@pytest.mark.parametrize("text", ["", "now", "2026-11-20", "2026-11-20T05:53:20", "1795154000", "2026-13-01T00:00:00Z"])
def test_a_time_that_could_mean_several_instants_or_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="with its offset"):
        read(text)


@given(st.integers(0, 253_402_300_799_000))
def test_what_is_written_is_read_back_to_the_millisecond(milliseconds: int) -> None:
    assert round(read(written(milliseconds / 1000)) * 1000) == pytest.approx(milliseconds, abs=1)


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    assert written(1_795_154_000.123) == "2026-11-20T05:53:20.123Z"
    assert written_or_null(None) is None
