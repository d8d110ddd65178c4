"""What calls show of their entries, noted on the board."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from headgate.catalogue.offer import Offer, offer
from headgate.catalogue.providers import BUNDLED
from headgate.catalogue.snapshot import Snapshot
from headgate.core.failure import Failure, FailureKind
from headgate.gateway.board import VerificationBoard
from headgate.gateway.ports import Outcome, Settlement
from headgate.gateway.stores import Verification, VerificationState
from headgate.gateway.watch import Watch, keep_written
from tests.gateway.stage import PRINCIPAL, Stage, entry
from tests.gateway.test_board import Counting

REJECTED = Failure(kind=FailureKind.CREDENTIAL_REJECTED, message="the key is wrong", status=401)


class Office:
    """A watch over one entry."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.store = Counting()
        self.board = VerificationBoard(self.store)
        self.watch = Watch(self.stage, self.board, current=self, clock=self.stage)
        self.snapshot = self.stage.snapshot

    @property
    def entry(self) -> Offer:
        found = self.stage.snapshot.by_uid("uid-gpt-4o")
        assert found is not None
        return found

    def ended(self, outcome: Outcome) -> None:
        self.watch.settled(
            Settlement(
                principal=PRINCIPAL,
                offer=self.entry,
                outcome=outcome,
                status=200,
                attempts=1,
                usage=None,
                cost=None,
                duration=1.0,
                first_byte=None,
            )
        )

    @property
    def known(self) -> VerificationState:
        return self.board.of(self.entry.uid).state


def test_an_entry_that_served_works_and_the_measurements_are_passed_on() -> None:
    at = Office()

    at.ended(Outcome.ANSWERED)

    assert (at.known, len(at.stage.settlements)) == (VerificationState.OK, 1)


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.ANSWERED}))
def test_a_call_that_was_not_answered_proves_nothing(outcome: Outcome) -> None:
    at = Office()

    at.ended(outcome)

    assert at.known is VerificationState.PENDING


@pytest.mark.parametrize("failure", [REJECTED, Failure(kind=FailureKind.CREDENTIAL_MISSING, message="none is stored")])
def test_an_entry_whose_credential_is_refused_or_missing_has_failed(failure: Failure) -> None:
    at = Office()

    at.watch.attempt_failed(at.entry, failure)

    known = at.board.of(at.entry.uid)
    assert (known.state, known.message, known.at) == (VerificationState.FAILED, failure.message, at.stage.wall())
    assert at.stage.failures == [failure.kind.value]


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(msgspec.structs.replace(REJECTED, status=403), id="a refusal that a caller can provoke"),
        pytest.param(Failure(kind=FailureKind.SERVER_ERROR, message="", status=500), id="a fault that passes"),
        pytest.param(Failure(kind=FailureKind.RATE_LIMITED, message="", status=429), id="too many calls"),
    ],
)
def test_other_failures_say_nothing_about_the_entry(failure: Failure) -> None:
    at = Office()

    at.watch.attempt_failed(at.entry, failure)

    assert at.known is VerificationState.PENDING


def test_a_call_of_an_entry_that_has_changed_or_gone_meanwhile_notes_nothing() -> None:
    at = Office()
    at.snapshot = Snapshot.of([offer(entry("gpt-4o", description="another"), BUNDLED)], 2)

    at.watch.attempt_failed(at.entry, REJECTED)
    at.ended(Outcome.ANSWERED)

    assert at.known is VerificationState.PENDING


def test_the_same_failure_again_is_not_written_again() -> None:
    at = Office()
    for _ in range(3):
        at.watch.attempt_failed(at.entry, REJECTED)
        at.board.flush()

    assert at.store.writes == 1


class _Inline:
    """A writer that works at once, and tells when it has."""

    def __init__(self) -> None:
        self.worked = asyncio.Event()

    async def run(self, work: object) -> None:
        assert callable(work)
        work()
        self.worked.set()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_the_board_is_written_down_beside_the_road() -> None:
    at, writer = Office(), _Inline()
    writing = asyncio.ensure_future(keep_written(at.board, writer, every=0.0))
    at.board.pin(Verification(uid="a", state=VerificationState.OK, at=1.0))
    await writer.worked.wait()
    writing.cancel()

    assert at.store.held["a"].state is VerificationState.OK
    assert not at.board.waits
