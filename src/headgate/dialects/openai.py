"""OpenAI's wire format, as far as chat and embeddings share it: requests and errors.

Source: OpenAI's API reference (Chat Completions, Embeddings, Error codes). Of a request or answer only the fields
that decide are decoded; the others stay raw and are spliced into what is sent on, byte for byte.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import Final

import msgspec

from headgate.core.errors import InvalidBody, InvalidJson, detail
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import JSON_FAULTS, Json

Fields = dict[str, msgspec.Raw]
"""The top level of a JSON object, values undecoded."""

MODEL_LIMIT: Final = 256
MOST_AGENT_MODELS: Final = 1000
AGENT_CONTEXT: Final = "analytics_context"
AGENT_MODELS: Final = "agent_allowed_models"
RETRY_AFTER_CAP: Final = 3600

STRIPPED: Final = frozenset(
    {
        # Names that other gateways and SDK wrappers read as "send it there, with that key".
        "api_base",
        "base_url",
        "api_key",
        "api_version",
        "api_type",
        "extra_headers",
        "default_headers",
        "organization",
        "custom_llm_provider",
        "azure_endpoint",
        "azure_ad_token",
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "aws_bedrock_runtime_endpoint",
        "vertex_credentials",
        "proxy",
        "proxies",
        "model_list",
        "fallbacks",
        "mock_response",
        # Correlation fields of the catalogue API's published chat schema; upstreams would refuse them.
        "task_id",
        AGENT_CONTEXT,
    }
)
"""Names that are taken out of every request body, at its top level and in `extra_body`."""

ANY_MODEL: Final[frozenset[str]] = frozenset()
"""What a request says of models that sets no bounds."""

_DROPPED: Final = STRIPPED - {AGENT_CONTEXT}

_fields = msgspec.json.Decoder(Fields).decode
_string = msgspec.json.Decoder(str | None).decode
_boolean = msgspec.json.Decoder(bool | None).decode
_strings = msgspec.json.Decoder(list[str]).decode
encode = msgspec.json.Encoder().encode


def read_fields(body: bytes | memoryview) -> Fields:
    """The top level of a request body; InvalidJson for anything that is not one JSON object in UTF-8.

    What AGENT_CONTEXT holds is left for `take_agent_models` to read and to take out.
    """
    try:
        if not (isinstance(body, bytes) and body.isascii()):
            codecs.utf_8_decode(body, "strict", True)
        fields = _fields(body)
    except UnicodeDecodeError as error:
        raise InvalidJson(f"the body is not UTF-8: byte {error.start}") from error
    except JSON_FAULTS as error:
        raise InvalidJson(f"the body is not a JSON object: {error}") from error
    if not _DROPPED.isdisjoint(fields):
        for name in _DROPPED & fields.keys():
            del fields[name]
    if "extra_body" in fields:
        _strip_extra(fields)
    return fields


def take_agent_models(fields: Fields) -> frozenset[str]:
    """The models that the agent behind a request may call, as its context lists them; ANY_MODEL without a list.

    The context is taken out of the fields. InvalidBody if its list is anything but names of models.
    """
    try:
        context = _fields(fields.pop(AGENT_CONTEXT))
    except JSON_FAULTS:
        return ANY_MODEL
    raw = context.get(AGENT_MODELS)
    if raw is None or bytes(raw) == b"null":
        return ANY_MODEL
    path = f"{AGENT_CONTEXT}.{AGENT_MODELS}"
    accepted = f"a list of at most {MOST_AGENT_MODELS} names of models, of 1 to {MODEL_LIMIT} characters each"
    try:
        names: list[str] = _strings(raw)
    except JSON_FAULTS as error:
        raise _invalid(path, accepted) from error
    if len(names) > MOST_AGENT_MODELS or not all(0 < len(name) <= MODEL_LIMIT for name in names):
        raise _invalid(path, accepted)
    return frozenset(names)


def _strip_extra(fields: Fields) -> None:
    try:
        extra = _fields(fields["extra_body"])
    except JSON_FAULTS:
        del fields["extra_body"]
        return
    fields["extra_body"] = msgspec.Raw(encode({key: raw for key, raw in extra.items() if key not in STRIPPED}))


def text(fields: Fields, name: str, limit: int) -> str | None:
    """A string field, None if absent or null; InvalidBody if it is anything else, empty or too long."""
    raw = fields.get(name)
    if raw is None:
        return None
    try:
        value: str | None = _string(raw)
    except msgspec.MsgspecError as error:
        raise _invalid(name, f"a string of 1 to {limit} characters") from error
    if value is not None and not 0 < len(value) <= limit:
        raise _invalid(name, f"a string of 1 to {limit} characters")
    return value


def flag(fields: Fields, name: str) -> bool:
    """A boolean field, False if absent or null; InvalidBody if it is anything else."""
    raw = fields.get(name)
    if raw is None:
        return False
    try:
        return _boolean(raw) or False
    except msgspec.MsgspecError as error:
        raise _invalid(name, "true or false") from error


def _invalid(name: str, accepted: str) -> InvalidBody:
    return InvalidBody(f"{name!r} is {accepted}", details=[detail(name, accepted)])


# Failures


def classify(status: int, headers: Mapping[bytes, bytes], body: bytes) -> Failure:
    """The failure that an upstream's answer other than 2xx means. The status is a fact; the text is only passed on."""
    retry_after = read_retry_after(headers)
    if status == 429:
        kind, message = FailureKind.RATE_LIMITED, "the upstream limits its rate"
    elif status >= 500 or status == 408:
        kind, message = FailureKind.SERVER_ERROR, f"the upstream failed with status {status}"
    elif status in (401, 403):
        kind, message = FailureKind.CREDENTIAL_REJECTED, f"the upstream refused the credential with status {status}"
    elif status >= 400:
        kind, message = FailureKind.REJECTED, error_message(body) or f"the upstream refused with status {status}"
    else:
        kind, message = FailureKind.MALFORMED, f"the upstream answered with status {status}; redirects are not followed"
    return Failure(kind=kind, message=message, status=status, retry_after=retry_after, body=body)


def read_retry_after(headers: Mapping[bytes, bytes]) -> int | None:
    """Seconds of a `retry-after` in seconds, from 1 up to a cap. A date is not taken: it needs the upstream's clock."""
    value = headers.get(b"retry-after", b"").strip()
    if not value.isdigit() or len(value) > 12:
        return None
    return min(max(int(value), 1), RETRY_AFTER_CAP)


class UpstreamError(msgspec.Struct, frozen=True):
    """The fields of OpenAI's error object that are passed on to the caller."""

    message: str = ""
    type: str | None = None
    param: str | None = None
    code: str | None = None


class _Error(msgspec.Struct):
    message: str = ""
    type: Json = None
    param: Json = None
    code: Json = None


class _Enveloped(msgspec.Struct):
    error: _Error | str


class _Bare(msgspec.Struct):
    message: str


_enveloped = msgspec.json.Decoder(_Enveloped).decode
_bare = msgspec.json.Decoder(_Bare).decode


def read_error(body: bytes) -> UpstreamError | None:
    """The error object of an upstream's body, in the shapes that OpenAI-compatible servers use; None for others."""
    try:
        error = _enveloped(body).error
    except JSON_FAULTS:
        try:
            return UpstreamError(message=_bare(body).message)
        except JSON_FAULTS:
            return None
    if isinstance(error, str):
        return UpstreamError(message=error)
    return UpstreamError(error.message, _word(error.type), _word(error.param), _word(error.code))


def _word(value: Json) -> str | None:
    """Some servers write a number where OpenAI writes a word."""
    return str(value) if isinstance(value, str | int) else None


def error_message(body: bytes) -> str:
    error = read_error(body)
    return error.message if error is not None else ""
