"""Calls that are not sent because of money: what cannot be written down, has no price, or is more than is allowed."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from headgate.catalogue.entry import Pricing
from headgate.catalogue.scope import PLATFORM, Scope, organization
from headgate.core.errors import BudgetExceeded, EntryLimited
from headgate.core.failure import FailureKind
from headgate.core.overlay import Overlay
from headgate.gateway.prices import Prices
from headgate.ledger.records import End, Ended, Finished, Status
from tests.catalogue_writing import credential
from tests.gateway.acts import STREAMED, WHOLE, answered, failure
from tests.gateway.money import NoLimits
from tests.gateway.stage import PRINCIPAL, Stage, endpoint_at, entry, head, own
from tests.gateway.test_classify import BODY as CLASSIFIED
from tests.gateway.test_classify import staged

A_TOKEN_IN, A_TOKEN_OUT = 1_000_000, 2_000_000
INPUT = -(-len(WHOLE) // 4) * A_TOKEN_IN


def only(stage: Stage) -> Finished:
    (finished,) = stage.finished
    return finished


def given_back(stage: Stage) -> list[object]:
    assert isinstance(stage.allows, NoLimits)
    return [each for each in stage.allows.did if each == "cancel" or each[0] == "settle"]


def test_a_call_is_not_sent_while_nothing_can_be_written_down() -> None:
    stage = Stage()
    stage.journal.accepts = False
    stage.begun(WHOLE)

    assert stage.refusals == ["LedgerUnavailable"]
    assert stage.finished == []
    assert not [each for each in stage.did if each[0] == "connect"]


def test_an_attempt_that_could_not_be_written_down_is_taken_back() -> None:
    stage = Stage()
    stage.begun(WHOLE)

    stage.journal.refuse(0)

    assert stage.refusals == ["LedgerUnavailable"]
    assert ("drop", 1) in stage.did
    assert given_back(stage) == ["cancel"]
    assert stage.finished == []


def test_a_second_attempt_that_could_not_be_written_down_leaves_a_row_of_the_first() -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)
    call.upstream_failed(1, failure(FailureKind.RESET))

    stage.journal.refuse(1)

    assert [each.outcome for each in only(stage).closed] == ["reset"]
    assert stage.told[0][3] == b"LedgerUnavailable"


def test_a_large_request_is_written_down_before_it_is_sent_and_not_at_the_end_of_the_turn() -> None:
    stage = Stage()
    stage.journal.writes = False
    stage.begun(WHOLE.replace(b"hi", b"h" * 20_000))

    assert stage.refusals == ["LedgerUnavailable"]
    assert not [each for each in stage.did if each[0] == "connect"]


def test_an_entry_of_the_platform_without_a_price_is_refused() -> None:
    stage = Stage(entry("gpt-4o", pricing=None))
    stage.begun(WHOLE)

    assert stage.refusals == ["PriceMissing"]
    assert stage.journal.frames == []
    assert isinstance(stage.allows, NoLimits)
    assert stage.allows.did == ["admit", "refuse"]


def test_an_entry_of_the_callers_own_without_a_price_serves_and_its_cost_is_unknown() -> None:
    stage = Stage(own(entry("gpt-4o", pricing=None)))
    answered(stage.begun(WHOLE), 1)

    (closed,) = only(stage).closed
    assert (closed.status, closed.cost, closed.exposure) == (Status.UNKNOWN, None, 0)


def test_an_organization_may_refuse_unpriced_entries_of_its_members_too() -> None:
    stage = Stage(own(entry("gpt-4o", pricing=None)))
    stage.principal = msgspec.structs.replace(PRINCIPAL, overlay=Overlay(refuse_unpriced=True))
    stage.begun(WHOLE)

    assert stage.refusals == ["PriceMissing"]


@pytest.mark.parametrize("pricing", [None, Pricing(Decimal(0), Decimal(0))])
@pytest.mark.parametrize(("lender", "told"), [(PLATFORM, "platform"), (organization("o1"), "organization")])
def test_what_is_paid_with_anothers_key_has_no_price_but_the_payers(
    pricing: Pricing | None, lender: Scope, told: str
) -> None:
    stage = Stage(own(entry("gpt-4o", pricing=pricing)))
    stage.book.put([credential("lent", scope=lender, name="secret name", default=True)])
    stage.begun(WHOLE)

    assert stage.refusals == ["PriceMissing"]
    assert stage.journal.frames == []
    (offer,) = stage.snapshot.offers()
    refusal = Prices(stage.book).refusal(offer, unpriced_refused=False)
    assert refusal is not None
    assert f"a key of the {told}" in refusal.message
    assert "secret name" not in refusal.message


class Limited(NoLimits):
    """Refuses what it is told to."""

    def __init__(self, **errors: Exception) -> None:
        super().__init__()
        self.errors = errors

    def claim(self, offer: object, **asked: object) -> NoLimits:
        name: str = offer.name  # type: ignore[attr-defined]
        if name in self.errors:
            raise self.errors[name]
        return self


def test_a_stand_in_serves_when_the_entry_is_asked_too_much_of() -> None:
    stage = Stage(entry("busy", failover="other"), entry("other"))
    stage.allows = Limited(busy=EntryLimited("busy", retry_after=1))
    answered(stage.begun(WHOLE.replace(b"gpt-4o", b"busy")), 1)

    assert [each.to.name for each in only(stage).opened] == ["other"]
    assert stage.told[0][1] == 200


def test_an_entry_that_is_asked_too_much_of_and_has_no_stand_in_refuses() -> None:
    stage = Stage(entry("busy"))
    stage.allows = Limited(busy=EntryLimited("busy", retry_after=1))
    stage.begun(WHOLE.replace(b"gpt-4o", b"busy"))

    assert stage.refusals == ["EntryLimited"]


@pytest.mark.parametrize(
    ("exceeded", "served"),
    [
        (BudgetExceeded("used up", retry_after=1, downgrade=True), ["small"]),
        (BudgetExceeded("used up", retry_after=1), []),
    ],
)
def test_a_budget_that_is_used_up_lets_the_default_model_serve_if_it_says_so(
    exceeded: BudgetExceeded, served: list[str]
) -> None:
    stage = Stage(entry("gpt-4o"), entry("small"))
    stage.default = "small"
    stage.allows = Limited(**{"gpt-4o": exceeded})
    stage.begun(STREAMED)

    assert [each[1] for each in stage.did if each[0] == "connect"] == served


def test_why_a_default_served_is_on_the_row() -> None:
    stage = Stage()
    stage.default = "gpt-4o"
    answered(stage.begun(b'{"messages":[]}'), 1)

    assert only(stage).ended.why == '{"why":"default"}'


def test_a_name_that_says_it_all_needs_no_why() -> None:
    stage = Stage()
    answered(stage.begun(WHOLE), 1)

    assert only(stage).ended == Ended(
        only(stage).ended.request, End.COMPLETE, 200, only(stage).ended.ended, only(stage).ended.duration
    )


def test_a_request_that_grows_on_its_way_is_written_down_before_it_is_sent() -> None:
    stage = Stage(entry("gpt-4o"))
    stage.endpoint = endpoint_at("/v1/rerank")
    stage.journal.writes = False
    body = b'{"model":"gpt-4o","query":"q","documents":[%b]}' % b",".join([b'"a"'] * 200)
    stage.begun(body + b" " * 1_000)
    quotes = b'\\"' * 7_000
    other = Stage(entry("gpt-4o"))
    other.endpoint, other.journal.writes = stage.endpoint, False
    other.begun(b'{"model":"gpt-4o","query":"q","documents":["%b"]}' % quotes)

    assert [each[0] for each in stage.did] == ["connect", "send"]
    assert other.refusals == ["LedgerUnavailable"]
    assert other.told == other.did


def test_a_journal_that_stops_within_a_failover_is_what_the_caller_is_told_of() -> None:
    stage = Stage(entry("gpt-4o", failover="other"), entry("other"))
    call = stage.begun(WHOLE)
    stage.journal.accepts = False
    call.upstream_failed(1, failure(FailureKind.SERVER_ERROR))

    assert stage.told[0][3] == b"LedgerUnavailable"
    assert [each.to.name for each in only(stage).opened] == ["gpt-4o"]


def test_a_default_model_that_is_asked_too_much_of_has_its_stand_in_too() -> None:
    stage = Stage(entry("gpt-4o"), entry("small", failover="smaller"), entry("smaller"))
    stage.default = "small"
    exceeded = BudgetExceeded("used up", retry_after=1, downgrade=True)
    stage.allows = Limited(**{"gpt-4o": exceeded, "small": EntryLimited("busy", retry_after=1)})
    stage.begun(WHOLE)

    assert [each[1] for each in stage.did if each[0] == "connect"] == ["smaller"]


def test_a_bug_before_the_first_attempt_gives_back_what_the_admission_took(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("headgate.gateway.tab.hold", broken)
    stage = Stage()
    call = stage.call()
    with pytest.raises(ZeroDivisionError):
        call.whole(head(), WHOLE)
    call.abandon()

    assert isinstance(stage.allows, NoLimits)
    assert stage.allows.did == ["admit", "refuse"]


def test_a_question_and_a_call_that_cannot_be_written_down_are_refused_and_do_not_count() -> None:
    stage = staged()
    stage.begun(CLASSIFIED)
    stage.journal.accepts = False

    stage.journal.refuse(0)

    assert stage.refusals == ["LedgerUnavailable"]
    assert (stage.settlements, stage.finished) == ([], [])
    assert isinstance(stage.allows, NoLimits)
    assert stage.allows.did[-1] == "refuse"
