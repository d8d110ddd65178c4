"""The bundled data set in our words: what is told costs what the data set itself reckons, and the rest is not told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from genai_prices.data import providers
from genai_prices.types import ModelInfo, Provider
from genai_prices.types import Usage as Theirs

from headgate.adapters.bundled_prices import DATA_SET, PROVIDERS, bundled_price
from headgate.catalogue.price import PriceList, Rates, resolved
from headgate.catalogue.price_form import lists_problem
from headgate.core.money import PICODOLLARS_PER_USD
from headgate.core.usage import Usage
from headgate.ledger.cost import cost

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
ROWS = {row.id: row for row in providers}
LENGTHS = (0, 1, 31_999, 128_001, 200_000, 200_001, 272_001, 1_000_001)


def known() -> Iterator[tuple[str, Provider, ModelInfo, PriceList]]:
    for provider, theirs in PROVIDERS.items():
        for info in ROWS[theirs].models:
            found = bundled_price(provider, info.id, wall=NOW)
            if found is not None:
                named = ROWS[theirs].find_model(info.id, all_providers=providers)
                assert named is not None
                yield provider, ROWS[theirs], named, found.prices


def reckoned(row: Provider, info: ModelInfo, usage: Theirs, *, tier: str = "") -> int:
    """What the data set's own arithmetic makes of it."""
    price = info.calc_price(
        usage,
        row,
        genai_request_timestamp=datetime.fromtimestamp(NOW, UTC),
        price_context={"service_tier": tier} if tier else None,
    )
    amount = price.total_price * PICODOLLARS_PER_USD
    assert amount == amount.to_integral_value()
    return int(amount)


def test_every_model_costs_what_the_data_set_reckons_at_every_length_of_context() -> None:
    checked = 0
    for _, row, info, prices in known():
        if prices.rates.input is None:
            continue
        for length in LENGTHS:
            ours = Usage(input=length, cached_input=300, output=70)
            theirs = Theirs(input_tokens=length + 300, cache_read_tokens=300, output_tokens=70)
            if "cache_read_mtok" not in vars(info.get_prices(datetime.fromtimestamp(NOW, UTC))):
                ours, theirs = Usage(input=length, output=70), Theirs(input_tokens=length, output_tokens=70)
            found = cost(ours, resolved(prices))
            assert found is not None
            assert found.total == reckoned(row, info, theirs), (row.id, info.id, length)
            checked += 1
    assert checked > 1000


def test_an_answer_of_another_service_tier_costs_what_the_data_set_reckons_for_that() -> None:
    checked = 0
    for _, row, info, prices in known():
        for tier in {each.service_tier for each in prices.tiers} & {"flex", "priority", "fast"}:
            if not any(variant.when == {"service_tier": tier} for variant in info.price_variants or ()):
                continue
            for length in LENGTHS[1:]:
                found = cost(Usage(input=length, output=70, tier=tier), resolved(prices))
                assert found is not None
                usage = Theirs(input_tokens=length, output_tokens=70)
                assert found.total == reckoned(row, info, usage, tier=tier), (row.id, info.id, tier, length)
                checked += 1
    assert checked > 100


def test_every_list_keeps_the_rules_of_price_lists() -> None:
    found = [bundled_price(provider, info.id, wall=NOW) for provider, _, info, _ in known()]

    assert [each for each in found if each is not None and lists_problem((each,)) is not None] == []


def test_writing_the_cache_costs_what_it_says_for_either_time() -> None:
    found = bundled_price("claude", "claude-opus-4-6", wall=NOW)

    assert found is not None
    assert found.prices.rates == Rates(
        input=5_000_000,
        cached_input=500_000,
        cache_write=6_250_000,
        cache_write_1h=10_000_000,
        output=25_000_000,
        search=10_000_000_000,
    )
    assert (found.source, found.version.split()[0], found.effective_at) == ("bundled", DATA_SET, NOW)


def test_the_price_of_an_hour_of_sound_is_told_by_the_second() -> None:
    found = bundled_price("openai", "whisper-1", wall=NOW)

    assert found is not None
    assert found.prices.rates == Rates(second=100_000_000)


def test_the_price_that_counts_at_the_instant_is_told() -> None:
    before = bundled_price("claude", "claude-opus-4-6", wall=datetime(2026, 3, 12, 23, tzinfo=UTC).timestamp())

    assert before is not None
    assert [(tier.above, tier.rates.input) for tier in before.prices.tiers] == [(200_000, 10_000_000)]


def test_a_provider_that_sells_the_models_of_another_has_their_plain_price() -> None:
    found, theirs = bundled_price("azure", "gpt-4o", wall=NOW), bundled_price("openai", "gpt-4o", wall=NOW)

    assert found is not None
    assert theirs is not None
    assert found.prices.rates == theirs.prices.rates
    assert found.prices.tiers == ()


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        pytest.param("openai", "no-such-model", id="a model that it does not know"),
        pytest.param("vllm", "gpt-4o", id="a provider that it does not know"),
        pytest.param("openai", "ft:gpt-4.1:acme", id="a fine-tuned model of a base that it has no such row for"),
        pytest.param("deepseek", "deepseek-chat", id="a price that changes with the hour"),
        pytest.param("openrouter", "google/gemini-2.5-flash", id="an amount that is no whole number of picodollars"),
        pytest.param("openai", "gpt-image-1", id="cached pictures at another price than cached text"),
        pytest.param("gemini", "gemini-2.5-flash-image", id="pictures at another price than text"),
        pytest.param("groq", "whisper-large-v3", id="seconds that are rounded up"),
        pytest.param("openai", "tts-1", id="a unit that no answer tells"),
        pytest.param("openrouter", "qwen3-8b:free", id="no price at all, which does not say free"),
    ],
)
def test_what_cannot_be_told_exactly_is_not_told(provider: str, model: str) -> None:
    assert bundled_price(provider, model, wall=NOW) is None


def test_serving_loads_the_data_set_only_when_it_is_asked() -> None:
    code = "import sys, headgate.wiring; assert not [name for name in sys.modules if name.startswith('genai_prices')]"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
