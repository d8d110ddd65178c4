"""The last turns of the event loop: what the pump was about and what `flush` does are done once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from headgate.gateway.bookkeeper import BATCH
from tests.gateway.books import Office


@pytest.mark.parametrize("turns", range(6))
def test_a_pump_that_ends_with_the_process_counts_nothing_a_second_time(tmp_path: Path, turns: int) -> None:
    office = Office(tmp_path)
    office.books.replay()
    office.serve(BATCH + 5)

    async def end_within_a_pump() -> None:
        loop = asyncio.get_running_loop()
        pump = asyncio.ensure_future(office.books.pump())
        await asyncio.sleep(0)
        # The first batch is in the ledger, and the pump has yet to hear of it.
        office.writer.submit(lambda: None).result()
        for _ in range(turns):
            await asyncio.sleep(0)
        before = len(office.store.batches)
        office.store.before = lambda: None if len(office.store.batches) == before else office.unavailable()
        office.books.flush()
        # Cancelled only now, as whatever is left of a loop when its main task has ended.
        loop.call_soon(pump.cancel)

    asyncio.run(end_within_a_pump())
    office.journal.close()
    office.close()
    following = Office(tmp_path)
    following.books.replay()
    assert office.store.rows.keys() | following.store.rows.keys() == set(office.everything)
    following.close()
