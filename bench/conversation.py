"""What is asked and what is answered: the bodies that every contender carries.

The load generators send the questions, the origins answer, and each answer is compared with what the origin
sent. They are the same bytes for every contender.
"""

import json

WHOLE_MODEL = "gpt-4o"
STREAMED_MODEL = "gpt-4o-streamed"
UPSTREAM_MODEL = "gpt-4o-2024-08-06"
ANSWER_TEXT = (
    "Hello! How can I assist you today? I am able to help with a wide range of questions, "
    "from programming to history to cooking."
)
STREAMED_PIECES = 100
EVENTS_PER_STREAM = STREAMED_PIECES + 3
"""The pieces, the finish reason, the usage and `[DONE]`."""
STREAMED_TEXT = "".join(f" token{number}" for number in range(STREAMED_PIECES))

LARGE_BODY_BYTES = 100_000
TURN_LINES = 24
STREAM_ID = "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG"


def small_question() -> bytes:
    """About 0.7 KB: a system prompt, one question and the usual parameters."""
    return _encoded(
        {
            "model": WHOLE_MODEL,
            "messages": [
                {
                    "role": "system",
                    "content": "You are a helpful assistant of a hardware shop. Answer in the language of the "
                    "question, in at most three sentences, and never promise a delivery date. If a product is out of "
                    "stock, name the closest one that is available and say what differs.",
                },
                {
                    "role": "user",
                    "content": "Hello, I need a pump for a rain barrel of 500 litres. It should be quiet, because the "
                    "barrel stands below the bedroom window. Which one would you take, and do I need a filter with it? "
                    "The hose is 12 metres long and has to climb about two metres to the vegetable beds.",
                },
            ],
            "temperature": 0.7,
            "top_p": 0.95,
            "max_tokens": 256,
            "user": "customer-20934",
        }
    )


def large_question() -> bytes:
    """About 100 KB: a long conversation with code in it, hence with escapes and a few letters beyond ASCII."""
    messages: list[dict[str, str]] = [{"role": "system", "content": "You review code. Be brief and precise."}]
    size = 0
    while size < LARGE_BODY_BYTES:
        number = len(messages)
        content = "".join(
            f'def step_{number}_{line}(value: int) -> str:\n\treturn f"r\u00e9sultat {{value + {line}}}"  # \\ stays\n'
            for line in range(TURN_LINES)
        )
        messages.append({"role": "user" if number % 2 else "assistant", "content": content})
        size += len(_encoded(messages[-1])) + 2
    return _encoded({"model": WHOLE_MODEL, "messages": messages, "temperature": 0.2, "max_tokens": 1024})


def streamed_question() -> bytes:
    return _encoded(
        {
            "model": STREAMED_MODEL,
            "stream": True,
            "stream_options": {"include_usage": True},
            "messages": [{"role": "user", "content": "Hello, what can you do for me today?"}],
        }
    )


def whole_answer() -> bytes:
    """About 0.8 KB, with the fields that such an answer has."""
    return _encoded(
        {
            "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
            "object": "chat.completion",
            "created": 1741569952,
            "model": UPSTREAM_MODEL,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": ANSWER_TEXT, "refusal": None, "annotations": []},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {
                "prompt_tokens": 19,
                "completion_tokens": 10,
                "total_tokens": 29,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                "completion_tokens_details": {
                    "reasoning_tokens": 0,
                    "audio_tokens": 0,
                    "accepted_prediction_tokens": 0,
                    "rejected_prediction_tokens": 0,
                },
            },
            "service_tier": "default",
            "system_fingerprint": "fp_50cad350e4",
        }
    )


def streamed_events() -> list[bytes]:
    """The events of one streamed answer: the pieces, the finish reason, the usage, the end."""
    usage = {"prompt_tokens": 19, "completion_tokens": STREAMED_PIECES, "total_tokens": 19 + STREAMED_PIECES}
    pieces = [_piece({"content": f" token{number}"}) for number in range(STREAMED_PIECES)]
    payloads = [*pieces, _piece({}, finish_reason="stop"), _event([], usage=usage), b"[DONE]"]
    return [b"data: " + payload + b"\n\n" for payload in payloads]


def _piece(delta: dict[str, str], *, finish_reason: str | None = None) -> bytes:
    return _event([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}], usage=None)


def _event(choices: list[dict[str, object]], *, usage: dict[str, int] | None) -> bytes:
    return _encoded(
        {
            "id": STREAM_ID,
            "object": "chat.completion.chunk",
            "created": 1741570283,
            "model": UPSTREAM_MODEL,
            "service_tier": "default",
            "system_fingerprint": "fp_50cad350e4",
            "choices": choices,
            "usage": usage,
        }
    )


def _encoded(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
