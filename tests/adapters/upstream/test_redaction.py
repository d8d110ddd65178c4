"""A secret that an upstream repeats is taken out of its words."""

from __future__ import annotations

import json

import pytest

from headgate.adapters.upstream.redaction import without
from headgate.core.secret import Secret

VALUE = 'sk-canary/0123+4567"89'
SECRET = Secret(VALUE)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(VALUE.encode(), id="as it stands"),
        pytest.param(json.dumps(VALUE).encode(), id="as JSON"),
        pytest.param(json.dumps(VALUE).replace("/", "\\/").encode(), id="with escaped slashes"),
        pytest.param(b"sk-canary%2F0123%2B4567%2289", id="in a URL"),
        pytest.param(b"c2stY2FuYXJ5LzAxMjMrNDU2NyI4OQ==", id="in base64"),
        pytest.param(
            "".join('\\"' if each == '"' else f"\\u{ord(each):04x}" for each in VALUE).encode(),
            id="in escapes throughout",
        ),
    ],
)
def test_no_spelling_of_the_secret_is_left(written: bytes) -> None:
    shown = without(SECRET, b'{"message":"wrong key: ' + written.strip(b'"') + b'"}')

    assert shown == b'{"message":"wrong key: [redacted]"}'


def test_other_escapes_stay_as_they_were_written() -> None:
    text = rb'{"message":"\u0061 \/ \\u0061 \u0022 \u00e9"}'

    assert without(SECRET, text) == text


def test_an_escaped_backslash_before_a_letter_spells_no_character() -> None:
    text = b'{"message":"\\\\u0073k-canary"}'

    assert without(Secret("sk-canary"), text) == text


def test_what_is_left_after_a_secret_in_escapes_is_still_the_same_json() -> None:
    text = json.dumps({"message": "sk-canary", "quoted": 'a"\\b'}).replace("sk", "\\u0073k").encode()

    assert json.loads(without(Secret("sk-canary"), text)) == {"message": "[redacted]", "quoted": 'a"\\b'}


def test_an_empty_secret_is_in_no_text() -> None:
    assert without(Secret(""), b"text") == b"text"
