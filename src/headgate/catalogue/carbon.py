"""An estimate of the energy and carbon of one answer, from an entry's `metrics` and `region`.

The formula is the published guide's; where the guide's worked example disagrees with it (server energy ten times too
small), the formula stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from headgate.core.json import Json, JsonObject
from headgate.core.usage import Usage

PUE: Final[Mapping[str, float]] = MappingProxyType({"efficient": 1.1, "average": 1.58, "inefficient": 2.0})
EMISSION_FACTORS: Final[Mapping[str, float]] = MappingProxyType(
    {"world": 0.475, "eu-west": 0.276, "eu-north": 0.231, "us-east": 0.389, "us-west": 0.352, "asia": 0.638}
)
"""kg CO2eq per kWh."""

_INPUT_SHARE: Final = 0.33
_SERVER_KILOWATTS: Final = 0.1
_SECONDS_PER_TOKEN: Final = 0.02
_BAND: Final = 0.2


class CarbonProfile(msgspec.Struct, frozen=True, gc=False):
    """What the estimate needs of an entry: kWh per output token, power usage effectiveness, kg CO2eq per kWh."""

    energy_per_token: float
    pue: float
    factor: float
    region: str


def profile(metrics: Json, region: str | None) -> CarbonProfile | None:
    """The profile of an entry, or None without a usable `energy_per_token`."""
    if not isinstance(metrics, dict):
        return None
    energy = metrics.get("energy_per_token")
    if isinstance(energy, bool) or not isinstance(energy, int | float) or energy < 0:
        return None
    pue = metrics.get("pue_profile")
    known = region if region is not None and region in EMISSION_FACTORS else "world"
    return CarbonProfile(
        float(energy),
        PUE.get(pue, PUE["average"]) if isinstance(pue, str) else PUE["average"],
        EMISSION_FACTORS[known],
        known,
    )


def estimate(entry: CarbonProfile, usage: Usage) -> JsonObject:
    """The `usage.carbon` object of an answer."""
    gpu = (usage.prompt * _INPUT_SHARE + usage.completion) * entry.energy_per_token
    server = _SERVER_KILOWATTS * (usage.prompt + usage.completion) * _SECONDS_PER_TOKEN / 3600
    energy = (gpu + server) * entry.pue
    return {
        "energy": _band(energy, "kWh"),
        "gwp": _band(energy * entry.factor, "kgCO2eq"),
        "details": {
            "gpu_energy": gpu,
            "server_energy": server,
            "pue": entry.pue,
            "emission_factor": entry.factor,
            "region": entry.region,
        },
    }


def _band(value: float, unit: str) -> JsonObject:
    return {"value": value, "min": value * (1 - _BAND), "max": value * (1 + _BAND), "unit": unit}
