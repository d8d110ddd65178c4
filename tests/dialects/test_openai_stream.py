"""The chat dialect: a streamed answer on its way through."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.failure import FailureKind
from headgate.core.usage import Usage
from headgate.dialects.openai_chat import ChatRequest
from headgate.dialects.openai_stream import StreamRelay
from tests.dialects.pieces import CUTS, cut_at

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


def test_an_event_whose_model_is_not_utf_8_ends_the_answer_as_a_failure() -> None:
    _, relay = relayed([b'data: {"model":"\xff","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'])

    assert relay.failure is not None
    assert relay.failure.kind == "malformed"


def test_a_name_that_is_not_utf_8_is_a_fault_of_the_upstream() -> None:
    relay = StreamRelay(MINE, ChatRequest(ASKING), extra)

    assert relay.feed(b'data: {"\xff":1,"model":"up","choices":[]}\n\n') == b""
    assert relay.failure is not None
    assert relay.failure.kind is FailureKind.MALFORMED


def test_the_model_of_an_object_that_nobody_reads_may_be_anything() -> None:
    relay = StreamRelay(MINE, ChatRequest(ASKING), extra)

    out = relay.feed(b'data: {"x":{"model":"\xff"},"model":"up","choices":[]}\n\n')

    assert b'"model":"mine"' in out


def test_usage_with_a_name_that_is_not_utf_8_is_not_believed() -> None:
    relay = StreamRelay(MINE, ChatRequest(ASKING), extra)

    relay.feed(b'data: {"model":"up","choices":[],"usage":{"prompt_tokens":1,"cost":1,"\xff":1}}\n\n')

    assert (relay.failure, relay.usage) == (None, None)
