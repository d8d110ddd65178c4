"""Usage objects of OpenAI's wire format, and the buckets that they stand for.

Sources: OpenAI's API reference, "The chat completion object" (`usage`), "Create embeddings", "Create image", "Create
transcription" and "Create speech", and the types of the `openai` package. `cached_tokens`, `cache_write_tokens`,
`audio_tokens` and `image_tokens` are parts of the tokens that went in, `reasoning_tokens` and `audio_tokens` of those
that came out. Others that speak the format differ in this:

- DeepSeek (API reference, "Create chat completion") tells what came from its cache as `prompt_cache_hit_tokens`.
- xAI (also through Google Cloud, "Reasoning for Grok models") counts reasoning beside `completion_tokens`. Its
  `total_tokens` show that: they are the sum of all three.
- Voyage (API reference, "Text embeddings") tells of embeddings nothing but `total_tokens`.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from headgate.core.json import JSON_FAULTS
from headgate.core.usage import Usage
from headgate.dialects.counting import MOST, believed, part

_ABSENT: Final = msgspec.Raw(b"")
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


class _In(msgspec.Struct, gc=False):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None


class _Out(msgspec.Struct, gc=False):
    reasoning_tokens: int | None = None
    audio_tokens: int | None = None


class ReportedUsage(msgspec.Struct, gc=False):
    """A usage object as upstreams send it. `cost` is there if the upstream is one that counts costs itself."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: _In | None = None
    completion_tokens_details: _Out | None = None
    prompt_cache_hit_tokens: int | None = None
    cost: msgspec.Raw = _ABSENT


_reported = msgspec.json.Decoder(ReportedUsage).decode


def read_reported(raw: msgspec.Raw | bytes) -> ReportedUsage | None:
    """A usage object, or None if it is none."""
    try:
        bytes(raw).decode()
        return _reported(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def buckets(reported: ReportedUsage, tier: str = "") -> Usage | None:
    """The disjoint buckets, or None if the totals are missing, negative or absurd."""
    prompt, completion = reported.prompt_tokens, reported.completion_tokens or 0
    if prompt is None or not (0 <= prompt < MOST and 0 <= completion < MOST):
        return None
    inward, outward = reported.prompt_tokens_details, reported.completion_tokens_details
    hit = reported.prompt_cache_hit_tokens
    if inward is None and outward is None and hit is None:
        return Usage(input=prompt, output=completion, tier=tier)
    return _parted(prompt, completion, reported.total_tokens, inward=inward or _In(hit), outward=outward, tier=tier)


def running(usage: Usage, events: int) -> Usage:
    """What an upstream that counts while it answers has told of an answer that did not end, of which so many events
    have come."""
    more = max(events - usage.completion, 0)
    return msgspec.structs.replace(usage, output=usage.output + more, estimated=True)


def embedded(reported: ReportedUsage) -> Usage | None:
    """The buckets of an answer of vectors. All tokens went in, so the total is enough."""
    if reported.prompt_tokens is None and reported.completion_tokens is None:
        reported.prompt_tokens = reported.total_tokens
    return buckets(reported)


def _parted(
    prompt: int, completion: int, total: int | None, *, inward: _In | None, outward: _Out | None, tier: str = ""
) -> Usage | None:
    cached = written = heard = seen = thought = spoken = 0
    fresh = prompt
    if inward is not None:
        # What is told to be cached may be sound or pictures too: it counts as cached.
        fresh -= (cached := part(inward.cached_tokens, fresh))
        fresh -= (written := part(inward.cache_write_tokens, fresh))
        fresh -= (heard := part(inward.audio_tokens, fresh))
        fresh -= (seen := part(inward.image_tokens, fresh))
    if outward is not None:
        reasoning = outward.reasoning_tokens
        if reasoning is not None and reasoning > 0 and total == prompt + completion + reasoning:
            completion += reasoning
            if completion >= MOST:
                return None
        completion -= (thought := part(reasoning, completion))
        completion -= (spoken := part(outward.audio_tokens, completion))
    return Usage(
        input=fresh,
        cached_input=cached,
        cache_write=written,
        output=completion,
        reasoning=thought,
        audio_input=heard,
        audio_output=spoken,
        image_input=seen,
        tier=tier,
    )


def priced(usage: msgspec.Raw, reported: ReportedUsage, *, extra: bytes) -> msgspec.Raw:
    """A usage object with our own members added; `extra` is a run of JSON members, and wins over the upstream's."""
    given = bytes(usage)
    # An upstream that adds members of ours adds the cost: no other one is looked for.
    if reported.cost is _ABSENT:
        return msgspec.Raw(b"%b,%b}" % (given[:-1], extra))
    return with_members(given, extra)


def with_members(raw: msgspec.Raw | bytes, extra: bytes) -> msgspec.Raw:
    """A usage object with our own members, which win over those of an upstream that counts costs itself."""
    return msgspec.Raw(_encode({**_fields(raw), **_fields(b"{%b}" % extra)}))


def usage_object(usage: Usage, extra: bytes) -> msgspec.Raw:
    """A usage object of our own making, for an upstream that sent none."""
    return msgspec.Raw(
        b'{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,%b%b}'
        % (
            usage.prompt,
            usage.completion,
            usage.prompt + usage.completion,
            b'"estimated":true,' if usage.estimated else b"",
            extra,
        )
    )


# Images and sound


class _ReportedMedia(msgspec.Struct, gc=False):
    """Usage by either pair of names, with details by any of theirs, or in seconds."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    seconds: int | float | None = None
    input_tokens_details: _In | None = None
    input_token_details: _In | None = None
    prompt_tokens_details: _In | None = None
    output_tokens_details: _Out | None = None
    completion_tokens_details: _Out | None = None


_media = msgspec.json.Decoder(_ReportedMedia).decode


def read_media_usage(raw: msgspec.Raw) -> Usage | None:
    """Usage in tokens or in seconds; None if it is neither, or absurd."""
    try:
        bytes(raw).decode()
        reported = _media(raw)
    except JSON_FAULTS:
        return None
    if reported.seconds is not None:
        return in_seconds(reported.seconds)
    prompt = reported.input_tokens if reported.input_tokens is not None else reported.prompt_tokens
    completion = reported.output_tokens if reported.output_tokens is not None else reported.completion_tokens
    if prompt is None or not believed(prompt, completion or 0):
        return None
    inward = reported.input_tokens_details or reported.input_token_details or reported.prompt_tokens_details
    outward = reported.output_tokens_details or reported.completion_tokens_details
    return _parted(prompt, completion or 0, reported.total_tokens, inward=inward, outward=outward)


def in_seconds(seconds: float) -> Usage | None:
    """Usage counted in seconds, a second that has begun as a whole one; None if the number is absurd."""
    return Usage(seconds=max(1, math.ceil(seconds))) if 0 <= seconds < MOST else None


def spoken(usage: Usage) -> Usage:
    """The usage of an answer that is sound: what came out and is not told apart is sound."""
    if not usage.output:
        return usage
    return msgspec.structs.replace(usage, output=0, audio_output=usage.audio_output + usage.output)
