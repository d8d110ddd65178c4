"""Money that must come out even, whatever happens to a request: a journal that keeps turns, and limits that count.

Each event is a turn of its own, at whose end the disk takes the journal's frames or does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain, repeat

from headgate.catalogue.offer import Offer
from headgate.catalogue.price import Price
from headgate.core.principal import Principal
from headgate.gateway.ports import Refused
from headgate.ledger.records import Account, Closed, Ended, Frame, Opened, Settled
from headgate.ledger.replay import Replay
from tests.gateway.money import RecordingJournal, told
from tests.gateway.stage import Stage


class Turns(RecordingJournal):
    """The journal of one process: what the disk does not take of a turn is refused, or kept if it is over."""

    def __init__(self) -> None:
        super().__init__()
        self.turn: list[tuple[Frame, Refused | None]] = []

    def opened(self, frame: Opened, _price: Price | None, *, refused: Refused) -> None:
        self.turn.append((frame, refused))

    def closed(self, frame: Closed) -> None:
        self.turn.append((frame, None))

    def ended(self, frame: Ended | Settled) -> int:
        self.turn.append((frame, None))
        return 1

    def flush(self) -> None:
        turn, self.turn = self.turn, []
        if self.writes:
            self.frames += [frame for frame, _ in turn]
            return
        over = {(each.request, each.number) for each in closings(frame for frame, _ in turn)}
        refusals = []
        for frame, refused in turn:
            if isinstance(frame, Opened) and (frame.request, frame.number) not in over:
                assert refused is not None
                refusals.append(refused)
            else:
                self.frames.append(frame)
        self.accepts = self.accepts and not turn
        told(refusals)

    def end_turn(self, *, writes: bool) -> None:
        self.writes = writes
        self.flush()
        self.writes = True
        self.flush()


def closings(frames: Iterator[Frame]) -> Iterator[Closed]:
    for frame in frames:
        if isinstance(frame, Closed | Settled):
            yield frame if isinstance(frame, Closed) else frame.closed


class Reserved:
    """What one attempt took."""

    def __init__(self) -> None:
        self.given_back: list[tuple[int, int, int] | None] = []

    def settle(self, *, cost: int, exposure: int, tokens: int, now: float) -> None:
        self.given_back.append((cost, exposure, tokens))

    def cancel(self, *, now: float) -> None:
        self.given_back.append(None)


class Counted:
    """Limits of one request. `errors` are what its claims meet, in order: None lets one pass."""

    headers = b""

    def __init__(self, *errors: Exception | None) -> None:
        self._errors = chain(errors, repeat(None))
        self.admitted = 0
        self.ends: list[str] = []
        self.claims: list[Reserved] = []

    def admit(self, _principal: Principal, _account: Account, *, now: float, wall: float) -> Counted:
        self.admitted += 1
        return self

    def claim(self, _offer: Offer, *, amount: int, tokens: int, priced: bool, now: float, wall: float) -> Reserved:
        error = next(self._errors)
        if error is not None:
            raise error
        self.claims.append(Reserved())
        return self.claims[-1]

    def refuse(self) -> None:
        self.ends.append("refuse")

    def release(self) -> None:
        self.ends.append("release")


def comes_out_even(stage: Stage) -> None:
    """The request of a stage is over: everything that it took is given back, and one row says what it cost."""
    allows, journal = stage.allows, stage.journal
    assert isinstance(allows, Counted)
    assert isinstance(journal, Turns)
    journal.end_turn(writes=True)
    rows = stage.finished
    assert allows.admitted <= 1
    assert len(allows.ends) == allows.admitted
    assert len(rows) == allows.ends.count("release") == len(stage.settlements)
    # Told more than once is told once.
    given = [claim.given_back[0] if claim.given_back else "kept" for claim in allows.claims]
    assert "kept" not in given
    settled = [each for each in given if isinstance(each, tuple)]

    replay = Replay()
    assert [(each.opened, each.closed, each.ended) for each in replay.ended(journal.frames)] == [
        (each.opened, each.closed, each.ended) for each in rows
    ]
    assert replay.strays == []
    assert list(replay.crashed()) == []
    numbers = Counter((each.request, each.number) for each in journal.frames if isinstance(each, Opened))
    assert set(numbers.values()) <= {1}

    closed = [each for row in rows for each in row.closed]
    assert [(each.request, each.number) for each in closed] == [
        (each.request, each.number) for row in rows for each in row.opened
    ]
    assert sum(each.cost or 0 for each in closed) == sum(cost for cost, _, _ in settled)
    assert sum(each.exposure for each in closed) == sum(exposure for _, exposure, _ in settled)
    assert sum(each.usage.prompt + each.usage.completion for each in closed) == sum(tokens for _, _, tokens in settled)
