"""Budgets in memory and in the ledger come to the same, whenever a budget is made and whatever is under way then."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from headgate.adapters.sql.ledger.opening import open_ledger
from headgate.adapters.sql.ledger.writing import SqlLedger
from headgate.core.subject import SubjectKind
from headgate.core.usage import Usage
from headgate.gateway.allowance import Admitted, Claim, FreeClaim
from headgate.gateway.bookkeeper import Bookkeeper
from headgate.gateway.budget_book import BudgetBook, Running
from headgate.gateway.budget_ledger import BudgetLedger
from headgate.ledger.budget import Period, Unit, Window
from headgate.ledger.records import Account, Finished, Status
from tests.gateway.purse import KEY, MIA, Purse, Told
from tests.gateway.town import NOW
from tests.gateway.writing import StillClock
from tests.ledger.framing import PRICE, closed, ended, opened

HOUR = Window(period=Period.HOUR)
ACCOUNTS = (MIA, KEY, Account("o-acme", "p-api", "u-ann", ""), Account("o-globex", "", "u-gus", ""))


class NoJournal:
    """The Spooled of a process whose journal nobody reads."""

    def stored(self, segment: int, count: int) -> None: ...

    def is_written(self) -> bool:
        return False

    def read(self, segment: int) -> Iterator[Finished]:
        raise AssertionError(segment)


class Counted:
    """A purse, and a ledger that is told of every call with the next pump."""

    def __init__(self, directory: Path) -> None:
        self.purse = Purse()
        self.clock = StillClock()
        self.clock.time = NOW
        self.database = open_ledger(directory)
        self.store = SqlLedger(self.database)
        self.books = Bookkeeper(
            partial(self.store.write, counting=self.purse.budgets.counting),
            writer=self.database.writer,
            journal=NoJournal(),
            left=lambda: (),
            clock=self.clock,
        )
        self.ledger = self.ledger_of(self.purse.budgets)
        self._ended = 0

    def ledger_of(self, book: BudgetBook) -> BudgetLedger:
        return BudgetLedger(book, self.store, turns=self.books, writer=self.database.writer, clock=self.clock)

    def passes(self, seconds: float) -> None:
        self.clock.time += seconds
        self.purse.now += seconds

    def end(self, admitted: Admitted, charges: list[tuple[int, int, int]]) -> None:
        """The end of a request: released, and its row on its way. `charges` are cost or -1, exposure and tokens."""
        self._ended += 1
        name = f"req_{7:016x}{self._ended:011x}"
        admitted.release()
        if not charges:
            return
        at = int(admitted.wall * 1e6)
        first = [
            msgspec.structs.replace(opened(name, n), account=admitted.account, admitted=at) for n in _from_1(charges)
        ]
        last = [
            msgspec.structs.replace(
                closed(name, number, status=Status.UNKNOWN if cost < 0 else Status.SETTLED),
                usage=Usage(input=tokens),
                cost=None if cost < 0 else cost,
                exposure=exposure,
            )
            for number, (cost, exposure, tokens) in enumerate(charges, start=1)
        ]
        self.books.add(Finished(tuple(first), tuple(last), ended(name), (PRICE,)))

    async def done(self, work: Coroutine[None, None, None]) -> None:
        """Pump until it is done."""
        waiting = asyncio.ensure_future(work)
        while not waiting.done():
            await self.books.pump()
            await asyncio.sleep(0)
        await waiting

    async def make(self, kind: SubjectKind, subject: str, *, unit: Unit, window: Window) -> Running:
        """A budget, as the use case makes one."""
        running = self.purse.budget(kind, subject, amount=10**9, unit=unit, window=window, counted=False)
        self.purse.budgets.drop(running)
        self.purse.bindings.changed(running.budget.subject)

        def begin() -> None:
            self.purse.budgets.put(running)
            self.purse.bindings.changed(running.budget.subject)

        running.add(await self.ledger.count(running, begin), wall=self.purse.now)
        return running

    async def look(self) -> tuple[int, int]:
        await self.done(self.ledger.look())
        return self.ledger.drift


@pytest.fixture
def counted(tmp_path: Path) -> Iterator[Counted]:
    counted = Counted(tmp_path)
    yield counted
    counted.database.close()


def _from_1(several: list[tuple[int, int, int]]) -> range:
    return range(1, len(several) + 1)


class Live:
    """A request under way: its attempts, and what they have come to."""

    def __init__(self, admitted: Admitted) -> None:
        self.admitted = admitted
        self.open: list[Claim | FreeClaim] = []
        self.charges: list[tuple[int, int, int]] = []


def step(counted: Counted, live: list[Live], chance: random.Random) -> None:
    """Something happens to one of the requests, or to time."""
    purse, at = counted.purse, chance.random()
    if at < 0.3 or not live:
        live.append(Live(purse.admit(chance.choice(ACCOUNTS))))
        return
    request = chance.choice(live)
    if at < 0.5:
        request.open.append(purse.claim(request.admitted, amount=chance.randrange(1_000), tokens=chance.randrange(99)))
    elif at < 0.8 and request.open:
        claim, tokens = request.open.pop(), chance.randrange(1_000)
        cost, exposure = (-1, chance.randrange(500)) if chance.random() < 0.2 else (chance.randrange(500), 0)
        claim.settle(cost=max(0, cost), exposure=exposure, tokens=tokens, now=purse.now)
        request.charges.append((cost, exposure, tokens))
    elif at < 0.95:
        for each in request.open:
            each.cancel(now=purse.now)
        live.remove(request)
        counted.end(request.admitted, request.charges)
    else:
        counted.passes(chance.randrange(900))


@pytest.mark.parametrize("seed", range(6))
def test_memory_and_ledger_agree_while_calls_and_budgets_come_and_go(counted: Counted, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - it only has to be the same in each run
    wanted = [
        (SubjectKind.ORGANIZATION, "o-acme", Unit.USD, HOUR),
        (SubjectKind.PROJECT, "p-web", Unit.TOKENS, Window()),
        (SubjectKind.USER, "u-mia", Unit.USD, Window(rolling=3600)),
        (SubjectKind.KEY, "k-ci", Unit.USD, Window()),
    ]
    drifts: list[tuple[int, int]] = []

    async def run() -> None:
        live: list[Live] = []
        making: list[asyncio.Future[Running]] = []
        for number in range(800):
            step(counted, live, chance)
            if number % 150 == 50 and wanted:
                kind, subject, unit, window = wanted.pop()
                making.append(asyncio.ensure_future(counted.make(kind, subject, unit=unit, window=window)))
            if chance.random() < 0.1:
                await counted.books.pump()
            if chance.random() < 0.3:
                await asyncio.sleep(0)
            if number % 200 == 199:
                drifts.append(await counted.look())
        for request in live:
            for each in request.open:
                each.cancel(now=counted.purse.now)
            counted.end(request.admitted, request.charges)
        while not all(each.done() for each in making):
            await counted.books.pump()
            await asyncio.sleep(0)
        drifts.append(await counted.look())
        assert all(each.tally.held == 0 and each.between == 0 for each in counted.purse.budgets.all())
        assert sum(each.tally.used for each in counted.purse.budgets.all()) > 0

    asyncio.run(run())

    assert drifts == [(0, 0)] * 5


def test_a_start_takes_over_what_the_ledger_has_and_drops_what_belongs_to_nobody(counted: Counted) -> None:
    purse = counted.purse
    kept = purse.budget(SubjectKind.USER, "u-mia", amount=10**9)
    gone = purse.budget(SubjectKind.ORGANIZATION, "o-acme", amount=10**9)
    admitted = purse.admit()
    purse.claim(admitted, amount=50).settle(cost=40, exposure=0, tokens=9, now=purse.now)
    counted.end(admitted, [(40, 0, 9)])
    asyncio.run(counted.books.pump())
    book = BudgetBook(Told(), [kept.budget])
    again = counted.ledger_of(book)
    assert again.reason != ""

    asyncio.run(counted.done(again.restore()))

    found = book.get(kept.budget.id)
    assert found is not None
    assert (found.tally.used, again.reason) == (40, "")
    assert {budget for budget, _ in counted.store.counters()} == {kept.budget.id}
    assert gone.tally.used == 40


def test_windows_that_have_passed_and_were_forgotten_are_no_difference(counted: Counted) -> None:
    purse = counted.purse
    running = purse.budget(SubjectKind.USER, "u-mia", amount=10**9, window=HOUR)
    admitted = purse.admit()
    purse.claim(admitted, amount=50).settle(cost=40, exposure=0, tokens=9, now=purse.now)
    counted.end(admitted, [(40, 0, 9)])
    assert asyncio.run(counted.look()) == (0, 0)
    counted.passes(7_200)
    counted.database.writer.submit(lambda: counted.store.forget(running.budget.id)).result()

    assert asyncio.run(counted.look()) == (0, 0)


def test_a_counter_that_is_wrong_shows(counted: Counted) -> None:
    purse = counted.purse
    running = purse.budget(SubjectKind.USER, "u-mia", amount=10**9)
    tokens = purse.budget(SubjectKind.USER, "u-mia", amount=10**9, unit=Unit.TOKENS)
    purse.budgets.charge(running, at=int(purse.now), cost=7, exposure=0, tokens=0)
    purse.budgets.charge(tokens, at=int(purse.now), cost=0, exposure=0, tokens=3)

    assert asyncio.run(counted.look()) == (7, 3)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["before", "after"])
def test_a_budget_that_is_made_while_a_start_reads_the_ledger_counts_what_it_has_once(
    counted: Counted, order: tuple[int, int]
) -> None:
    purse = counted.purse
    admitted = purse.admit()
    purse.claim(admitted, amount=50).settle(cost=40, exposure=0, tokens=9, now=purse.now)
    counted.end(admitted, [(40, 0, 9)])

    async def run() -> tuple[int, ...]:
        acts = (counted.make(SubjectKind.USER, "u-mia", unit=Unit.USD, window=Window()), counted.ledger.restore())
        # Both wait for the same pump.
        waiting = [asyncio.ensure_future(acts[number]) for number in order]
        await asyncio.sleep(0)
        while not all(each.done() for each in waiting):
            await counted.books.pump()
            await asyncio.sleep(0)
        [running] = purse.budgets.all()
        assert running.is_counted
        return (running.tally.used, *await counted.look())

    assert asyncio.run(run()) == (40, 0, 0)


def test_a_start_leaves_a_budget_that_is_being_made_to_who_makes_it(counted: Counted) -> None:
    making = counted.purse.budget(SubjectKind.USER, "u-mia", amount=10**9, counted=False)

    asyncio.run(counted.done(counted.ledger.restore()))

    assert not making.is_counted
