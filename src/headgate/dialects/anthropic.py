"""Anthropic's wire format, as far as requests and answers of the Messages API share it: usage, reasons to stop, errors.

Source: Anthropic's API reference, "Messages", "Streaming messages" and "Errors", and the types of the `anthropic`
package; for what is billed beside tokens its pages on the web search tool, the web fetch tool (which costs nothing but
its tokens) and fast mode.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from headgate.core.failure import Failure, FailureKind
from headgate.core.usage import Usage
from headgate.dialects import openai, openai_usage
from headgate.dialects.counting import believed, part, tier

CREATED: Final = 0
"""What an answer's `created` is: Anthropic tells no time, and OpenAI's clients want a number."""

_FAST: Final = "fast"
_FINISHES: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    # The model was interrupted in a turn of its own tools: like a text at its limit, the answer wants to be continued.
    "pause_turn": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_ERRORS: Final = {
    "invalid_request_error": FailureKind.REJECTED,
    "not_found_error": FailureKind.REJECTED,
    "request_too_large": FailureKind.REJECTED,
    "authentication_error": FailureKind.CREDENTIAL_REJECTED,
    "permission_error": FailureKind.CREDENTIAL_REJECTED,
    "billing_error": FailureKind.CREDENTIAL_REJECTED,
    "rate_limit_error": FailureKind.RATE_LIMITED,
}


def finish_reason(stop_reason: str | None) -> str:
    """OpenAI's word for why the model stopped. The list of reasons may grow: an unknown one is an ordinary end."""
    return _FINISHES.get(stop_reason or "", "stop")


class StopDetails(msgspec.Struct, gc=False):
    """What is told beside a reason to stop: of a refusal, a sentence about it."""

    explanation: str | None = None


# Usage


class _OutputDetails(msgspec.Struct, gc=False):
    thinking_tokens: int | None = None


class _CacheCreation(msgspec.Struct, gc=False):
    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class _ServerTools(msgspec.Struct, gc=False):
    web_search_requests: int | None = None


class ReportedUsage(msgspec.Struct, gc=False):
    """A usage object, or the part of one that an event of a stream brings."""

    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: _CacheCreation | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None
    output_tokens_details: _OutputDetails | None = None
    server_tool_use: _ServerTools | None = None
    service_tier: str | None = None
    speed: str | None = None

    def updated(self, later: ReportedUsage) -> ReportedUsage:
        """With what a later event says. Its figures are cumulative: each replaces the one before."""
        both = {name: getattr(self, name) for name in self.__struct_fields__}
        both.update((name, value) for name in both if (value := getattr(later, name)) is not None)
        return ReportedUsage(**both)


_reported = msgspec.json.Decoder(ReportedUsage).decode


def read_reported(raw: msgspec.Raw | bytes) -> ReportedUsage | None:
    """A usage object, or None if it is none."""
    try:
        return _reported(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def buckets(reported: ReportedUsage) -> Usage | None:
    """The disjoint buckets, or None if the totals are missing, negative or absurd.

    Anthropic counts what was read from and written to the cache beside `input_tokens`, and thinking inside
    `output_tokens`. The total of what was written counts before its parts: only the total is told again at the end of
    a stream. Fast mode has prices of its own, and no other tier beside it.
    """
    if reported.input_tokens is None or reported.output_tokens is None:
        return None
    fresh, cached, output = reported.input_tokens, reported.cache_read_input_tokens or 0, reported.output_tokens
    written, for_an_hour = _written(reported)
    tools, details = reported.server_tool_use, reported.output_tokens_details
    searches = (tools.web_search_requests or 0) if tools is not None else 0
    if not believed(fresh, cached, written, output, searches):
        return None
    thinking = part(details.thinking_tokens, output) if details is not None else 0
    return Usage(
        input=fresh,
        cached_input=cached,
        cache_write=written - for_an_hour,
        cache_write_1h=for_an_hour,
        output=output - thinking,
        reasoning=thinking,
        searches=searches,
        tier=_FAST if reported.speed == _FAST else tier(reported.service_tier),
    )


def _written(reported: ReportedUsage) -> tuple[int, int]:
    """What was written to the cache, and how much of it to last an hour."""
    total, parts = reported.cache_creation_input_tokens, reported.cache_creation
    if parts is None:
        return total or 0, 0
    if total is None:
        total = max(parts.ephemeral_5m_input_tokens or 0, 0) + max(parts.ephemeral_1h_input_tokens or 0, 0)
    return total, part(parts.ephemeral_1h_input_tokens, max(total, 0))


def usage_object(usage: Usage, extra: bytes) -> msgspec.Raw:
    """The usage as OpenAI writes it, with our own members."""
    if usage.estimated:
        return openai_usage.usage_object(usage, extra)
    return msgspec.Raw(
        b'{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,'
        b'"prompt_tokens_details":{"cached_tokens":%d,"cache_write_tokens":%d},'
        b'"completion_tokens_details":{"reasoning_tokens":%d},%b}'
        % (
            usage.prompt,
            usage.completion,
            usage.prompt + usage.completion,
            usage.cached_input,
            usage.cache_write + usage.cache_write_1h,
            usage.reasoning,
            extra,
        )
    )


# Failures


def classify(status: int, headers: Mapping[bytes, bytes], *, body: bytes) -> Failure:
    """The failure that an answer other than 200 means. The status is a fact; the text is only passed on."""
    if status == 402:
        # An account that cannot pay is the credential's, and no mistake of the caller.
        message = "the upstream refused the credential with status 402"
        return Failure(kind=FailureKind.CREDENTIAL_REJECTED, message=message, status=status, body=body)
    # 529, Anthropic's own for an overloaded service, is a server's error like any other from 500 on.
    return openai.classify(status, headers, body)


def reported_error(body: bytes) -> Failure:
    """The failure that an error object means which came with status 200, as a whole answer or in a stream."""
    error = openai.read_error(body)
    kind = _ERRORS.get(error.type or "", FailureKind.SERVER_ERROR) if error is not None else FailureKind.SERVER_ERROR
    message = error.message if error is not None else ""
    return Failure(kind=kind, message=message or "the upstream failed", body=body)


def malformed(message: str) -> Failure:
    return Failure(kind=FailureKind.MALFORMED, message=message)
