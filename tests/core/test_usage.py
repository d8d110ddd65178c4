"""Usage: what counts as a token that went in or came out."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.usage import Usage

COUNTS = [name for name in Usage.__struct_fields__ if name not in ("estimated", "tier")]
TOKENS_IN = {"input", "cached_input", "cache_write", "cache_write_1h", "audio_input", "image_input"}
TOKENS_OUT = {"output", "reasoning", "audio_output"}

USAGES = st.builds(
    Usage, **dict.fromkeys(COUNTS, st.integers(0, 10**12)), estimated=st.booleans(), tier=st.text(max_size=8)
)


@given(USAGES)
def test_every_bucket_of_tokens_is_part_of_one_sum(usage: Usage) -> None:
    assert usage.prompt == sum(getattr(usage, name) for name in TOKENS_IN)
    assert usage.completion == sum(getattr(usage, name) for name in TOKENS_OUT)


def test_pictures_searches_tools_and_seconds_are_no_tokens() -> None:
    assert set(COUNTS) - TOKENS_IN - TOKENS_OUT == {"images", "searches", "tools", "seconds"}


@given(USAGES)
def test_usage_survives_being_written_down(usage: Usage) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(usage), type=Usage) == usage
