"""The ledger's tables: small integers and few indexes, because every request writes a row of two of them.

Rows lie in tables of their own for each month (UTC, of the instant of admission), so that retention drops tables and
never rows. On PostgreSQL those are partitions of `ledger_request` and `ledger_attempt`; the names are the same. Words
that rows would repeat are rows of a dictionary, and rows name them by number. Instants are microseconds of Unix time,
durations microseconds, amounts picodollars; a sum of amounts is kept in two parts, `_m` millions and `_r` single ones,
which together are the sum: a 64-bit integer would overflow at 9.2 million dollars.

A request's number is (process << 42) | counter, both from its id: the order of admission within a process, the order
of their starts between processes.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem

METADATA: Final = MetaData()
"""The tables that are there from the first moment; those of a month come with its first row."""

REQUEST: Final = "ledger_request"
ATTEMPT: Final = "ledger_attempt"

# SQLite stores a row under an INTEGER key itself; under any other type it would keep a second index.
_Number: Final = BigInteger().with_variant(Integer, "sqlite")

meta: Final = Table(
    "ledger_meta",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# Dictionaries. Their numbers are given out by whoever writes, which is one thread.

name: Final = Table(
    "ledger_name",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False, unique=True),
)

account: Final = Table(
    "ledger_account",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("organization", Text, nullable=False),
    Column("project", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    UniqueConstraint("organization", "project", "user_id", "key_id"),
)

destination: Final = Table(
    "ledger_destination",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("entry", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    UniqueConstraint("entry", "name", "provider", "model"),
)

process: Final = Table(
    "ledger_process",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("prefix", Text, nullable=False, unique=True),
)

price: Final = Table(
    "ledger_price",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

# What rows come to

BUCKETS: Final = (
    "input",
    "cached_input",
    "cache_write",
    "cache_write_1h",
    "output",
    "reasoning",
    "audio_input",
    "audio_output",
    "image_input",
    "images",
    "searches",
    "tools",
    "seconds",
)
"""The fields of `Usage` that count something, each of which is a column of the roll-ups."""

COLUMN_BUCKETS: Final = ("input", "cached_input", "cache_write", "output", "reasoning")
"""Those that are columns of an attempt as well."""

MORE_BUCKETS: Final = tuple(each for each in BUCKETS if each not in COLUMN_BUCKETS)
"""Those that are in an attempt's `more`: MessagePack of an object that has the ones which are not 0."""

rollup: Final = Table(
    "ledger_rollup",
    METADATA,
    Column("day", Integer, nullable=False),
    Column("account", Integer, nullable=False),
    Column("destination", Integer, nullable=False),
    Column("reason", SmallInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("estimated", BigInteger, nullable=False),
    Column("unknown", BigInteger, nullable=False),
    Column("cost_m", BigInteger, nullable=False),
    Column("cost_r", BigInteger, nullable=False),
    Column("exposure_m", BigInteger, nullable=False),
    Column("exposure_r", BigInteger, nullable=False),
    *(Column(bucket, BigInteger, nullable=False) for bucket in BUCKETS),
    Column("duration_ms", BigInteger, nullable=False),
    Column("first_id", BigInteger, nullable=False),
    Column("last_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "account", "destination", "reason"),
    sqlite_with_rowid=False,
)
"""The sums of a day (since 1970, UTC, of the admission). An attempt adds its cost, exposure and buckets to the line of
its own destination; a request adds itself, its status (`estimated`, `unknown`) and its duration to the line of its
last attempt. No request that has an attempt in the line lies outside of `first_id` and `last_id`."""

counter: Final = Table(
    "ledger_counter",
    METADATA,
    Column("budget", Text, nullable=False),
    Column("window", BigInteger, nullable=False),
    Column("spent_m", BigInteger, nullable=False),
    Column("spent_r", BigInteger, nullable=False),
    Column("exposure_m", BigInteger, nullable=False),
    Column("exposure_r", BigInteger, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    PrimaryKeyConstraint("budget", "window"),
    sqlite_with_rowid=False,
)
"""What each window of a budget has come to; `window` is its start in Unix seconds."""


# Rows


def _parted(month: int | None) -> dict[str, Any]:
    # An option of a database loads all that is known of that database, 3 MiB, wherever the table is used.
    return {"postgresql_partition_by": "RANGE (admitted)"} if month is None else {}


def request_table(month: int | None = None) -> Table:
    """The requests of a month (202611 is November 2026), or what those are partitions of."""
    keys: list[SchemaItem] = (
        [] if month is None else [PrimaryKeyConstraint("id"), Index(f"ix_{REQUEST}_{month}", "organization", "id")]
    )
    return Table(
        REQUEST if month is None else f"{REQUEST}_{month}",
        MetaData(),
        Column("id", _Number, nullable=False, autoincrement=False),
        Column("admitted", BigInteger, nullable=False),
        Column("organization", Integer, nullable=False),
        Column("account", Integer, nullable=False),
        Column("destination", Integer, nullable=False),
        Column("model", Integer, nullable=False),
        Column("operation", Integer, nullable=False),
        Column("reason", SmallInteger, nullable=False),
        Column("status", SmallInteger, nullable=False),
        Column("code", Integer, nullable=False),
        Column("cost", BigInteger),
        Column("exposure", BigInteger, nullable=False),
        Column("tokens_in", BigInteger, nullable=False),
        Column("tokens_out", BigInteger, nullable=False),
        Column("duration", BigInteger, nullable=False),
        Column("first_byte", BigInteger),
        Column("attempts", Integer, nullable=False),
        Column("overrun", SmallInteger, nullable=False),
        Column("why", Text),
        *keys,
        **_parted(month),
    )


def attempt_table(month: int | None = None, *, partition: bool = False) -> Table:
    """The attempts of a month's requests, or what those are partitions of. A partition names what parts it."""
    parting = [Column("admitted", BigInteger, nullable=False)] if month is None or partition else []
    keys = [] if month is None else [PrimaryKeyConstraint("request", "number")]
    return Table(
        ATTEMPT if month is None else f"{ATTEMPT}_{month}",
        MetaData(),
        Column("request", BigInteger, nullable=False),
        Column("number", Integer, nullable=False),
        Column("destination", Integer, nullable=False),
        Column("revision", BigInteger, nullable=False),
        Column("price", Integer, nullable=False),
        Column("status", SmallInteger, nullable=False),
        Column("outcome", Integer, nullable=False),
        Column("code", Integer, nullable=False),
        Column("cost", BigInteger),
        Column("hold", BigInteger, nullable=False),
        Column("hold_tokens", BigInteger, nullable=False),
        Column("exposure", BigInteger, nullable=False),
        Column("began", BigInteger, nullable=False),
        Column("ended", BigInteger, nullable=False),
        Column("first_byte", BigInteger),
        *(Column(bucket, BigInteger, nullable=False) for bucket in COLUMN_BUCKETS),
        Column("tier", Integer, nullable=False),
        Column("more", LargeBinary),
        *parting,
        *keys,
        **_parted(month),
        sqlite_with_rowid=False,
    )
