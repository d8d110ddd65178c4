"""Header fields that go out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.http1.headers import field, is_name, is_value, seconds


@pytest.mark.parametrize("name", [b"x", b"X-Request-Id", b"a!#$%&'*+.^_`|~0"])
def test_a_token_is_a_name(name: bytes) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", [b"", b"x y", b"x:", b"x\r\n", b"x\x00", b"\xe4", b"(x)"])
def test_anything_else_is_no_name(name: bytes) -> None:
    assert not is_name(name)


@pytest.mark.parametrize("value", [b"", b"a", b"a b\tc", b"Bearer sk-1", b"\xc3\xa4"])
def test_printable_bytes_are_a_value(value: bytes) -> None:
    assert is_value(value)


@pytest.mark.parametrize(
    "value", [b" ", b" a", b"a ", b"a\t", b"a\r\nb: c", b"a\n", b"\r", b"a\x00b", b"\x7f", b"\x1b["]
)
def test_control_characters_and_outer_spaces_are_no_value(value: bytes) -> None:
    assert not is_value(value)


def test_a_field_is_one_line() -> None:
    assert field(b"x-a", b"b c") == b"x-a: b c\r\n"


@given(name=st.binary(max_size=8), value=st.binary(max_size=20))
def test_no_field_is_more_than_one_line(name: bytes, value: bytes) -> None:
    try:
        line = field(name, value)
    except ValueError:
        return
    assert line.count(b"\n") == line.count(b"\r") == 1
    assert line.endswith(b"\r\n")


def test_a_refused_value_is_not_shown() -> None:
    with pytest.raises(ValueError, match=r"'x-key' has a control character") as refused:
        field(b"x-key", b"sk-secret\n")

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"timeout=5, max=100", 5),
        (b"max=100, Timeout = 7", 7),
        (b"timeout", None),
        (b"timeout=", None),
        (b"timeout=-1", None),
        (b"timeout=1e9", None),
        (b"timeout=" + b"9" * 40, None),
        (b"", None),
    ],
)
def test_seconds_of_a_list_of_parameters(value: bytes, expected: int | None) -> None:
    assert seconds(value, b"timeout") == expected
