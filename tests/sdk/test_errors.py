"""The official openai package, unmodified, raises the right class for everything that can go wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final

import openai
import pytest
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from tests.end_to_end.gateway import SECOND_MOUNT, Gateway, chat_entry

Fails = Callable[[openai.OpenAI, str, str], openai.APIStatusError]


def saying(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


MOUNTS: Final = pytest.mark.parametrize("mount", ["", SECOND_MOUNT], ids=["first mount", "second mount"])


@pytest.fixture
def clients(gateway: Gateway, key: str) -> Iterator[dict[str, openai.OpenAI]]:
    """A client of each mount."""
    with (
        openai.OpenAI(base_url=f"{gateway.address}/v1", api_key=key, max_retries=0) as first,
        openai.OpenAI(base_url=f"{gateway.address}{SECOND_MOUNT}/v1", api_key=key, max_retries=0) as second,
    ):
        yield {"": first, SECOND_MOUNT: second}


@pytest.fixture
async def asynchronous(gateway: Gateway, key: str) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{gateway.address}/v1", api_key=key, max_retries=0) as client:
        yield client


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def ask(client: openai.OpenAI, model: str, text: str) -> openai.Stream[ChatCompletionChunk]:
    return client.chat.completions.create(model=model, messages=saying(text), stream=True)


def fails(client: openai.OpenAI, model: str, text: str = "Hello") -> openai.APIStatusError:
    """The error that a call ends with."""
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model=model, messages=saying(text))
    return caught.value


def fails_streamed(client: openai.OpenAI, model: str, text: str) -> openai.APIStatusError:
    """The error that a stream ends with before it begins."""
    with pytest.raises(openai.APIStatusError) as caught:
        ask(client, model, text)
    return caught.value


def read(stream: openai.Stream[ChatCompletionChunk], texts: list[str]) -> None:
    texts.extend(chunk.choices[0].delta.content or "" for chunk in stream)


@MOUNTS
@pytest.mark.parametrize("call", [fails, fails_streamed], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("This is too long", (openai.BadRequestError, 400), id="a mistake that the upstream finds"),
        pytest.param("You ask too often", (openai.RateLimitError, 429), id="a rate that the upstream limits"),
        pytest.param("It is broken", (openai.InternalServerError, 502), id="an upstream that fails"),
    ],
)
def test_a_refusal_of_the_upstream_is_raised(
    clients: dict[str, openai.OpenAI], model: str, mount: str, *, call: Fails, text: str, error: tuple[type, int]
) -> None:
    raised = call(clients[mount], model, text)

    assert (type(raised), raised.status_code) == error


def test_the_upstreams_own_words_are_told_of_a_mistake(client: openai.OpenAI, model: str) -> None:
    raised = fails(client, model, "This is too long")

    assert "The context window is 8,192 tokens" in raised.message
    assert (raised.code, raised.type) == ("context_length_exceeded", "invalid_request_error")


@MOUNTS
def test_the_time_to_wait_is_told(clients: dict[str, openai.OpenAI], model: str, mount: str) -> None:
    assert fails(clients[mount], model, "You ask too often").response.headers["retry-after"] == "7"


def test_what_a_failing_upstream_says_is_not_passed_on(client: openai.OpenAI, model: str) -> None:
    assert "Out of memory" not in fails(client, model, "It is broken").message


def test_a_refusal_names_its_request(client: openai.OpenAI, model: str) -> None:
    raised = fails(client, model, "It is broken")

    assert raised.request_id is not None
    assert raised.request_id == raised.response.headers["x-request-id"]


@MOUNTS
def test_a_wrong_key_is_raised(clients: dict[str, openai.OpenAI], model: str, mount: str) -> None:
    with clients[mount].with_options(api_key="sk-of-somebody-else") as client:
        raised = fails(client, model)

    assert type(raised) is openai.AuthenticationError


def test_a_wrong_key_of_the_entry_is_not_the_callers_mistake(
    client: openai.OpenAI, gateway: Gateway, upstream: str
) -> None:
    document = chat_entry(upstream)
    config = document["provider_config"]
    assert isinstance(config, dict)
    model = gateway.add(upstream, {"provider_config": {**config, "api_key": "sk-expired"}})

    assert type(fails(client, model)) is openai.InternalServerError


@MOUNTS
def test_an_unknown_model_is_raised(clients: dict[str, openai.OpenAI], mount: str) -> None:
    assert type(fails(clients[mount], "no-such-model")) is openai.NotFoundError


def test_an_unknown_model_is_named(client: openai.OpenAI) -> None:
    raised = fails(client, "no-such-model")

    assert (raised.code, raised.param) == ("model_not_found", "model")


def test_a_model_that_is_disabled_is_raised(client: openai.OpenAI, gateway: Gateway, upstream: str) -> None:
    raised = fails(client, gateway.add(upstream, {"enabled": False}))

    assert (type(raised), raised.code) == (openai.PermissionDeniedError, "model_not_allowed")


def test_two_different_credentials_are_raised(client: openai.OpenAI, model: str) -> None:
    with client.with_options(default_headers={"x-api-key": "sk-of-somebody-else"}) as two:
        assert type(fails(two, model)) is openai.BadRequestError


# Streams that break


@MOUNTS
def test_a_cut_stream_is_raised_while_it_is_read(clients: dict[str, openai.OpenAI], model: str, mount: str) -> None:
    stream, texts = ask(clients[mount], model, "Be cut"), list[str]()
    with pytest.raises(openai.APIError):
        read(stream, texts)

    assert "".join(texts)
    assert "This text ends before it is whole".startswith("".join(texts))


def test_a_cut_stream_is_told_as_the_upstreams_fault(client: openai.OpenAI, model: str) -> None:
    stream = ask(client, model, "Be cut")
    with pytest.raises(openai.APIError) as caught:
        list(stream)

    assert (caught.value.code, caught.value.type) == ("provider_error", "server_error")


@pytest.mark.anyio
async def test_a_cut_stream_is_raised_by_the_asynchronous_client(asynchronous: openai.AsyncOpenAI, model: str) -> None:
    stream = await asynchronous.chat.completions.create(model=model, messages=saying("Be cut"), stream=True)
    with pytest.raises(openai.APIError):
        [chunk async for chunk in stream]


@pytest.mark.anyio
async def test_an_unknown_model_is_raised_by_the_asynchronous_client(asynchronous: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        await asynchronous.chat.completions.create(model="no-such-model", messages=saying("Hello"))
