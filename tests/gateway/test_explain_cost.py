"""Between which bounds the cost of a request lies."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from headgate.catalogue.entry import Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer, offer
from headgate.catalogue.operations import Operation
from headgate.catalogue.providers import BUNDLED
from headgate.core.json import Json, JsonObject
from headgate.dialects.exchange import Inbound
from headgate.dialects.pairs import PARSERS
from headgate.gateway.explain_cost import CostRange, cost_range
from headgate.gateway.hold import MOST_OUTPUT
from tests.gateway.stage import entry

A_TOKEN = 1_000_000
"""Picodollars, at a price of one dollar a million."""


def offered(**fields: Json) -> Offer:
    pricing = Pricing(Decimal(0), Decimal(1))
    return offer(entry("a", **{"pricing": pricing, **fields}), BUNDLED)


def _range(priced: Offer, request: Inbound) -> CostRange | None:
    return cost_range(priced, request, price=priced.price_at(0))


def output_tokens(body: JsonObject, **fields: Json) -> int:
    request = PARSERS[Operation.CHAT](json.dumps({"messages": [], **body}).encode())
    found = _range(offered(**fields), request)
    assert found is not None
    return found.most // A_TOKEN


@pytest.mark.parametrize(
    ("body", "entry", "tokens"),
    [
        pytest.param({"max_tokens": 7}, {}, 7, id="what the request says"),
        pytest.param({"max_completion_tokens": 9, "max_tokens": 7}, {}, 9, id="the longer of two limits"),
        pytest.param({"max_tokens": 7, "n": 3}, {}, 21, id="as often as it is asked for"),
        pytest.param({"max_tokens": 7}, {"max_tokens": 5}, 7, id="the request before the entry's default"),
        pytest.param({}, {"max_tokens": 5, "max_output_tokens": 50}, 5, id="the entry's default before its most"),
        pytest.param({}, {"max_output_tokens": 50}, 50, id="the entry's most"),
        pytest.param({}, {}, MOST_OUTPUT, id="a usual one"),
        pytest.param({"max_tokens": -1, "n": "many"}, {}, MOST_OUTPUT, id="what makes no sense limits nothing"),
    ],
)
def test_the_most_that_may_come_out(body: JsonObject, entry: JsonObject, tokens: int) -> None:
    assert output_tokens(body, **entry) == tokens


@pytest.mark.parametrize(
    ("kind", "operation", "body"),
    [
        (Kind.EMBEDDING, Operation.EMBEDDING, {"input": "hello"}),
        (Kind.RERANK, Operation.RERANK, {"query": "hello", "documents": ["a"]}),
    ],
)
def test_what_answers_with_numbers_puts_out_no_tokens(kind: Kind, operation: Operation, body: JsonObject) -> None:
    request = PARSERS[operation](json.dumps(body).encode())

    assert _range(offered(kind=kind, provider="mock"), request) == CostRange(0, 0)


def test_every_byte_of_the_request_may_be_a_token_and_every_four_are_one_at_least() -> None:
    request = PARSERS[Operation.CHAT](b'{"messages":[]}  ')
    found = _range(offered(pricing=Pricing(Decimal(1), Decimal(0))), request)

    assert found == CostRange(5 * A_TOKEN, 17 * A_TOKEN)


def test_without_a_price_nothing_is_known() -> None:
    assert _range(offered(pricing=None), PARSERS[Operation.CHAT](b'{"messages":[]}')) is None
