"""The format of credentials: what is minted is recognised, and nothing else is."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.access.keys import KeyFormat, digest, last4, mint_key, mint_token, parse

RANDOMNESS = st.binary(min_size=32, max_size=32)
SLUGS = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", fullmatch=True)


@given(RANDOMNESS)
def test_a_minted_token_is_recognised(randomness: bytes) -> None:
    assert parse(mint_token(randomness).reveal()) == KeyFormat("at:")


@given(SLUGS, RANDOMNESS)
def test_a_minted_key_says_whose_it_is(slug: str, randomness: bytes) -> None:
    assert parse(mint_key(slug, randomness).reveal()) == KeyFormat("iak_", slug)


@given(RANDOMNESS, RANDOMNESS)
def test_different_randomness_gives_different_tokens_of_one_length(one: bytes, other: bytes) -> None:
    first, second = mint_token(one).reveal(), mint_token(other).reveal()

    assert (first == second) == (one == other)
    assert len(first) == len(second) == len("at:") + 49


@given(RANDOMNESS, st.data())
def test_a_key_with_one_character_changed_is_not_recognised(randomness: bytes, data: st.DataObject) -> None:
    text = mint_key("acme", randomness).reveal()
    place = data.draw(st.integers(len("iak_"), len(text) - 1))
    other = data.draw(st.sampled_from("0aZ-_ é").filter(lambda character: character != text[place]))

    assert parse(text[:place] + other + text[place + 1 :]) is None


@given(RANDOMNESS, st.data())
def test_a_key_that_was_cut_is_not_recognised(randomness: bytes, data: st.DataObject) -> None:
    text = mint_token(randomness).reveal()

    assert parse(text[: data.draw(st.integers(0, len(text) - 1))]) is None


@given(st.text(max_size=80))
def test_any_other_text_is_not_recognised(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    "around",
    [
        pytest.param("{}\n", id="a line end after it"),
        pytest.param(" {}", id="a blank before it"),
        pytest.param("{}\0", id="a zero byte after it"),
        pytest.param("x{}", id="something before it"),
    ],
)
def test_a_key_with_something_around_it_is_not_recognised(around: str) -> None:
    assert parse(around.format(mint_key("acme", bytes(32)).reveal())) is None


def test_the_digits_of_a_number_in_another_script_are_not_digits_of_a_key() -> None:
    text = mint_token(bytes(32)).reveal()
    assert "0" in text

    assert parse(text.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}")) is None


def test_all_ones_still_fit_the_random_part() -> None:
    assert parse(mint_token(b"\xff" * 32).reveal()) == KeyFormat("at:")


@pytest.mark.parametrize("slug", ["", "Acme", "a_b", "-a", "a-", "a" * 65, "é", "a b", "a\n"])
def test_a_slug_that_could_not_be_read_back_is_refused(slug: str) -> None:
    with pytest.raises(ValueError, match="organization slug"):
        mint_key(slug, bytes(32))


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_credential_of_too_little_randomness_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        mint_token(bytes(length))


def test_what_is_kept_is_the_sha_256_of_the_whole_text() -> None:
    assert digest(b"at:abc") == hashlib.sha256(b"at:abc").digest()


def test_a_minted_credential_does_not_show_itself() -> None:
    token = mint_token(bytes(32))

    assert repr(token) == "[redacted]"
    assert last4(token) == token.reveal()[-4:]
