"""Requests, answers and events that the tests of a call have in common."""

from __future__ import annotations

import json

from headgate.core.failure import Failure, FailureKind
from headgate.gateway.call import Call
from tests.gateway.stage import Stage

WHOLE = b'{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}'
STREAMED = b'{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"stream":true}'
ANSWER = (
    b'{"id":"c1","model":"gpt-4o-upstream","choices":[{"index":0,"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}'
)


def chunk(text: str, finish: str | None = None) -> bytes:
    fields = {
        "id": "c1",
        "model": "m-up",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}],
    }
    return b"data: " + json.dumps(fields, separators=(",", ":")).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def failure(kind: FailureKind) -> Failure:
    return Failure(kind=kind, message=kind.value)


def answered(call: Call, attempt: int, body: bytes = ANSWER) -> None:
    call.upstream_head(attempt, 200, [(b"content-type", b"application/json")])
    call.upstream_bytes(attempt, body)
    call.upstream_done(attempt, framed=True)


def streaming(stage: Stage) -> Call:
    """A call whose caller has the first event."""
    call = stage.begun(STREAMED)
    call.upstream_head(1, 200, [])
    call.upstream_bytes(1, chunk("Hel"))
    return call
