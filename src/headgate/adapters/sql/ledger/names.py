"""What rows name by number: words, accounts, destinations, processes; and the price lists that they name.

The numbers are kept in memory, so that a request costs the database nothing for them. What is kept here is true only
if the transaction that wrote it was committed: whoever rolls one back forgets everything. It is bounded, because there
may be more accounts than memory: a dictionary that is full begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, Table, bindparam, func, insert, select

from headgate.adapters.sql.ledger import tables
from headgate.catalogue.price import Price
from headgate.ledger.records import Account, Destination

K = TypeVar("K")

REQUEST_ID: Final = 31
PREFIX: Final = 20
"""A request id is a prefix, which stands for the process that drew it, and eleven hexadecimal digits of its counter."""

_COUNTER_BITS: Final = 42
_MOST: Final = 20_000


class Pinned(msgspec.Struct, frozen=True, gc=False):
    """A destination as an attempt names it."""

    id: int
    revision: int
    price: int


class Dictionary(dict[K, int], Generic[K]):
    """Numbers by what they stand for. Something that has none gets one, within the transaction under way."""

    def __init__(self, table: Table, values: Callable[[K], tuple[str, ...]]) -> None:
        super().__init__()
        self.connection: Connection | None = None
        self._values = values
        self._highest: int | None = None
        columns = [column for column in table.c if column.name != "id"]
        self._names = [column.name for column in columns]
        self._find = select(table.c.id).where(*(column == bindparam(column.name) for column in columns))
        self._last = select(func.coalesce(func.max(table.c.id), 0))
        self._add = insert(table)

    def __missing__(self, key: K) -> int:
        assert self.connection is not None, "a number is asked for within a transaction"
        if len(self) >= _MOST:
            self.clear()
        values = dict(zip(self._names, self._values(key), strict=True))
        number = self.connection.execute(self._find, values).scalar_one_or_none()
        if number is None:
            if self._highest is None:
                self._highest = self.connection.execute(self._last).scalar_one()
            self._highest = number = self._highest + 1
            self.connection.execute(self._add, [{"id": number, **values}])
        self[key] = number
        return number

    def forget(self) -> None:
        self.clear()
        self._highest = None


class Names:
    """Every dictionary of one writer. `using` comes first in a transaction, `forget` after one that failed."""

    def __init__(self) -> None:
        # Some words are those of an upstream, and PostgreSQL takes no text with a zero in it.
        self.words = Dictionary[str](tables.name, lambda text: (text.replace("\0", "\N{REPLACEMENT CHARACTER}"),))
        self.accounts = Dictionary[Account](tables.account, msgspec.structs.astuple)
        self.places = Dictionary[tuple[str, ...]](tables.destination, lambda place: place)
        self.processes = _Processes(tables.process, lambda prefix: (prefix,))
        self.destinations = _Destinations(self)
        self._prices: set[str] = set()

    def using(self, connection: Connection) -> None:
        for each in (self.words, self.accounts, self.places, self.processes):
            each.connection = connection

    def forget(self) -> None:
        for each in (self.words, self.accounts, self.places, self.processes):
            each.forget()
        self.destinations.clear()
        self._prices.clear()

    def number(self, request: str) -> int:
        """The number of a request. ValueError for an id that no process of Headgate drew."""
        if len(request) != REQUEST_ID:
            raise ValueError(f"{request!r} is no request id; accepted: req_ and 27 hexadecimal digits")
        return self.processes[request[:PREFIX]] + int(request[PREFIX:], 16)

    def keep(self, connection: Connection, prices: Iterable[Price]) -> None:
        """Store the price lists that are not stored yet."""
        for price in prices:
            if price.id in self._prices:
                continue
            if len(self._prices) >= _MOST:
                self._prices.clear()
            known = connection.execute(select(tables.price.c.id).where(tables.price.c.id == price.id))
            if known.scalar_one_or_none() is None:
                body = msgspec.json.encode(price.source).decode()
                connection.execute(insert(tables.price), [{"id": price.id, "body": body}])
            self._prices.add(price.id)


def request_id(prefix: str, number: int) -> str:
    """The id of a request by its number and the prefix of its process."""
    return f"{prefix}{number & (1 << _COUNTER_BITS) - 1:011x}"


def in_process(process: int, request: str) -> int:
    """The number of a request, by its id and the row of its process."""
    return first_of(process) + int(request[PREFIX:], 16)


def first_of(process: int) -> int:
    """Where the numbers of a process begin, by its row."""
    return process << _COUNTER_BITS


def process_of(number: int) -> int:
    """The row of `ledger_process` that a request's number belongs to."""
    return number >> _COUNTER_BITS


class _Processes(Dictionary[str]):
    """Gives the first number that a process could draw, to which the counter is added."""

    def __missing__(self, key: str) -> int:
        first = super().__missing__(key) << _COUNTER_BITS
        self[key] = first
        return first


class _Destinations(dict[Destination, Pinned]):
    """One look instead of two: a destination with its revision and price comes with almost every request."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, key: Destination) -> Pinned:
        if len(self) >= _MOST:
            self.clear()
        place = self._names.places[key.entry, key.name, key.provider, key.model]
        found = self[key] = Pinned(place, key.revision, self._names.words[key.price])
        return found
