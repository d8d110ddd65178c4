"""The official openai package, unmodified, before entries whose upstream speaks Anthropic's format."""

from __future__ import annotations

import json
from typing import Final

import openai
import pydantic
import pytest
from openai.types.chat import (
    ChatCompletionContentPartImageParam,
    ChatCompletionMessageFunctionToolCall,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)

from tests.end_to_end.chat import COST
from tests.end_to_end.gateway import UPSTREAM_KEY, Gateway
from tests.origin.script import LAST_CHUNK, answer, answering, chunk, stream_head
from tests.origin.server import Origin
from tests.sdk.streamed import text_of

TEXT: Final = "Good morning to you"
HELLO: Final[list[ChatCompletionMessageParam]] = [{"role": "user", "content": "Hello"}]
WEATHER: Final[list[ChatCompletionMessageParam]] = [{"role": "user", "content": "How is the weather?"}]
TOOLS: Final[list[ChatCompletionToolParam]] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]
PIXEL: Final = "iVBORw0KGgo="
MESSAGE: Final = json.dumps(
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-up",
        "content": [{"type": "text", "text": '{"planets": ["Earth"]}'}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 2, "cache_read_input_tokens": 8, "output_tokens": 5},
    }
).encode()
OVERLOADED: Final = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'


class Planets(pydantic.BaseModel):
    planets: list[str]


def entry(url: str) -> dict[str, object]:
    """The fields of an entry that is sent to a server that speaks Anthropic's format."""
    config = {"provider": "anthropic", "base_url": f"{url}/v1", "api_key": UPSTREAM_KEY, "model": "claude-up"}
    return {"provider_config": config}


@pytest.fixture(scope="module")
def claude(gateway: Gateway, upstream: str) -> str:
    """An entry that aimock answers as Anthropic does."""
    return gateway.add(upstream, entry(upstream))


def saying(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


# Whole answers


def test_a_chat_is_answered(client: openai.OpenAI, claude: str) -> None:
    completion = client.chat.completions.create(model=claude, messages=HELLO)

    [choice] = completion.choices
    assert (choice.message.content, choice.finish_reason, completion.model) == (TEXT, "stop", claude)


def test_an_answer_tells_its_usage_and_cost(client: openai.OpenAI, claude: str) -> None:
    usage = client.chat.completions.create(model=claude, messages=HELLO).usage

    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (10, 5, 15)
    assert usage.model_extra is not None
    assert usage.model_extra["cost"] == COST


def test_what_was_read_from_the_cache_is_counted_once(client: openai.OpenAI, gateway: Gateway) -> None:
    with Origin(answering(answer(MESSAGE))) as origin:
        usage = client.chat.completions.create(model=gateway.add(origin.url, entry(origin.url)), messages=HELLO).usage

    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens, usage.completion_tokens) == (10, 8, 5)


# What is sent


def test_the_upstream_is_asked_as_anthropic_wants_it(client: openai.OpenAI, gateway: Gateway) -> None:
    with Origin(answering(answer(MESSAGE))) as origin:
        model = gateway.add(origin.url, entry(origin.url))
        client.chat.completions.create(
            model=model, messages=[{"role": "system", "content": "Be brief"}, *HELLO], max_completion_tokens=9, stop="x"
        )

    [request] = origin.requests
    assert request.line == b"POST /v1/messages HTTP/1.1"
    assert request.header(b"x-api-key") == UPSTREAM_KEY.encode()
    assert request.header(b"anthropic-version") == b"2023-06-01"
    assert request.header(b"authorization") is None
    assert json.loads(request.body) == {
        "model": "claude-up",
        "max_tokens": 9,
        "stop_sequences": ["x"],
        "system": [{"type": "text", "text": "Be brief"}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
    }


def test_an_image_is_sent(client: openai.OpenAI, gateway: Gateway) -> None:
    image: ChatCompletionContentPartImageParam = {
        "type": "image_url",
        "image_url": {"url": f"data:image/png;base64,{PIXEL}"},
    }
    with Origin(answering(answer(MESSAGE))) as origin:
        client.chat.completions.create(
            model=gateway.add(origin.url, entry(origin.url)),
            messages=[{"role": "user", "content": [{"type": "text", "text": "What is it?"}, image]}],
        )

    [turn] = json.loads(origin.requests[0].body)["messages"]
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    assert turn["content"] == [{"type": "text", "text": "What is it?"}, {"type": "image", "source": source}]


def test_a_schema_is_passed_on_and_the_answer_parsed(client: openai.OpenAI, gateway: Gateway) -> None:
    with Origin(answering(answer(MESSAGE))) as origin:
        completion = client.chat.completions.parse(
            model=gateway.add(origin.url, entry(origin.url)), messages=HELLO, response_format=Planets
        )

    assert completion.choices[0].message.parsed == Planets(planets=["Earth"])
    asked = json.loads(origin.requests[0].body)["output_config"]["format"]
    assert (asked["type"], asked["schema"]["required"]) == ("json_schema", ["planets"])


# Streams


def test_a_stream_is_answered(client: openai.OpenAI, claude: str) -> None:
    chunks = list(client.chat.completions.create(model=claude, messages=HELLO, stream=True))

    assert (text_of(chunks), {each.model for each in chunks}) == (TEXT, {claude})
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert [each.usage for each in chunks if each.usage is not None] == []


def test_a_stream_with_the_option_ends_with_usage_and_cost(client: openai.OpenAI, claude: str) -> None:
    *before, last = client.chat.completions.create(
        model=claude, messages=HELLO, stream=True, stream_options={"include_usage": True}
    )

    assert [each.usage for each in before if each.usage is not None] == []
    assert (text_of(before), last.choices, last.model) == (TEXT, [], claude)
    assert last.usage is not None
    assert last.usage.total_tokens == 15
    assert last.usage.model_extra is not None
    assert last.usage.model_extra["cost"] == COST


# Tools


def test_a_tool_is_called(client: openai.OpenAI, claude: str) -> None:
    completion = client.chat.completions.create(model=claude, messages=WEATHER, tools=TOOLS)

    [choice] = completion.choices
    [call] = choice.message.tool_calls or []
    assert isinstance(call, ChatCompletionMessageFunctionToolCall)
    assert (choice.finish_reason, call.id, call.function.name) == ("tool_calls", "call_1", "get_weather")
    assert json.loads(call.function.arguments) == {"city": "Delft"}


def test_a_tool_is_called_in_a_stream(client: openai.OpenAI, claude: str) -> None:
    chunks = list(client.chat.completions.create(model=claude, messages=WEATHER, tools=TOOLS, stream=True))

    calls = [call for each in chunks for choice in each.choices for call in choice.delta.tool_calls or []]
    functions = [call.function for call in calls if call.function is not None]
    assert (calls[0].id, functions[0].name) == ("call_1", "get_weather")
    assert json.loads("".join(each.arguments or "" for each in functions)) == {"city": "Delft"}
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_an_answer_is_sent_back_with_the_result_of_its_tool(client: openai.OpenAI, claude: str) -> None:
    first = client.chat.completions.create(model=claude, messages=WEATHER, tools=TOOLS).choices[0].message
    back: ChatCompletionMessageParam = first.model_dump()  # type: ignore[assignment]
    result: ChatCompletionMessageParam = {"role": "tool", "tool_call_id": "call_1", "content": "rain, 8 degrees"}

    second = client.chat.completions.create(model=claude, messages=[*WEATHER, back, result], tools=TOOLS)

    assert second.choices[0].message.content == "It rains in Delft"


# Errors


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("This is too long", (openai.BadRequestError, 400), id="a mistake that the upstream finds"),
        pytest.param("You ask too often", (openai.RateLimitError, 429), id="a rate that the upstream limits"),
        pytest.param("It is broken", (openai.InternalServerError, 502), id="an upstream that fails"),
    ],
)
def test_a_refusal_of_the_upstream_is_raised(
    client: openai.OpenAI, claude: str, *, stream: bool, text: str, error: tuple[type, int]
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model=claude, messages=saying(text), stream=stream)

    assert (type(caught.value), caught.value.status_code) == error


def test_the_upstreams_own_words_are_told_of_a_mistake(client: openai.OpenAI, claude: str) -> None:
    with pytest.raises(openai.BadRequestError, match="The context window is 8,192 tokens"):
        client.chat.completions.create(model=claude, messages=saying("This is too long"))


def test_what_cannot_be_expressed_is_raised_by_its_name(client: openai.OpenAI, claude: str) -> None:
    with pytest.raises(openai.BadRequestError, match="'seed' cannot be sent"):
        client.chat.completions.create(model=claude, messages=HELLO, seed=1)


def test_a_cut_stream_is_raised_while_it_is_read(client: openai.OpenAI, claude: str) -> None:
    with pytest.raises(openai.APIError):
        list(client.chat.completions.create(model=claude, messages=saying("Be cut"), stream=True))


def test_an_overload_told_at_the_begin_of_a_stream_leaves_the_call_to_another_entry(
    client: openai.OpenAI, gateway: Gateway, model: str
) -> None:
    event = b"event: error\ndata: " + OVERLOADED + b"\n\n"
    with Origin(answering(stream_head(), chunk(event), LAST_CHUNK)) as origin:
        overloaded = gateway.add(origin.url, {**entry(origin.url), "failover": model})
        chunks = list(client.chat.completions.create(model=overloaded, messages=HELLO, stream=True))

    assert (text_of(chunks), {each.model for each in chunks}) == (TEXT, {model})


def test_an_overload_is_a_failing_upstream(client: openai.OpenAI, gateway: Gateway) -> None:
    with Origin(answering(answer(OVERLOADED, status=529))) as origin:
        model = gateway.add(origin.url, entry(origin.url))
        with pytest.raises(openai.InternalServerError):
            client.chat.completions.create(model=model, messages=HELLO)
