"""The chat dialect: requests that are sent on, and whole answers."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.kinds import Kind
from headgate.core.errors import InvalidBody, InvalidJson
from headgate.core.failure import Failure
from headgate.core.json import Json
from headgate.core.usage import Usage
from headgate.dialects.openai import STRIPPED
from headgate.dialects.openai_chat import ChatRequest, whole_answer
from headgate.dialects.openai_codec import ChatOverOpenAI
from tests.dialects.kinds import route_of

MINE = msgspec.Raw(b'"mine"')
SILENT = b'{"model":"m","messages":[],"stream":true}'


def sent_for(request: ChatRequest, defaults: Mapping[str, object] | None = None) -> Json:
    """What an upstream gets."""
    return json.loads(ChatOverOpenAI().outbound(request, route_of(Kind.CHAT), defaults or {}))


def extra(usage: Usage) -> bytes:
    return b'"cost":%d' % (usage.prompt + usage.completion)


@pytest.mark.parametrize("name", sorted(STRIPPED))
def test_no_field_that_chooses_an_upstream_is_sent_on(name: str) -> None:
    body = json.dumps({"model": "m", "messages": [], name: "x", "extra_body": {name: "x", "kept": 1}}).encode()

    sent = sent_for(ChatRequest(body))

    assert sent == {"model": "up", "messages": [], "extra_body": {"kept": 1}}


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
        ),
    )
)
def test_other_fields_pass_through_unchanged(fields: dict[str, object]) -> None:
    fields = {
        key: value for key, value in fields.items() if key not in {*STRIPPED, "extra_body", "stream", "stream_options"}
    }
    body = {**fields, "model": "m", "messages": []}

    sent = sent_for(ChatRequest(json.dumps(body).encode()))

    assert sent == {**body, "model": "up"}


def test_an_entrys_defaults_fill_what_the_caller_left_out() -> None:
    request = ChatRequest(b'{"model":"m","messages":[],"temperature":0.1}')

    sent = sent_for(request, {"temperature": 0.9, "max_tokens": 5})

    assert (sent["temperature"], sent["max_tokens"]) == (0.1, 5)


def test_a_newer_name_for_max_tokens_keeps_the_entrys_default_out() -> None:
    request = ChatRequest(b'{"model":"m","messages":[],"max_completion_tokens":9}')

    assert "max_tokens" not in sent_for(request, {"max_tokens": 5})


def test_the_upstream_of_a_stream_is_asked_for_usage_and_keeps_the_callers_other_options() -> None:
    body = b'{"model":"m","messages":[],"stream":true,"stream_options":{"include_obfuscation":false}}'

    sent = sent_for(ChatRequest(body))

    assert sent["stream_options"] == {"include_obfuscation": False, "include_usage": True}


@pytest.mark.parametrize(
    "body", [b"", b"nul", b'"text"', b"[]", b'{"a":1', b'{"a":NaN}', b'{"a":1}{', b"\xff\xfe{}", b'{"a":"\xc3"}']
)
def test_a_body_that_is_not_one_object_is_refused(body: bytes) -> None:
    for form in (body, memoryview(body)):
        with pytest.raises(InvalidJson):
            ChatRequest(form)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_request_or_a_named_error(body: bytes) -> None:
    with contextlib.suppress(InvalidJson, InvalidBody):
        ChatRequest(body)


def test_a_whole_answer_that_is_not_json_is_a_failure() -> None:
    answer = whole_answer(b"<html>", MINE, ChatRequest(SILENT), extra)

    assert isinstance(answer, Failure)
    assert answer.kind == "malformed"


def test_a_whole_answer_keeps_every_other_byte_of_its_fields() -> None:
    body = (
        b'{"id":"x","model":"up","score":1.50,"choices":[{"message":{"content":"\\u00e9"}}],'
        b'"usage":{"prompt_tokens":1,"completion_tokens":1}}'
    )

    answer = whole_answer(body, MINE, ChatRequest(SILENT), extra)

    assert answer == body.replace(b'"up"', MINE).replace(b'"completion_tokens":1}', b'"completion_tokens":1,"cost":2}')
