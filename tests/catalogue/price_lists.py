"""Random price lists."""

from __future__ import annotations

from hypothesis import strategies as st

from headgate.catalogue.price import PriceList, PriceTier, Rates
from headgate.catalogue.price_form import TOKEN_RATES, UNIT_RATES

SERVICE_TIERS = ("", "batch", "priority", "flex")
BORDERS = (0, 1, 128_000, 200_000)
_TOKENS = st.integers(0, 10**12)
_UNITS = st.integers(0, 10**16)


def rates(*, least: int = 0) -> st.SearchStrategy[Rates]:
    """Rates of which at least so many are said."""
    amounts = {**dict.fromkeys(TOKEN_RATES, _TOKENS), **dict.fromkeys(UNIT_RATES, _UNITS)}
    said = st.fixed_dictionaries({}, optional=amounts).filter(lambda found: len(found) >= least)
    return said.map(lambda found: Rates(**found))


def price_lists(*, most_tiers: int = 4) -> st.SearchStrategy[PriceList]:
    keys = st.tuples(st.sampled_from(SERVICE_TIERS), st.sampled_from(BORDERS)).filter(lambda key: key != ("", 0))
    tier = st.builds(lambda key, said: PriceTier(service_tier=key[0], above=key[1], rates=said), keys, rates(least=1))
    tiers = st.lists(tier, max_size=most_tiers, unique_by=lambda each: (each.service_tier, each.above))
    return st.builds(lambda said, over: PriceList(rates=said, tiers=tuple(over)), rates(least=1), tiers)
