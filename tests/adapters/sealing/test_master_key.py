"""Where the master key comes from, and which are refused. No message ever contains one."""

from __future__ import annotations

import base64
import os
import stat
import threading
from pathlib import Path

import pytest

from headgate.adapters.sealing.master_key import (
    MasterKey,
    MasterKeyMissing,
    MasterKeyRefused,
    create_key_file,
    master_key,
    parse_master_key,
    read_key_file,
)
from headgate.core.secret import Secret

GOOD = bytes.fromhex("9c1f0b6ad4e85372c1a0ff48be196d27305e84f7ab62c9d81b73e05f4496da2e")
TEXT = base64.b64encode(GOOD).decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "master.key"


def written(path: Path, text: str = TEXT, *, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="ascii")
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT, id="base64"),
        pytest.param(TEXT.rstrip("="), id="base64 without padding"),
        pytest.param(base64.urlsafe_b64encode(GOOD).decode(), id="base64 for URLs"),
        pytest.param(GOOD.hex(), id="hex"),
        pytest.param(GOOD.hex().upper(), id="hex in capitals"),
        pytest.param(f"  {TEXT}\n", id="space around it"),
    ],
)
def test_a_key_is_read_in_base64_and_hex(text: str) -> None:
    assert parse_master_key(Secret(text)).reveal() == GOOD


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "0 bytes", id="empty"),
        pytest.param(base64.b64encode(GOOD[:31]).decode(), "31 bytes", id="a byte short"),
        pytest.param(base64.b64encode(GOOD + b"x").decode(), "33 bytes", id="a byte long"),
        pytest.param(GOOD.hex()[:-2], "46 bytes", id="short hex"),
        pytest.param("correct horse battery staple", "something else", id="a phrase"),
        pytest.param("§" * 44, "something else", id="not ASCII"),
        pytest.param("00" * 32, "bytes repeat", id="zeros"),
        pytest.param(base64.b64encode(b"\xff" * 32).decode(), "bytes repeat", id="ones"),
        pytest.param(base64.b64encode(GOOD[:8] * 4).decode(), "bytes repeat", id="a pattern"),
        pytest.param(bytes(range(32)).hex(), "a plain sequence", id="counting"),
        pytest.param(bytes(range(255, 223, -1)).hex(), "a plain sequence", id="counting down"),
        pytest.param(base64.b64encode(b"an example key, 32 letters long!").decode(), "readable text", id="text"),
    ],
)
def test_a_malformed_or_weak_key_is_refused_and_not_repeated(text: str, message: str) -> None:
    with pytest.raises(MasterKeyRefused, match=f"{message}.*accepted: 32 random bytes in base64 or hex") as refused:
        parse_master_key(Secret(text))

    assert not text or text not in str(refused.value)


def test_the_id_of_a_key_depends_on_the_key_and_does_not_show_it() -> None:
    first, same, other = MasterKey(GOOD), MasterKey(GOOD), MasterKey(GOOD[::-1])

    assert first.id == same.id != other.id
    assert first.id not in GOOD.hex()


def test_a_created_key_is_read_back(path: Path) -> None:
    created = create_key_file(path)

    assert read_key_file(path).reveal() == created.reveal()
    assert len(created.reveal()) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_created_keys_differ(tmp_path: Path) -> None:
    assert create_key_file(tmp_path / "a").reveal() != create_key_file(tmp_path / "b").reveal()


def test_creating_leaves_no_other_file(path: Path) -> None:
    create_key_file(path)

    assert [each.name for each in path.parent.iterdir()] == ["master.key"]


def test_an_existing_key_is_never_replaced(path: Path) -> None:
    first = create_key_file(path)

    with pytest.raises(MasterKeyRefused, match="cannot be created: File exists"):
        create_key_file(path)

    assert read_key_file(path).reveal() == first.reveal()
    assert [each.name for each in path.parent.iterdir()] == ["master.key"]


def test_a_missing_file_is_told_apart(path: Path) -> None:
    with pytest.raises(MasterKeyMissing, match=f"'{path}' does not exist"):
        read_key_file(path)


def test_a_file_without_a_directory_is_refused(path: Path) -> None:
    with pytest.raises(MasterKeyRefused, match="cannot be created: No such file or directory"):
        create_key_file(path / "deeper")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o777])
def test_a_file_that_others_may_use_is_refused(path: Path, mode: int) -> None:
    written(path, mode=mode)

    with pytest.raises(MasterKeyRefused, match=f"has mode {mode:04o}, .*accepted: a regular file with mode 0600"):
        read_key_file(path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_its_owner_alone_is_read(path: Path, mode: int) -> None:
    assert read_key_file(written(path, mode=mode)).reveal() == GOOD


def test_a_symbolic_link_is_refused(path: Path, tmp_path: Path) -> None:
    path.symlink_to(written(tmp_path / "real.key"))

    with pytest.raises(MasterKeyRefused, match="it is a symbolic link"):
        read_key_file(path)


def test_a_directory_is_refused(path: Path) -> None:
    path.mkdir(mode=0o700)

    with pytest.raises(MasterKeyRefused, match="is not a regular file"):
        read_key_file(path)


def test_a_named_pipe_is_refused_without_waiting_for_it(path: Path) -> None:
    os.mkfifo(path, 0o600)

    with pytest.raises(MasterKeyRefused, match="is not a regular file"):
        read_key_file(path)


@pytest.mark.parametrize("text", ["", "x" * 100_000, "00" * 32])
def test_a_file_without_a_usable_key_is_refused_by_name(path: Path, text: str) -> None:
    with pytest.raises(MasterKeyRefused, match=f"in '{path}'"):
        read_key_file(written(path, text))


def test_a_file_of_binary_nonsense_is_refused(path: Path) -> None:
    path.write_bytes(GOOD)
    path.chmod(0o600)

    with pytest.raises(MasterKeyRefused, match="the master key is something else"):
        read_key_file(path)


def test_of_two_that_create_at_once_one_wins_whole(path: Path) -> None:
    created: list[MasterKey] = []
    refused: list[MasterKeyRefused] = []
    together = threading.Barrier(8)

    def create() -> None:
        together.wait()
        try:
            created.append(create_key_file(path))
        except MasterKeyRefused as error:
            refused.append(error)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(created), len(refused)) == (1, 7)
    assert read_key_file(path).reveal() == created[0].reveal()


def test_a_key_that_is_given_needs_no_file(tmp_path: Path) -> None:
    given = Secret(TEXT)

    assert master_key(given, tmp_path / "absent", may_create=False).id == parse_master_key(given).id


def test_a_first_start_draws_a_key_and_a_later_one_finds_it(tmp_path: Path) -> None:
    drawn = master_key(None, tmp_path / "key", may_create=True)

    assert master_key(None, tmp_path / "key", may_create=False).id == drawn.id


def test_a_lost_key_file_stops_the_start_and_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyRefused, match="restore the file"):
        master_key(None, tmp_path / "key", may_create=False)

    assert not (tmp_path / "key").exists()
