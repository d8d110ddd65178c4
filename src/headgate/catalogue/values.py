"""What single values may be, whatever field holds them.

A check takes a JSON value and answers with what is wrong about it, or None. `bool` is an `int` in Python and never in
JSON, so every numeric check asks for the type first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeAlias

from headgate.core.json import Json
from headgate.core.money import PRICE_DECIMALS

Check: TypeAlias = Callable[[Json], str | None]

INTEGER_LIMIT: Final = 2**53 - 1
"""What a JSON number holds exactly in every client."""
DEPTH_LIMIT: Final = 32
KEY_LIMIT: Final = 256
PRICE_LIMIT: Final = 1_000_000
"""USD per million tokens, one dollar a token: whatever is above is a slip of the pen."""
_SHOWN: Final = 60


def found(value: Json) -> str:
    """The offending value as a message shows it: short, and safe to write anywhere."""
    match value:
        case None | bool():
            return "null" if value is None else str(value).lower()
        case str():
            return ascii(value) if len(value) <= _SHOWN else f"{value[:_SHOWN]!a}... ({len(value)} characters)"
        case int() if abs(value) > 10**_SHOWN:
            return "a longer integer"
        case int() | float() | Decimal():
            return str(value)[:_SHOWN]
        case dict():
            return "an object"
        case _:
            return "a list"


def text_fault(value: str) -> str | None:
    """What keeps a string from being stored: a lone surrogate is no Unicode, and PostgreSQL takes no NUL."""
    if "\0" in value:
        return "a NUL character"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "a lone surrogate"
    return None


def text(*, limit: int, lines: bool = False) -> Check:
    """A string of 1 to `limit` characters; on one line unless `lines`."""
    wanted = f"a string of 1 to {limit} characters"

    def check(value: Json) -> str | None:
        if not isinstance(value, str) or not 1 <= len(value) <= limit:
            return f"{wanted}, not {found(value)}"
        fault = text_fault(value)
        if fault is None and not lines and any(ord(character) < 32 or character == "\x7f" for character in value):
            fault = "a control character"
        return f"{wanted} without {fault}, not {found(value)}" if fault else None

    return check


def one_of(*words: str) -> Check:
    wanted = f"one of {', '.join(words)}"
    return lambda value: None if isinstance(value, str) and value in words else f"{wanted}, not {found(value)}"


def boolean(value: Json) -> str | None:
    return None if isinstance(value, bool) else f"true or false, not {found(value)}"


def integer(value: Json) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= INTEGER_LIMIT:
        return None
    return f"an integer of at least 0, not {found(value)}"


def positive(*, most: int) -> Check:
    """A number above zero."""

    def check(value: Json) -> str | None:
        exact = as_decimal(value)
        inside = exact is not None and 0 < exact <= most
        return None if inside else f"a number above 0 and at most {most}, not {found(value)}"

    return check


def within(least: int, most: int | Decimal) -> Check:
    """A number from `least` to `most`."""

    def check(value: Json) -> str | None:
        exact = as_decimal(value)
        inside = exact is not None and least <= exact <= most
        return None if inside else f"a number from {least} to {most}, not {found(value)}"

    return check


def price(value: Json) -> str | None:
    """USD per million tokens."""
    wanted = f"a number from 0 to {PRICE_LIMIT} with at most {PRICE_DECIMALS} decimals"
    amount = as_decimal(value)
    if (
        amount is None
        or not 0 <= amount <= PRICE_LIMIT
        or amount != amount.quantize(Decimal(1).scaleb(-PRICE_DECIMALS))
    ):
        return f"{wanted}, not {found(value)}"
    return None


def as_decimal(value: Json) -> Decimal | None:
    """A finite JSON number as the decimal that was written; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    # The shortest decimal that reads back as the float is the one that was written, up to 15 digits.
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return exact if exact.is_finite() else None


def list_of(check: Check, *, limit: int, unique: bool) -> Check:
    """A list of at most `limit` values that pass `check`."""

    def check_all(value: Json) -> str | None:
        if not isinstance(value, list | tuple):
            return f"a list, not {found(value)}"
        if len(value) > limit:
            return f"a list of at most {limit} items, not {len(value)}"
        for index, item in enumerate(value):
            wrong = check(item)
            if wrong is not None:
                return f"item {index}: {wrong}"
        if unique and len(set(value)) != len(value):
            twice = next(item for index, item in enumerate(value) if item in value[:index])
            return f"a list without repetition, not {found(twice)} twice"
        return None

    return check_all


def anything(value: Json) -> str | None:
    """Any JSON value that survives being stored and sent: bounded in depth, finite, of valid Unicode."""
    return _anything(value, 0)


def _anything(value: Json, depth: int) -> str | None:
    match value:
        case None | bool():
            return None
        case str():
            fault = text_fault(value)
            return f"text without {fault}" if fault else None
        case int():
            return None if abs(value) < 2**63 else f"an integer of at most 63 bits, not {found(value)}"
        case float():
            return None if math.isfinite(value) else f"a finite number, not {found(value)}"
        case Decimal():
            finite = value.is_finite() and math.isfinite(float(value))
            return None if finite else f"a finite number, not {found(value)}"
        case dict() | list() | tuple():
            return _container(value, depth)
        case _:
            return f"a JSON value, not {type(value).__name__}"


def _container(value: Json, depth: int) -> str | None:
    if depth == DEPTH_LIMIT:
        return f"at most {DEPTH_LIMIT} levels of objects and lists"
    inner = value
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str) or len(key) > KEY_LIMIT or text_fault(key):
                return f"keys of at most {KEY_LIMIT} characters, not {found(key)}"
        inner = value.values()
    return next((wrong for item in inner if (wrong := _anything(item, depth + 1)) is not None), None)


def open_object(value: Json) -> str | None:
    """An object with any keys."""
    return anything(value) if isinstance(value, dict) else f"an object, not {found(value)}"
