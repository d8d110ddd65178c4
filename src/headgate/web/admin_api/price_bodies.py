"""Price lists in bodies and answers of the administrative routes: USD in, USD out, with the time they count from."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from starlette.datastructures import QueryParams
from starlette.requests import Request

from headgate.catalogue.price import PriceFrom, PriceList
from headgate.catalogue.price_form import ABOVE, RATES, SERVICE_TIER, TIERS, TIERS_LIMIT, read_list, shown_list
from headgate.catalogue.standing import ORGANIZATION, PLATFORM
from headgate.catalogue.values import found
from headgate.core.errors import InvalidQuery, detail
from headgate.core.json import Json, JsonObject
from headgate.gateway.price_lists import LAST
from headgate.web import query, times
from headgate.web.bodies import refuse_faulty
from headgate.web.describe import INTEGER, STRING, component, list_of, object_of

EFFECTIVE_AT: Final = "effective_at"
TIME: Final[JsonObject] = {**STRING, "format": "date-time"}

_USD: Final[JsonObject] = {"type": "number", "minimum": 0}
_RATES: Final[Mapping[str, JsonObject]] = dict.fromkeys(RATES.values(), _USD)
_SAID: Final[Mapping[str, JsonObject]] = {
    **_RATES,
    TIERS: {**list_of(component("PriceTier")), "maxItems": TIERS_LIMIT},
}
SCHEMAS: Final[JsonObject] = {
    "PriceTier": object_of({ABOVE: INTEGER, SERVICE_TIER: STRING, **_RATES}),
    "PriceInput": object_of(
        {EFFECTIVE_AT: {"type": ["string", "number"], "description": "RFC 3339 or Unix seconds; absent: now."}, **_SAID}
    ),
    "Price": object_of(
        {
            "price_id": {**STRING, "description": "Stands for the content; rows of usage name it."},
            EFFECTIVE_AT: TIME,
            "source": STRING,
            "version": {**STRING, "description": "Of the data set that a `bundled` price is from."},
            "set_by": {
                **STRING,
                "enum": [ORGANIZATION, PLATFORM],
                "description": "Who of those around the entry has set it; absent: who writes the entry.",
            },
            **_SAID,
        }
    ),
}
PRICE_INPUT: Final = component("PriceInput")
PRICE: Final = component("Price")


def read_price(body: JsonObject) -> tuple[PriceList, float | None]:
    """A price list of a body, and when it counts from; None: now. InvalidBody with every fault."""
    prices, faults = read_list({name: value for name, value in body.items() if name != EFFECTIVE_AT})
    effective_at = None
    try:
        effective_at = instant(body.get(EFFECTIVE_AT))
    except ValueError as error:
        faults.append(detail(EFFECTIVE_AT, f"{EFFECTIVE_AT!r} takes {error}"))
    refuse_faulty(faults)
    return prices, effective_at


def instant(value: Json) -> float | None:
    """A time as RFC 3339 or in Unix seconds, None for null. ValueError says what is accepted."""
    if value is None:
        return None
    if isinstance(value, str):
        return times.read(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and 0 <= value <= Decimal(LAST):
        return float(value)
    raise ValueError(f"a time like 2026-11-20T12:00:00Z, or Unix seconds, not {found(value)}")


def shown_price(price: PriceFrom) -> JsonObject:
    """A dated list as answers show it."""
    shown: JsonObject = {
        "price_id": price.prices.id,
        EFFECTIVE_AT: times.written(price.effective_at),
        "source": price.source,
    }
    if price.version:
        shown["version"] = price.version
    if price.set_by:
        shown["set_by"] = price.set_by
    return {**shown, **shown_list(price.prices)}


def instant_of_query(parameters: QueryParams, name: str) -> float | None:
    """The time that a query names, as RFC 3339 or in Unix seconds; None if it names none. InvalidQuery."""
    word = query.text(parameters, name)
    if word is None:
        return None
    seconds = Decimal(word) if word.isascii() and word.replace(".", "", 1).isdecimal() else None
    try:
        return instant(word if seconds is None else seconds)
    except ValueError as error:
        raise InvalidQuery(str(error), details=[detail(name, str(error))]) from None


def model_named(request: Request) -> str:
    """The entry that `?model=` names. InvalidQuery if it names none."""
    name = query.text(request.query_params, "model")
    if name is None:
        raise missing("model")
    return name


def missing(name: str) -> InvalidQuery:
    message = f"{name!r} is required"
    return InvalidQuery(message, details=[detail(name, message)])
