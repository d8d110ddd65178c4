"""Usage of images, sound and ordered documents: the buckets of what is counted, and of what is not."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.json import JsonObject
from headgate.core.usage import Usage
from headgate.dialects.openai_images import ImageOverOpenAI, ImageRequest
from headgate.dialects.openai_usage import read_media_usage, spoken
from headgate.dialects.rerank import RerankOverRerank, RerankRequest
from tests.dialects.kinds import MINE

COUNTS = st.integers(0, 10**6)
PICTURES = ImageRequest(b'{"prompt":"a cat","n":2}')
DOCUMENTS = RerankRequest(b'{"query":"q","documents":["a","b"]}')

PUBLISHED = [
    pytest.param(
        {
            "total_tokens": 100,
            "input_tokens": 50,
            "output_tokens": 50,
            "input_tokens_details": {"text_tokens": 10, "image_tokens": 40},
        },
        Usage(input=10, image_input=40, output=50),
        id="OpenAI, API reference, Create image",
    ),
    pytest.param(
        {
            "type": "tokens",
            "input_tokens": 14,
            "input_token_details": {"text_tokens": 0, "audio_tokens": 14},
            "output_tokens": 45,
            "total_tokens": 59,
        },
        Usage(audio_input=14, output=45),
        id="OpenAI, API reference, Create transcription",
    ),
    pytest.param(
        {"type": "duration", "seconds": 9}, Usage(seconds=9), id="OpenAI, API reference, transcription by time"
    ),
    pytest.param(
        {
            "input_tokens": 36,
            "input_tokens_details": {"cached_tokens": 6},
            "output_tokens": 87,
            "output_tokens_details": {"reasoning_tokens": 7},
            "total_tokens": 123,
        },
        Usage(input=30, cached_input=6, output=80, reasoning=7),
        id="OpenAI, API reference, Create a model response",
    ),
]


def usage_of(told: JsonObject) -> Usage | None:
    return read_media_usage(msgspec.Raw(json.dumps(told).encode()))


def settled(codec: ImageOverOpenAI | RerankOverRerank, request: ImageRequest | RerankRequest, answer: object) -> Usage:
    """What an answer is settled with."""
    found: list[Usage] = []

    def extra(usage: Usage) -> bytes:
        found.append(usage)
        return b'"cost":null'

    told = codec.whole(json.dumps(answer).encode(), MINE, request, extra)
    assert isinstance(told, bytes), told
    return found[-1]


@pytest.mark.parametrize(("told", "expected"), PUBLISHED)
def test_published_usage_falls_into_its_buckets(told: JsonObject, expected: Usage) -> None:
    assert usage_of(told) == expected


@given(COUNTS, COUNTS, st.integers(-5, 10**7), st.integers(-5, 10**7), st.integers(-5, 10**7))
def test_whatever_the_parts_are_the_buckets_add_up_to_the_totals(
    inward: int, outward: int, seen: int, heard: int, cached: int
) -> None:
    usage = usage_of(
        {
            "input_tokens": inward,
            "output_tokens": outward,
            "input_tokens_details": {"image_tokens": seen, "audio_tokens": heard, "cached_tokens": cached},
        }
    )

    assert usage is not None
    assert (usage.prompt, usage.completion) == (inward, outward)
    assert min(usage.input, usage.cached_input, usage.audio_input, usage.image_input) >= 0


def test_what_comes_out_of_speech_is_sound() -> None:
    assert spoken(Usage(input=3, output=5, audio_output=1)) == Usage(input=3, audio_output=6)


def test_pictures_without_tokens_are_counted() -> None:
    usage = settled(ImageOverOpenAI(), PICTURES, {"data": [{"url": "a"}, {"url": "b"}]})

    assert (usage.images, usage.output, usage.estimated) == (2, 0, True)


def test_pictures_in_tokens_are_not_counted_again() -> None:
    usage = settled(
        ImageOverOpenAI(), PICTURES, {"data": [{"url": "a"}], "usage": {"input_tokens": 5, "output_tokens": 6}}
    )

    assert usage == Usage(input=5, output=6)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(
            {"meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}}},
            Usage(searches=1),
            id="Cohere, v2/rerank",
        ),
        pytest.param({"usage": {"total_tokens": 815}}, Usage(input=815), id="Jina, Reranker"),
        pytest.param(
            {"usage": {"total_tokens": 150, "search_units": 1, "cost": 0.001}},
            Usage(input=150, searches=1),
            id="OpenRouter, Submit a rerank request",
        ),
    ],
)
def test_published_usage_of_an_order_falls_into_its_buckets(told: JsonObject, expected: Usage) -> None:
    answer = {"results": [{"index": 0, "relevance_score": 0.5}], **told}

    assert settled(RerankOverRerank("native"), DOCUMENTS, answer) == expected


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"meta": {"billed_units": {"search_units": -1}}},
        {"meta": {"billed_units": "many"}},
        {"meta": {"billed_units": {"search_units": 10**13}}},
        {"usage": {"total_tokens": -1}},
    ],
)
def test_an_order_whose_usage_cannot_be_is_estimated(told: JsonObject) -> None:
    answer = {"results": [{"index": 0, "relevance_score": 0.5}], **told}

    assert settled(RerankOverRerank("native"), DOCUMENTS, answer) == DOCUMENTS.estimate(0)
