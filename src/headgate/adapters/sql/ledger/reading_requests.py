"""One request of the ledger with its attempts and the price lists that they were reckoned by."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, select
from sqlalchemy import Row as Found

from headgate.adapters.sql.ledger import months
from headgate.adapters.sql.ledger.reading_rows import COUNTER_BITS, shown, worded
from headgate.adapters.sql.ledger.reading_scope import of_organization, of_requests
from headgate.adapters.sql.ledger.tables import COLUMN_BUCKETS, destination, name, price, process
from headgate.catalogue.price import PriceList
from headgate.core.usage import Usage
from headgate.gateway.usage_store import Attempt, Reach, Request, UsageFilter
from headgate.ledger.records import Status

_ID: Final = re.compile(r"(req_[0-9a-f]{16})([0-9a-f]{11})")
_NOBODY: Final = -1
_more: Final = msgspec.msgpack.Decoder(dict[str, int]).decode
_prices: Final = msgspec.json.Decoder(PriceList).decode

Tables = Callable[[int], Table]


def request(
    connection: Connection, request_id: str, *, reach: Reach, requests: Tables, attempts: Tables
) -> Request | None:
    """As LedgerReading says. An id does not tell its month, so each is asked, the newest first."""
    number = _number(connection, request_id)
    for month in months.stored(connection):
        table = requests(month)
        wanted = (
            select(table)
            .where(table.c.id == number, *of_organization(table, UsageFilter(), reach=reach))
            .where(*of_requests(table, UsageFilter(), reach=reach))
        )
        found = connection.execute(worded(wanted.subquery())).one_or_none()
        if found is not None:
            return Request(shown(found), _attempts(connection, attempts(month), found.id), found.why or "")
    return None


def _number(connection: Connection, request_id: str) -> int:
    """The number of the request with this id; that of none, if nothing is known of the process that gave it out."""
    parts = _ID.fullmatch(request_id)
    prefix, counter = parts.groups() if parts is not None else ("", "0")
    found = connection.execute(select(process.c.id).where(process.c.prefix == prefix)).scalar_one_or_none()
    count = int(counter, 16)
    return _NOBODY if found is None or count >> COUNTER_BITS else found << COUNTER_BITS | count


def _attempts(connection: Connection, table: Table, request: int) -> Sequence[Attempt]:
    priced, outcome, tier = (name.alias(f"{each}_name") for each in ("price", "outcome", "tier"))
    joined = (
        table.join(destination, destination.c.id == table.c.destination)
        .join(priced, priced.c.id == table.c.price)
        .join(outcome, outcome.c.id == table.c.outcome)
        .join(tier, tier.c.id == table.c.tier)
    )
    columns = (
        *(table.c[each] for each in _OWN),
        destination.c.entry,
        destination.c.name,
        destination.c.provider,
        destination.c.model,
        priced.c.text.label("price_id"),
        outcome.c.text.label("outcome_word"),
        tier.c.text.label("tier_word"),
    )
    every = select(*columns).select_from(joined).where(table.c.request == request).order_by(table.c.number)
    rows = connection.execute(every).all()
    ids = {row.price_id for row in rows if row.price_id}
    lists = select(price.c.id, price.c.body).where(price.c.id.in_(ids))
    prices = {row.id: _prices(row.body) for row in connection.execute(lists)}
    return [_attempt(row, prices) for row in rows]


def _attempt(row: Found[tuple[Any, ...]], prices: Mapping[str, PriceList]) -> Attempt:
    status = Status(row.status)
    return Attempt(
        number=row.number,
        entry=row.entry,
        name=row.name,
        provider=row.provider,
        model=row.model,
        revision=row.revision,
        price=row.price_id,
        prices=prices.get(row.price_id),
        status=status,
        outcome=row.outcome_word,
        code=row.code,
        cost=row.cost,
        hold=row.hold,
        hold_tokens=row.hold_tokens,
        exposure=row.exposure,
        began=row.began,
        ended=row.ended,
        first_byte=row.first_byte,
        usage=Usage(
            **{bucket: getattr(row, bucket) for bucket in COLUMN_BUCKETS},
            **(_more(row.more) if row.more else {}),
            estimated=status is Status.ESTIMATED,
            tier=row.tier_word,
        ),
    )


_OWN: Final = (
    "number",
    "revision",
    "status",
    "code",
    "cost",
    "hold",
    "hold_tokens",
    "exposure",
    "began",
    "ended",
    "first_byte",
    *COLUMN_BUCKETS,
    "more",
)
