"""What is known of a secret, and what of it is presented."""

from __future__ import annotations

import pytest

from headgate.catalogue.credential import last4, presented
from headgate.core.secret import Secret


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("sk-plain", "sk-plain"),
        ('{"api_key":"sk-inner","region":"eu"}', "sk-inner"),
        ('{"api_key": not JSON', '{"api_key": not JSON'),
        ("{" * 100_000, "{" * 100_000),
        ('["sk"]', '["sk"]'),
        ('{"token":"sk"}', None),
        ('{"api_key":5}', None),
        ('{"api_key":""}', None),
    ],
    ids=["text", "an object", "no JSON", "deep", "a list", "another key", "no text", "an empty one"],
)
def test_what_is_presented_of_a_secret(secret: str, key: str | None) -> None:
    found = presented(Secret(secret))

    assert (found and found.reveal()) == key


def test_a_key_is_recognised_by_its_end_not_by_that_of_its_object() -> None:
    assert last4(Secret('{"api_key":"sk-0123456789abcdef","region":"eu-west-1"}')) == "cdef"


@pytest.mark.parametrize("secret", ["sk-short", '{"api_key":"sk-short"}', '{"no_key":"0123456789abcdef"}'])
def test_what_is_short_or_nothing_is_not_shown_in_part(secret: str) -> None:
    assert last4(Secret(secret)) == ""
