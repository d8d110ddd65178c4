"""Secrets that do not open are a state of their entries: marked at a start, and unmarked when they open again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headgate.adapters.sealing.envelope import KeyRing, SecretOpener
from headgate.adapters.sealing.master_key import MasterKey
from headgate.catalogue.credential import StoredCredential
from headgate.catalogue.scope import PLATFORM
from headgate.core.secret import Secret
from headgate.gateway.administer import Desk
from headgate.gateway.credentials_named import NamedCredentials, NewCredential
from headgate.gateway.stores import VerificationState
from headgate.gateway.unreadable import UNREADABLE, mark_unreadable
from tests.gateway.writing import ROOT, administer, desk_at, write

OPENER = SecretOpener(KeyRing([MasterKey(bytes(range(32)))]))
WRONG = SecretOpener(KeyRing([MasterKey(bytes(range(1, 33)))]))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_at(tmp_path) as desk:
        NamedCredentials(desk).create(
            ROOT, NewCredential(name="main", provider="openai", secret=Secret("sk-main-0123456789")), scope=PLATFORM
        )
        administer(desk).create(ROOT, write("own", Secret("sk-own-0123456789")), scope=PLATFORM)
        administer(desk).create(ROOT, write("by-name", credential="main"), scope=PLATFORM)
        administer(desk).create(ROOT, write("by-name-too", credential="main"), scope=PLATFORM)
        administer(desk).create(ROOT, write("free", provider="mock"), scope=PLATFORM)
        yield desk


def states(desk: Desk) -> dict[str, tuple[VerificationState, str]]:
    found = ((each.name, desk.board.of(each.uid)) for each in desk.snapshot.offers())
    return {name: (known.state, known.message) for name, known in found}


def failed(desk: Desk) -> set[str]:
    return {name for name, known in states(desk).items() if known == (VerificationState.FAILED, UNREADABLE)}


def test_secrets_that_open_leave_no_mark(desk: Desk) -> None:
    before = states(desk)

    assert mark_unreadable(desk, OPENER) == 0
    assert states(desk) == before


def test_under_another_master_key_every_entry_with_a_secret_is_marked(desk: Desk) -> None:
    assert mark_unreadable(desk, WRONG) == 2
    assert failed(desk) == {"own", "by-name", "by-name-too"}


def test_one_altered_secret_marks_its_own_entry(desk: Desk) -> None:
    (own,) = (each for each in desk.credential_store.credentials() if each.credential.entry is not None)
    flipped = bytes([own.sealed.ciphertext[0] ^ 1]) + own.sealed.ciphertext[1:]
    altered = StoredCredential(own.credential, msgspec.structs.replace(own.sealed, ciphertext=flipped))
    desk.book.put([altered])

    assert mark_unreadable(desk, OPENER) == 1
    assert failed(desk) == {"own"}


def test_when_the_right_key_is_back_the_mark_goes(desk: Desk) -> None:
    mark_unreadable(desk, WRONG)

    mark_unreadable(desk, OPENER)

    assert failed(desk) == set()
    assert states(desk)["own"] == (VerificationState.PENDING, "")


def test_the_mark_is_written_down(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        administer(desk).create(ROOT, write("own", Secret("sk-own-0123456789")), scope=PLATFORM)
        mark_unreadable(desk, WRONG)

    with desk_at(tmp_path) as again:
        assert failed(again) == {"own"}
