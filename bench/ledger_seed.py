"""Fill a ledger: `python -m bench.ledger_seed --data-dir DIR --rows 10000000`.

Nobody may be serving the directory. The rows go in by the portion, past the objects of which a server makes them, and
the roll-ups are those of the rows: `headgate ledger verify` finds nothing. The same numbers give the same rows every
time. Some requests fail over, some are estimated, some unknown; prices differ by model.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from headgate.adapters.sql.ledger import months
from headgate.adapters.sql.ledger.adding import adding_for
from headgate.adapters.sql.ledger.gathering import Batch, MonthRows
from headgate.adapters.sql.ledger.names import Names
from headgate.adapters.sql.ledger.opening import LedgerDatabase, open_ledger
from headgate.adapters.sql.ledger.rows import AttemptRow, RequestRow, rows_of
from headgate.catalogue.price import Price, PriceList, Rates, resolved
from headgate.core.ids import RequestIds
from headgate.core.secret import Secret
from headgate.core.usage import Usage
from headgate.ledger.cost import cost
from headgate.ledger.records import Account, Closed, Destination, End, Ended, Finished, Opened, Status

PORTION: Final = 50_000
FIRST_MONTH: Final = 202609
PROVIDERS: Final = ("openai", "anthropic", "mistral", "groq", "deepseek")
SELDOM: Final = "seldom-asked-for"
"""A name by which one of the models is asked for in one of several thousand requests."""
_SAMPLES: Final = 4_099
"""Different requests, of which the others are copies with a number and an instant of their own."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what."""

    rows: int
    months: int = 3
    organizations: int = 10
    accounts: int = 100
    models: int = 25


def seed(database: LedgerDatabase, plan: Plan) -> None:
    """Add the rows of a plan to an empty ledger, and their roll-ups. There are no budgets, so there are no counters."""
    names, adding = Names(), adding_for(database.dialect)
    samples: list[tuple[RequestRow, list[AttemptRow]]] = []
    ids = RequestIds(bytes(8))
    first = ids.next()
    for start in range(0, plan.rows, PORTION):
        with database.writing() as connection:
            names.using(connection)
            if not samples:
                samples = list(_samples(plan, names, first))
                names.keep(connection, (_price(model) for model in range(plan.models)))
                for month in _months(plan):
                    months.create(connection, month)
            number = names.number(first) + start
            batch = _portion(plan, names, samples, numbers=range(number, number + min(PORTION, plan.rows - start)))
            for rows in batch.months.values():
                adding.rows(connection, rows)
            adding.sums(connection, batch)


def _portion(
    plan: Plan, names: Names, samples: Sequence[tuple[RequestRow, list[AttemptRow]]], *, numbers: range
) -> Batch:
    batch = Batch(names, _without_budgets)
    begin = months.bounds(FIRST_MONTH)[0]
    step = (months.bounds(_months(plan)[-1])[1] - begin) // plan.rows
    origin = numbers[0] & (1 << 42) - 1
    month: MonthRows | None = None
    for place, number in enumerate(numbers, origin):
        admitted = begin + (place - 1) * step
        if month is None or admitted >= month.end:
            found = months.month_of(admitted)
            month = batch.months[found] = MonthRows(found)
        request, attempts = samples[place % len(samples)]
        row: RequestRow = (number, admitted, *request[2:])
        parts: list[AttemptRow] = [
            (number, *part[1:12], admitted + 1_000, admitted + 1_000 + part[13], *part[14:]) for part in attempts
        ]
        month.requests.append(row)
        month.attempts += parts
        month.instants += [admitted] * len(parts)
        batch.rollups.add(row, parts)
    return batch


def _without_budgets(account: Account, admitted: int) -> Sequence[tuple[str, int]]:  # noqa: ARG001 - a Counting
    return ()


def _months(plan: Plan) -> list[int]:
    found = [FIRST_MONTH]
    while len(found) < plan.months:
        found.append(months.following(found[-1]))
    return found


def _samples(plan: Plan, names: Names, request: str) -> Iterator[tuple[RequestRow, list[AttemptRow]]]:
    for number in range(_SAMPLES):
        finished = _finished(plan, request, number)
        yield rows_of(finished, names.number(request), names=names)


def _finished(plan: Plan, request: str, number: int) -> Finished:
    # Every account uses every model.
    who, model = number % plan.accounts, number // plan.accounts % plan.models
    organization = who % plan.organizations
    account = Account(f"org-{organization}", f"project-{organization}-{who % 3}", f"user-{who}", f"key-{who}")
    price = _price(model)
    to = Destination(f"uid-{model}", f"model-{model}", 1, PROVIDERS[model % 5], f"upstream-{model}", price.id)
    usage = Usage(input=200 + number % 3_000, cached_input=number % 5 * 100, output=50 + number % 700)
    amount = cost(usage, price)
    assert amount is not None
    asked = f"model-{model}" if number else SELDOM
    one = Opened(request, 1, account, to, asked, "chat", 0, 0, 2 * amount.total, 5_000)
    end = End.COMPLETE
    closed = Closed(request, 1, Status.SETTLED, usage, amount.total, 0, "", 200, 900_000 + number, 200_000)
    if number % 53 == 1:
        end, closed = End.CLIENT_GONE, msgspec.structs.replace(closed, status=Status.ESTIMATED)
    elif number % 499 == 2:
        end = End.CRASH
        closed = Closed(request, 1, Status.UNKNOWN, Usage(), None, one.hold, "crash", 0, 0)
    ended = Ended(request, end, 200, 0, 950_000 + number, 210_000)
    if number % 41 != 3:
        return Finished((one,), (closed,), ended)
    failed = Closed(request, 1, Status.SETTLED, Usage(), 0, 0, "overloaded", 529, 90_000)
    two = msgspec.structs.replace(one, number=2)
    return Finished((one, two), (failed, msgspec.structs.replace(closed, number=2)), ended)


def _price(model: int) -> Price:
    rates = Rates(input=(model + 1) * 100_000, cached_input=(model + 1) * 10_000, output=(model + 1) * 400_000)
    return resolved(PriceList(rates=rates))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--database-url", help="a PostgreSQL database instead of a file in the directory")
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    options.data_dir.mkdir(parents=True, exist_ok=True)
    database = open_ledger(options.data_dir, Secret(options.database_url) if options.database_url else None)
    began = time.perf_counter()
    try:
        seed(database, Plan(rows=options.rows))
    finally:
        database.close()
    print(f"{options.rows} rows in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
