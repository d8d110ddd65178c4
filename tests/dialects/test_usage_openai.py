"""Usage objects of OpenAI's wire format: their buckets do not overlap and add up to the provider's totals."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import CompletionUsage

from headgate.core.json import JsonObject
from headgate.core.usage import Usage
from headgate.dialects.counting import MOST
from headgate.dialects.openai_usage import buckets, embedded, read_reported

COUNTS = st.integers(0, 10**6)

PUBLISHED = [
    pytest.param(
        {
            "prompt_tokens": 19,
            "completion_tokens": 10,
            "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        Usage(input=19, output=10),
        id="OpenAI, API reference, The chat completion object",
    ),
    pytest.param(
        {
            "prompt_tokens": 2006,
            "completion_tokens": 300,
            "total_tokens": 2306,
            "prompt_tokens_details": {"cached_tokens": 1920},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        Usage(input=86, cached_input=1920, output=300),
        id="OpenAI, Prompt caching",
    ),
    pytest.param(
        {
            "prompt_tokens": 125,
            "completion_tokens": 48,
            "total_tokens": 173,
            "prompt_tokens_details": {"text_tokens": 125, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 98},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
        Usage(input=27, cached_input=98, output=48),
        id="xAI, Prompt caching",
    ),
    pytest.param(
        {
            "completion_tokens": 2,
            "completion_tokens_details": {"reasoning_tokens": 0},
            "cost": 0.95,
            "cost_details": {"upstream_inference_cost": 19},
            "prompt_tokens": 194,
            "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 100, "audio_tokens": 0},
            "total_tokens": 196,
        },
        Usage(input=94, cache_write=100, output=2),
        id="OpenRouter, Usage accounting",
    ),
    pytest.param(
        {
            "prompt_tokens": 16,
            "completion_tokens": 10,
            "total_tokens": 26,
            "prompt_cache_hit_tokens": 6,
            "prompt_cache_miss_tokens": 10,
        },
        Usage(input=10, cached_input=6, output=10),
        id="DeepSeek, Create chat completion",
    ),
    pytest.param(
        {
            "completion_tokens": 50,
            "completion_tokens_details": {"audio_tokens": 0, "reasoning_tokens": 124},
            "cost_in_usd_ticks": 0,
            "num_sources_used": 0,
            "prompt_tokens": 663,
            "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 654, "image_tokens": 0, "text_tokens": 663},
            "total_tokens": 837,
        },
        Usage(input=9, cached_input=654, output=50, reasoning=124),
        id="Google Cloud, Reasoning for Grok models: reasoning beside the completion",
    ),
]


def usage_of(told: JsonObject) -> Usage | None:
    reported = read_reported(json.dumps(told).encode())
    return buckets(reported) if reported is not None else None


def parts_of(usage: Usage) -> list[int]:
    return [value for value in (getattr(usage, name) for name in Usage.__struct_fields__) if type(value) is int]


@pytest.mark.parametrize(("told", "expected"), PUBLISHED)
def test_published_usage_falls_into_its_buckets(told: JsonObject, expected: Usage) -> None:
    assert usage_of(told) == expected
    assert expected.prompt + expected.completion == told["total_tokens"]


def test_sound_has_buckets_of_its_own() -> None:
    told = {
        "prompt_tokens": 100,
        "completion_tokens": 90,
        "prompt_tokens_details": {"audio_tokens": 60, "text_tokens": 40, "cached_tokens": 10, "image_tokens": 5},
        "completion_tokens_details": {"audio_tokens": 70, "text_tokens": 20},
    }

    assert usage_of(told) == Usage(input=25, cached_input=10, audio_input=60, image_input=5, output=20, audio_output=70)


PARTS = st.none() | st.integers(-(10**6), 10**6) | st.sampled_from([MOST, -MOST, 10**30])


def some(*names: str) -> st.SearchStrategy[JsonObject | None]:
    return st.none() | st.fixed_dictionaries({}, optional=dict.fromkeys(names, PARTS))


@given(
    COUNTS,
    COUNTS,
    some("cached_tokens", "cache_write_tokens", "audio_tokens", "image_tokens", "text_tokens"),
    some("reasoning_tokens", "audio_tokens", "rejected_prediction_tokens"),
    st.none() | st.integers(-10, 10**6),
)
def test_whatever_the_parts_are_the_buckets_add_up_to_the_totals(
    prompt: int, completion: int, inward: JsonObject | None, outward: JsonObject | None, hit: int | None
) -> None:
    told = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "prompt_tokens_details": inward,
        "completion_tokens_details": outward,
        "prompt_cache_hit_tokens": hit,
        "total_tokens": prompt + completion,
    }

    usage = usage_of(told)

    # A number beyond 64 bits makes the object none that can be read.
    if usage is not None:
        assert (usage.prompt, usage.completion) == (prompt, completion)
        assert min(parts_of(usage)) >= 0
    else:
        assert "1000000000000000000000000000000" in json.dumps(told)


@given(COUNTS, COUNTS, st.data())
def test_parts_that_fit_stand_in_their_buckets(prompt: int, completion: int, data: st.DataObject) -> None:
    cached = data.draw(st.integers(0, prompt))
    written = data.draw(st.integers(0, prompt - cached))
    heard = data.draw(st.integers(0, prompt - cached - written))
    thought = data.draw(st.integers(0, completion))
    spoken = data.draw(st.integers(0, completion - thought))
    told = CompletionUsage.model_validate(
        {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {
                "cached_tokens": cached,
                "cache_write_tokens": written,
                "audio_tokens": heard,
            },
            "completion_tokens_details": {"reasoning_tokens": thought, "audio_tokens": spoken},
        }
    )

    assert usage_of(told.model_dump()) == Usage(
        input=prompt - cached - written - heard,
        cached_input=cached,
        cache_write=written,
        audio_input=heard,
        output=completion - thought - spoken,
        reasoning=thought,
        audio_output=spoken,
    )


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"prompt_tokens": MOST, "completion_tokens": 1}, id="absurd"),
        pytest.param({"prompt_tokens": 1, "completion_tokens": -1}, id="negative"),
        pytest.param({"prompt_tokens": 1.0, "completion_tokens": 1}, id="a fraction"),
        pytest.param({"prompt_tokens": True, "completion_tokens": 1}, id="a truth"),
        pytest.param({"prompt_tokens": None, "completion_tokens": 1}, id="nothing"),
        pytest.param(
            {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": "1"}}, id="a part that is no number"
        ),
        pytest.param(
            {
                "prompt_tokens": 1,
                "completion_tokens": MOST - 1,
                "completion_tokens_details": {"reasoning_tokens": 5},
                "total_tokens": MOST + 5,
            },
            id="absurd with the reasoning beside it",
        ),
    ],
)
def test_totals_that_cannot_be_are_not_believed(told: JsonObject) -> None:
    assert usage_of(told) is None


def test_of_vectors_the_total_is_enough() -> None:
    """Voyage, "Text embeddings"; OpenAI, "Create embeddings"."""
    total = read_reported(b'{"total_tokens":10}')
    both = read_reported(b'{"prompt_tokens":8,"total_tokens":8}')

    assert total is not None
    assert both is not None
    assert (embedded(total), embedded(both)) == (Usage(input=10), Usage(input=8))
