"""A secret is not shown."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import msgspec
import pytest

from headgate.core.secret import REDACTED, Secret

CANARY = "canary-5f1d"


WAYS: dict[str, Callable[[Secret], str]] = {
    "str": str,
    "repr": repr,
    "format": format,
    "an f-string with a width": lambda secret: f"{secret!s:>40}",
    "a percent sign": lambda secret: "%s" % secret,  # noqa: UP031
    "inside a list": lambda secret: str([secret]),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_of_printing_shows_it(way: str) -> None:
    shown = WAYS[way](Secret(CANARY))

    assert CANARY not in shown
    assert REDACTED in shown


def test_it_is_not_serialised() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(CANARY))
    with pytest.raises(TypeError):
        msgspec.json.encode(Secret(CANARY))


def test_it_is_equal_to_the_same_secret_only() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret("other")
    assert Secret(CANARY) != CANARY
