"""What a request in parts reserves, and what of it is left when its parts cannot be written down."""

from __future__ import annotations

from headgate.catalogue.price import PriceFrom, PriceList, Rates
from headgate.core.failure import FailureKind
from tests.gateway.acts import failure
from tests.gateway.money import NoLimits, told
from tests.gateway.stage import Stage
from tests.gateway.test_fan_out import answered, began, embedding, vectors


def did(stage: Stage) -> list[object]:
    assert isinstance(stage.allows, NoLimits)
    return [each if isinstance(each, str) else each[0] for each in stage.allows.did]


def test_parts_that_cannot_be_written_down_are_refused_together_and_nothing_is_paid() -> None:
    stage = Stage(embedding("vectors"))
    began(stage)

    told(stage.journal.refused)

    assert stage.refusals == ["LedgerUnavailable"]
    assert (stage.finished, stage.settlements) == ([], [])
    assert did(stage) == ["admit", "claim", "cancel", "refuse"]
    assert [each[0] for each in stage.did[-3:]] == ["drop", "drop", "answer"]


def test_a_request_in_parts_is_refused_while_nothing_can_be_written_down_and_does_not_count() -> None:
    stage = Stage(embedding("vectors"))
    stage.journal.accepts = False
    began(stage)

    assert stage.refusals == ["LedgerUnavailable"]
    assert did(stage) == ["admit", "claim", "cancel", "refuse"]


def test_a_part_that_cannot_be_written_down_leaves_a_row_of_those_before_it() -> None:
    stage = Stage(embedding("vectors"))
    began(stage)
    answered(stage, 0, vectors(1, 2))

    stage.journal.refuse(2)

    (finished,) = stage.finished
    assert [each.number for each in finished.opened] == [each.number for each in finished.closed] == [1, 2]
    assert stage.told[0][3] == b"LedgerUnavailable"


def test_a_journal_that_stops_within_a_failover_is_what_the_caller_is_told_of() -> None:
    stage = Stage(embedding("vectors", failover="other"), embedding("other"))
    began(stage)
    stage.journal.accepts = False

    stage.events[0].upstream_failed(1, failure(FailureKind.REFUSED))

    assert stage.told[0][3] == b"LedgerUnavailable"
    assert [each.to.name for each in stage.finished[0].opened] == ["vectors", "vectors"]


def test_what_is_reserved_covers_the_fee_of_each_part() -> None:
    rates = Rates(input=1_000_000, output=0, request=10_000_000_000)
    stage = Stage(embedding("vectors", prices=(PriceFrom(effective_at=0, prices=PriceList(rates=rates)),)))
    began(stage)

    assert isinstance(stage.allows, NoLimits)
    (_, _, amount, tokens) = stage.allows.did[1]
    for number, body in enumerate([vectors(1, 2), vectors(3, 4), vectors(5)]):
        answered(stage, number, body)
    (finished,) = stage.finished
    opened = finished.opened
    assert (amount, tokens) == (sum(each.hold for each in opened), sum(each.hold_tokens for each in opened))
    assert 3 * 10_000_000_000 < sum(each.cost or 0 for each in finished.closed) <= amount
