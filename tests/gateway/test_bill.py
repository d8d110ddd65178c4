"""How an answer's cost is told."""

from __future__ import annotations

import json

from headgate.catalogue.offer import offer
from headgate.catalogue.providers import BUNDLED
from headgate.core.usage import Usage
from headgate.gateway.bill import summed, told
from headgate.ledger.cost import Cost
from tests.gateway.stage import entry

OFFER = offer(entry("a"), BUNDLED)


def test_what_is_neither_input_nor_output_is_told_as_fees() -> None:
    shown, members = told(Cost(7, 2, 3), Usage(), offer=OFFER, milliseconds=5)

    assert shown == b"0.000000000007"
    assert json.loads(b"{" + members + b"}")["cost_details"] == {
        "input_cost": 2e-12,
        "output_cost": 3e-12,
        "fees_cost": 2e-12,
    }


def test_fees_are_not_told_where_there_are_none() -> None:
    _, members = told(Cost(5, 2, 3), Usage(), offer=OFFER, milliseconds=5)

    assert b"fees" not in members


def test_an_unknown_cost_is_null_and_not_zero() -> None:
    shown, members = told(None, Usage(), offer=OFFER, milliseconds=5)

    assert (shown, members) == (b"", b'"cost":null,"cost_details":null,"duration_ms":5')


def test_usages_of_different_tiers_are_of_none_together_and_estimated_if_one_is() -> None:
    both = summed([Usage(input=1, tier="flex"), Usage(input=2, images=1, tier="default", estimated=True)])

    assert both == Usage(input=3, images=1, estimated=True)
