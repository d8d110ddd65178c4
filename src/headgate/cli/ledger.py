"""`headgate ledger verify`: whether the ledger agrees with itself. It only reads, and may run beside a server."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import typer
from sqlalchemy import Connection

from headgate.adapters.journal.reading import JournalCorrupt, directories, frames_of
from headgate.adapters.sql.budgets import stored
from headgate.adapters.sql.failures import DatabaseRefused
from headgate.adapters.sql.ledger.opening import ledger_for_reading
from headgate.adapters.sql.ledger.presence import without_row
from headgate.adapters.sql.ledger.verifying import Verification
from headgate.adapters.sql.opening import open_for_reading
from headgate.core.events import EventName
from headgate.core.json import JsonObject
from headgate.gateway.budget_book import Budget, BudgetBook
from headgate.gateway.ledger_verify import Findings, Kind, judge_late, overtaken
from headgate.ledger.records import Finished
from headgate.ledger.replay import Replay
from headgate.settings import Settings, SettingsRefused, read_settings

AGREES: Final = 0
DISAGREES: Final = 1
REFUSED: Final = 2

_PORTION: Final = 400
_LOOKS: Final = 6
_PAUSE_SECONDS: Final = 0.5


class _Silent:
    """Events that nobody hears."""

    def tell(self, name: EventName, fields: JsonObject) -> None:
        pass


def verify(options: Mapping[str, str], *, config: Path | None) -> int:
    """The exit status: 0 if everything agrees, 1 if something does not, 2 if it cannot be read."""
    findings = Findings()
    try:
        settings = read_settings(os.environ, options=options, file=config)
        _verify(settings, findings)
    except (SettingsRefused, DatabaseRefused, OSError) as refused:
        typer.echo(f"the ledger cannot be verified: {refused}", err=True)
        return REFUSED
    for what, count in findings.looked_at.items():
        typer.echo(f"{count} {what}")
    for note in findings.notes:
        typer.echo(note)
    if findings.agree:
        typer.echo("the ledger agrees with itself")
        return AGREES
    typer.echo("the ledger does not agree with itself:", err=True)
    for line in findings.lines():
        typer.echo(line, err=True)
    return DISAGREES


def _verify(settings: Settings, findings: Findings) -> None:
    before = _budgets(settings)
    with ledger_for_reading(settings.data_dir, settings.database_url) as connection:
        counting = BudgetBook(_Silent(), before.values()).counting
        verification = Verification(connection, findings, counting=counting)
        verification.rows()
        # The budgets are in another database: only what is true of them before and after is true in between.
        after, now = _budgets(settings), int(time.time())
        same = {id: budget for id, budget in before.items() if after.get(id) == budget}
        verification.counters({id: _counted_since(budget, now) for id, budget in same.items()})
        late: list[Finished] = []
        for directory in directories(settings.data_dir):
            late += _journal(connection, directory, verification, findings=findings)
    judge_late(_not_brought(settings, late[:_PORTION]), findings)


def _budgets(settings: Settings) -> Mapping[str, Budget]:
    with open_for_reading(settings.data_dir, settings.database_url) as connection:
        return {budget.id: budget for budget in stored(connection)}


def _counted_since(budget: Budget, now: int) -> int:
    """The first window that counts at this moment and that began when the budget had the terms that it has."""
    window = budget.terms.window
    return max(window.first(window.start(now)), window.start(int(budget.updated_at)))


def _not_brought(settings: Settings, late: Sequence[Finished]) -> Sequence[Finished]:
    """Of a few hundred requests that later ones have overtaken those that no server brings while we look."""
    looks = 0
    while late and looks < _LOOKS:
        time.sleep(_PAUSE_SECONDS)
        with ledger_for_reading(settings.data_dir, settings.database_url) as connection:
            left = without_row(connection, late)
        looks = 0 if len(left) < len(late) else looks + 1
        late = left
    return late


def _journal(
    connection: Connection, directory: Path, verification: Verification, *, findings: Findings
) -> list[Finished]:
    """The first of those requests that later ones have overtaken."""
    replay, waiting, late = Replay(), 0, list[Finished]()
    try:
        for batch in _batches(replay.ended(frames_of(directory))):
            findings.saw("requests of journals", len(batch))
            missing = without_row(connection, batch)
            waiting += len(missing)
            if len(late) < _PORTION:
                late += overtaken(missing, last=verification.last)
    except FileNotFoundError:
        # A server has just started: it brought all of this into the ledger and removed it.
        return []
    except JournalCorrupt as error:
        findings.add(Kind.JOURNAL, str(error))
    for request in replay.strays:
        findings.add(Kind.JOURNAL, f"request {request}: it is closed in {str(directory)!r}, and was never opened")
    if waiting:
        findings.note(f"{waiting} requests of the journal {str(directory)!r} wait for their rows")
    return late


def _batches(found: Iterator[Finished]) -> Iterator[Sequence[Finished]]:
    while batch := list(islice(found, _PORTION)):
        yield batch
