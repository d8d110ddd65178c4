"""The built-in mock: answers in OpenAI's wire format, made of nothing but the request.

The same request gets the same bytes, always. A chat echoes the last user message, in JSON mode as an object; if tools
are offered it calls one, unless the last message is a tool's result, so that loops of tool calls come to an end.
Embeddings are unit vectors drawn from a hash of the input.

Usage follows the mock models that existing clients know: ten prompt tokens a message, fifty completion tokens, or as
many as there are content chunks when streaming.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.core.json import Json, JsonObject, encode
from headgate.dialects.mock_answer import EVENTS, JSON, MockAnswer, event, refusal
from headgate.dialects.mock_kinds import images, prompts, scores
from headgate.dialects.mock_schema import example
from headgate.dialects.mock_sound import wav
from headgate.dialects.mock_vectors import DEFAULT_DIMENSIONS, DIMENSIONS, base64_vector, vector

TOKENS_PER_MESSAGE: Final = 10
COMPLETION_TOKENS: Final = 50
CHUNKS: Final = 2
SLOW_CHUNKS: Final = 9
_CREATED: Final = 1_700_000_000
_ID: Final = "chatcmpl-mock"
_DONE: Final = b"data: [DONE]\n\n"

_decode: Final = msgspec.json.Decoder().decode


def is_slow(model: str) -> bool:
    """Whether an upstream model of the mock takes its time between the pieces."""
    return model.endswith("slow")


def answer(path: str, body: bytes) -> MockAnswer:
    """The answer to a POST of `body` to `path`."""
    try:
        request = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return refusal(f"the body is not JSON that can be read: {error}", None)
    if not isinstance(request, dict):
        return refusal("the body is not a JSON object", None)
    other = _OTHERS.get(path.partition("?")[0])
    if other is not None:
        return other(request)
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        return refusal("'messages' is required: a list of at least one message", "messages")
    return _stream(request) if request.get("stream") is True else _whole(request)


# Chat


def _whole(request: JsonObject) -> MockAnswer:
    call = _tool_call(request)
    message: JsonObject = {"role": "assistant", "content": None if call else _content(request), "refusal": None}
    if call:
        message["tool_calls"] = [call]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls" if call else "stop"}
    body = _envelope(request, "chat.completion") | {
        "choices": [choice],
        "usage": _usage(request, COMPLETION_TOKENS),
    }
    return MockAnswer(200, JSON, (encode(body),))


def _stream(request: JsonObject) -> MockAnswer:
    call = _tool_call(request)
    deltas = _tool_deltas(call) if call else _text_deltas(request)
    chunks = [_chunk(request, delta) for delta in deltas]
    chunks.append(_chunk(request, {}, finish="tool_calls" if call else "stop"))
    if _asks_for_usage(request):
        envelope = _envelope(request, "chat.completion.chunk")
        chunks.append(event(envelope | {"choices": [], "usage": _usage(request, len(deltas))}))
    return MockAnswer(200, EVENTS, (*chunks, _DONE))


def _text_deltas(request: JsonObject) -> list[JsonObject]:
    count = SLOW_CHUNKS if is_slow(str(request.get("model", ""))) else CHUNKS
    deltas: list[JsonObject] = [{"content": part} for part in split(_content(request), count)]
    deltas[0] = {"role": "assistant", **deltas[0]}
    return deltas


def _tool_deltas(call: JsonObject) -> list[JsonObject]:
    opening = {"index": 0, **call, "function": {"name": call["function"]["name"], "arguments": ""}}
    rest = {"index": 0, "function": {"arguments": call["function"]["arguments"]}}
    return [{"role": "assistant", "content": None, "tool_calls": [opening]}, {"tool_calls": [rest]}]


def split(text: str, count: int) -> list[str]:
    """`text` in at most `count` parts, at words where there are enough of them."""
    units = [word + " " for word in text.split(" ")]
    units[-1] = units[-1][:-1]
    if len(units) < count:
        units = list(text)
    count = max(1, min(count, len(units)))
    ends = [len(units) * part // count for part in range(count + 1)]
    return ["".join(units[start:end]) for start, end in pairwise(ends)]


def _content(request: JsonObject) -> str:
    said = _last_said(request["messages"])
    wanted = request.get("response_format")
    if not isinstance(wanted, dict):
        return said
    match wanted.get("type"):
        case "json_schema":
            schema = wanted.get("json_schema")
            return encode(example(schema.get("schema") if isinstance(schema, dict) else None)).decode()
        case "json_object":
            return encode({"echo": said}).decode()
    return said


def _last_said(messages: list[Json]) -> str:
    """What the user said last, or a tool's result if that came after it."""
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") in ("user", "tool"):
            return _text(message.get("content"))
    return ""


def _text(content: Json) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict))
        return " ".join(text for text in texts if isinstance(text, str))
    return ""


def _tool_call(request: JsonObject) -> JsonObject | None:
    choice = request.get("tool_choice")
    last = request["messages"][-1]
    if choice == "none" or (isinstance(last, dict) and last.get("role") == "tool"):
        return None
    function = _tool(request.get("tools"), choice)
    if function is None:
        return None
    arguments = encode(example(function.get("parameters"))).decode()
    return {"id": "call_mock", "type": "function", "function": {"name": function["name"], "arguments": arguments}}


def _tool(tools: Json, choice: Json) -> JsonObject | None:
    """The function that the choice names, else the first."""
    offered = tools if isinstance(tools, list) else []
    functions = [tool.get("function") for tool in offered if isinstance(tool, dict)]
    named = [function for function in functions if isinstance(function, dict) and isinstance(function.get("name"), str)]
    wanted = choice.get("function") if isinstance(choice, dict) else None
    if isinstance(wanted, dict):
        named = [function for function in named if function["name"] == wanted.get("name")] or named
    return named[0] if named else None


# Embeddings


def _embeddings(request: JsonObject) -> MockAnswer:
    inputs = request.get("input")
    if isinstance(inputs, str) or (isinstance(inputs, list) and inputs and isinstance(inputs[0], int)):
        inputs = [inputs]
    if not isinstance(inputs, list) or not inputs:
        return refusal("'input' is required: a string, or a list of at least one", "input")
    dimensions = request.get("dimensions", DEFAULT_DIMENSIONS)
    if dimensions not in DIMENSIONS:
        accepted = ", ".join(str(number) for number in DIMENSIONS)
        return refusal(f"'dimensions' is {dimensions!r}; accepted: {accepted}", "dimensions")
    return MockAnswer(200, JSON, _vectors(request, inputs, dimensions))


def _vectors(request: JsonObject, inputs: list[Json], dimensions: int) -> Iterator[bytes]:
    draw = base64_vector if request.get("encoding_format") == "base64" else vector
    tokens = TOKENS_PER_MESSAGE * len(inputs)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    yield b'{"object":"list","model":%b,"usage":%b,"data":[' % (encode(request.get("model", "mock")), encode(usage))
    for index, item in enumerate(inputs):
        embedding = {"object": "embedding", "index": index, "embedding": draw(encode(item), dimensions)}
        yield (b"," if index else b"") + encode(embedding)
    yield b"]}"


# Texts that go on, images, orders of documents


def _completion(request: JsonObject) -> MockAnswer:
    texts = prompts(request.get("prompt"))
    if not texts:
        return refusal("'prompt' is required: a text, or a list of texts or tokens", "prompt")
    if request.get("stream") is True:
        return _completion_stream(request, texts)
    choices = [_text_choice(index, text, finish="stop") for index, text in enumerate(texts)]
    usage = _counted(len(texts), COMPLETION_TOKENS)
    return MockAnswer(
        200, JSON, (encode(_envelope(request, "text_completion") | {"choices": choices, "usage": usage}),)
    )


def _completion_stream(request: JsonObject, texts: list[str]) -> MockAnswer:
    envelope = _envelope(request, "text_completion")
    pieces = [(index, part) for index, text in enumerate(texts) for part in split(text, CHUNKS)]
    events = [event(envelope | {"choices": [_text_choice(index, part)]}) for index, part in pieces]
    events += [event(envelope | {"choices": [_text_choice(index, "", finish="stop")]}) for index in range(len(texts))]
    if _asks_for_usage(request):
        events.append(event(envelope | {"choices": [], "usage": _counted(len(texts), len(pieces))}))
    return MockAnswer(200, EVENTS, (*events, _DONE))


def _text_choice(index: int, text: str, *, finish: str | None = None) -> JsonObject:
    return {"index": index, "text": text, "logprobs": None, "finish_reason": finish}


def _images(request: JsonObject) -> MockAnswer:
    if not isinstance(request.get("prompt"), str):
        return refusal("'prompt' is required: a text that says what to show", "prompt")
    shown = images(request)
    usage = {"input_tokens": TOKENS_PER_MESSAGE, "output_tokens": COMPLETION_TOKENS * len(shown)}
    usage["total_tokens"] = sum(usage.values())
    return MockAnswer(200, JSON, (encode({"created": _CREATED, "data": shown, "usage": usage}),))


def _speech(request: JsonObject) -> MockAnswer:
    spoken = request.get("input")
    if not isinstance(spoken, str) or not spoken:
        return refusal("'input' is required: the text to be spoken", "input")
    if request.get("stream_format") != "sse":
        return MockAnswer(200, ((b"content-type", b"audio/wav"),), wav(spoken))
    deltas = [event({"type": "speech.audio.delta", "audio": b64encode(piece).decode()}) for piece in wav(spoken)]
    usage = {"input_tokens": TOKENS_PER_MESSAGE, "output_tokens": len(deltas)}
    usage["total_tokens"] = sum(usage.values())
    return MockAnswer(200, EVENTS, (*deltas, event({"type": "speech.audio.done", "usage": usage})))


def _rerank(request: JsonObject) -> MockAnswer:
    query, documents = request.get("query"), request.get("documents")
    if not isinstance(query, str) or not isinstance(documents, list) or not all(isinstance(d, str) for d in documents):
        return refusal("'query' and 'documents' are required: a text, and a list of texts", "query")
    usage = {"prompt_tokens": TOKENS_PER_MESSAGE * len(documents), "total_tokens": TOKENS_PER_MESSAGE * len(documents)}
    return MockAnswer(200, JSON, (encode({"id": "rerank-mock", "results": scores(query, documents), "usage": usage}),))


# What they share


def _asks_for_usage(request: JsonObject) -> bool:
    options = request.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def _envelope(request: JsonObject, kind: str) -> JsonObject:
    return {"id": _ID, "object": kind, "created": _CREATED, "model": request.get("model", "mock")}


def _chunk(request: JsonObject, delta: JsonObject, *, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return event(_envelope(request, "chat.completion.chunk") | {"choices": [choice]})


def _usage(request: JsonObject, completion: int) -> JsonObject:
    return _counted(len(request["messages"]), completion)


def _counted(messages: int, completion: int) -> JsonObject:
    prompt = TOKENS_PER_MESSAGE * messages
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


_OTHERS: Final[Mapping[str, Callable[[JsonObject], MockAnswer]]] = MappingProxyType(
    {
        "/embeddings": _embeddings,
        "/completions": _completion,
        "/images/generations": _images,
        "/rerank": _rerank,
        "/audio/speech": _speech,
    }
)
"""What is answered at a path that is not a chat's."""
