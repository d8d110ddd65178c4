"""The list of models that the context of a form may carry for the agent behind it."""

from __future__ import annotations

import pytest
from hypothesis import given

from headgate.core.errors import InvalidBody
from headgate.dialects.form_context import CONTEXT_LIMIT
from headgate.dialects.openai import MODEL_LIMIT
from headgate.dialects.openai_audio import TranscriptionRequest
from tests.dialects.forms import CONTENT_TYPE, file, form, part
from tests.dialects.pieces import CUTS, cut_at

MODEL = part("model", b"m")
CONTEXT = b'{"agent_id":"x","agent_allowed_models":["a","b"]}'
LISTED = "analytics_context[agent_allowed_models]"


def read(*parts: bytes) -> TranscriptionRequest:
    request = TranscriptionRequest(CONTENT_TYPE)
    request.feed(form(*parts))
    request.close()
    return request


def sent(request: TranscriptionRequest) -> bytes:
    request.fill("up", {})
    return request.whole()


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([part("analytics_context", CONTEXT)], id="as JSON"),
        pytest.param([part(f"{LISTED}[]", b"a"), part(f"{LISTED}[]", b"b")], id="in brackets"),
        pytest.param([part(f"{LISTED}[0]", b"a"), part(f"{LISTED}[1]", b"b")], id="with numbers"),
        pytest.param([part(LISTED, b"a"), part("analytics_context[agent_id]", b"x"), part(LISTED, b"b")], id="by name"),
    ],
)
def test_a_form_keeps_the_list_and_sends_the_context_nowhere(parts: list[bytes]) -> None:
    request = read(MODEL, *parts, file(b"sound"))

    assert request.agent_models == {"a", "b"}
    assert sent(request) == form(part("model", b"up"), file(b"sound"))


@given(CUTS)
def test_no_cutting_changes_the_list(cuts: list[int]) -> None:
    request = TranscriptionRequest(CONTENT_TYPE)

    for piece in cut_at(form(part("analytics_context", CONTEXT), MODEL), cuts):
        request.feed(piece)

    assert request.agent_models == {"a", "b"}


@pytest.mark.parametrize(
    "context",
    [
        part("analytics_context", b"{}"),
        part("analytics_context", b'{"agent_allowed_models":[]}'),
        part("analytics_context[agent_id]", b"x"),
    ],
)
def test_a_context_without_a_list_allows_any_model(context: bytes) -> None:
    assert read(MODEL, context).agent_models == frozenset()


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([part("analytics_context", b"{'agent_allowed_models': ['a']}")], id="no JSON"),
        pytest.param([part("analytics_context", b'["a"]')], id="a list"),
        pytest.param([part("analytics_context", b'{"agent_allowed_models":"a"}')], id="a list that is none"),
        pytest.param([part("analytics_context", b" " * (CONTEXT_LIMIT + 1))], id="too long"),
        pytest.param([part("analytics_context", CONTEXT), part("analytics_context", CONTEXT)], id="twice"),
        pytest.param([part("analytics_context", CONTEXT), part(LISTED, b"c")], id="JSON and a part"),
        pytest.param([part(LISTED, b"c"), part("analytics_context", CONTEXT)], id="a part and JSON"),
        pytest.param([file(CONTEXT, "analytics_context")], id="a file"),
        pytest.param([part(LISTED, b"")], id="an empty name"),
        pytest.param([part(LISTED, b"\xff")], id="a name that is not UTF-8"),
        pytest.param([part(LISTED, b"x" * (MODEL_LIMIT + 1))], id="a long name"),
    ],
)
def test_a_list_of_anything_else_is_refused_with_its_name(parts: list[bytes]) -> None:
    with pytest.raises(InvalidBody, match="analytics_context"):
        read(MODEL, *parts)


def test_a_list_is_refused_that_comes_when_the_form_is_on_its_way() -> None:
    request = TranscriptionRequest(CONTENT_TYPE)
    request.feed(MODEL + file(b"sound"))
    request.fill("up", {})

    with pytest.raises(InvalidBody, match="before the file"):
        request.feed(form(part(LISTED, b"a")))
