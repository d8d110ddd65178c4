"""The mock as an upstream: told from the event loop, aborted and paused like any other."""

from __future__ import annotations

import pytest

from headgate.adapters.upstream.front import Upstreams
from headgate.adapters.upstream.mock import MockUpstream
from headgate.catalogue.offer import Offer
from headgate.gateway.ports import Wire
from tests.adapters.upstream.recorder import Recorder
from tests.adapters.upstream.rig import Rig, bugs_of_the_loop, make_offer, turn
from tests.origin.script import answer, answering
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio

CHAT = b'{"model":"mock","messages":[{"role":"user","content":"hello there"}]}'
STREAM = b'{"model":"mock","stream":true,"messages":[{"role":"user","content":"hello there"}]}'


@pytest.fixture
async def upstreams(rig: Rig) -> Upstreams:
    return Upstreams(rig.upstream, MockUpstream())


def connect(upstreams: Upstreams, offer: Offer) -> tuple[Wire, Recorder]:
    told = Recorder()
    return upstreams.connect(offer, told, 1, fresh=False), told


def mock_offer(model: str = "mock") -> Offer:
    return make_offer(None, provider="mock", model=model)


async def test_the_mock_answers_without_a_network(upstreams: Upstreams) -> None:
    wire, told = connect(upstreams, mock_offer())

    assert wire.ready
    assert wire.send("/chat/completions", CHAT) is True
    assert told.told == []
    await told.over()
    assert (told.told, told.status, told.framed) == (["head", "bytes", "done"], 200, True)
    assert b"hello there" in told.body


async def test_a_name_with_mock_in_it_bypasses_nothing(upstreams: Upstreams) -> None:
    with Origin(answering(answer(b"from the origin"))) as origin:
        wire, told = connect(upstreams, make_offer(origin.url, model="mock-slow"))
        await told.until("connected")
        wire.send("/chat/completions", CHAT)
        await told.over()

    assert told.body == b"from the origin"


async def test_an_aborted_mock_says_nothing_more(upstreams: Upstreams) -> None:
    wire, told = connect(upstreams, mock_offer())
    told.react = lambda event: wire.abort() if event == "bytes" else None
    wire.send("/chat/completions", STREAM)
    await told.until("bytes")
    wire.abort()
    await turn(20)

    assert told.told == ["head", "bytes"]
    assert told.body.count(b"data: ") == 1


async def test_a_mock_aborted_before_its_answer_says_nothing(upstreams: Upstreams) -> None:
    wire, told = connect(upstreams, mock_offer())
    wire.send("/chat/completions", CHAT)
    wire.abort()
    wire.resume()
    await turn(20)

    assert told.told == []


async def test_a_paused_mock_waits(upstreams: Upstreams) -> None:
    wire, told = connect(upstreams, mock_offer())
    told.react = lambda event: wire.pause() if event == "head" else None
    wire.send("/chat/completions", STREAM)
    await told.until("head")
    await turn(20)
    before = list(told.told)
    wire.resume()
    await told.over()

    assert before == ["head"]
    assert told.body.endswith(b"data: [DONE]\n\n")


async def test_pausing_and_resuming_at_once_tells_nothing_twice(upstreams: Upstreams) -> None:
    wire, told = connect(upstreams, mock_offer())

    def react(_: str) -> None:
        wire.pause()
        wire.resume()

    told.react = react
    wire.send("/chat/completions", STREAM)
    await told.over()

    assert (told.told.count("done"), told.body.count(b"[DONE]")) == (1, 1)


async def test_the_slow_mock_arrives_whole(upstreams: Upstreams) -> None:
    wire, told = connect(upstreams, mock_offer("mock-slow"))
    wire.send("/chat/completions", STREAM.replace(b'"mock"', b'"mock-slow"'))
    await told.over()

    assert told.body.count(b'"content"') == 9


async def test_an_exception_of_the_call_abandons_it(upstreams: Upstreams) -> None:
    bugs = bugs_of_the_loop()
    bug = ValueError("ours")

    def stumble(event: str) -> None:
        if event == "head":
            raise bug

    wire, told = connect(upstreams, mock_offer())
    told.react = stumble
    wire.send("/chat/completions", CHAT)
    await told.over()
    await turn(20)

    assert (told.told, bugs) == (["head", "abandoned"], [bug])
