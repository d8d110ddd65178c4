"""The chat dialect: requests that are sent on, answers that come back."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import InvalidBody, InvalidJson
from headgate.core.failure import Failure
from headgate.core.usage import Usage
from headgate.dialects.openai import STRIPPED, read_error, read_retry_after, read_usage
from headgate.dialects.openai_chat import ChatRequest, StreamRelay, whole_answer
from tests.dialects.pieces import CUTS, cut_at

UP = msgspec.Raw(b'"up"')
MINE = msgspec.Raw(b'"mine"')
ASKING = b'{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}}'
SILENT = b'{"model":"m","messages":[],"stream":true}'


def extra(usage: Usage) -> bytes:
    return b'"cost":%d' % (usage.prompt + usage.completion)


def event(fields: Mapping[str, object], *, compact: bool = True) -> bytes:
    separators = (",", ":") if compact else (", ", ": ")
    return b"data: " + json.dumps(fields, separators=separators).encode() + b"\n\n"


def chunk(content: str, *, finish: str | None = None, compact: bool = True, **more: object) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
    return event(
        {"id": "c", "object": "chat.completion.chunk", "model": "up", "choices": [choice], **more}, compact=compact
    )


USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
USAGE_EVENT = event({"id": "c", "object": "chat.completion.chunk", "model": "up", "choices": [], "usage": USAGE})
RECORDED = (
    chunk("", usage=None)
    + chunk('tricky \\"model\\":\\"up\\" "finish_reason":null data: [DONE]', usage=None)
    + b": ping\n\n"
    + chunk("ünïcode 字", usage=None)
    + chunk("", finish="stop", usage=None)
    + USAGE_EVENT
    + b"data: [DONE]\n\n"
)


def relayed(pieces: list[bytes], body: bytes = ASKING, *, framed: bool = True) -> tuple[bytes, StreamRelay]:
    relay = StreamRelay(MINE, ChatRequest(body), extra)
    out = b"".join(relay.feed(piece) for piece in pieces)
    return out + relay.end(framed=framed), relay


def payloads(out: bytes) -> list[object]:
    datas = [part.removeprefix(b"data: ") for part in out.split(b"\n\n") if part.startswith(b"data: ")]
    return [json.loads(data) for data in datas if data != b"[DONE]"]


@given(CUTS)
def test_an_answer_does_not_depend_on_how_the_bytes_arrive(cuts: list[int]) -> None:
    out, relay = relayed(cut_at(RECORDED, cuts))

    expected, _ = relayed([RECORDED])
    assert payloads(out) == payloads(expected)
    assert out.endswith(b"data: [DONE]\n\n")
    assert relay.usage == Usage(input=7, output=3)


def test_an_answer_split_at_every_byte_is_the_same_answer() -> None:
    out, _ = relayed([bytes([byte]) for byte in RECORDED])

    assert payloads(out) == payloads(relayed([RECORDED])[0])


@pytest.mark.parametrize("compact", [True, False])
def test_every_chunk_bears_the_entrys_name_and_is_otherwise_unchanged(compact: bool) -> None:  # noqa: FBT001
    pieces = [chunk(f"t{n}", compact=compact) for n in range(5)]

    out, _ = relayed([*pieces, chunk("", finish="stop", compact=compact)])

    shown = payloads(out)[:5]
    assert [each["model"] for each in shown] == ["mine"] * 5  # type: ignore[index]
    assert [each["choices"][0]["delta"]["content"] for each in shown] == [f"t{n}" for n in range(5)]  # type: ignore[index]


def test_text_that_looks_like_a_field_is_left_alone() -> None:
    content = 'say "model":"up" and "finish_reason":null'

    out, _ = relayed([chunk("a"), chunk(content), chunk("", finish="stop")])

    assert payloads(out)[1]["choices"][0]["delta"]["content"] == content  # type: ignore[index]


@given(st.lists(st.text(max_size=12), min_size=2, max_size=12), st.booleans(), CUTS)
def test_every_text_arrives_as_it_was_sent(texts: list[str], compact: bool, cuts: list[int]) -> None:  # noqa: FBT001
    pieces = [chunk(text, compact=compact) for text in texts]

    whole, _ = relayed([*pieces, chunk("", finish="stop", compact=compact)])
    in_parts, _ = relayed(cut_at(b"".join(pieces) + chunk("", finish="stop", compact=compact), cuts))

    for out in (whole, in_parts):
        shown = payloads(out)[: len(texts)]
        assert [each["choices"][0]["delta"]["content"] for each in shown] == texts  # type: ignore[index]
        assert {each["model"] for each in shown} == {"mine"}  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b'x"},"finish_reason":"length"}],"y":[{"z":{"content":"', id="a quote that ends the text"),
        pytest.param(b"x\n\ndata: {", id="the end of the event"),
        pytest.param(b"\xff", id="bytes that are not UTF-8"),
    ],
)
def test_what_looks_like_a_text_in_the_usual_frame_is_read_if_it_is_not_one(text: bytes) -> None:
    usual = chunk("TEXT")
    odd = usual.replace(b"TEXT", text)
    alone = StreamRelay(MINE, ChatRequest(ASKING), extra)
    after_others = StreamRelay(MINE, ChatRequest(ASKING), extra)
    for _ in range(3):
        after_others.feed(usual)

    first, later = alone.feed(odd), after_others.feed(odd)

    assert (later, after_others.failure) == (first, alone.failure)


def test_the_usage_is_shown_with_our_own_fields_to_a_caller_that_asked() -> None:
    out, _ = relayed([RECORDED])

    last = payloads(out)[-1]
    assert last["usage"] == {**USAGE, "cost": 10}  # type: ignore[index]
    assert last["choices"] == []  # type: ignore[index]


def test_the_usage_is_taken_and_not_shown_to_a_caller_that_did_not_ask() -> None:
    out, relay = relayed([RECORDED], SILENT)

    assert not any(each.get("usage") for each in payloads(out))  # type: ignore[attr-defined]
    assert relay.usage == Usage(input=7, output=3)


def test_usage_beside_the_last_choice_is_moved_into_an_event_of_its_own() -> None:
    out, _ = relayed([chunk("a"), chunk("", finish="stop", usage=USAGE), b"data: [DONE]\n\n"])

    shown = payloads(out)
    assert shown[-2]["usage"] is None  # type: ignore[index]
    assert shown[-1]["usage"] == {**USAGE, "cost": 10}  # type: ignore[index]


def test_missing_usage_is_estimated_and_says_so() -> None:
    out, relay = relayed([chunk("a"), chunk("b"), chunk("", finish="stop"), b"data: [DONE]\n\n"])

    usage = payloads(out)[-1]["usage"]  # type: ignore[index]
    assert usage["estimated"] is True
    assert relay.usage is not None
    assert relay.usage.estimated


def test_an_event_that_is_not_json_ends_the_answer_as_a_failure() -> None:
    out, relay = relayed([chunk("a"), b"data: <html>\n\n", chunk("b")])

    assert relay.failure is not None
    assert relay.failure.kind == "malformed"
    assert b"html" not in out


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        pytest.param({"prompt_tokens": 1, "completion_tokens": 2}, Usage(input=1, output=2), id="plain"),
        pytest.param({"prompt_tokens": 1}, Usage(input=1), id="embeddings have no completion"),
        pytest.param(
            {
                "prompt_tokens": 10,
                "completion_tokens": 8,
                "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 5},
            },
            Usage(input=6, cached_input=4, output=3, reasoning=5),
            id="buckets do not overlap",
        ),
        pytest.param(
            {"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": None},
            Usage(1, 0, 0, 2),
            id="null details",
        ),
        pytest.param({"prompt_tokens": -1, "completion_tokens": 2}, None, id="negative"),
        pytest.param({"prompt_tokens": "1", "completion_tokens": 2}, None, id="text"),
        pytest.param({"prompt_tokens": 1.5, "completion_tokens": 2}, None, id="a fraction"),
        pytest.param({"prompt_tokens": 2**50, "completion_tokens": 2}, None, id="absurd"),
        pytest.param([], None, id="a list"),
    ],
)
def test_usage_is_read_or_not_believed(usage: object, expected: Usage | None) -> None:
    assert read_usage(json.dumps(usage).encode()) == expected


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_buckets_add_up_to_what_the_upstream_reported(
    prompt: int, completion: int, cached: int, reasoning: int
) -> None:
    given_usage = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "prompt_tokens_details": {"cached_tokens": min(cached, prompt)},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }

    usage = read_usage(json.dumps(given_usage).encode())

    assert usage is not None
    assert (usage.prompt, usage.completion) == (prompt, completion)


@pytest.mark.parametrize("name", sorted(STRIPPED))
def test_no_field_that_chooses_an_upstream_is_sent_on(name: str) -> None:
    body = json.dumps({"model": "m", "messages": [], name: "x", "extra_body": {name: "x", "kept": 1}}).encode()

    sent = json.loads(ChatRequest(body).outbound(UP, {}, stream_usage=True))

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

    sent = json.loads(ChatRequest(json.dumps(body).encode()).outbound(UP, {}, stream_usage=True))

    assert sent == {**body, "model": "up"}


def test_an_entrys_defaults_fill_what_the_caller_left_out() -> None:
    request = ChatRequest(b'{"model":"m","messages":[],"temperature":0.1}')

    sent = json.loads(request.outbound(UP, {"temperature": 0.9, "max_tokens": 5}, stream_usage=True))

    assert (sent["temperature"], sent["max_tokens"]) == (0.1, 5)


def test_a_newer_name_for_max_tokens_keeps_the_entrys_default_out() -> None:
    request = ChatRequest(b'{"model":"m","messages":[],"max_completion_tokens":9}')

    assert "max_tokens" not in json.loads(request.outbound(UP, {"max_tokens": 5}, stream_usage=True))


def test_the_upstream_of_a_stream_is_asked_for_usage_and_keeps_the_callers_other_options() -> None:
    body = b'{"model":"m","messages":[],"stream":true,"stream_options":{"include_obfuscation":false}}'

    sent = json.loads(ChatRequest(body).outbound(UP, {}, stream_usage=True))

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


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"message":"m","type":"t","param":"p","code":"c"}}', "m"),
        (b'{"error":"m"}', "m"),
        (b'{"object":"error","message":"m"}', "m"),
        (b'{"error":{"message":"m","code":400}}', "m"),
    ],
)
def test_the_error_bodies_of_compatible_servers_are_read(body: bytes, message: str) -> None:
    error = read_error(body)

    assert error is not None
    assert error.message == message


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(b"3", 3), (b"0", 1), (b"1000000000", 3600), (b"-1", None), (b"soon", None), (b"", None), (b"9" * 40, None)],
)
def test_retry_after_is_taken_within_bounds(value: bytes, seconds: int | None) -> None:
    assert read_retry_after({b"retry-after": value}) == seconds
