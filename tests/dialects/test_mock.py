"""What the built-in mock answers, byte for byte the same each time."""

from __future__ import annotations

import base64
import math
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.json import Json, JsonObject
from headgate.dialects.mock import answer, split
from headgate.dialects.mock_answer import MockAnswer
from headgate.dialects.mock_schema import example

CHAT = "/chat/completions"
USER = {"role": "user", "content": "hello big wide world"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["C", "F"]}},
        },
    },
}
CLOCK = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties": {}}}}


def ask(path: str = CHAT, **fields: object) -> MockAnswer:
    body: JsonObject = {"model": "mock"} | ({"messages": [USER]} if path == CHAT else {}) | fields
    return answer(path, msgspec.json.encode(body))


def embed(**fields: object) -> Json:
    return msgspec.json.decode(b"".join(ask("/embeddings", **fields).pieces))


def whole(**fields: object) -> Json:
    return msgspec.json.decode(b"".join(ask(**fields).pieces))  # type: ignore[arg-type]


def events(**fields: object) -> list[Json]:
    streamed = list(ask(stream=True, **fields).pieces)  # type: ignore[arg-type]
    assert streamed[-1] == b"data: [DONE]\n\n"
    return [msgspec.json.decode(piece.removeprefix(b"data: ")) for piece in streamed[:-1]]


def test_a_chat_echoes_the_last_user_message() -> None:
    body = whole(messages=[{"role": "system", "content": "be brief"}, {"role": "user", "content": "no"}, USER])

    assert body["object"] == "chat.completion"
    assert body["model"] == "mock"
    assert body["choices"][0]["message"] == {"role": "assistant", "content": "hello big wide world", "refusal": None}
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["usage"] == {"prompt_tokens": 30, "completion_tokens": 50, "total_tokens": 80}


def test_the_same_request_gets_the_same_bytes() -> None:
    assert ask(stream=True) == ask(stream=True)


def test_text_parts_are_joined() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}, {"type": "text", "text": "b"}]

    assert whole(messages=[{"role": "user", "content": parts}])["choices"][0]["message"]["content"] == "a b"


def test_a_stream_is_two_chunks_of_content_and_a_finish() -> None:
    told = events()

    assert [event["choices"][0]["delta"] for event in told] == [
        {"role": "assistant", "content": "hello big "},
        {"content": "wide world"},
        {},
    ]
    assert [event["choices"][0]["finish_reason"] for event in told] == [None, None, "stop"]
    assert all("usage" not in event for event in told)


def test_usage_comes_last_when_it_is_asked_for() -> None:
    last = events(stream_options={"include_usage": True})[-1]

    assert last["choices"] == []
    assert last["usage"] == {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}


def test_the_slow_mock_sends_nine_chunks() -> None:
    told = events(model="mock-slow", stream_options={"include_usage": True})

    assert len(told) == 9 + 2
    assert told[-1]["usage"]["completion_tokens"] == 9
    assert "".join(event["choices"][0]["delta"]["content"] for event in told[:9]) == "hello big wide world"


def test_json_mode_answers_with_an_object() -> None:
    content = whole(response_format={"type": "json_object"})["choices"][0]["message"]["content"]

    assert msgspec.json.decode(content) == {"echo": "hello big wide world"}


def test_a_json_schema_is_fitted() -> None:
    schema = {"type": "object", "properties": {"answer": {"type": "number", "minimum": 5}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}

    assert msgspec.json.decode(whole(response_format=wanted)["choices"][0]["message"]["content"]) == {"answer": 5}


def test_the_first_tool_is_called() -> None:
    choice = whole(tools=[WEATHER, CLOCK])["choices"][0]

    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    call = choice["message"]["tool_calls"][0]
    assert (call["type"], call["function"]["name"]) == ("function", "weather")
    assert msgspec.json.decode(call["function"]["arguments"]) == {"city": "text", "days": 1, "unit": "C"}


def test_the_tool_that_is_chosen_is_called() -> None:
    chosen = {"type": "function", "function": {"name": "clock"}}
    message = whole(tools=[WEATHER, CLOCK], tool_choice=chosen)["choices"][0]["message"]

    assert message["tool_calls"][0]["function"] == {"name": "clock", "arguments": "{}"}


def test_no_tool_is_called_when_none_is_wanted() -> None:
    assert whole(tools=[WEATHER], tool_choice="none")["choices"][0]["finish_reason"] == "stop"


def test_a_tools_result_is_answered_in_words() -> None:
    messages = [USER, {"role": "assistant", "tool_calls": []}, {"role": "tool", "tool_call_id": "1", "content": "12 C"}]

    assert whole(tools=[WEATHER], messages=messages)["choices"][0]["message"]["content"] == "12 C"


def test_a_tool_call_is_streamed_with_its_name_first() -> None:
    told = events(tools=[WEATHER])

    first, second = (event["choices"][0]["delta"]["tool_calls"][0] for event in told[:2])
    assert first["function"] == {"name": "weather", "arguments": ""}
    assert msgspec.json.decode(second["function"]["arguments"]) == {"city": "text", "days": 1, "unit": "C"}
    assert told[2]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("dimensions", [256, 768, 1536, None])
def test_embeddings_are_unit_vectors(dimensions: int | None) -> None:
    fields = {} if dimensions is None else {"dimensions": dimensions}
    body = embed(input="hello", **fields)
    vector = body["data"][0]["embedding"]

    assert len(vector) == (dimensions or 1536)
    assert math.isclose(math.fsum(number * number for number in vector), 1.0)
    assert body["usage"] == {"prompt_tokens": 10, "total_tokens": 10}


def test_equal_inputs_have_equal_vectors_and_others_do_not() -> None:
    body = embed(input=["a", "b", "a"], dimensions=256)
    first, second, third = (item["embedding"] for item in body["data"])

    assert first == third
    assert first != second
    assert [item["index"] for item in body["data"]] == [0, 1, 2]


def test_embeddings_may_be_asked_for_in_base64() -> None:
    plain = embed(input="a", dimensions=256)
    packed = embed(input="a", dimensions=256, encoding_format="base64")
    vector = struct.unpack("<256f", base64.b64decode(packed["data"][0]["embedding"]))

    assert vector == pytest.approx(plain["data"][0]["embedding"])


@pytest.mark.parametrize("tokens", [[1, 2, 3], [[1, 2], [3]]])
def test_tokens_are_embedded_too(tokens: list[object]) -> None:
    body = embed(input=tokens, dimensions=256)

    assert len(body["data"]) == (1 if tokens == [1, 2, 3] else 2)


@pytest.mark.parametrize(
    ("path", "body", "parameter"),
    [
        (CHAT, b"{", None),
        (CHAT, b"[]", None),
        (CHAT, b"[" * 100_000, None),
        (CHAT, b'{"messages":["\xff"]}', None),
        (CHAT, b"{}", "messages"),
        (CHAT, b'{"messages":[]}', "messages"),
        ("/embeddings", b"{}", "input"),
        ("/embeddings", b'{"input":[]}', "input"),
        ("/embeddings", b'{"input":"a","dimensions":7}', "dimensions"),
    ],
)
def test_what_cannot_be_answered_is_refused_like_an_upstream_would(
    path: str, body: bytes, parameter: str | None
) -> None:
    refused = answer(path, body)
    error = msgspec.json.decode(b"".join(refused.pieces))["error"]

    assert refused.status == 400
    assert (error["type"], error["param"]) == ("invalid_request_error", parameter)


@given(text=st.text(max_size=60), count=st.integers(1, 12))
def test_a_split_text_joins_to_itself(text: str, count: int) -> None:
    parts = split(text, count)

    assert "".join(parts) == text
    assert 1 <= len(parts) <= count


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (None, {}),
        ({"type": "string"}, {}),
        ({"properties": {"a": {"const": 3}}}, {"a": 3}),
        ({"properties": {"a": {"default": "d"}}}, {"a": "d"}),
        ({"properties": {"a": {"type": ["null", "string"]}}}, {"a": None}),
        ({"properties": {"a": {"type": "array", "items": {"type": "boolean"}}}}, {"a": [True]}),
        ({"properties": {"a": {"anyOf": [{"type": "number"}, {"type": "null"}]}}}, {"a": 1}),
        ({"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"enum": ["x"]}}}, {"a": "x"}),
        ({"properties": {"a": {"$ref": "#/nowhere"}}}, {"a": {}}),
        ({"properties": {"a": True}}, {"a": {}}),
    ],
)
def test_an_example_fits_its_schema(schema: Json, expected: JsonObject) -> None:
    assert example(schema) == expected


def test_a_schema_that_contains_itself_many_times_over_has_a_small_example() -> None:
    schema = {"type": "object", "properties": {f"next{number}": {"$ref": "#"} for number in range(200)}}

    assert len(msgspec.json.encode(example(schema))) < 1_000_000


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "messages",
                        "role",
                        "content",
                        "tools",
                        "function",
                        "name",
                        "parameters",
                        "input",
                        "stream",
                        "response_format",
                        "type",
                        "tool_choice",
                    ]
                ),
                inner,
            )
        ),
        max_leaves=20,
    )
)
def test_no_body_makes_the_mock_fail(body: Json) -> None:
    for path in (CHAT, "/embeddings"):
        assert answer(path, msgspec.json.encode(body)).status in (200, 400)
