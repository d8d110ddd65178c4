"""Whether an entry would work: what is asked, in which order, and what answers mean."""

from __future__ import annotations

import json

import pytest

from headgate.catalogue.kinds import Kind
from headgate.core.failure import FailureKind
from headgate.core.json import Json
from headgate.core.secret import Secret
from headgate.gateway.administer import Desk
from headgate.gateway.verify_exchange import ANSWER_LIMIT
from headgate.gateway.verify_probe import MESSAGE_LIMIT
from tests.gateway.verifying import KEY, kind_of, lines, office, target
from tests.gateway.writing import ROOT
from tests.origin.script import answer, answering, expect, forever, pause, reset, send, until_closed
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio

MODEL = answer(b'{"id":"gpt-x","object":"model"}')
LIST = answer(b'{"object":"list","data":[{"id":"gpt-x"},{"id":"gpt-y"}]}')
CHAT = answer(b'{"choices":[{"message":{"content":"H"}}]}')
NO_PAGE = answer(b'{"error":{"message":"no such page"}}', status=404)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


# What is asked


async def test_the_page_of_the_model_is_read_with_the_key_and_nothing_is_posted(desk: Desk) -> None:
    with Origin(answering(MODEL)) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(f"{origin.url}/v1"), by=ROOT)

    (request,) = origin.requests
    assert (outcome.ok, outcome.failure) == (True, None)
    assert outcome.latency is not None
    assert request.line == b"GET /v1/models/gpt-x HTTP/1.1"
    assert (request.header(b"authorization"), request.body) == (f"Bearer {KEY.reveal()}".encode(), b"")


async def test_a_provider_without_such_a_page_is_asked_for_its_list(desk: Desk) -> None:
    with Origin(answering(LIST)) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(origin.url, provider="openai-compatible"), by=ROOT)

    assert (outcome.ok, lines(origin)) == (True, ["GET /models"])


async def test_a_name_with_slashes_is_one_part_of_the_path(desk: Desk) -> None:
    with Origin(answering(MODEL)) as origin:
        async with office(desk) as at:
            await at.verify.probe(target(origin.url, model="meta/llama 3?x"), by=ROOT)

    assert lines(origin) == ["GET /models/meta%2Fllama%203%3Fx"]


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_where_there_is_no_page_one_smallest_call_decides(desk: Desk, status: int) -> None:
    script = [expect(), send(answer(b"{}", status=status)), until_closed()]
    with Origin(script, answering(CHAT)) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(f"{origin.url}/v1"), by=ROOT)

    assert (outcome.ok, lines(origin)) == (True, ["GET /v1/models/gpt-x", "POST /v1/chat/completions"])
    assert json.loads(origin.requests[1].body) == {
        "model": "gpt-x",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 1,
    }


async def test_a_call_that_is_answered_with_something_else_is_a_failure(desk: Desk) -> None:
    with Origin([expect(), send(NO_PAGE), until_closed()], answering(answer(b'{"hello":1}'))) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(origin.url), by=ROOT)

    assert (outcome.ok, outcome.message) == (False, "the upstream's answer has no 'choices'")


async def test_a_kind_that_has_no_small_call_says_so(desk: Desk) -> None:
    with Origin(answering(NO_PAGE)) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(origin.url, kind=Kind.VIDEO), by=ROOT)

    assert (outcome.ok, outcome.conclusive, lines(origin)) == (False, False, ["GET /models/gpt-x"])
    assert outcome.message == "provider 'openai' has nothing to verify a model of kind video with"


async def test_the_built_in_mock_answers_itself(desk: Desk) -> None:
    async with office(desk) as at:
        outcome = await at.verify.probe(target(None, provider="mock", model="mock", secret=None), by=ROOT)

    assert outcome.ok


async def test_a_page_that_lists_no_models_does_not_count(desk: Desk) -> None:
    with Origin([expect(), send(answer(b'{"hello":1}')), until_closed()], answering(CHAT)) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(origin.url, provider="openai-compatible"), by=ROOT)

    assert (outcome.ok, lines(origin)) == (True, ["GET /models", "POST /chat/completions"])


async def test_a_model_that_is_not_listed_fails_only_where_the_list_is_complete(desk: Desk) -> None:
    with Origin(answering(LIST)) as origin:
        async with office(desk) as at:
            complete = await at.verify.probe(target(origin.url, provider="vllm", model="gpt-z"), by=ROOT)
            listed = await at.verify.probe(target(origin.url, provider="vllm", model="gpt-y"), by=ROOT)
            partial = await at.verify.probe(target(origin.url, provider="openai-compatible", model="gpt-z"), by=ROOT)

    assert [each.ok for each in (complete, listed, partial)] == [False, True, True]
    assert complete.message == "the provider does not list the model 'gpt-z'"


# What goes wrong


@pytest.mark.parametrize(
    ("sent", "kind", "message"),
    [
        pytest.param(
            answer(b'{"error":{"message":"Incorrect API key provided: sk-canary-0123456789."}}', status=401),
            FailureKind.CREDENTIAL_REJECTED,
            "the upstream refused the credential with status 401: Incorrect API key provided: [redacted].",
            id="the provider repeats the key",
        ),
        pytest.param(
            answer(b'{"error":{"message":"key \\u0073k-canary-0123456789 is wrong"}}', status=401),
            FailureKind.CREDENTIAL_REJECTED,
            "the upstream refused the credential with status 401: key [redacted] is wrong",
            id="the provider repeats the key in escapes",
        ),
        pytest.param(
            answer(b"<html><head><title>Sign in</title></head><body>sk-canary-0123456789</body></html>"),
            FailureKind.MALFORMED,
            "the upstream's answer is not JSON: Sign in",
            id="a page for people",
        ),
        pytest.param(
            answer(b"<!DOCTYPE html><title>502 Bad\n Gateway</title>" + b"x" * 5000, status=502),
            FailureKind.SERVER_ERROR,
            "the upstream failed with status 502: 502 Bad Gateway",
            id="an error page for people",
        ),
        pytest.param(
            answer(b"", status=204), FailureKind.MALFORMED, "the upstream's answer is not JSON", id="nothing at all"
        ),
        pytest.param(
            answer(b'{"error":{"message":"quota"}}'),
            FailureKind.MALFORMED,
            "the upstream answered with an error: quota",
            id="an error with a good status",
        ),
        pytest.param(
            answer(b"slow down", status=429),
            FailureKind.RATE_LIMITED,
            "the upstream limits its rate: slow down",
            id="too often",
        ),
    ],
)
async def test_a_failure_is_told_in_one_sentence(desk: Desk, sent: bytes, kind: FailureKind, message: str) -> None:
    with Origin(answering(sent)) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(origin.url), by=ROOT)

    assert (outcome.ok, kind_of(outcome.failure), outcome.message) == (False, kind, message)
    assert outcome.failure is not None
    assert (outcome.failure.message, outcome.failure.body) == (message, b"")


async def test_a_long_message_is_cut_after_the_key_is_taken_out(desk: Desk) -> None:
    words = "x" * (MESSAGE_LIMIT - 70) + KEY.reveal()
    with Origin(answering(answer(json.dumps({"error": words}).encode(), status=401))) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(origin.url), by=ROOT)

    assert len(outcome.message) <= MESSAGE_LIMIT
    assert "sk-" not in outcome.message


async def test_a_redirect_is_not_followed(desk: Desk) -> None:
    with Origin(answering(MODEL)) as elsewhere:
        moved = answer(b"", status=307, headers=b"location: %b/\r\n" % elsewhere.url.encode())
        with Origin(answering(moved)) as origin:
            async with office(desk) as at:
                outcome = await at.verify.probe(target(origin.url), by=ROOT)

    assert (outcome.ok, elsewhere.accepted) == (False, 0)
    assert outcome.message == "the upstream answered with status 307; redirects are not followed"


async def test_an_answer_without_end_is_cut_off(desk: Desk) -> None:
    with Origin([expect(), send(b"HTTP/1.1 200 OK\r\n\r\n"), forever(send(b"x" * 65536))]) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(origin.url), by=ROOT)

    assert outcome.message == f"the answer is larger than {ANSWER_LIMIT} bytes"


async def test_a_silent_provider_is_given_up(desk: Desk) -> None:
    with Origin([expect(), pause("silent")]) as origin:
        async with office(desk, within=0.2) as at:
            outcome = await at.verify.probe(target(origin.url), by=ROOT)
        origin.go("silent")

    assert (kind_of(outcome.failure), outcome.message) == ("total_timeout", "no answer within 0.2 seconds")


async def test_a_provider_that_breaks_off_is_a_failure(desk: Desk) -> None:
    with Origin([expect(), reset()]) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(origin.url), by=ROOT)

    assert kind_of(outcome.failure) == "reset"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"provider": "nobody"}, "provider 'nobody' is not known"),
        ({"provider": "vllm", "url": None}, "provider 'vllm' has no base URL of its own"),
        ({"url": "ftp://x"}, "a base URL starts with https:// or http://"),
        ({"secret": None, "scope": None}, "provider 'openai' needs a credential"),
        ({"secret": Secret("two\r\nlines")}, "the credential must be entered again: it cannot be sent in a header"),
    ],
)
async def test_what_cannot_be_asked_is_told_and_nothing_is_connected_to(
    desk: Desk, fields: dict[str, Json], message: str
) -> None:
    with Origin(answering(MODEL)) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(**({"url": origin.url} | fields)), by=ROOT)

    assert (outcome.ok, outcome.message, origin.accepted) == (False, message, 0)


# Another format


MESSAGE = answer(
    b'{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"H"}],'
    b'"stop_reason":"max_tokens","usage":{"input_tokens":8,"output_tokens":1}}'
)


async def test_a_provider_of_another_format_is_asked_and_called_in_its_own(desk: Desk) -> None:
    with Origin([expect(), send(NO_PAGE), until_closed()], answering(MESSAGE)) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(f"{origin.url}/v1", provider="claude", model="claude-x"), by=ROOT)

    page, call = origin.requests
    assert (outcome.ok, lines(origin)) == (True, ["GET /v1/models/claude-x", "POST /v1/messages"])
    assert (page.header(b"x-api-key"), page.header(b"authorization")) == (KEY.reveal().encode(), None)
    assert page.header(b"anthropic-version") == call.header(b"anthropic-version") == b"2023-06-01"
    assert json.loads(call.body)["max_tokens"] == 1


@pytest.mark.parametrize(
    ("kind", "path", "fields", "reply"),
    [
        (Kind.COMPLETION, "/completions", {"prompt": "Hi", "max_tokens": 1}, b'{"choices":[{"text":"H"}]}'),
        (Kind.EMBEDDING, "/embeddings", {"input": "Hi"}, b'{"data":[{"index":0,"embedding":[0.1]}]}'),
        (Kind.IMAGE, "/images/generations", {"prompt": "Hi", "n": 1}, b'{"created":1,"data":[{"url":"u"}]}'),
    ],
)
async def test_each_kind_has_its_smallest_call(
    desk: Desk, kind: Kind, path: str, fields: dict[str, Json], reply: bytes
) -> None:
    with Origin([expect(), send(NO_PAGE), until_closed()], answering(answer(reply))) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(origin.url, kind=kind), by=ROOT)

    assert outcome.ok, outcome.message
    assert lines(origin)[1] == f"POST {path}"
    assert json.loads(origin.requests[1].body) == {"model": "gpt-x", **fields}


async def test_what_orders_documents_is_asked_to_order_one(desk: Desk) -> None:
    ordered = answer(b'{"results":[{"index":0,"relevance_score":0.5}]}')
    with Origin([expect(), send(NO_PAGE), until_closed()], answering(ordered)) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(origin.url, provider="cohere", kind=Kind.RERANK), by=ROOT)

    assert (outcome.ok, lines(origin)[1]) == (True, "POST /rerank")
