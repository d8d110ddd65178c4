"""Which of some requests have a row, or had one before their month was dropped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from headgate.adapters.sql.ledger import months, retaining
from headgate.adapters.sql.ledger.names import PREFIX, in_process
from headgate.adapters.sql.ledger.tables import process, request_table
from headgate.ledger.records import Finished


def without_row(connection: Connection, batch: Sequence[Finished]) -> list[Finished]:
    """Those of a few hundred requests that the ledger does not have and never had."""
    prefixes = {each.ended.request[:PREFIX] for each in batch}
    rows = connection.execute(select(process.c.prefix, process.c.id).where(process.c.prefix.in_(prefixes)))
    processes = {row[0]: row[1] for row in rows}
    wanted: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for each in batch:
        request = each.ended.request
        if request[:PREFIX] in processes:
            month = months.month_of(each.opened[0].admitted)
            wanted[month][in_process(processes[request[:PREFIX]], request)] = request
    there: set[str] = set()
    for month, requests in wanted.items():
        gone = retaining.had_rows(connection, month, numbers=requests)
        there.update(requests[number] for number in gone)
    for month in set(months.stored(connection)) & wanted.keys():
        table = request_table(month)
        found = connection.execute(select(table.c.id).where(table.c.id.in_(wanted[month]))).scalars()
        there.update(wanted[month][number] for number in found)
    return [each for each in batch if each.ended.request not in there]
