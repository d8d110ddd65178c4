"""The bytes of chat completions: what scripted origins send, and what came of it at the client."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from tests.origin.script import LAST_CHUNK, answer, chunk, stream_head

UPSTREAM_MODEL: Final = "upstream-model"
USAGE: Final = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
COST: Final = 0.000075
"""Of USAGE at PRICING."""
PRICING: Final = {"input_per_1m_tokens": 2.5, "output_per_1m_tokens": 10}
DONE: Final = b"data: [DONE]\n\n"


def event(document: object) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def piece(text: str) -> bytes:
    """An event that carries some text."""
    return _chunk({"content": text}, finish=None)


def _chunk(delta: dict[str, str], *, finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return event({**_head("chat.completion.chunk"), "choices": [choice], "usage": None})


def _head(kind: str) -> dict[str, object]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1741569952, "model": UPSTREAM_MODEL}


FINISH: Final = _chunk({}, finish="stop")
REPORT: Final = event({**_head("chat.completion.chunk"), "choices": [], "usage": USAGE})
FAULT: Final = event({"error": {"message": "out of memory", "type": "server_error", "code": None}})


def events(*texts: str) -> list[bytes]:
    """A whole stream, event by event."""
    return [*(piece(text) for text in texts), FINISH, REPORT, DONE]


def streamed(*texts: str) -> bytes:
    """A whole stream as an answer in chunks."""
    return stream_head() + b"".join(chunk(each) for each in events(*texts)) + LAST_CHUNK


def whole_body(text: str = "Hello") -> bytes:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return json.dumps({**_head("chat.completion"), "choices": [choice], "usage": USAGE}).encode()


def whole(text: str = "Hello") -> bytes:
    return answer(whole_body(text))


@dataclass(frozen=True)
class Answer:
    """What a client got. `framed` tells whether the framing of the body came to its end."""

    status: int
    headers: dict[str, str]
    body: bytes
    framed: bool

    @property
    def document(self) -> dict[str, object]:
        document: dict[str, object] = json.loads(self.body)
        return document

    @property
    def error(self) -> dict[str, object]:
        """The error in OpenAI's shape, of the document or of the last event."""
        document = self.payloads[-1] if self.body.startswith(b"data:") else self.document
        assert isinstance(document, dict)
        error = document["error"]
        assert isinstance(error, dict)
        return error

    @property
    def payloads(self) -> list[object]:
        """The data of each event, decoded; `[DONE]` as it stands."""
        parts = self.body.decode().split("\n\n")
        assert parts.pop() == "", "the last event is cut"
        data = [part.removeprefix("data: ") for part in parts]
        return [each if each == "[DONE]" else json.loads(each) for each in data]

    @property
    def text(self) -> str:
        """What the model said."""
        if not self.body.startswith(b"data:"):
            return str(self.document["choices"][0]["message"]["content"])  # type: ignore[index]
        chunks = [each for each in self.payloads if isinstance(each, dict)]
        choices = [choice for each in chunks for choice in each.get("choices", [])]
        return "".join(choice["delta"].get("content") or "" for choice in choices)

    @property
    def is_whole(self) -> bool:
        """Whether a client may take it for everything that the model said."""
        if self.body.startswith(b"data:"):
            return self.framed and self.payloads[-1] == "[DONE]"
        return self.framed and self.status == 200
