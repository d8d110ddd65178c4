"""Bodies of the management APIs: what is taken, and what is refused before anybody reads a field."""

from __future__ import annotations

from decimal import Decimal

import pytest

from headgate.core.errors import InvalidBody, InvalidJson
from headgate.core.json import JsonObject
from headgate.web.bodies import decode_object, plain, refuse_unknown


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="an array"),
        pytest.param(b'"x"', id="a string"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": Infinity}', id="Infinity"),
        pytest.param(b'{"a": 1,}', id="a comma too many"),
        pytest.param(b'{"a": 1} x', id="more than one value"),
        pytest.param(b'{"a": "\xff"}', id="invalid UTF-8"),
        pytest.param(b'{"a": "\\ud800"}', id="half a surrogate pair"),
        pytest.param(b"\xef\xbb\xbf{}", id="a byte order mark"),
        pytest.param(b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", id="5,000 levels"),
    ],
)
def test_what_is_not_one_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        decode_object(body)


def test_of_a_repeated_key_the_last_counts() -> None:
    assert decode_object(b'{"a": 1, "a": 2}') == {"a": 2}


def test_fractions_are_kept_digit_for_digit() -> None:
    assert decode_object(b'{"a": 0.10000000000000000001}') == {"a": Decimal("0.10000000000000000001")}


def test_plain_values_have_floats_at_every_level() -> None:
    value = plain({"a": [Decimal("0.5"), {"b": Decimal("1e-7")}], "c": 1})

    assert value == {"a": [0.5, {"b": 1e-7}], "c": 1}
    assert isinstance(value["a"][0], float)


def test_unknown_fields_are_all_named() -> None:
    body: JsonObject = {"known": 1, "one": 2, "two": 3}

    with pytest.raises(InvalidBody) as raised:
        refuse_unknown(body, frozenset({"known"}))

    assert isinstance(raised.value.details, list)
    assert [problem["path"] for problem in raised.value.details] == ["one", "two"]
