"""Who pays for verification: a billed call is on the ledger of whoever asked, under their budgets and limits."""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec
import pytest

from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import PLATFORM, Scope, project
from headgate.core.errors import BudgetExceeded, LedgerUnavailable, PriceMissing, RateLimited
from headgate.core.json import Json
from headgate.core.overlay import Overlay
from headgate.core.secret import Secret
from headgate.core.subject import SubjectKind
from headgate.gateway.administer import Desk
from headgate.gateway.credentials_named import NamedCredentials, NewCredential
from headgate.gateway.stores import VerificationState
from headgate.ledger.records import Account, End, Status
from tests.gateway.purse import Purse
from tests.gateway.verifying import KEY, Office, lines, office, target
from tests.gateway.writing import ACME, CALLER, ROOT, write
from tests.origin.script import Script, answer, answering, expect, pause, send, until_closed
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio

CHAT = answer(b'{"choices":[{"index":0}],"usage":{"prompt_tokens":9,"completion_tokens":1}}')
PRICE: Json = {"input_per_1m_tokens": 1, "output_per_1m_tokens": 2}
COST = 11_000_000
MINE = project("acme-id", "p")
IN_PROJECT = msgspec.structs.replace(
    ROOT, project="p", scopes=("project:acme-id/p", *ROOT.scopes), permissions=frozenset({"llm:*"})
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def no_page() -> Script:
    """A provider that has no page that tells of a model, so that only a call does."""
    return [expect(), send(answer(b"{}", status=404)), until_closed()]


async def lent(at: Office, url: str, *, scope: Scope = PLATFORM) -> None:
    """A default credential."""
    named = NewCredential(name="lent", provider="openai", secret=KEY, origins=(url,), default=True)
    await asyncio.to_thread(partial(NamedCredentials(at.desk).create, IN_PROJECT, named, scope=scope))


async def entry(at: Office, url: str, *, secret: Secret | None = KEY, **fields: Json) -> Offer:
    """An organization's entry."""
    written = write("m", secret, api_base=url, **fields)
    return (await asyncio.to_thread(partial(at.administer.create, ROOT, written, scope=ACME))).offer


# Stored entries


async def test_a_call_that_verifies_is_on_the_ledger_of_whoever_asked(desk: Desk) -> None:
    with Origin(no_page(), answering(CHAT)) as origin:
        async with office(desk) as at:
            offer = await at.entry("m", api_base=origin.url, pricing=PRICE)
            outcome = await at.verify.stored(offer, by=CALLER)

    (row,) = at.finished.rows
    opened, closed = row.opened[0], row.closed[0]
    assert (outcome.ok, desk.board.of(offer.uid).state) == (True, VerificationState.OK)
    assert opened.account == Account("acme-id", "", "", "caller")
    assert (opened.operation, opened.model, opened.to.entry, opened.to.model) == ("verify", "m", offer.uid, "m")
    assert (closed.status, closed.cost, row.ended.end) == (Status.SETTLED, COST, End.COMPLETE)


async def test_the_call_is_written_down_before_it_is_sent(desk: Desk) -> None:
    with Origin(no_page(), answering(CHAT)) as origin:
        async with office(desk) as at:
            offer = await at.entry("m", api_base=origin.url)
            at.journal.writes = False
            with pytest.raises(LedgerUnavailable):
                await at.verify.stored(offer, by=ROOT)

    assert (lines(origin), at.finished.rows) == (["GET /models/m"], [])


async def test_a_page_that_tells_for_nothing_is_not_on_the_ledger(desk: Desk) -> None:
    with Origin(answering(answer(b'{"id":"m"}'))) as origin:
        async with office(desk) as at:
            offer = await at.entry("m", api_base=origin.url, pricing=PRICE)
            await at.verify.stored(offer, by=ROOT)
        assert at.journal.frames == []


async def test_what_is_built_in_is_free_and_not_on_the_ledger(desk: Desk) -> None:
    async with office(desk) as at:
        offer = await at.entry("mock", secret=None, provider="mock")
        outcome = await at.verify.stored(offer, by=ROOT)

    assert (outcome.ok, at.finished.rows) == (True, [])


@pytest.mark.parametrize(
    ("sent", "cost", "status", "end"),
    [
        pytest.param(answer(b"{}", status=401), 0, Status.SETTLED, End.REFUSED, id="refused"),
        pytest.param(answer(b'{"error":{"message":"x"}}'), 0, Status.SETTLED, End.REFUSED, id="an error with a 200"),
        pytest.param(answer(b"Hello"), 18_000_000, Status.ESTIMATED, End.UPSTREAM_CUT, id="nothing that can be read"),
        pytest.param(b"", 18_000_000, Status.ESTIMATED, End.UPSTREAM_CUT, id="broken off"),
    ],
)
async def test_a_verification_that_fails_is_paid_like_a_call_that_fails(
    desk: Desk, sent: bytes, cost: int, status: Status, end: End
) -> None:
    with Origin(no_page(), [expect(), send(sent)]) as origin:
        async with office(desk) as at:
            offer = await at.entry("m", api_base=origin.url, pricing=PRICE)
            outcome = await at.verify.stored(offer, by=ROOT)

    (row,) = at.finished.rows
    assert (outcome.ok, row.closed[0].status, row.ended.end) == (False, status, end)
    assert row.closed[0].cost == cost


async def test_a_verification_that_is_left_is_closed_and_gives_its_hold_back(desk: Desk) -> None:
    purse = Purse()
    budget = purse.budget(SubjectKind.ORGANIZATION, "acme-id", amount=10**12, organization="acme-id")
    with Origin(no_page(), [expect(), pause("asked"), until_closed()]) as origin:
        async with office(desk, allows=purse.allowance) as at:
            offer = await at.entry("m", api_base=origin.url, pricing=PRICE)
            verification = asyncio.ensure_future(at.verify.stored(offer, by=ROOT))
            await origin.reaches("asked")
            held = budget.tally.held
            verification.cancel()
            with pytest.raises(asyncio.CancelledError):
                await verification

    (row,) = at.finished.rows
    assert (row.closed[0].status, row.ended.end, row.ended.code) == (Status.ESTIMATED, End.CLIENT_GONE, 499)
    assert held > 0
    assert (budget.tally.held, budget.tally.used) == (0, row.closed[0].cost)


async def test_a_budget_that_does_not_suffice_refuses_the_call(desk: Desk) -> None:
    purse = Purse()
    budget = purse.budget(SubjectKind.ORGANIZATION, "acme-id", amount=1, organization="acme-id")
    with Origin(no_page()) as origin:
        async with office(desk, allows=purse.allowance) as at:
            offer = await at.entry("m", api_base=origin.url, pricing=PRICE)
            with pytest.raises(BudgetExceeded):
                await at.verify.stored(offer, by=ROOT)

    assert (lines(origin), at.journal.frames, budget.tally.held) == (["GET /models/m"], [], 0)
    assert desk.board.of(offer.uid).state is VerificationState.PENDING


async def test_a_limit_counts_the_call_like_any_request(desk: Desk) -> None:
    purse = Purse()
    purse.limit(SubjectKind.ORGANIZATION, "acme-id", organization="acme-id", rpm=1)
    with Origin(no_page(), answering(CHAT), no_page()) as origin:
        async with office(desk, allows=purse.allowance) as at:
            offer = await at.entry("m", api_base=origin.url)
            await at.verify.stored(offer, by=ROOT)
            with pytest.raises(RateLimited):
                await at.verify.stored(offer, by=ROOT)

    assert len(at.finished.rows) == 1


async def test_an_entry_whose_price_does_not_count_is_not_called_with_the_key_that_is_lent(desk: Desk) -> None:
    with Origin(no_page()) as origin:
        async with office(desk) as at:
            await lent(at, origin.url)
            offer = await entry(at, origin.url, secret=None)
            with pytest.raises(PriceMissing, match="a key of the platform"):
                await at.verify.stored(offer, by=ROOT)

    assert (lines(origin), at.journal.frames) == (["GET /models/m"], [])
    assert desk.board.of(offer.uid).state is VerificationState.PENDING


# Parameters that are not stored


async def test_parameters_with_a_key_of_their_own_are_on_the_ledger_and_cost_what_nobody_knows(desk: Desk) -> None:
    with Origin(no_page(), answering(CHAT)) as origin:
        async with office(desk) as at:
            await lent(at, origin.url)
            outcome = await at.verify.probe(target(origin.url), by=ROOT)

    (row,) = at.finished.rows
    opened, closed = row.opened[0], row.closed[0]
    assert (outcome.ok, opened.operation, opened.account) == (True, "verify", Account("acme-id", "", "root", ""))
    assert (opened.model, opened.to.provider, opened.to.price) == ("gpt-x", "openai", "")
    assert (closed.status, closed.cost, closed.usage.prompt) == (Status.UNKNOWN, None, 9)


async def test_parameters_that_a_lent_key_would_pay_for_are_not_called(desk: Desk) -> None:
    with Origin(no_page()) as origin:
        async with office(desk) as at:
            await lent(at, origin.url)
            outcome = await at.verify.probe(target(origin.url, secret=None), by=ROOT)

    assert (outcome.ok, outcome.conclusive, lines(origin)) == (False, False, ["GET /models/gpt-x"])
    assert outcome.message == (
        "only a call would tell, and it was not made: model 'gpt-x' has no price that counts: its calls are paid with "
        "a key of the platform, so that an administrator of the platform sets what they cost"
    )
    assert at.journal.frames == []


async def test_parameters_with_a_key_of_their_own_scope_are_called(desk: Desk) -> None:
    with Origin(no_page(), answering(CHAT)) as origin:
        async with office(desk) as at:
            await lent(at, origin.url, scope=MINE)
            outcome = await at.verify.probe(target(origin.url, secret=None, scope=MINE), by=ROOT)

    assert (outcome.ok, len(at.finished.rows)) == (True, 1)


async def test_parameters_are_not_called_where_the_organization_refuses_what_has_no_price(desk: Desk) -> None:
    by = msgspec.structs.replace(ROOT, overlay=Overlay(refuse_unpriced=True))
    with Origin(no_page()) as origin:
        async with office(desk) as at:
            outcome = await at.verify.probe(target(origin.url), by=by)

    assert (outcome.conclusive, at.journal.frames) == (False, [])


async def test_parameters_are_under_the_limits_of_whoever_asks(desk: Desk) -> None:
    purse = Purse()
    purse.limit(SubjectKind.ORGANIZATION, "acme-id", organization="acme-id", rpm=1)
    with Origin(no_page(), answering(CHAT), no_page()) as origin:
        async with office(desk, allows=purse.allowance) as at:
            await at.verify.probe(target(origin.url), by=ROOT)
            with pytest.raises(RateLimited):
                await at.verify.probe(target(origin.url), by=ROOT)

    assert len(at.finished.rows) == 1


async def test_nothing_of_what_is_not_stored_is_remembered(desk: Desk) -> None:
    with Origin(no_page(), answering(CHAT)) as origin:
        async with office(desk) as at:
            await at.verify.probe(target(origin.url), by=ROOT)

    assert at.till.known == {}
