"""What is known of the usage of an answer that did not end."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.json import JsonObject
from headgate.core.usage import Usage
from headgate.dialects.openai_audio import SpeechRequest, TranscriptionRequest
from headgate.dialects.openai_chat import ChatRequest, CompletionRequest
from headgate.dialects.openai_media import BytesRelay, EventRelay
from headgate.dialects.openai_stream import StreamRelay
from tests.dialects.forms import CONTENT_TYPE
from tests.dialects.message_streams import BASIC, HELLO, PING, SEARCH, START, TEXT, THINKING, TOOLS
from tests.dialects.messages import CODEC, chat
from tests.dialects.pieces import CUTS, cut_at

MINE = msgspec.Raw(b'"mine"')
BODY = b'{"model":"m","messages":[],"stream":true}'
SPEECH = SpeechRequest(b'{"model":"m","input":"Hello"}')


def extra(_usage: Usage) -> bytes:
    return b'"cost":null'


def chunk(delta: JsonObject, *, finish: str | None = None, **more: object) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    told = {"id": "c", "object": "chat.completion.chunk", "model": "up", "choices": [choice], **more}
    return b"data: " + json.dumps(told, separators=(",", ":")).encode() + b"\n\n"


def relayed(*pieces: bytes) -> StreamRelay:
    relay = StreamRelay(MINE, ChatRequest(BODY), extra)
    for piece in pieces:
        relay.feed(piece)
    return relay


ROLE = chunk({"role": "assistant", "content": ""})
END = chunk({}, finish="stop")
CALL = {"tool_calls": [{"index": 0, "id": "t", "type": "function", "function": {"name": "f", "arguments": ""}}]}
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


# Chat completions


@pytest.mark.parametrize(
    ("pieces", "tokens"),
    [
        pytest.param([], 0, id="nothing"),
        pytest.param([ROLE], 0, id="a role"),
        pytest.param([ROLE, chunk({"content": "a"}), chunk({"content": "b"})], 2, id="two texts"),
        pytest.param([ROLE, chunk({"content": "a"}), END], 1, id="the reason to stop"),
        pytest.param([ROLE, chunk({"content": ""}), chunk({"content": "a"}), chunk({"content": ""})], 1, id="no text"),
        pytest.param([chunk({"role": "assistant", "content": "a"})] * 3, 3, id="a role beside each text"),
        pytest.param([ROLE, chunk({"content": None, "reasoning_content": "a"})] * 2, 2, id="thoughts"),
        pytest.param([ROLE, chunk({"content": "", "reasoning": "a"})] * 2, 2, id="thoughts beside no text"),
        pytest.param([chunk({"role": "assistant", "content": None, **CALL})], 1, id="a call of a tool"),
        pytest.param([ROLE + chunk({"content": "a"}) * 3 + ROLE], 3, id="in one piece"),
        pytest.param(
            [ROLE, chunk({"content": "a"}), chunk({"content": "b"}) * 3 + chunk({"content": ""})], 4, id="both"
        ),
        pytest.param([b": ping\n\n", ROLE, b": ping\n\n", chunk({"content": "a"})], 1, id="comments"),
        pytest.param([ROLE, chunk({"content": "a"})[:-5]], 0, id="part of an event"),
    ],
)
def test_an_event_with_output_is_a_token(pieces: list[bytes], tokens: int) -> None:
    usage = relayed(*pieces).so_far()

    assert (usage.completion, usage.estimated) == (tokens, True)


TEXTS = st.lists(st.text(max_size=6), max_size=12)


@given(TEXTS, CUTS, st.booleans())
def test_every_text_is_a_token_however_the_bytes_are_cut(texts: list[str], cuts: list[int], spaced: bool) -> None:  # noqa: FBT001
    body = ROLE + b"".join(chunk({"content": text}) for text in texts)
    if spaced:
        body = body.replace(b'":', b'": ').replace(b',"', b', "')

    assert relayed(*cut_at(body, cuts)).so_far().completion == sum(map(bool, texts))


def test_the_text_of_a_completion_is_output_too() -> None:
    def piece(text: str) -> bytes:
        choice = {"index": 0, "text": text, "finish_reason": None}
        return b"data: " + json.dumps({"id": "c", "model": "up", "choices": [choice]}).encode() + b"\n\n"

    relay = StreamRelay(MINE, CompletionRequest(b'{"model":"m","prompt":"x","stream":true}'), extra)
    relay.feed(piece("a"))
    relay.feed(piece("b") + piece(""))

    assert relay.so_far().completion == 2


def test_usage_that_was_told_is_not_estimated() -> None:
    relay = relayed(ROLE, chunk({"content": "a"}), END, chunk({}, usage=USAGE).replace(b'[{"index', b'[],"x":[{"index'))

    assert relay.so_far() == Usage(input=7, output=3)


def test_usage_told_with_each_event_is_an_estimate_until_the_end() -> None:
    """xAI and vLLM (`continuous_usage_stats`) count while they answer."""
    running = [chunk({"content": "a"}, usage={**USAGE, "completion_tokens": n}) for n in (1, 2)]

    assert relayed(ROLE, *running).so_far() == Usage(input=7, output=2, estimated=True)
    assert relayed(ROLE, *running, chunk({"content": "b"}) * 3).so_far() == Usage(input=7, output=5, estimated=True)
    assert relayed(ROLE, *running, chunk({}, finish="stop", usage=USAGE)).so_far() == Usage(input=7, output=3)


def test_the_service_tier_of_a_stream_is_known_from_its_begin() -> None:
    begun = [chunk({"role": "assistant", "content": ""}, service_tier="priority"), chunk({"content": "a"})]
    told = chunk({}, finish="stop", usage=USAGE, service_tier="default")

    assert relayed(*begun).so_far().tier == "priority"
    assert relayed(*begun, told).so_far() == Usage(input=7, output=3, tier="default")


@pytest.mark.parametrize("tier", [None, 7, "x" * 100, [], ""])
def test_what_is_no_service_tier_is_none(tier: object) -> None:
    assert relayed(chunk({"content": "a"}, service_tier=tier)).so_far().tier == ""


# Messages


def begun(*pieces: bytes) -> Usage:
    relay = CODEC.relay(MINE, chat({"stream": True}), extra)
    for piece in pieces:
        relay.feed(piece)
    return relay.so_far()


@pytest.mark.parametrize(
    ("stream", "tokens"),
    [
        pytest.param(START, 0, id="its begin"),
        pytest.param(START + TEXT + PING, 0, id="a block"),
        pytest.param(START + TEXT + HELLO, 2, id="two texts"),
        pytest.param(TOOLS[: TOOLS.index(b"event: message_delta")], 5, id="tools"),
        pytest.param(THINKING[: THINKING.index(b"event: message_delta")], 3, id="thoughts, and no signature"),
    ],
)
def test_what_anthropic_told_at_the_begin_is_exact_and_a_delta_a_token(stream: bytes, tokens: int) -> None:
    assert begun(stream) == Usage(input=25, cached_input=5, output=tokens, estimated=True)


def test_what_is_written_to_the_providers_own_tools_is_output_too() -> None:
    half = SEARCH[: SEARCH.index(b'"content_block_stop"')]

    assert begun(half).output == 1


def test_the_last_figures_are_not_estimated() -> None:
    assert begun(BASIC[: BASIC.index(b"event: message_stop")]) == Usage(input=25, cached_input=5, output=15)


def test_without_a_begin_the_request_is_estimated() -> None:
    assert begun() == chat({"stream": True}).estimate(0)


# Sound and text


def test_sound_is_counted_by_its_length_and_never_nothing() -> None:
    relay = BytesRelay(SPEECH, as_text=False)

    assert relay.so_far() == Usage(input=2, estimated=True)
    relay.feed(b"ID3")
    assert relay.so_far() == Usage(input=2, audio_output=1, estimated=True)
    relay.feed(bytes(2_400))
    assert relay.so_far() == Usage(input=2, audio_output=2, estimated=True)


def test_text_is_counted_by_its_length() -> None:
    relay = BytesRelay(TranscriptionRequest(CONTENT_TYPE), as_text=True)
    relay.feed(b"Hello")

    assert relay.so_far() == Usage(output=2, estimated=True)


def told(kind: str, **fields: object) -> bytes:
    return b"data: " + json.dumps({"type": kind, **fields}).encode() + b"\n\n"


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(
            told("speech.audio.delta", audio="AAAA") * 3, Usage(2, audio_output=3, estimated=True), id="sound"
        ),
        pytest.param(
            told("speech.audio.delta", audio="AAAA")
            + told("speech.audio.done", usage={"input_tokens": 5, "output_tokens": 9}),
            Usage(5, audio_output=9),
            id="sound that was counted",
        ),
        pytest.param(
            told("image_edit.partial_image", b64_json="A"), Usage(2, audio_output=1, estimated=True), id="half"
        ),
        pytest.param(told("image_edit.completed", b64_json="A"), Usage(2, images=1, estimated=True), id="a picture"),
    ],
)
def test_events_with_sound_are_tokens_of_sound(stream: bytes, expected: Usage) -> None:
    relay = EventRelay(MINE, SPEECH, extra=extra, as_sound=True)
    relay.feed(stream)

    assert relay.so_far() == expected


@pytest.mark.parametrize(
    ("stream", "tokens"),
    [
        (told("transcript.text.delta", delta="Hel") + told("transcript.text.delta", delta=""), 1),
        (told("transcript.text.delta", delta="Hel") + told("transcript.text.done", text="Hello"), 1),
        (told("transcript.text.done", text="Hello you"), 3),
    ],
)
def test_events_with_text_are_tokens(stream: bytes, tokens: int) -> None:
    relay = EventRelay(MINE, TranscriptionRequest(CONTENT_TYPE), extra=extra)
    relay.feed(stream)

    assert relay.so_far() == Usage(output=tokens, estimated=True)
