"""The smoke test of a model, over real sockets."""

from __future__ import annotations

import json

import pytest

from headgate.core.errors import InvalidBody, ModelNotFound, PriceMissing
from headgate.gateway.administer import Desk
from headgate.ledger.records import End
from tests.gateway.verifying import office
from tests.gateway.writing import ROOT
from tests.origin.script import answer, answering
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_completion_is_asked_about_the_weather_with_a_tool_and_shown_as_a_caller_gets_it(desk: Desk) -> None:
    with Origin(answering(answer(b'{"choices":[{"index":0}]}'))) as origin:
        async with office(desk) as at:
            await at.entry("m", upstream_model="gpt-x", api_base=f"{origin.url}/v1")
            result = await at.smoke_tests.smoke(ROOT, "m", operation="completions")

    sent = json.loads(origin.requests[0].body)
    assert (result.ok, result.response["choices"]) == (True, [{"index": 0}])
    assert (result.response["model"], "cost" in result.response["usage"]) == ("m", True)
    assert origin.requests[0].line == b"POST /v1/chat/completions HTTP/1.1"
    assert (sent["model"], sent["tools"][0]["function"]["name"]) == ("gpt-x", "get_weather")


async def test_an_embedding_tells_its_size(desk: Desk) -> None:
    with Origin(answering(answer(b'{"data":[{"embedding":[0.1,0.2,0.3]}]}'))) as origin:
        async with office(desk) as at:
            await at.entry("m", kind="embedding", api_base=origin.url)
            result = await at.smoke_tests.smoke(ROOT, "m", operation="embeddings")

    assert (result.ok, result.dimensions) == (True, 3)
    assert json.loads(origin.requests[0].body)["input"] == "Salut"


@pytest.mark.parametrize(
    "sent",
    [
        answer(b'{"choices":[],"echo":"sk-canary-0123456789"}'),
        answer(b'{"choices":[],"echo":"\\u0073k-canary-0123456789"}'),
        answer(b'{"error":{"message":"bad key sk-canary-0123456789"}}', status=401),
        answer(b'{"error":{"message":"bad key \\u0073k-canary-0123456789"}}', status=401),
        answer(b"sk-canary-0123456789 is wrong", status=500),
        answer(b"sk-canary-0123456789 is wrong"),
    ],
)
async def test_no_answer_shows_the_key(desk: Desk, sent: bytes) -> None:
    with Origin(answering(sent)) as origin:
        async with office(desk) as at:
            await at.entry("m", api_base=origin.url)
            result = await at.smoke_tests.smoke(ROOT, "m", operation="completions")

    assert not result.ok
    assert "sk-canary" not in repr(result)


async def test_an_entry_that_leads_nowhere_is_told_without_a_call(desk: Desk) -> None:
    async with office(desk) as at:
        await at.entry("m", provider="vllm", secret=None)
        result = await at.smoke_tests.smoke(ROOT, "m", operation="completions")

    assert (result.ok, result.response["error"]) == (False, "ModelNotRoutable")


async def test_an_unknown_operation_and_an_unknown_model_are_errors(desk: Desk) -> None:
    async with office(desk) as at:
        with pytest.raises(InvalidBody):
            await at.smoke_tests.smoke(ROOT, "m", operation="speech")
        with pytest.raises(ModelNotFound):
            await at.smoke_tests.smoke(ROOT, "m", operation="completions")


async def test_an_answer_that_is_none_is_a_failure(desk: Desk) -> None:
    with Origin(answering(answer(b'{"hello":1}'))) as origin:
        async with office(desk) as at:
            await at.entry("m", api_base=origin.url)
            result = await at.smoke_tests.smoke(ROOT, "m", operation="completions")

    assert (result.ok, result.response["kind"]) == (False, "malformed")


async def test_a_provider_of_another_format_is_tested_through_its_translation(desk: Desk) -> None:
    message = b'{"type":"message","content":[{"type":"tool_use","id":"t","name":"get_weather","input":{}}],"usage":{}}'
    with Origin(answering(answer(message))) as origin:
        async with office(desk) as at:
            await at.entry("m", provider="claude", upstream_model="claude-x", api_base=origin.url)
            result = await at.smoke_tests.smoke(ROOT, "m", operation="completions")

    assert json.loads(origin.requests[0].body)["tools"][0]["name"] == "get_weather"
    assert result.ok, result
    assert result.response["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "get_weather"


async def test_a_test_is_on_the_ledger_like_any_call(desk: Desk) -> None:
    body = b'{"choices":[{"index":0}],"usage":{"prompt_tokens":9,"completion_tokens":3}}'
    with Origin(answering(answer(body))) as origin:
        async with office(desk) as at:
            price = {"input_per_1m_tokens": 1, "output_per_1m_tokens": 2}
            await at.entry("m", api_base=origin.url, pricing=price)
            await at.smoke_tests.smoke(ROOT, "m", operation="completions")

    (row,) = at.finished.rows
    assert (row.opened[0].operation, row.closed[0].cost, row.ended.end) == ("test", 15_000_000, End.COMPLETE)


async def test_a_test_that_the_upstream_refuses_costs_nothing(desk: Desk) -> None:
    with Origin(answering(answer(b"{}", status=401))) as origin:
        async with office(desk) as at:
            await at.entry("m", api_base=origin.url)
            await at.smoke_tests.smoke(ROOT, "m", operation="completions")

    (row,) = at.finished.rows
    assert (row.closed[0].cost, row.closed[0].outcome, row.ended.end) == (0, "credential_rejected", End.REFUSED)


async def test_an_unpriced_entry_is_not_tested(desk: Desk) -> None:
    async with office(desk) as at:
        await at.entry("m", pricing=None)
        with pytest.raises(PriceMissing):
            await at.smoke_tests.smoke(ROOT, "m", operation="completions")

    assert at.finished.rows == []
