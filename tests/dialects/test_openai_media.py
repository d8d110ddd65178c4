"""Answers that are not JSON, and answers to forms, on their way to the caller."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given

from headgate.core.failure import Failure, FailureKind
from headgate.core.usage import Usage
from headgate.dialects.exchange import Opened
from headgate.dialects.openai_audio import (
    ImageEditOverOpenAI,
    SpeechOverOpenAI,
    SpeechRequest,
    TranscriptionOverOpenAI,
    TranscriptionRequest,
)
from headgate.dialects.openai_media import BytesRelay, EventRelay
from headgate.dialects.openai_usage import read_media_usage
from tests.dialects.forms import CONTENT_TYPE
from tests.dialects.pieces import CUTS, cut_at

NAME = msgspec.Raw(b'"shown"')
SPEECH = SpeechRequest(b'{"model":"m","input":"Hello"}')
FORM = TranscriptionRequest(CONTENT_TYPE)
TOKENS = {"type": "tokens", "input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
DELTA = b'data: {"type":"transcript.text.delta","delta":"Hel"}\n\n'
DONE = b"data: " + json.dumps({"type": "transcript.text.done", "text": "Hello", "usage": TOKENS}).encode() + b"\n\n"


def extra(_usage: Usage) -> bytes:
    return b'"cost":5'


def events() -> EventRelay:
    return EventRelay(NAME, FORM, extra=extra)


def whole(answer: object) -> dict[str, object] | Failure:
    told = TranscriptionOverOpenAI().whole(json.dumps(answer).encode(), NAME, FORM, extra)
    return told if isinstance(told, Failure) else json.loads(told)


# What an answer is, by its type


@pytest.mark.parametrize("content_type", [b"audio/mpeg", b"audio/L16; rate=24000", b"application/octet-stream", b""])
def test_sound_passes_under_its_own_type(content_type: bytes) -> None:
    told = SpeechOverOpenAI().opened(content_type, SPEECH, json_name=NAME, extra=extra)

    assert isinstance(told, Opened)
    assert told.content_type == (content_type or b"application/octet-stream")
    assert isinstance(told.relay, BytesRelay)


@pytest.mark.parametrize("content_type", [b"text/html", b"text/plain", b"audio/mpeg\x00", b"nonsense", b"image/png"])
def test_what_is_no_sound_is_no_answer_to_a_request_for_speech(content_type: bytes) -> None:
    told = SpeechOverOpenAI().opened(content_type, SPEECH, json_name=NAME, extra=extra)

    assert isinstance(told, Failure)
    assert told.kind is FailureKind.MALFORMED
    assert "nonsense" not in told.message


@pytest.mark.parametrize(
    ("content_type", "relay"),
    [
        pytest.param(b"application/json; charset=utf-8", type(None), id="JSON"),
        pytest.param(b"", type(None), id="nothing"),
        pytest.param(b"text/plain", BytesRelay, id="text"),
        pytest.param(b"text/vtt", BytesRelay, id="subtitles"),
        pytest.param(b"text/event-stream", EventRelay, id="events"),
    ],
)
def test_a_transcription_is_what_its_type_says(content_type: bytes, relay: type[object]) -> None:
    told = TranscriptionOverOpenAI().opened(content_type, FORM, json_name=NAME, extra=extra)

    assert isinstance(told, Opened)
    assert type(told.relay) is relay


@pytest.mark.parametrize("content_type", [b"text/html; charset=utf-8", b"audio/wav", b"\xff"])
def test_another_type_is_no_transcription(content_type: bytes) -> None:
    told = TranscriptionOverOpenAI().opened(content_type, FORM, json_name=NAME, extra=extra)

    assert isinstance(told, Failure)


def test_changed_images_are_json_or_events() -> None:
    codec = ImageEditOverOpenAI()

    relayed = codec.opened(b"text/event-stream", FORM, json_name=NAME, extra=extra)
    kept = codec.opened(b"anything", FORM, json_name=NAME, extra=extra)

    assert isinstance(relayed, Opened)
    assert relayed.relay is not None
    assert kept == Opened(b"application/json")


def test_speech_that_is_json_says_what_failed() -> None:
    codec = SpeechOverOpenAI()

    failed = codec.whole(b'{"error":{"message":"no voice"}}', NAME, SPEECH, extra)
    other = codec.whole(b'{"audio":"AAAA"}', NAME, SPEECH, extra)

    assert isinstance(failed, Failure)
    assert isinstance(other, Failure)
    assert (failed.kind, failed.message) == (FailureKind.SERVER_ERROR, "no voice")
    assert other.kind is FailureKind.MALFORMED


# Sound and text


def test_bytes_pass_and_their_framing_ends_them() -> None:
    relay = BytesRelay(SPEECH, as_text=False)

    assert relay.feed(b"ID3") == b"ID3"
    assert relay.end(framed=True) == b""
    assert relay.failure is None
    assert relay.events == 0


def test_bytes_that_only_the_end_of_the_connection_ends_are_cut() -> None:
    relay = BytesRelay(SPEECH, as_text=False)
    relay.feed(b"ID3")
    relay.end(framed=False)

    assert relay.failure is not None
    assert relay.failure.kind is FailureKind.CUT


@pytest.mark.parametrize(("as_text", "fails"), [(False, True), (True, False)])
def test_silence_is_written_as_no_text_and_never_spoken(as_text: bool, fails: bool) -> None:  # noqa: FBT001
    relay = BytesRelay(FORM, as_text=as_text)
    relay.end(framed=True)

    assert (relay.failure is not None) is fails


def test_text_counts_as_output() -> None:
    relay = BytesRelay(FORM, as_text=True)
    relay.feed(b"Hello")
    relay.feed(b" you")

    assert relay.events == 3


# Events


@given(CUTS)
def test_events_pass_whole_however_they_are_cut(cuts: list[int]) -> None:
    relay = events()

    told = b"".join(relay.feed(piece) for piece in cut_at(b": hello\n\n" + DELTA * 3 + DONE, cuts))

    assert told.startswith(DELTA * 3)
    shown = json.loads(told[len(DELTA * 3) + len(b"data: ") :])
    assert shown["usage"] == {**TOKENS, "cost": 5}
    assert relay.usage == Usage(3, output=4)
    assert relay.complete


def test_the_name_of_an_event_and_its_model_are_told() -> None:
    told = events().feed(b'event: done\ndata: {"type":"x.done","model":"inner"}\n\n')

    assert told == b'event: done\ndata: {"type":"x.done","model":"shown"}\n\n'


@pytest.mark.parametrize(
    "event",
    [
        b'data: {"type":"error","message":"no"}\n\n',
        b'data: {"error":{"message":"no"}}\n\n',
        b"data: nonsense\n\n",
        b"data: [1]\n\n",
        b'event: x\ndata: {"type":"\xff"}\n\n',
        b"data: " + b"[" * 5000 + b"\n\n",
    ],
)
def test_an_event_that_fails_ends_the_answer(event: bytes) -> None:
    relay = events()

    assert relay.feed(DELTA + event + DELTA) == DELTA
    assert relay.failure is not None


@pytest.mark.parametrize(
    ("body", "framed", "kind"),
    [
        pytest.param(DELTA + DONE, False, None, id="with its last event"),
        pytest.param(DELTA + b"data: [DONE]\n\n", False, None, id="with the word of chats"),
        pytest.param(DELTA, True, None, id="with its framing"),
        pytest.param(DELTA, False, FailureKind.CUT, id="with neither"),
        pytest.param(b": hello\n\n", True, FailureKind.CUT, id="without an event"),
        pytest.param(b"", True, FailureKind.CUT, id="empty"),
    ],
)
def test_events_are_whole(body: bytes, framed: bool, kind: FailureKind | None) -> None:  # noqa: FBT001
    relay = events()
    relay.feed(body)
    relay.end(framed=framed)

    assert (relay.failure.kind if relay.failure else None) is kind


# JSON


def test_a_transcription_tells_its_usage_with_its_cost() -> None:
    assert whole({"text": "Hello", "model": "inner", "usage": TOKENS}) == {
        "text": "Hello",
        "model": "shown",
        "usage": {**TOKENS, "cost": 5},
    }


def test_the_length_of_the_sound_is_usage_where_there_is_no_other() -> None:
    told = whole({"text": "Hello", "duration": 7.2})

    assert isinstance(told, dict)
    assert told["usage"] == {"type": "duration", "seconds": 8, "cost": 5}


def test_a_transcription_without_usage_is_estimated_by_its_text() -> None:
    told = whole({"text": "Hello!"})

    assert isinstance(told, dict)
    assert told["usage"] == {
        "type": "tokens",
        "input_tokens": 0,
        "output_tokens": 2,
        "total_tokens": 2,
        "estimated": True,
        "cost": 5,
    }


def test_a_text_as_json_passes() -> None:
    assert TranscriptionOverOpenAI().whole(b'"WEBVTT"', NAME, FORM, extra) == b'"WEBVTT"'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FailureKind.MALFORMED),
        (b"[]", FailureKind.MALFORMED),
        (b"{}", FailureKind.MALFORMED),
        (b'{"text":"\xff"}', None),
        (b"<html>", FailureKind.MALFORMED),
        (b'{"error":{"message":"no"}}', FailureKind.SERVER_ERROR),
    ],
)
def test_what_is_no_transcription_fails(body: bytes, kind: FailureKind | None) -> None:
    told = TranscriptionOverOpenAI().whole(body, NAME, FORM, extra)

    assert (told.kind if isinstance(told, Failure) else None) is kind


@pytest.mark.parametrize(
    ("raw", "usage"),
    [
        (b'{"input_tokens":1,"output_tokens":2}', Usage(1, output=2)),
        (b'{"prompt_tokens":1,"completion_tokens":2}', Usage(1, output=2)),
        (b'{"type":"duration","seconds":0.2}', Usage(seconds=1)),
        (b'{"seconds":1e999}', None),
        (b'{"seconds":-1}', None),
        (b'{"input_tokens":-1}', None),
        (b'{"input_tokens":99999999999999}', None),
        (b'{"input_tokens":"1"}', None),
        (b"{}", None),
        (b"null", None),
        pytest.param(b'{"input_tokens":1,"output_tokens":2,"\xff":3}', None, id="a name that is not UTF-8"),
    ],
)
def test_usage_is_read_or_not(raw: bytes, usage: Usage | None) -> None:
    assert read_media_usage(msgspec.Raw(raw)) == usage
