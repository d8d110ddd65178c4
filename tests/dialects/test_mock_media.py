"""What the mock speaks, writes down and draws: the same request gets the same bytes."""

from __future__ import annotations

import io
import json
import wave

import pytest

from headgate.core.json import encode
from headgate.dialects.mock import answer
from headgate.dialects.mock_answer import MockAnswer
from headgate.dialects.mock_form import MockForm
from tests.dialects.forms import CONTENT_TYPE, file, form, part

HEAR = "/audio/transcriptions"
TEXT = "This file has 5 bytes."


def said(told: MockAnswer) -> bytes:
    return b"".join(told.pieces)


def spoken(**fields: object) -> MockAnswer:
    return answer("/audio/speech", encode({"model": "mock", **fields}))


def sent(path: str, body: bytes, *, size: int = 1000) -> MockAnswer:
    mock = MockForm(path, CONTENT_TYPE)
    for at in range(0, len(body), size):
        mock.feed(body[at : at + size])
    return mock.answer()


def heard(*parts: bytes) -> MockAnswer:
    return sent(HEAR, form(*parts, file(b"sound")))


def test_speech_is_a_wav_file_in_several_pieces() -> None:
    told = spoken(input="Hello big world")
    pieces = list(told.pieces)

    assert told.headers == ((b"content-type", b"audio/wav"),)
    assert len(pieces) > 3
    with wave.open(io.BytesIO(b"".join(pieces))) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 1)
        assert sound.getnframes() == len(sound.readframes(10**6))


def test_the_same_text_sounds_the_same() -> None:
    assert said(spoken(input="Hello")) == said(spoken(input="Hello"))


def test_speech_in_events_carries_the_same_sound() -> None:
    events = said(spoken(input="Hello", stream_format="sse")).split(b"\n\n")[:-1]

    kinds = [json.loads(each.removeprefix(b"data: "))["type"] for each in events]
    assert kinds == ["speech.audio.delta"] * (len(kinds) - 1) + ["speech.audio.done"]


@pytest.mark.parametrize("fields", [{}, {"input": ""}, {"input": 1}])
def test_speech_needs_a_text(fields: dict[str, object]) -> None:
    assert spoken(**fields).status == 400


def test_a_transcription_tells_the_length_of_the_file() -> None:
    assert json.loads(said(heard()))["text"] == TEXT


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_it_does_not_depend_on_how_the_form_arrives(size: int) -> None:
    body = form(part("model", b"m"), file(b"sound"))

    assert said(sent(HEAR, body, size=size)) == said(heard())


@pytest.mark.parametrize(
    ("form_", "begins"),
    [
        (b"text", TEXT.encode()),
        (b"srt", b"1\n00:00:00,000"),
        (b"vtt", b"WEBVTT\n"),
        (b"verbose_json", b'{"task":"transcribe"'),
        (b"json", b'{"text":'),
    ],
)
def test_a_transcription_has_the_form_that_is_asked_for(form_: bytes, begins: bytes) -> None:
    assert said(heard(part("response_format", form_))).startswith(begins)


def test_a_transcription_in_events_says_the_same() -> None:
    events = [
        json.loads(each.removeprefix(b"data: ")) for each in said(heard(part("stream", b"true"))).split(b"\n\n")[:-1]
    ]

    assert "".join(each.get("delta", "") for each in events) == TEXT
    assert events[-1]["text"] == TEXT


def test_an_edit_gives_what_the_prompt_alone_would_have_given() -> None:
    edited = sent("/images/edits", form(part("prompt", b"a cat"), part("n", b"2"), file(b"png", "image[]")))

    assert said(edited) == said(answer("/images/generations", encode({"prompt": "a cat", "n": 2})))


def test_an_edit_needs_an_image() -> None:
    assert sent("/images/edits", form(part("prompt", b"a cat"))).status == 400


@pytest.mark.parametrize("body", [b"", form(part("a", b""))[:-5], b"nonsense" * 20])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    assert sent(HEAR, body).status == 400


@pytest.mark.parametrize("count", [b"9" * 5000, b"-1", b"many"])
def test_a_number_of_images_that_is_none_asks_for_one(count: bytes) -> None:
    told = sent("/images/edits", form(part("prompt", b"cat"), part("n", count), file(b"x", "image")))

    assert len(json.loads(said(told))["data"]) == 1
