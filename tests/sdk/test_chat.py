"""The official openai package, unmodified, chats through the gateway."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Final

import openai
import pydantic
import pytest
from openai.types.chat import (
    ChatCompletionMessageFunctionToolCall,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)

from tests.end_to_end.chat import COST
from tests.end_to_end.gateway import SECOND_MOUNT, Gateway
from tests.sdk.streamed import text_of

TEXT: Final = "Good morning to you"
HELLO: Final[list[ChatCompletionMessageParam]] = [{"role": "user", "content": "Hello"}]
WEATHER: Final[list[ChatCompletionMessageParam]] = [{"role": "user", "content": "How is the weather?"}]
PLANETS: Final[list[ChatCompletionMessageParam]] = [{"role": "user", "content": "Name planets"}]
TOOLS: Final[list[ChatCompletionToolParam]] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]


class Planets(pydantic.BaseModel):
    planets: list[str]


@pytest.fixture
def second(gateway: Gateway, key: str) -> Iterator[openai.OpenAI]:
    """A client of the catalogue API's second mount."""
    url = f"{gateway.address}{SECOND_MOUNT}/v1"
    with openai.OpenAI(base_url=url, api_key=key, max_retries=0) as client:
        yield client


@pytest.fixture
async def asynchronous(gateway: Gateway, key: str) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{gateway.address}/v1", api_key=key, max_retries=0) as client:
        yield client


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


# Whole answers


def test_a_chat_is_answered(client: openai.OpenAI, model: str) -> None:
    completion = client.chat.completions.create(model=model, messages=HELLO)

    [choice] = completion.choices
    assert (choice.message.content, choice.finish_reason, completion.model) == (TEXT, "stop", model)


def test_an_answer_tells_its_usage_and_cost(client: openai.OpenAI, model: str) -> None:
    usage = client.chat.completions.create(model=model, messages=HELLO).usage

    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (10, 5, 15)
    assert usage.model_extra is not None
    assert usage.model_extra["cost"] == COST
    assert usage.model_extra["cost_details"] == {"input_cost": 0.000025, "output_cost": 0.00005}


def test_the_headers_of_an_answer_tell_how_it_came_about(client: openai.OpenAI, model: str) -> None:
    response = client.chat.completions.with_raw_response.create(model=model, messages=HELLO)

    told = [response.headers[f"x-headgate-{name}"] for name in ("model", "attempts")]
    assert (told, float(response.headers["x-headgate-cost"])) == ([model, "1"], COST)
    assert response.headers["x-request-id"] == response.request_id
    assert response.parse().choices[0].message.content == TEXT


@pytest.mark.parametrize("name", ["openai/gpt-4o", "eu.anthropic.claude-sonnet-4-20250514-v1:0", "a/b/c:free"])
def test_names_with_slashes_and_colons_are_called_listed_and_retrieved(
    client: openai.OpenAI, gateway: Gateway, upstream: str, name: str
) -> None:
    gateway.add(upstream, {"model_id": name})

    assert client.chat.completions.create(model=name, messages=HELLO).model == name
    assert client.models.retrieve(name).id == name
    assert name in [each.id for each in client.models.list()]


# Streams


def test_a_stream_is_answered(client: openai.OpenAI, model: str) -> None:
    chunks = list(client.chat.completions.create(model=model, messages=HELLO, stream=True))

    assert (text_of(chunks), {chunk.model for chunk in chunks}) == (TEXT, {model})
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_a_stream_without_the_option_tells_no_usage(client: openai.OpenAI, model: str) -> None:
    chunks = list(client.chat.completions.create(model=model, messages=HELLO, stream=True))

    assert [chunk.usage for chunk in chunks if chunk.usage is not None] == []


def test_a_stream_with_the_option_ends_with_usage_and_cost(client: openai.OpenAI, model: str) -> None:
    chunks = list(
        client.chat.completions.create(model=model, messages=HELLO, stream=True, stream_options={"include_usage": True})
    )

    *before, last = chunks
    assert [chunk.usage for chunk in before if chunk.usage is not None] == []
    assert (text_of(before), last.choices, last.model) == (TEXT, [], model)
    assert last.usage is not None
    assert last.usage.total_tokens == 15
    assert last.usage.model_extra is not None
    assert last.usage.model_extra["cost"] == COST


def test_the_headers_of_a_stream_tell_how_it_came_about(client: openai.OpenAI, model: str) -> None:
    with client.chat.completions.with_streaming_response.create(model=model, messages=HELLO, stream=True) as response:
        told = [response.headers[f"x-headgate-{name}"] for name in ("model", "attempts")]

        assert (told, response.headers["x-request-id"].startswith("req_")) == ([model, "1"], True)


# Tools


def test_a_tool_is_called(client: openai.OpenAI, model: str) -> None:
    completion = client.chat.completions.create(model=model, messages=WEATHER, tools=TOOLS)

    [choice] = completion.choices
    [call] = choice.message.tool_calls or []
    assert isinstance(call, ChatCompletionMessageFunctionToolCall)
    assert (choice.finish_reason, call.id, call.function.name) == ("tool_calls", "call_1", "get_weather")
    assert json.loads(call.function.arguments) == {"city": "Delft"}


def test_a_tool_is_called_in_a_stream(client: openai.OpenAI, model: str) -> None:
    chunks = list(client.chat.completions.create(model=model, messages=WEATHER, tools=TOOLS, stream=True))

    calls = [call for chunk in chunks for each in chunk.choices for call in each.delta.tool_calls or []]
    functions = [call.function for call in calls if call.function is not None]
    assert (calls[0].id, functions[0].name) == ("call_1", "get_weather")
    assert json.loads("".join(each.arguments or "" for each in functions)) == {"city": "Delft"}
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_the_result_of_a_tool_is_taken(client: openai.OpenAI, model: str) -> None:
    call: ChatCompletionMessageParam = {
        "role": "assistant",
        "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}],
    }
    result: ChatCompletionMessageParam = {"role": "tool", "tool_call_id": "call_1", "content": "rain, 8 degrees"}
    completion = client.chat.completions.create(model=model, messages=[*WEATHER, call, result], tools=TOOLS)

    assert completion.choices[0].message.content == "It rains in Delft"


# Structured output


def test_json_mode_is_passed_on(client: openai.OpenAI, model: str) -> None:
    completion = client.chat.completions.create(model=model, messages=PLANETS, response_format={"type": "json_object"})

    assert json.loads(completion.choices[0].message.content or "") == {"planets": ["Mercury", "Venus"]}


def test_a_schema_is_passed_on_and_the_answer_parsed(client: openai.OpenAI, model: str) -> None:
    completion = client.chat.completions.parse(model=model, messages=PLANETS, response_format=Planets)

    assert completion.choices[0].message.parsed == Planets(planets=["Earth", "Mars"])


# The asynchronous client


@pytest.mark.anyio
async def test_an_asynchronous_client_is_answered(asynchronous: openai.AsyncOpenAI, model: str) -> None:
    completion = await asynchronous.chat.completions.create(model=model, messages=HELLO)

    assert completion.choices[0].message.content == TEXT


@pytest.mark.anyio
async def test_an_asynchronous_stream_is_answered(asynchronous: openai.AsyncOpenAI, model: str) -> None:
    stream = await asynchronous.chat.completions.create(model=model, messages=HELLO, stream=True)

    assert text_of([chunk async for chunk in stream]) == TEXT


# The second mount


def test_a_chat_is_answered_on_the_second_mount(second: openai.OpenAI, model: str) -> None:
    completion = second.chat.completions.create(model=model, messages=HELLO)

    assert (completion.choices[0].message.content, completion.model) == (TEXT, model)


def test_a_stream_is_answered_on_the_second_mount(second: openai.OpenAI, model: str) -> None:
    assert text_of(second.chat.completions.create(model=model, messages=HELLO, stream=True)) == TEXT


def test_a_model_is_retrieved_on_the_second_mount(second: openai.OpenAI, model: str) -> None:
    assert second.models.retrieve(model).to_dict()["model_id"] == model
