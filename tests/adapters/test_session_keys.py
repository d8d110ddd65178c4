"""Which key signs a session and which still verify it, as keys come, go and cannot be opened."""

from __future__ import annotations

import jwt
import msgspec
import pytest

from headgate.access.identity import SigningKey
from headgate.adapters.sessions import SessionTexts, can_sign, new_signing_key
from tests.adapters.test_sessions import INSTALLATION, KEY, NOW, OPENER, PRIVATE, SEALER, SESSION


def opened_at(now: float) -> str:
    """A session of that time, signed by the first key."""
    texts = SessionTexts([KEY], OPENER, installation=INSTALLATION)
    return texts.sign(msgspec.structs.replace(SESSION, created_at=now)).reveal()


def test_the_newest_key_signs_and_the_older_one_still_verifies() -> None:
    newer = new_signing_key("key-2", SEALER, now=NOW + 1)
    before = SessionTexts([KEY], OPENER, installation=INSTALLATION)
    after = SessionTexts([newer, KEY], OPENER, installation=INSTALLATION)

    assert jwt.get_unverified_header(after.sign(SESSION).reveal())["kid"] == "key-2"
    assert after.verify(before.sign(SESSION).reveal(), NOW) == "session-1"
    assert before.verify(after.sign(SESSION).reveal(), NOW) is None


def test_a_key_vouches_for_no_session_that_was_opened_after_another_took_over() -> None:
    texts = SessionTexts([KEY], OPENER, installation=INSTALLATION)
    before = opened_at(NOW)
    texts.take(new_signing_key("key-2", SEALER, now=NOW + 1))

    assert texts.verify(before, NOW + 2) == "session-1"
    assert texts.verify(opened_at(NOW + 2), NOW + 2) is None


def test_a_key_that_does_not_open_does_not_take_over() -> None:
    texts = SessionTexts([KEY], OPENER, installation=INSTALLATION)
    stranger = SigningKey(id="key-2", public=KEY.public, sealed_private=KEY.sealed_private, created_at=NOW + 1)

    with pytest.raises(ValueError, match="key-2"):
        texts.take(stranger)

    assert jwt.get_unverified_header(texts.sign(SESSION).reveal())["kid"] == "key-1"
    assert texts.verify(opened_at(NOW + 2), NOW + 2) == "session-1"


def test_the_private_half_is_sealed_and_bound_to_its_key() -> None:
    assert PRIVATE.private_bytes_raw() not in KEY.sealed_private
    moved = SigningKey(id="key-2", public=KEY.public, sealed_private=KEY.sealed_private, created_at=NOW)

    assert not can_sign([moved], OPENER)
    with pytest.raises(ValueError, match="need a signing key that opens"):
        SessionTexts([moved], OPENER, installation=INSTALLATION)


def test_a_key_that_does_not_open_signs_no_more_and_still_verifies_what_it_signed() -> None:
    signed = SessionTexts([KEY], OPENER, installation=INSTALLATION).sign(SESSION).reveal()
    broken = msgspec.structs.replace(KEY, sealed_private=b"altered", created_at=NOW + 1)
    other = new_signing_key("key-2", SEALER, now=NOW)

    after = SessionTexts([broken, other], OPENER, installation=INSTALLATION)

    assert after.verify(signed, NOW) == SESSION.id
    assert after.verify(after.sign(SESSION).reveal(), NOW) == SESSION.id
    assert jwt.get_unverified_header(after.sign(SESSION).reveal())["kid"] == "key-2"


def test_without_a_key_there_are_no_sessions() -> None:
    with pytest.raises(ValueError, match="signing key"):
        SessionTexts([], OPENER, installation=INSTALLATION)
