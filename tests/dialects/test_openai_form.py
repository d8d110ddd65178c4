"""What goes on of a form: every part as it came, but for the model and the names that no request may carry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import InvalidBody
from headgate.dialects.openai_audio import ImageEditRequest, TranscriptionRequest
from headgate.dialects.openai_form import FormRequest
from tests.dialects.forms import BOUNDARY, CONTENT_TYPE, file, form, part
from tests.dialects.pieces import CUTS, cut_at

SOUND = b"RIFF\x00\r\n--\xff" * 20
DEFAULTS: dict[str, object] = {"language": "en", "temperature": 0.5, "nothing": None, 'a"name': "x"}


def request(body: bytes, cuts: tuple[int, ...] | list[int] = ()) -> FormRequest:
    """A form that arrived in pieces."""
    read = TranscriptionRequest(CONTENT_TYPE)
    for piece in cut_at(body, cuts):
        read.feed(piece)
    read.close()
    return read


def sent(body: bytes, cuts: list[int] | None = None, defaults: dict[str, object] | None = None) -> bytes:
    read = request(body, cuts or [])
    read.fill("upstream-model", defaults or {})
    return read.whole()


@pytest.mark.parametrize("first", ["model", "file"])
def test_a_form_goes_on_as_it_came_with_another_model(first: str) -> None:
    parts = [part("model", b"whisper"), file(SOUND), part("timestamp_granularities[]", b"word")]
    expected = [part("model", b"upstream-model"), *parts[1:]]
    if first == "file":
        parts.reverse()
        expected.reverse()

    assert sent(form(*parts)) == form(*expected)


def test_names_that_no_request_may_carry_are_taken_out() -> None:
    carried = [part("api_base", b"http://elsewhere"), part("api_key[]", b"k"), file(b"x", "extra_headers")]

    assert sent(form(*carried, part("model", b"m"), file(SOUND))) == form(part("model", b"upstream-model"), file(SOUND))


def test_the_defaults_of_the_entry_stand_behind_what_the_caller_said() -> None:
    said = sent(form(part("model", b"m"), part("language", b"fr")), defaults=DEFAULTS)

    assert said == form(part("model", b"upstream-model"), part("language", b"fr"), part("temperature", b"0.5"))


def test_a_model_that_nobody_named_is_added() -> None:
    assert request(form(file(SOUND))).model is None
    assert sent(form(file(SOUND))) == form(file(SOUND), part("model", b"upstream-model"))


def test_a_boundary_that_needs_quotes_gets_them() -> None:
    read = TranscriptionRequest(b'multipart/form-data; boundary="a b"')

    assert read.content_type == b'multipart/form-data; boundary="a b"'


def test_the_type_of_the_body_is_told_without_what_else_the_caller_said_of_it() -> None:
    read = TranscriptionRequest(b"Multipart/Form-Data; charset=x; boundary=" + BOUNDARY)

    assert read.content_type == CONTENT_TYPE


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        pytest.param([part("model", b"a"), part("model", b"b")], "one part", id="two models"),
        pytest.param([part("model", b"a"), part("model", b"a")], "one part", id="the same model twice"),
        pytest.param([part("model[]", b"a")], "that very name", id="a model in brackets"),
        pytest.param([part("model", b"a"), part("model[x]", b"a")], "one part", id="another spelling of it beside it"),
        pytest.param([file(b"a", "model")], "not a file", id="a file as model"),
        pytest.param([part("model", b"")], "1 to 256 characters", id="an empty model"),
        pytest.param([part("model", b"a" * 257)], "1 to 256 characters", id="a long model"),
        pytest.param([part("model", b"a" * 1024 * 1024)], "1 to 256 characters", id="a model of a mebibyte"),
        pytest.param([part("model", b"\xff")], "UTF-8", id="a model that is not UTF-8"),
    ],
)
def test_a_form_with_such_a_model_is_refused(parts: list[bytes], words: str) -> None:
    with pytest.raises(InvalidBody, match=words):
        request(form(*parts))


def test_a_model_that_never_ends_is_not_kept() -> None:
    read = TranscriptionRequest(CONTENT_TYPE)
    read.feed(part("model", b"a" * 1000)[:-2])

    with pytest.raises(InvalidBody, match="256 characters"):
        read.feed(b"a" * 200)


@given(cuts=CUTS, last=st.booleans())
def test_any_cutting_gives_the_same_body(cuts: list[int], last: bool) -> None:  # noqa: FBT001
    parts = [part("model", b"m"), part("proxy", b"p"), file(SOUND)]
    if last:
        parts.reverse()
    body = form(*parts)

    assert sent(body, cuts, DEFAULTS) == sent(body, None, DEFAULTS)


@given(cuts=CUTS)
def test_taken_piece_by_piece_it_is_the_same_body_of_the_length_that_was_told(cuts: list[int]) -> None:
    body = form(file(SOUND), part("model", b"m"), file(b"y" * 9000))
    read = request(body, cuts)
    read.fill("first", {})
    read.fill("upstream-model", DEFAULTS)
    length = read.length

    whole = b""
    while (piece := read.take()) is not None:
        whole += piece

    assert whole == sent(body, None, DEFAULTS)
    assert len(whole) == length
    assert read.kept == 0


def test_what_can_be_taken_while_a_form_arrives_has_no_more_than_what_came() -> None:
    read = TranscriptionRequest(CONTENT_TYPE)
    read.feed(part("model", b"m") + file(b"x" * 1000)[:-300])
    read.fill("upstream-model", {})

    taken = b""
    while (piece := read.take()) is not None:
        taken += piece

    assert taken.startswith(part("model", b"upstream-model"))
    assert taken.count(b"x") == 700 - len(BOUNDARY) - 3 + 2
    assert read.take() is None


def test_a_body_that_trickles_in_is_kept_in_blocks() -> None:
    read = TranscriptionRequest(CONTENT_TYPE)
    read.feed(part("model", b"m") + file(b"x" * 100)[:-2])
    for _ in range(50_000):
        read.feed(b"x")
    read.fill("m", {})

    pieces = 0
    while read.take() is not None:
        pieces += 1

    assert pieces < 10


@pytest.mark.parametrize(
    ("made", "tokens"),
    [
        pytest.param(TranscriptionRequest, 10, id="sound at ten tokens a second"),
        pytest.param(ImageEditRequest, 0, id="images not at all"),
    ],
)
def test_usage_that_nobody_reports_is_estimated_from_fields_and_files(made: type[FormRequest], tokens: int) -> None:
    read = made(CONTENT_TYPE)
    body = form(part("model", b"m"), file(b"x" * 16_000))
    read.feed(body)

    usage = read.estimate(7)

    assert usage.estimated
    assert (usage.input, usage.output) == (-(-(len(body) - 16_000) // 4) + tokens, 7)
