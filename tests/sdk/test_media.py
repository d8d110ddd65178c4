"""The official openai package, unmodified, speaks, listens and draws through the gateway."""

from __future__ import annotations

from typing import Final

import openai
import pytest
from openai.types.audio import Transcription

from tests.end_to_end.chat import COST
from tests.end_to_end.gateway import Gateway

TEXT: Final = "Good morning to you"
SOUND: Final = ("hello.wav", b"RIFF" + bytes(range(256)) * 100)
LONG: Final = ("long.wav", b"RIFF" + bytes(range(256)) * 8 * 1024)
"""Two mebibytes: more than is kept."""


@pytest.fixture(scope="session")
def hearing(gateway: Gateway, upstream: str) -> str:
    return gateway.add(upstream, {"type": "audio_transcription"})


@pytest.fixture(scope="session")
def speaking(gateway: Gateway, upstream: str) -> str:
    return gateway.add(upstream, {"type": "audio_speech"})


@pytest.fixture(scope="session")
def drawing(gateway: Gateway, upstream: str) -> str:
    return gateway.add(upstream, {"type": "image_generation"})


@pytest.mark.parametrize("sound", [SOUND, LONG], ids=["short", "long"])
def test_a_file_is_written_down(client: openai.OpenAI, hearing: str, sound: tuple[str, bytes]) -> None:
    told = client.audio.transcriptions.create(model=hearing, file=sound)

    assert isinstance(told, Transcription)
    assert told.text == TEXT
    assert told.usage is not None
    assert told.usage.model_dump()["cost"] == COST


def test_a_file_is_written_down_in_a_stream(client: openai.OpenAI, hearing: str) -> None:
    events = list(client.audio.transcriptions.create(model=hearing, file=SOUND, stream=True))

    deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
    last = events[-1]
    assert "".join(deltas) == TEXT
    assert len(deltas) > 1
    assert last.type == "transcript.text.done"
    assert last.usage is not None
    assert last.usage.model_dump()["cost"] == COST


def test_a_file_is_translated(client: openai.OpenAI, hearing: str) -> None:
    with pytest.deprecated_call():
        told = client.audio.translations.create(model=hearing, file=SOUND)

    assert told.text == TEXT


def test_a_text_is_spoken(client: openai.OpenAI, speaking: str) -> None:
    spoken = client.audio.speech.create(model=speaking, input="Hello", voice="alloy")

    assert spoken.content == b"ID3headgate"
    assert spoken.response.headers["content-type"] == "audio/mpeg"
    assert spoken.response.headers["x-headgate-model"] == speaking


def test_an_image_is_changed(client: openai.OpenAI, drawing: str) -> None:
    told = client.images.edit(model=drawing, image=("cat.png", b"\x89PNG"), prompt="a cat")

    assert told.data is not None
    assert told.data[0].b64_json == "aGVhZGdhdGU="


def test_a_model_that_does_not_listen_says_where_it_is_served(client: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.BadRequestError, match="/v1/chat/completions"):
        client.audio.transcriptions.create(model=model, file=SOUND)


def test_a_model_that_does_not_exist_is_not_found_before_the_file_has_gone_anywhere(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.audio.transcriptions.create(model="no-such-model", file=LONG)


def test_the_mock_speaks_listens_and_draws(gateway: Gateway, client: openai.OpenAI) -> None:
    mock = {"provider": "mock", "model": "m"}
    listening, drawing = (
        str(
            gateway.ask("POST", "/v1/models", {"model_id": f"mock-{kind}", "type": kind, "provider_config": mock})[
                "model_id"
            ]
        )
        for kind in ("audio_speech", "image_generation")
    )

    sound = client.audio.speech.create(model=listening, input="Hello big world", voice="alloy").content
    text = client.audio.transcriptions.create(model=listening, file=("a.wav", sound), response_format="text")
    image = client.images.edit(model=drawing, image=("cat.png", b"\x89PNG"), prompt="a cat", n=2)

    assert sound.startswith(b"RIFF")
    assert text == f"This file has {len(sound)} bytes.\n"
    assert image.data is not None
    assert image.data == client.images.generate(model=drawing, prompt="a cat", n=2).data
