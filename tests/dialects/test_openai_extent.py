"""How large a request can be at most."""

from __future__ import annotations

import json
from base64 import b64encode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.json import JsonObject
from headgate.dialects.openai_audio import ImageEditRequest, SpeechRequest, TranscriptionRequest
from headgate.dialects.openai_chat import ChatRequest, CompletionRequest
from headgate.dialects.openai_extent import media
from headgate.dialects.openai_images import ImageRequest
from headgate.dialects.openai_json import JsonRequest
from headgate.dialects.rerank import RerankRequest
from tests.dialects.forms import CONTENT_TYPE, file, form, part

DATA = b64encode(bytes(9_000)).decode()
PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}", "detail": "high"}}
ADDRESS = {"type": "image_url", "image_url": {"detail": "low", "url": "https://example.com/a.png"}}
SOUND = {"type": "input_audio", "input_audio": {"data": DATA, "format": "wav"}}
TEXT = {"type": "text", "text": "what is [this]?"}
HEAD = len("data:image/png;base64,")


def measured(*parts: JsonObject, compact: bool = False) -> tuple[int, int, int]:
    separators = (",", ":") if compact else (", ", ": ")
    told = json.dumps([{"role": "user", "content": list(parts)}], separators=separators)
    return media(msgspec.Raw(told.encode()))


@pytest.mark.parametrize("compact", [True, False])
@pytest.mark.parametrize(
    ("parts", "found"),
    [
        pytest.param([TEXT], (0, 0, 0), id="a text"),
        pytest.param([TEXT, PICTURE], (len(DATA) + HEAD, 1, 0), id="a picture"),
        pytest.param([ADDRESS], (0, 1, 0), id="the address of a picture"),
        pytest.param([PICTURE, ADDRESS, PICTURE], (2 * (len(DATA) + HEAD), 3, 0), id="pictures"),
        pytest.param([SOUND], (len(DATA), 0, 9), id="sound"),
        pytest.param([SOUND, PICTURE], (2 * len(DATA) + HEAD, 1, 9), id="both"),
    ],
)
def test_pictures_and_sound_are_found(
    parts: list[JsonObject],
    found: tuple[int, int, int],
    compact: bool,  # noqa: FBT001
) -> None:
    assert measured(*parts, compact=compact) == found


@given(st.text(alphabet='"\\:{}[]_ imageurlpt_dox;bs64,', max_size=80))
def test_no_text_passes_for_a_picture(text: str) -> None:
    trick = json.dumps(PICTURE)[1:-1]

    assert measured({"type": "text", "text": f"{text}{trick}{text}"}) == (0, 0, 0)
    assert media(msgspec.Raw(json.dumps([{"role": "user", "content": trick + text}]).encode())) == (0, 0, 0)


@pytest.mark.parametrize(
    "raw",
    [b"[]", b"null", b'"image_url"', b'[["image_url":', b'[["image_url":{"data:', b'[["input_audio":{"data"', b""],
)
def test_what_is_no_list_of_messages_has_none_or_one(raw: bytes) -> None:
    size, pictures, sound = media(msgspec.Raw(raw))

    assert (size, sound) == (0, 0)
    assert pictures in (0, 1)


def test_a_chat_is_its_text_and_the_answers_it_asks_for() -> None:
    body = json.dumps({"messages": [{"role": "user", "content": [TEXT, PICTURE]}], "max_tokens": 5, "n": 3}).encode()

    extent = ChatRequest(body).extent()

    assert (extent.text, extent.output, extent.times) == (len(body) - len(DATA) - HEAD, 5, 3)
    assert (extent.pictures, extent.spoken) == (1, False)


def test_a_chat_that_asks_for_sound_may_be_answered_in_it() -> None:
    assert ChatRequest(b'{"messages":[],"modalities":["audio"],"audio":{"voice":"a","format":"mp3"}}').extent().spoken


@pytest.mark.parametrize(
    ("fields", "times"),
    [
        ({"prompt": "a"}, 1),
        ({"prompt": "a", "n": 2}, 2),
        ({"prompt": "a", "n": 2, "best_of": 5}, 5),
        ({"prompt": ["a", "b"], "n": 2, "best_of": 1}, 4),
        ({"prompt": [1, 2, 3]}, 1),
        ({"prompt": [[1], [2], [3]]}, 3),
        ({"prompt": []}, 1),
        ({"prompt": "a", "n": None, "best_of": "x"}, 1),
    ],
)
def test_a_completion_is_made_for_each_prompt_and_as_often_as_the_best_is_chosen_of(
    fields: JsonObject, times: int
) -> None:
    assert CompletionRequest(json.dumps(fields).encode()).extent().times == times


def test_pictures_are_made_as_often_as_is_said() -> None:
    extent = ImageRequest(b'{"prompt":"a cat","n":4}').extent()

    assert (extent.made, extent.times) == (4, 4)


def test_speech_is_its_text_and_answered_in_sound() -> None:
    body = b'{"input":"Hello"}'

    extent = SpeechRequest(body).extent()

    assert (extent.text, extent.spoken) == (len(body), True)


def test_a_request_without_an_answer_in_words_is_its_text() -> None:
    assert JsonRequest(b'{"input":"a"}').extent().text == len(b'{"input":"a"}')


@pytest.mark.parametrize(("documents", "searches"), [(["a"], 1), (["a"] * 100, 2), (["a" * 8_000] * 200, 35)])
def test_long_documents_are_several_searches(documents: list[str], searches: int) -> None:
    body = json.dumps({"query": "q", "documents": documents}).encode()

    assert RerankRequest(body).extent().searches == searches


def fed(request: TranscriptionRequest | ImageEditRequest, body: bytes) -> TranscriptionRequest | ImageEditRequest:
    for start in range(0, len(body), 7):
        request.feed(body[start : start + 7])
    return request


def test_a_file_of_sound_is_as_long_as_it_can_be_and_as_far_as_it_has_come() -> None:
    body = form(part("model", b"m"), file(bytes(2_500)))
    request = TranscriptionRequest(CONTENT_TYPE)

    assert request.extent().sound == 0
    extent = fed(request, body).extent()
    assert (extent.text, extent.sound, extent.pictures) == (len(body) - 2_500, 3, 0)


@pytest.mark.parametrize(("value", "made"), [(b"3", 3), (b"0", 1), (b"many", 1), (b"1" + b" " * 40, 1), (b"", 1)])
def test_an_edit_makes_pictures_as_often_as_its_form_says(value: bytes, made: int) -> None:
    pictures = [file(bytes(100), "image[]", called=b"a.png")] * 2

    extent = fed(ImageEditRequest(CONTENT_TYPE), form(part("model", b"m"), part("n", value), *pictures)).extent()

    assert (extent.made, extent.times, extent.pictures, extent.sound) == (made, made, 2, 0)


def test_a_form_says_how_many_in_a_field_of_that_very_name() -> None:
    body = form(part("model", b"m"), file(b"9", "n"), part("nn", b"8"))

    assert fed(ImageEditRequest(CONTENT_TYPE), body).extent().made == 1
