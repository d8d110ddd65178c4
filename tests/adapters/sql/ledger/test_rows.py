"""Requests of one attempt are made into rows by a shorter way, which leads to the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headgate.adapters.sql.ledger.names import Names
from headgate.adapters.sql.ledger.opening import open_ledger
from headgate.adapters.sql.ledger.rows import rows_of, rows_of_one
from headgate.adapters.sql.ledger.tables import BUCKETS
from headgate.core.usage import Usage
from headgate.ledger.records import Finished, Status
from tests.ledger_rows import crashed, finished, opened, refused, request_ids, settled, whole

REQUEST = request_ids().next()
EVERYTHING = msgspec.structs.replace(Usage(tier="flex"), **{name: count for count, name in enumerate(BUCKETS, 1)})
ATTEMPT = opened(REQUEST)


@pytest.fixture
def names(tmp_path: Path) -> Iterator[Names]:
    ledger = open_ledger(tmp_path)
    with ledger.writing() as connection:
        found = Names()
        found.using(connection)
        yield found
    ledger.close()


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(whole(REQUEST), id="an answer"),
        pytest.param(whole(REQUEST, usage=EVERYTHING), id="every bucket"),
        pytest.param(crashed(REQUEST), id="a crash"),
        pytest.param(finished([ATTEMPT], [refused(ATTEMPT)]), id="no answer"),
        pytest.param(
            finished([ATTEMPT], [msgspec.structs.replace(settled(ATTEMPT), overrun=True, status=Status.REFUNDED)]),
            id="above its hold",
        ),
        pytest.param(
            finished([msgspec.structs.replace(ATTEMPT, hold_tokens=10**30)], [settled(ATTEMPT)]), id="a huge hold"
        ),
    ],
)
def test_the_short_way_leads_to_the_same_rows(names: Names, request_: Finished) -> None:
    request, attempt = rows_of_one(request_, 5, names=names)

    assert rows_of(request_, 5, names=names) == (request, [attempt])
    # Drivers take subclasses of integers for something else.
    assert {type(value) for value in request + attempt} <= {int, bytes, type(None)}


def test_attempts_may_be_closed_in_any_order(names: Names) -> None:
    second = opened(REQUEST, number=2)

    request, attempts = rows_of(finished([ATTEMPT, second], [settled(second), refused(ATTEMPT)]), 5, names=names)

    assert [(attempt[1], attempt[7]) for attempt in attempts] == [(1, 529), (2, 200)]
    assert request[16] == 2


def test_an_id_that_no_process_of_ours_drew_is_refused(names: Names) -> None:
    with pytest.raises(ValueError, match="'req_1' is no request id; accepted: req_ and 27 hexadecimal digits"):
        names.number("req_1")
