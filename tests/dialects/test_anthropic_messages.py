"""The messages of a chat as turns of Anthropic's Messages API."""

from __future__ import annotations

import json

import pytest

from headgate.core.errors import InvalidBody
from tests.dialects.messages import sent, turns

USER = {"role": "user", "content": "Hello"}
PIXEL = "iVBORw0KGgo="


def text(value: str) -> dict[str, object]:
    return {"type": "text", "text": value}


def calling(*calls: tuple[str, str, str]) -> dict[str, object]:
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": call, "type": "function", "function": {"name": name, "arguments": arguments}}
            for call, name, arguments in calls
        ],
    }


def asking(*parts: object) -> dict[str, object]:
    return {"role": "user", "content": list(parts)}


def test_instructions_before_the_first_turn_become_the_system_prompt_in_their_order() -> None:
    body = sent(
        {"messages": [{"role": "system", "content": "one"}, {"role": "developer", "content": [text("two")]}, USER]}
    )

    assert body["system"] == [text("one"), text("two")]
    assert body["messages"] == [{"role": "user", "content": [text("Hello")]}]


def test_later_instructions_stay_where_they_are() -> None:
    later = {"role": "developer", "content": "from here on"}

    assert turns(USER, later) == [
        {"role": "user", "content": [text("Hello")]},
        {"role": "system", "content": [text("from here on")]},
    ]


def test_messages_of_one_side_in_a_row_are_one_turn() -> None:
    assert turns(USER, asking(text("again"))) == [{"role": "user", "content": [text("Hello"), text("again")]}]


@pytest.mark.parametrize("content", ["", [], [{"type": "text", "text": ""}]])
def test_a_message_that_says_nothing_is_left_out(content: object) -> None:
    assert turns(USER, {"role": "assistant", "content": content}, USER) == [
        {"role": "user", "content": [text("Hello"), text("Hello")]}
    ]


def test_a_conversation_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidBody, match="messages"):
        turns({"role": "system", "content": "only this"})


# Images and documents


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "image/gif", "image/webp"])
def test_an_image_in_a_data_url_is_sent_as_base64(kind: str) -> None:
    [turn] = turns(asking(text("what is it?"), {"type": "image_url", "image_url": {"url": f"data:{kind};base64,AA=="}}))

    assert turn["content"] == [
        text("what is it?"),
        {"type": "image", "source": {"type": "base64", "media_type": kind, "data": "AA=="}},
    ]


@pytest.mark.parametrize("url", ["https://images.example/a.png", "http://images.example/a.png"])
def test_an_image_elsewhere_is_sent_by_its_url(url: str) -> None:
    [turn] = turns(asking({"type": "image_url", "image_url": {"url": url, "detail": "auto"}}))

    assert turn["content"] == [{"type": "image", "source": {"type": "url", "url": url}}]


@pytest.mark.parametrize(
    "image",
    [
        {"url": "data:image/tiff;base64,AA=="},
        {"url": "data:image/png,AA"},
        {"url": "data:image/png;base64,"},
        {"url": "file:///etc/passwd"},
        {"url": "images.example/a.png"},
        {"url": ""},
        {"url": "https://images.example/a.png", "detail": "low"},
    ],
    ids=json.dumps,
)
def test_an_image_that_cannot_be_sent_is_refused_with_its_place(image: object) -> None:
    with pytest.raises(InvalidBody) as caught:
        turns(USER, asking(text("x"), {"type": "image_url", "image_url": image}))

    assert "messages[1].content[1].image_url" in caught.value.message


def test_a_pdf_is_sent_as_a_document() -> None:
    file = {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PIXEL}"}

    [turn] = turns(asking({"type": "file", "file": file}))

    source = {"type": "base64", "media_type": "application/pdf", "data": PIXEL}
    assert turn["content"] == [{"type": "document", "source": source, "title": "a.pdf"}]


def test_where_to_cache_is_passed_on() -> None:
    [turn] = turns(asking({**text("long"), "cache_control": {"type": "ephemeral"}}))

    assert turn["content"] == [{**text("long"), "cache_control": {"type": "ephemeral"}}]


# Tools


def test_calls_and_their_results_are_two_turns_however_many_there_are() -> None:
    first = {"role": "tool", "tool_call_id": "a", "content": "rain"}
    second = {"role": "tool", "tool_call_id": "b", "content": [text("sun")]}

    answered = turns(USER, calling(("a", "f", '{"x": 1.50}'), ("b", "g", "")), first, second, USER)

    assert answered[1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1.5}},
                {"type": "tool_use", "id": "b", "name": "g", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": [text("rain")]},
                {"type": "tool_result", "tool_use_id": "b", "content": [text("sun")]},
                text("Hello"),
            ],
        },
    ]


def test_an_empty_result_is_a_result() -> None:
    *_, last = turns(USER, calling(("a", "f", "{}")), {"role": "tool", "tool_call_id": "a", "content": ""})

    assert last == {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a"}]}


@pytest.mark.parametrize("arguments", ["[]", "1", "{", '{"a":}', "null"])
def test_arguments_that_are_no_object_are_refused_with_their_place(arguments: str) -> None:
    with pytest.raises(InvalidBody) as caught:
        turns(USER, calling(("a", "f", arguments)))

    assert "messages[1].tool_calls[0].function.arguments" in caught.value.message


# What an assistant said before


def test_an_answer_can_be_sent_back_as_it_came() -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "sig"}
    redacted = {"type": "redacted_thinking", "data": "xyz"}
    answer = {
        **calling(("a", "f", "{}")),
        "content": "let me see",
        "refusal": None,
        "annotations": [],
        "audio": None,
        "function_call": None,
        "reasoning_content": "hm",
        "thinking_blocks": [thinking, redacted],
    }

    said = turns(USER, answer)[1]["content"]

    assert said == [thinking, redacted, text("let me see"), {"type": "tool_use", "id": "a", "name": "f", "input": {}}]


def test_a_refusal_is_a_text_that_the_model_said() -> None:
    assert turns(USER, {"role": "assistant", "refusal": "no"})[1]["content"] == [text("no")]


@pytest.mark.parametrize(
    "message",
    [
        {"role": "critic", "content": "x"},
        {"role": "function", "name": "f", "content": "x"},
        {"role": "user", "content": "x", "name": "Ada"},
        {"role": "user", "content": None},
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}]},
        {"role": "user", "content": [{"type": "text", "text": "x", "weight": 2}]},
        {"role": "system", "content": [{"type": "image_url", "image_url": {"url": "https://images.example/a"}}]},
        {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "assistant", "tool_calls": [{"id": "a", "type": "custom", "custom": {"name": "f", "input": "x"}}]},
        {"role": "tool", "content": "x"},
        {"content": "x"},
        "x",
    ],
    ids=json.dumps,
)
def test_what_a_turn_cannot_say_is_refused_with_its_place(message: object) -> None:
    with pytest.raises(InvalidBody) as caught:
        sent({"messages": [USER, message]})

    assert "messages[1]" in caught.value.message
