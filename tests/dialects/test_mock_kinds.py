"""What the built-in mock answers besides chats and embeddings."""

from __future__ import annotations

import base64

import msgspec
import pytest

from headgate.core.json import Json
from headgate.dialects.mock import answer


def ask(path: str, **fields: object) -> tuple[int, Json]:
    given = answer(path, msgspec.json.encode({"model": "mock", **fields}))
    return given.status, msgspec.json.decode(b"".join(given.pieces))


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ("a b", ["a b"]),
        (["a", "b"], ["a", "b"]),
        ([1, 2], ["1 2"]),
        ([[1], [2]], ["1", "2"]),
        (["a", 1], ["a", "1"]),
        (1.5, ["1.5"]),
    ],
)
def test_a_text_goes_on_with_itself(prompt: object, texts: list[str]) -> None:
    status, body = ask("/completions", prompt=prompt)

    assert status == 200
    assert [choice["text"] for choice in body["choices"]] == texts
    assert body["usage"]["prompt_tokens"] == 10 * len(texts)


def test_a_text_goes_on_in_a_stream() -> None:
    asked = {"prompt": "a b", "stream": True, "stream_options": {"include_usage": True}}

    events = list(answer("/completions", msgspec.json.encode(asked)).pieces)

    chunks = [msgspec.json.decode(event.removeprefix(b"data: ")) for event in events[:-1]]
    assert "".join(choice["text"] for chunk in chunks for choice in chunk["choices"]) == "a b"
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["usage"] == {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}


def test_an_image_is_the_same_for_the_same_prompt_and_a_png() -> None:
    (_, first), (_, again), (_, other) = (
        ask("/images/generations", prompt=prompt, n=2) for prompt in ("cat", "cat", "dog")
    )

    assert first == again != other
    assert [base64.b64decode(each["b64_json"])[:4] for each in first["data"]] == [b"\x89PNG"] * 2


def test_a_document_fits_as_well_as_it_has_the_words_of_the_query() -> None:
    _, body = ask("/rerank", query="Blue whale", documents=["red fox", "the blue whale", "blue sky"])

    assert [each["relevance_score"] for each in body["results"]] == [0, 1, 0.5]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/completions", {}),
        ("/completions", {"prompt": []}),
        ("/images/generations", {"prompt": 7}),
        ("/rerank", {"query": "q"}),
        ("/rerank", {"query": "q", "documents": [1]}),
    ],
)
def test_what_it_cannot_answer_is_refused(path: str, fields: dict[str, object]) -> None:
    assert ask(path, **fields)[0] == 400
