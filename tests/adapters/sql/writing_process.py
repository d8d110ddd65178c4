"""Writes revisions until it is killed, and prints the number of each once it is acknowledged.

Usage: writing_process.py DIRECTORY SEED STRIKE. Every revision changes three entries and a credential. If STRIKE is
not 0, the process kills itself before the STRIKEth call to the database, wherever in a transaction that is.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from itertools import count
from pathlib import Path

from sqlalchemy import Engine, PoolProxiedConnection, event

from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.opening import open_database
from headgate.catalogue.revision import Change
from tests.catalogue_writing import credential, entry, revision, titled

ENTRIES = 20


def die_before_call(engine: Engine, strike: int) -> None:
    calls = count(1)
    really_commit = engine.dialect.do_commit

    def counted(*_: object) -> None:
        if next(calls) == strike:
            os.kill(os.getpid(), signal.SIGKILL)

    def commit(dbapi_connection: PoolProxiedConnection) -> None:
        counted()
        really_commit(dbapi_connection)

    for hook in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(engine, hook, counted)
    engine.dialect.do_commit = commit  # type: ignore[method-assign]


def write_until_killed(directory: Path, *, seed: int, strike: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
    database = open_database(directory)
    catalogue = SqlCatalogue(database)
    if strike:
        die_before_call(database.write_engine, strike)
    states = {each.number: each for each in catalogue.entries()}
    for number in count(catalogue.head() + 1):
        changes = []
        for which in chance.sample(range(1, ENTRIES + 1), 3):
            before = states.pop(which, None)
            if before is not None and chance.random() < 0.3:
                changes.append(Change(before, None))
                continue
            fresh = entry(f"model-{which}", number=which, revision=number)
            states[which] = titled(before or fresh, f"of revision {number}", revision=number)
            changes.append(Change(before, states[which]))
        sealed = credential(f"named-{number % 5}", name=f"named-{number % 5}", default=chance.random() < 0.5)
        catalogue.commit(revision(number, *changes), put=[sealed])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    write_until_killed(Path(sys.argv[1]), seed=int(sys.argv[2]), strike=int(sys.argv[3]))
