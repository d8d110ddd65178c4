"""What is known of whether entries work, and when it is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from headgate.adapters.sql.opening import open_database
from headgate.adapters.sql.verification import SqlVerifications
from headgate.core.errors import StoreUnavailable
from headgate.gateway.board import VerificationBoard
from headgate.gateway.stores import Verification, VerificationState

OK = Verification(uid="a", state=VerificationState.OK, at=5.0)
FAILED = Verification(uid="a", state=VerificationState.FAILED, message="no", at=6.0)


class Counting:
    """A store that counts its writes and fails when it is told to, after what happens `meanwhile`."""

    def __init__(self) -> None:
        self.failing = False
        self.held: dict[str, Verification] = {}
        self.writes = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def verifications(self) -> Iterable[Verification]:
        return self.held.values()

    def put(self, batch: Sequence[Verification]) -> None:
        self.writes += 1
        if self.failing:
            self.meanwhile()
            raise StoreUnavailable("the disk is gone")
        self.held.update((each.uid, each) for each in batch)

    def drop(self, uids: Sequence[str]) -> None:
        self.writes += 1
        for uid in uids:
            self.held.pop(uid, None)


def test_an_entry_of_which_nothing_is_known_is_pending() -> None:
    assert VerificationBoard(Counting()).of("a").state is VerificationState.PENDING


def test_what_was_pinned_is_known_at_once_and_after_a_start(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    board = VerificationBoard(SqlVerifications(database))
    board.pin(FAILED)
    assert board.of("a") == FAILED
    board.flush()

    assert VerificationBoard(SqlVerifications(database)).of("a") == FAILED
    database.close()


def test_a_served_call_is_written_down_once() -> None:
    store = Counting()
    board = VerificationBoard(store)

    for at in (5.0, 6.0, 7.0):
        board.served("a", at)
        board.flush()

    assert (store.held["a"], store.writes) == (OK, 1)


def test_a_served_call_ends_a_failure() -> None:
    board = VerificationBoard(Counting())
    board.pin(FAILED)

    board.served("a", 7.0)

    assert board.of("a").state is VerificationState.OK


def test_what_was_forgotten_is_gone_from_the_store() -> None:
    store = Counting()
    board = VerificationBoard(store)
    board.pin(OK)
    board.flush()

    board.forget(["a"])
    board.flush()

    assert store.held == {}


def test_what_the_store_did_not_take_is_written_later_and_the_newest_counts() -> None:
    store = Counting()
    board = VerificationBoard(store)
    store.failing = True
    board.pin(OK)
    board.flush()
    board.pin(FAILED)

    store.failing = False
    board.flush()

    assert store.held == {"a": FAILED}


def test_only_what_is_known_not_to_work_has_failed() -> None:
    board = VerificationBoard(Counting())
    board.pin(FAILED)

    assert [board.failed(uid) for uid in ("a", "b")] == [True, False]

    board.pin(OK)

    assert (board.failed("a"), board.works("a")) == (False, True)


def test_what_is_pinned_while_the_store_refuses_is_not_overwritten_by_what_it_refused() -> None:
    store = Counting()
    board = VerificationBoard(store)
    store.failing = True
    store.meanwhile = lambda: board.pin(FAILED)
    board.pin(OK)
    board.flush()

    store.failing = False
    board.flush()

    assert store.held == {"a": FAILED}
