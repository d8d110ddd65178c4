"""What one answer is said to cost."""

from __future__ import annotations

from headgate.catalogue.offer import offer
from headgate.catalogue.providers import BUNDLED
from headgate.core.usage import Usage
from headgate.gateway.bill import Bill
from tests.gateway.stage import Stage, entry


def test_a_price_of_tokens_says_nothing_of_seconds_even_if_tokens_were_told_before() -> None:
    bill = Bill(offer(entry("hear"), BUNDLED), Stage(), 100.0)

    bill.settle(Usage(input=1))
    before = bill.cost
    bill.settle(Usage(seconds=3))

    assert before is not None
    assert bill.cost is None
