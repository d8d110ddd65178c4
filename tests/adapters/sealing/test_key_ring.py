"""Which keys are in force: one, or two while one takes the place of another."""

from __future__ import annotations

import base64
import secrets
import stat
from pathlib import Path

import pytest

from headgate.adapters.sealing.key_ring import HeirMissing, KeySource, complete, key_ring, succession
from headgate.adapters.sealing.master_key import MasterKeyRefused, create_key_file, parse_master_key, read_key_file
from headgate.core.secret import Secret

ONE, OTHER = (Secret(base64.b64encode(secrets.token_bytes(32)).decode()) for _ in range(2))


@pytest.fixture
def source(tmp_path: Path) -> KeySource:
    create_key_file(tmp_path / "master.key")
    return KeySource(file=tmp_path / "master.key")


def test_a_first_start_draws_one_key(tmp_path: Path) -> None:
    source = KeySource(file=tmp_path / "master.key")

    assert repr(key_ring(source, may_create=True)) == f"KeyRing({read_key_file(source.file).id})"


def test_a_succession_draws_an_heir_beside_the_key_and_goes_on_with_it(source: KeySource) -> None:
    begun = succession(source)

    assert stat.S_IMODE(source.heir_file.stat().st_mode) == 0o600
    assert begun.heir.id == read_key_file(source.heir_file).id
    assert succession(source).heir.id == begun.heir.id


def test_while_it_lasts_both_keys_open_and_the_heir_seals(source: KeySource) -> None:
    begun = succession(source)

    ring = key_ring(source, may_create=False)

    assert ring.newest.id == begun.heir.id
    assert ring.named(begun.former.id).reveal() == begun.former.reveal()


def test_completing_it_leaves_the_heir_alone_in_the_place_of_the_key(source: KeySource) -> None:
    heir = succession(source).heir

    complete(source)

    assert [each.name for each in source.file.parent.iterdir()] == ["master.key"]
    assert read_key_file(source.file).id == heir.id
    assert repr(key_ring(source, may_create=False)) == f"KeyRing({heir.id})"


def test_an_heir_that_others_may_read_is_refused(source: KeySource) -> None:
    succession(source)
    source.heir_file.chmod(0o644)

    with pytest.raises(MasterKeyRefused, match="has mode 0644"):
        key_ring(source, may_create=False)


def test_completing_what_was_not_begun_says_what_is_wrong(source: KeySource) -> None:
    with pytest.raises(MasterKeyRefused, match=r"cannot take the name 'master[.]key': No such file or directory"):
        complete(source)


def test_keys_that_are_given_need_no_file(tmp_path: Path) -> None:
    source = KeySource(file=tmp_path / "none", given=ONE, heir=OTHER)

    assert key_ring(source, may_create=False).newest.id == parse_master_key(OTHER).id
    assert succession(source).former.id == parse_master_key(ONE).id
    complete(source)
    assert list(tmp_path.iterdir()) == []


def test_an_heir_is_needed_of_a_key_that_is_given(tmp_path: Path) -> None:
    with pytest.raises(HeirMissing):
        succession(KeySource(file=tmp_path / "none", given=ONE))


def test_a_key_cannot_follow_itself(tmp_path: Path) -> None:
    source = KeySource(file=tmp_path / "none", given=ONE, heir=ONE)

    assert repr(key_ring(source, may_create=False)) == f"KeyRing({parse_master_key(ONE).id})"
    with pytest.raises(MasterKeyRefused, match="is the one in force"):
        succession(source)


def test_a_key_in_a_file_is_not_followed_by_one_that_is_given(source: KeySource) -> None:
    beside = KeySource(file=source.file, heir=ONE)

    for begin in (lambda: succession(beside), lambda: key_ring(beside, may_create=False)):
        with pytest.raises(MasterKeyRefused, match="drawn and kept there, not set"):
            begin()
