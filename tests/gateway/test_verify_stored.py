"""Verification of stored entries: what stands on the board afterwards, asked for or in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial

import pytest

from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import PLATFORM
from headgate.core.failure import FailureKind
from headgate.core.json import Json
from headgate.core.secret import Secret
from headgate.gateway.administer import Desk
from headgate.gateway.stores import VerificationState
from headgate.gateway.verify_background import AT_ONCE, Background
from tests.gateway.verifying import KEY, Office, kind_of, lines, office
from tests.gateway.writing import ROOT, change
from tests.origin.script import answer, answering, expect, pause, send, until_closed
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio

GOOD = answer(b'{"id":"gpt-x"}')
REFUSED = answer(b'{"error":{"message":"bad key sk-canary-0123456789"}}', status=401)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def state(desk: Desk, offer: Offer) -> VerificationState:
    return desk.board.of(offer.uid).state


async def changed(at: Office, name: str, **fields: Json) -> Offer:
    """The entry after a change that gives the secret again."""
    update = partial(at.administer.update, ROOT, name, change=change(KEY, **fields), scope=PLATFORM)
    return (await asyncio.to_thread(update)).offer


async def test_an_entry_that_answers_is_noted_as_working(desk: Desk) -> None:
    with Origin(answering(GOOD)) as origin:
        async with office(desk) as at:
            offer = await at.entry("gpt-x", api_base=origin.url)
            outcome = await at.verify.stored(offer, by=ROOT)

    assert (outcome.ok, state(desk, offer)) == (True, VerificationState.OK)
    assert origin.requests[0].header(b"authorization") == f"Bearer {KEY.reveal()}".encode()


async def test_an_entry_that_is_refused_is_noted_as_failed_with_the_reason(desk: Desk) -> None:
    with Origin(answering(REFUSED)) as origin:
        async with office(desk) as at:
            offer = await at.entry("gpt-x", api_base=origin.url)
            outcome = await at.verify.stored(offer, by=ROOT)

    assert (outcome.ok, state(desk, offer)) == (False, VerificationState.FAILED)
    assert desk.board.of(offer.uid).message == outcome.message
    assert outcome.message == "the upstream refused the credential with status 401: bad key [redacted]"
    assert desk.board.failed(offer.uid)


async def test_an_entry_without_a_credential_fails_and_nothing_is_sent(desk: Desk) -> None:
    with Origin(answering(GOOD)) as origin:
        async with office(desk) as at:
            offer = await at.entry("gpt-x", secret=None, api_base=origin.url)
            outcome = await at.verify.stored(offer, by=ROOT)

    assert (kind_of(outcome.failure), state(desk, offer)) == ("credential_missing", VerificationState.FAILED)
    assert origin.accepted == 0


async def test_a_secret_that_was_given_for_another_origin_is_not_sent(desk: Desk) -> None:
    with Origin(answering(GOOD)) as home, Origin(answering(GOOD)) as elsewhere:
        async with office(desk) as at:
            await at.entry("gpt-x", api_base=home.url)
            update = partial(at.administer.update, ROOT, "gpt-x", change=change(api_base=elsewhere.url), scope=PLATFORM)
            moved = (await asyncio.to_thread(update)).offer
            outcome = await at.verify.stored(moved, by=ROOT)

    assert (outcome.message, elsewhere.accepted) == ("credential must be entered again", 0)


async def test_an_entry_that_leads_nowhere_fails(desk: Desk) -> None:
    async with office(desk) as at:
        offer = await at.entry("x", secret=None, provider="vllm")
        outcome = await at.verify.stored(offer, by=ROOT)

    assert (kind_of(outcome.failure), state(desk, offer)) == (FailureKind.UNROUTABLE.value, VerificationState.FAILED)


async def test_a_provider_that_is_busy_says_nothing_about_the_entry(desk: Desk) -> None:
    with Origin(answering(answer(b"", status=429))) as origin:
        async with office(desk) as at:
            offer = await at.entry("gpt-x", api_base=origin.url)
            before = desk.board.of(offer.uid)
            outcome = await at.verify.stored(offer, by=ROOT)

    assert (outcome.ok, desk.board.of(offer.uid)) == (False, before)


async def test_what_was_found_out_about_an_entry_that_has_changed_meanwhile_is_not_noted(desk: Desk) -> None:
    with Origin([expect(), pause("asked"), send(REFUSED), until_closed()]) as origin:
        async with office(desk) as at:
            offer = await at.entry("gpt-x", api_base=origin.url)
            verification = asyncio.ensure_future(at.verify.stored(offer, by=ROOT))
            await origin.reaches("asked")
            await changed(at, "gpt-x", description="another")
            before = desk.board.of(offer.uid)
            origin.go("asked")
            outcome = await verification

    assert (outcome.ok, desk.board.of(offer.uid)) == (False, before)


# In the background


async def test_an_entry_is_verified_without_anybody_waiting(desk: Desk) -> None:
    with Origin(answering(GOOD)) as origin:
        async with office(desk) as at:
            offer = await at.entry("gpt-x", api_base=origin.url)
            at.verify.later(offer)
            assert state(desk, offer) is VerificationState.PENDING
            await at.rest()

    assert state(desk, offer) is VerificationState.OK


async def test_nobody_pays_for_what_nobody_asked_for(desk: Desk) -> None:
    script = [expect(), send(answer(b"{}", status=404)), until_closed()]
    with Origin(script) as origin:
        async with office(desk) as at:
            offer = await at.entry("gpt-x", api_base=origin.url)
            at.verify.later(offer)
            await at.rest()

    assert lines(origin) == ["GET /models/gpt-x"]
    assert state(desk, offer) is VerificationState.PENDING


async def test_what_is_built_in_is_called_in_the_background_too(desk: Desk) -> None:
    async with office(desk) as at:
        offer = await at.entry("mock", secret=None, provider="mock")
        at.verify.later(offer)
        await at.rest()

    assert state(desk, offer) is VerificationState.OK


async def test_an_entry_that_changes_while_it_is_verified_is_verified_once_more(desk: Desk) -> None:
    held = [expect(), pause("asked"), send(REFUSED), until_closed()]
    with Origin(held, answering(GOOD)) as origin:
        async with office(desk) as at:
            at.verify.later(await at.entry("gpt-x", api_base=origin.url))
            await origin.reaches("asked")
            for text in ("one", "two", "three"):
                at.verify.later(await changed(at, "gpt-x", description=text))
            newest = desk.snapshot.at(PLATFORM, "gpt-x")
            origin.go("asked")
            await at.rest()

    assert newest is not None
    assert (len(origin.requests), state(desk, newest)) == (2, VerificationState.OK)


class _Held:
    """A verification that lasts until the test lets it end."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.open = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    async def verify(self, offer: Offer) -> None:
        self.tried.append(offer.name)
        await self.open.wait()
        if offer.name == "n0":
            raise RuntimeError("a bug of ours")

    def start(self, work: Coroutine[object, object, None], *, name: str) -> object:
        task = asyncio.ensure_future(work)
        self.tasks.append(task)
        return task


async def test_a_few_are_verified_at_once_and_a_bug_in_one_does_not_hold_up_the_others(desk: Desk) -> None:
    held = _Held()
    background = Background(held.verify, held)
    async with office(desk) as at:
        offers = [await at.entry(f"n{n}", provider="openai", secret=Secret("k" * 20)) for n in range(AT_ONCE + 2)]
    for offer in offers:
        background.add(offer)
    await asyncio.sleep(0)
    at_first = list(held.tried)
    held.open.set()
    while any(not task.done() for task in held.tasks):
        await asyncio.gather(*held.tasks, return_exceptions=True)

    assert at_first == [f"n{n}" for n in range(AT_ONCE)]
    assert held.tried == [offer.name for offer in offers]


async def test_when_the_process_stops_nothing_more_is_begun(desk: Desk) -> None:
    held = _Held()
    background = Background(held.verify, held)
    async with office(desk) as at:
        offers = [await at.entry(f"n{n}") for n in range(AT_ONCE + 2)]
    for offer in offers:
        background.add(offer)
    await asyncio.sleep(0)
    for task in held.tasks:
        task.cancel()
    await asyncio.gather(*held.tasks, return_exceptions=True)

    assert len(held.tasks) == AT_ONCE
