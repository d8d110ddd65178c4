"""A stand-in for the bundled data set, which says of one model what a test has it say."""

from __future__ import annotations

from headgate.catalogue.price import PriceFrom, PriceList, Rates


class DataSet:
    """It knows `gpt-4o` of `openai`, and nothing else."""

    def __init__(self) -> None:
        self.says = PriceList(rates=Rates(input=2_500_000, cached_input=1_250_000, output=10_000_000))
        self.version = "set 1"

    def __call__(self, provider: str, model: str, /, *, wall: float) -> PriceFrom | None:
        if (provider, model) != ("openai", "gpt-4o"):
            return None
        return PriceFrom(effective_at=wall, prices=self.says, source="bundled", version=self.version)
