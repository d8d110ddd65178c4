"""Images made from a text: what is sent, and what the answer says of its cost."""

from __future__ import annotations

import json

import pytest

from headgate.catalogue.kinds import Kind
from headgate.core.errors import InvalidBody
from headgate.core.failure import Failure
from headgate.dialects.openai_images import ImageOverOpenAI, ImageRequest
from tests.dialects.kinds import MINE, extra, read, route_of

CODEC = ImageOverOpenAI()
ASKED = ImageRequest(b'{"model":"m","prompt":"a cat","n":2,"size":"256x256"}')


def test_the_request_passes_through_but_for_the_model() -> None:
    sent = json.loads(CODEC.outbound(ASKED, route_of(Kind.IMAGE), {}))

    assert sent == {"model": "up", "prompt": "a cat", "n": 2, "size": "256x256"}


@pytest.mark.parametrize(("provider", "path"), [("openai", "/v1/images/generations"), ("mock", "/images/generations")])
def test_the_path_is_the_providers(provider: str, path: str) -> None:
    assert CODEC.path(route_of(Kind.IMAGE, provider), ASKED) == path


def test_tokens_that_the_model_counts_are_billed() -> None:
    body = b'{"created":1,"data":[],"usage":{"input_tokens":10,"output_tokens":90,"total_tokens":100,"cost":7}}'

    usage = read(CODEC.whole(body, MINE, ASKED, extra))["usage"]

    assert usage == {"input_tokens": 10, "output_tokens": 90, "total_tokens": 100, "cost": 100}


@pytest.mark.parametrize(
    "usage",
    [
        b"",
        b',"usage":null',
        b',"usage":{"input_tokens":-1,"output_tokens":2}',
        pytest.param(b',"usage":{"input_tokens":1,"output_tokens":2,"\xff":3}', id="a name that is not UTF-8"),
    ],
)
def test_the_size_of_an_image_is_not_taken_for_tokens(usage: bytes) -> None:
    body = b'{"created":1,"data":[{"b64_json":"%b"}]%b}' % (b"A" * 4000, usage)

    told = read(CODEC.whole(body, MINE, ASKED, extra))["usage"]

    assert (told["output_tokens"], told["estimated"]) == (0, True)


def test_an_answer_without_images_is_a_failure() -> None:
    assert isinstance(CODEC.whole(b'{"created":1}', MINE, ASKED, extra), Failure)


@pytest.mark.parametrize("body", [b'{"model":"m"}', b'{"model":"m","prompt":"x","stream":true}'])
def test_what_cannot_be_made_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidBody):
        ImageRequest(body)
