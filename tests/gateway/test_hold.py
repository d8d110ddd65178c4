"""What is reserved for an attempt: at least what it can cost, as far as that can be known."""

from __future__ import annotations

import json
from base64 import b64encode
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.entry import Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer, offer
from headgate.catalogue.operations import Operation
from headgate.catalogue.price import PriceList, PriceTier, Rates, resolved
from headgate.catalogue.providers import BUNDLED
from headgate.core.json import Json, JsonObject
from headgate.core.money import MAX_COST
from headgate.core.usage import Usage
from headgate.dialects.counting import MOST
from headgate.dialects.exchange import Inbound
from headgate.dialects.openai_audio import TranscriptionRequest
from headgate.dialects.pairs import PARSERS
from headgate.gateway.hold import MOST_OF_PICTURE, MOST_OUTPUT, hold
from headgate.ledger.cost import cost
from tests.dialects.forms import CONTENT_TYPE, file, form, part
from tests.gateway.stage import entry

IN, OUT = 3, 5
PRICE = PriceList(rates=Rates(input=IN, output=OUT))
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


def offered(**fields: Json) -> Offer:
    return offer(entry("a", **{"pricing": Pricing(Decimal(1), Decimal(1)), **fields}), BUNDLED)


def asked(operation: Operation, **fields: Json) -> Inbound:
    return PARSERS[operation](json.dumps(fields).encode())


def chat(**fields: Json) -> Inbound:
    return asked(Operation.CHAT, **{"messages": [], **fields})


def amount(request: Inbound, prices: PriceList = PRICE, **entry: Json) -> int:
    return hold(offered(**entry), request, price=resolved(prices)).amount


@pytest.mark.parametrize(
    ("body", "entry", "output"),
    [
        pytest.param({"max_tokens": 7}, {}, 7, id="what the request says"),
        pytest.param({"max_tokens": 7, "max_completion_tokens": 9}, {}, 9, id="the longer of two limits"),
        pytest.param({"max_tokens": 7, "n": 3}, {"max_tokens": 5}, 21, id="the request before the entry's default"),
        pytest.param(
            {"n": 2}, {"max_tokens": 5, "max_output_tokens": 50}, 10, id="the default before the entry's most"
        ),
        pytest.param({"n": 2}, {"max_output_tokens": 50}, 100, id="the entry's most"),
        pytest.param({"n": 2}, {}, 2 * MOST_OUTPUT, id="a usual one"),
        pytest.param({"max_tokens": None, "n": None}, {}, MOST_OUTPUT, id="nothing"),
        pytest.param({"max_tokens": 0, "n": -1}, {}, MOST_OUTPUT, id="what makes no sense"),
    ],
)
def test_a_chat_is_held_for_every_byte_and_the_longest_answer(body: JsonObject, entry: JsonObject, output: int) -> None:
    request = chat(**body)

    held = hold(offered(**entry), request, price=resolved(PRICE))

    assert (held.amount, held.tokens) == (IN * request.size + OUT * output, request.size + output)


@pytest.mark.parametrize(
    ("operation", "fields", "times"),
    [
        pytest.param(Operation.CHAT, {"messages": [], "n": 4}, 4, id="answers"),
        pytest.param(Operation.COMPLETION, {"prompt": "a", "n": 2, "best_of": 5}, 5, id="the best of several"),
        pytest.param(Operation.COMPLETION, {"prompt": ["a", "b"], "n": 3}, 6, id="several prompts"),
    ],
)
def test_every_answer_that_is_made_is_held_for(operation: Operation, fields: JsonObject, times: int) -> None:
    request = asked(operation, **fields, max_tokens=10)

    assert amount(request) == IN * request.size + OUT * 10 * times


@pytest.mark.parametrize(
    ("kind", "provider", "operation", "fields"),
    [
        pytest.param(Kind.EMBEDDING, "openai", Operation.EMBEDDING, {"input": "a"}, id="vectors"),
        pytest.param(Kind.RERANK, "mock", Operation.RERANK, {"query": "q", "documents": ["a"]}, id="an order"),
    ],
)
def test_what_answers_with_numbers_puts_out_no_tokens(
    kind: Kind, provider: str, operation: Operation, fields: JsonObject
) -> None:
    request = asked(operation, **fields)

    assert amount(request, kind=kind, provider=provider) == IN * request.size


def test_a_chat_model_that_is_asked_for_an_order_writes() -> None:
    request = asked(Operation.RERANK, query="q", documents=["a"])

    assert amount(request, kind=Kind.RERANK, max_output_tokens=9) == IN * request.size + OUT * 9


def test_an_order_is_held_for_its_searches() -> None:
    request = asked(Operation.RERANK, query="q", documents=["a"] * 150)
    prices = PriceList(rates=Rates(input=0, output=0, search=1_000))

    assert amount(request, prices, kind=Kind.RERANK, provider="mock") == 2 * 1_000


def test_pictures_to_be_made_are_held_for_each() -> None:
    request = asked(Operation.IMAGE, prompt="a cat", n=3)
    prices = PriceList(rates=Rates(input=0, output=0, image=40, request=7))

    assert amount(request, prices, kind=Kind.IMAGE) == 3 * 40 + 7


def test_a_picture_that_is_sent_counts_as_a_large_one_and_not_by_its_bytes() -> None:
    data = b64encode(bytes(300_000)).decode()
    sent = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
    by_address = chat(messages=[{"role": "user", "content": [PICTURE]}], max_tokens=1)
    whole = chat(messages=[{"role": "user", "content": [sent]}], max_tokens=1)
    prices = PriceList(rates=Rates(input=IN, output=OUT, image_input=IN + 1))

    assert amount(by_address, prices) == IN * by_address.size + MOST_OF_PICTURE * (IN + 1) + OUT
    assert amount(whole, prices) < IN * 500 + MOST_OF_PICTURE * (IN + 1) + OUT


def test_sound_that_is_sent_is_held_for_by_its_length() -> None:
    sent = {"type": "input_audio", "input_audio": {"data": b64encode(bytes(9_000)).decode(), "format": "wav"}}
    request = chat(messages=[{"role": "user", "content": [sent]}], max_tokens=1)
    silent = PriceList(rates=Rates(input=0, output=0, audio_input=11))

    assert amount(request, silent) == 9 * 10 * 11


def test_an_answer_that_may_be_sound_is_held_for_at_its_price() -> None:
    prices = PriceList(rates=Rates(input=0, output=1, audio_output=9))

    assert amount(chat(max_tokens=10), prices) == 10
    assert amount(chat(max_tokens=10, audio={"voice": "a", "format": "mp3"}), prices) == 90
    assert amount(asked(Operation.SPEECH, input="Hi"), prices, kind=Kind.SPEECH) == 9 * MOST_OUTPUT


def test_reasoning_that_is_dearer_than_words_is_held_for() -> None:
    assert amount(chat(max_tokens=10), PriceList(rates=Rates(input=0, output=1, reasoning=4))) == 40


def test_a_form_is_held_for_as_far_as_it_has_come() -> None:
    request = TranscriptionRequest(CONTENT_TYPE)
    request.feed(form(part("model", b"m"), file(bytes(2_500))))
    prices = PriceList(rates=Rates(input=0, output=0, second=100, audio_input=1))

    assert amount(request, prices, kind=Kind.TRANSCRIPTION) == 3 * 100 + 3 * 10


def test_the_dearest_tier_counts_that_can_be_reached() -> None:
    request = chat(max_tokens=10)
    reached = PriceTier(above=request.size - 1, rates=Rates(input=10))
    beyond = PriceTier(above=request.size, rates=Rates(input=1_000))
    cheap = PriceTier(service_tier="flex", rates=Rates(input=1, output=1))
    dear = PriceTier(service_tier="priority", rates=Rates(output=50))

    assert amount(request, PriceList(rates=PRICE.rates, tiers=(beyond, cheap))) == IN * request.size + OUT * 10
    assert amount(request, PriceList(rates=PRICE.rates, tiers=(beyond, reached))) == 10 * request.size + OUT * 10
    assert amount(request, PriceList(rates=PRICE.rates, tiers=(cheap, dear))) == IN * request.size + 50 * 10


def test_without_a_price_there_are_tokens_alone() -> None:
    request = chat(max_tokens=10)

    held = hold(offered(), request, price=None)

    assert (held.amount, held.tokens) == (0, request.size + 10)


def test_what_no_row_can_hold_is_the_most_that_one_can() -> None:
    held = hold(offered(), chat(max_tokens=2**62, n=2**62), price=resolved(PRICE))

    assert (held.amount, held.tokens) == (MAX_COST, MOST)


@given(st.integers(1, 1_000), st.integers(1, 4), st.integers(0, 60), st.integers(0, 60), st.data())
def test_no_answer_within_its_limits_costs_more_than_is_held(
    limit: int, times: int, rate_in: int, rate_out: int, data: st.DataObject
) -> None:
    """At one rate for all that goes in and one for all that comes out: dearer cache writes are no part of a hold."""
    request = chat(messages=[{"role": "user", "content": "x" * 100}], max_tokens=limit, n=times)
    tier = PriceTier(
        service_tier=data.draw(st.sampled_from(["", "priority"])),
        above=data.draw(st.integers(0, 200)),
        rates=Rates(input=data.draw(st.integers(0, 60))),
    )
    prices = PriceList(rates=Rates(input=rate_in, output=rate_out, request=3), tiers=(tier,))
    cached = data.draw(st.integers(0, request.size))
    usage = Usage(
        input=data.draw(st.integers(0, request.size - cached)),
        cached_input=cached,
        output=data.draw(st.integers(0, limit * times)),
        tier=data.draw(st.sampled_from(["", "priority", "default"])),
    )

    true_cost = cost(usage, resolved(prices))

    assert true_cost is not None
    assert true_cost.total <= amount(request, prices)
