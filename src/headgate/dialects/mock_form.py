"""What the built-in mock answers to forms, of which it keeps nothing but the fields.

A file is written down as a sentence that tells its length, and changed images are those that the prompt alone would
have given.
"""

from __future__ import annotations

from typing import Final

from headgate.core.errors import InvalidBody
from headgate.core.json import JsonObject, encode
from headgate.dialects.mock import answer, split
from headgate.dialects.mock_answer import EVENTS, JSON, MockAnswer, event, refusal
from headgate.dialects.multipart import FormReader, PartHead, boundary_of

SECONDS: Final = 1
_PLAIN: Final = ((b"content-type", b"text/plain; charset=utf-8"),)
_FIELD_LIMIT: Final = 64 * 1024
_MOST_DIGITS: Final = 4


class MockForm:
    """One form on its way to the mock."""

    def __init__(self, path: str, content_type: bytes) -> None:
        self._path = path.partition("?")[0]
        self._fields: dict[str, bytearray] = {}
        self._part: PartHead | None = None
        self._bytes = 0
        self._fault = ""
        self._reader = FormReader(boundary_of(content_type))

    def feed(self, data: bytes) -> None:
        if self._fault:
            return
        try:
            events = self._reader.feed(data)
        except InvalidBody as error:
            self._fault = error.message
            return
        for each in events:
            if isinstance(each, PartHead):
                self._part = each
            elif isinstance(each, bytes) and self._part is not None:
                self._take(self._part, each)

    def answer(self) -> MockAnswer:
        """The answer, once the form is whole."""
        try:
            self._reader.close()
        except InvalidBody as error:
            self._fault = self._fault or error.message
        if self._fault:
            return refusal(self._fault, None)
        if self._path == "/images/edits":
            return self._edit()
        return _written(f"This file has {self._bytes} bytes.", self._word("response_format"), self._word("stream"))

    def _take(self, part: PartHead, content: bytes) -> None:
        if part.is_file:
            self._bytes += len(content)
        else:
            value = self._fields.setdefault(part.name, bytearray())
            value += content[: _FIELD_LIMIT - len(value)]

    def _word(self, name: str) -> str:
        return self._fields.get(name, bytearray()).decode(errors="replace")

    def _edit(self) -> MockAnswer:
        count = self._word("n")
        known = count.isdecimal() and len(count) <= _MOST_DIGITS
        asked: JsonObject = {"prompt": self._word("prompt"), "n": int(count) if known else 1}
        if not self._bytes:
            return refusal("'image' is required: a file", "image")
        return answer("/images/generations", encode(asked))


def _written(text: str, form: str, stream: str) -> MockAnswer:
    usage = {"type": "tokens", "input_tokens": 10, "output_tokens": 10, "total_tokens": 20}
    if stream == "true":
        deltas = [event({"type": "transcript.text.delta", "delta": part}) for part in split(text, 2)]
        return MockAnswer(200, EVENTS, (*deltas, event({"type": "transcript.text.done", "text": text, "usage": usage})))
    match form:
        case "text":
            return MockAnswer(200, _PLAIN, (f"{text}\n".encode(),))
        case "srt":
            return MockAnswer(200, _PLAIN, (f"1\n00:00:00,000 --> 00:00:01,000\n{text}\n\n".encode(),))
        case "vtt":
            return MockAnswer(200, _PLAIN, (f"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{text}\n\n".encode(),))
        case "verbose_json":
            shown = {"task": "transcribe", "language": "english", "duration": float(SECONDS), "text": text}
            duration = {"type": "duration", "seconds": SECONDS}
            return MockAnswer(200, JSON, (encode({**shown, "segments": [], "usage": duration}),))
    return MockAnswer(200, JSON, (encode({"text": text, "usage": usage}),))
