"""Usage objects of Anthropic's wire format: their buckets do not overlap and add up to the provider's counts."""

from __future__ import annotations

import json

import pytest
from anthropic.types import Usage as Told
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.json import JsonObject
from headgate.core.usage import Usage
from headgate.dialects.anthropic import buckets, read_reported
from headgate.dialects.counting import MOST

COUNTS = st.integers(0, 10**6)

PUBLISHED = [
    pytest.param(
        {"input_tokens": 2095, "output_tokens": 503},
        Usage(input=2095, output=503),
        id="API reference, Messages",
    ),
    pytest.param(
        {
            "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
            "cache_creation_input_tokens": 2051,
            "cache_read_input_tokens": 2051,
            "inference_geo": "inference_geo",
            "input_tokens": 2095,
            "output_tokens": 503,
            "server_tool_use": {"web_fetch_requests": 2, "web_search_requests": 0},
            "service_tier": "standard",
        },
        Usage(input=2095, cached_input=2051, cache_write=2051, output=503, tier="standard"),
        id="API reference, Create a message",
    ),
    pytest.param(
        {
            "input_tokens": 2048,
            "cache_read_input_tokens": 1800,
            "cache_creation_input_tokens": 248,
            "output_tokens": 503,
            "cache_creation": {"ephemeral_5m_input_tokens": 148, "ephemeral_1h_input_tokens": 100},
        },
        Usage(input=2048, cached_input=1800, cache_write=148, cache_write_1h=100, output=503),
        id="Prompt caching, 1-hour cache duration",
    ),
    pytest.param(
        {
            "input_tokens": 2048,
            "cache_read_input_tokens": 1800,
            "cache_creation_input_tokens": 248,
            "output_tokens": 503,
            "cache_creation": {"ephemeral_5m_input_tokens": 456, "ephemeral_1h_input_tokens": 100},
        },
        Usage(input=2048, cached_input=1800, cache_write=148, cache_write_1h=100, output=503),
        id="Prompt caching, an earlier edition, whose parts do not add up to the total",
    ),
    pytest.param(
        {
            "input_tokens": 105,
            "output_tokens": 6039,
            "cache_read_input_tokens": 7123,
            "cache_creation_input_tokens": 7345,
            "server_tool_use": {"web_search_requests": 1},
        },
        Usage(input=105, cached_input=7123, cache_write=7345, output=6039, searches=1),
        id="Web search tool, Usage and pricing",
    ),
    pytest.param(
        {
            "input_tokens": 410,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 585,
            "service_tier": "priority",
        },
        Usage(input=410, output=585, tier="priority"),
        id="Service tiers",
    ),
    pytest.param(
        {"input_tokens": 10, "output_tokens": 20, "service_tier": "standard", "speed": "fast"},
        Usage(input=10, output=20, tier="fast"),
        id="Fast mode",
    ),
]


def usage_of(told: JsonObject) -> Usage | None:
    reported = read_reported(json.dumps(told).encode())
    return buckets(reported) if reported is not None else None


@pytest.mark.parametrize(("told", "expected"), PUBLISHED)
def test_published_usage_falls_into_its_buckets(told: JsonObject, expected: Usage) -> None:
    assert usage_of(told) == expected


@given(*[COUNTS] * 7)
def test_the_buckets_add_up_to_what_is_counted(  # noqa: PLR0917 -- one argument a count of the object
    fresh: int, cached: int, short: int, long: int, output: int, thinking: int, searches: int
) -> None:
    told = Told.model_validate(
        {
            "input_tokens": fresh,
            "cache_read_input_tokens": cached,
            "cache_creation_input_tokens": short + long,
            "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long},
            "output_tokens": output,
            "output_tokens_details": {"thinking_tokens": min(thinking, output)},
            "server_tool_use": {"web_search_requests": searches, "web_fetch_requests": 3},
            "service_tier": "batch",
        }
    )

    assert usage_of(told.model_dump()) == Usage(
        input=fresh,
        cached_input=cached,
        cache_write=short,
        cache_write_1h=long,
        output=output - min(thinking, output),
        reasoning=min(thinking, output),
        searches=searches,
        tier="batch",
    )


PARTS = st.none() | st.integers(-(10**6), 10**6) | st.sampled_from([MOST, -MOST])


@given(COUNTS, COUNTS, COUNTS, st.lists(PARTS, min_size=3, max_size=3))
def test_whatever_the_parts_are_the_buckets_add_up_to_the_totals(
    fresh: int, written: int, output: int, parts: list[int | None]
) -> None:
    usage = usage_of(
        {
            "input_tokens": fresh,
            "cache_creation_input_tokens": written,
            "output_tokens": output,
            "cache_creation": {"ephemeral_5m_input_tokens": parts[0], "ephemeral_1h_input_tokens": parts[1]},
            "output_tokens_details": {"thinking_tokens": parts[2]},
        }
    )

    assert usage is not None
    assert (usage.prompt, usage.completion) == (fresh + written, output)
    assert min(usage.cache_write, usage.cache_write_1h, usage.output, usage.reasoning) >= 0


def test_a_cache_that_is_told_in_parts_alone_is_their_sum() -> None:
    told = {
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4},
    }

    assert usage_of(told) == Usage(input=1, cache_write=3, cache_write_1h=4, output=2)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"input_tokens": -1, "output_tokens": 1}, id="negative"),
        pytest.param({"input_tokens": 1, "output_tokens": MOST}, id="absurd"),
        pytest.param({"input_tokens": 1, "output_tokens": 1.0}, id="a fraction"),
        pytest.param({"input_tokens": 1, "output_tokens": None}, id="nothing"),
        pytest.param({"input_tokens": 1, "output_tokens": 1, "cache_read_input_tokens": -1}, id="a negative cache"),
        pytest.param(
            {"input_tokens": 1, "output_tokens": 1, "server_tool_use": {"web_search_requests": -1}},
            id="negative searches",
        ),
    ],
)
def test_counts_that_cannot_be_are_not_believed(told: JsonObject) -> None:
    assert usage_of(told) is None
