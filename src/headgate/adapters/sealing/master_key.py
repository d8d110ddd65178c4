"""The master key: 256 random bits under which every secret of an installation is sealed.

It comes from the environment or from a file beside the database. Whoever has it and the database has every secret, so
a file that others may read is refused, and so is a key that was typed rather than drawn.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import stat
from itertools import pairwise
from pathlib import Path
from typing import Final

from headgate.core.secret import REDACTED, Secret

FILE_NAME: Final = "master.key"
KEY_BYTES: Final = 32

_ACCEPTED: Final = "32 random bytes in base64 or hex, such as `openssl rand -base64 32` prints"
_HEX: Final = re.compile(r"[0-9A-Fa-f]{64}")
_FILE_LIMIT: Final = 1024

# 32 random bytes have about 30 different values, and fewer than 16 of them once in 10^16 keys.
_DIFFERENT: Final = 16


class MasterKeyRefused(Exception):
    """The master key cannot be used; the message says why and what would be accepted, and never the key."""


class MasterKeyMissing(MasterKeyRefused):
    """There is no key file."""


class MasterKey:
    """One key-encryption key. `id` names it without telling anything about it, and is kept beside what it seals."""

    __slots__ = ("_value", "id")

    def __init__(self, value: bytes) -> None:
        self._value = value
        self.id = hmac.digest(value, b"headgate master key id", hashlib.sha256)[:8].hex()

    def reveal(self) -> bytes:
        return self._value

    def __repr__(self) -> str:
        return f"MasterKey(id={self.id!r}, {REDACTED})"

    def __reduce__(self) -> str:
        raise TypeError("a MasterKey is not serialised")


def parse_master_key(text: Secret) -> MasterKey:
    """The key that a setting or a file spells; MasterKeyRefused if it is malformed or weak."""
    value = _decoded(text.reveal().strip())
    if value is None or len(value) != KEY_BYTES:
        got = "something else" if value is None else f"{len(value)} bytes"
        raise MasterKeyRefused(f"the master key is {got}; accepted: {_ACCEPTED}")
    if weakness := _weakness(value):
        raise MasterKeyRefused(f"the master key is weak: {weakness}; accepted: {_ACCEPTED}")
    return MasterKey(value)


def read_key_file(path: Path) -> MasterKey:
    """The key in a file that only its owner may read; MasterKeyMissing if there is none."""
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise MasterKeyMissing(f"the master key file {str(path)!r} does not exist") from None
    except OSError as error:
        reason = "it is a symbolic link" if path.is_symlink() else error.strerror
        raise _refused(path, f"cannot be read: {reason}") from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise _refused(path, "is not a regular file")
        if mode & 0o077:
            raise _refused(path, f"has mode {stat.S_IMODE(mode):04o}, so others may use it")
        text = os.read(descriptor, _FILE_LIMIT)
    finally:
        os.close(descriptor)
    try:
        return parse_master_key(Secret(text.decode("ascii", "replace")))
    except MasterKeyRefused as error:
        raise MasterKeyRefused(f"{error} (in {str(path)!r})") from None


def master_key(given: Secret | None, path: Path, *, may_create: bool) -> MasterKey:
    """The key that is given, else the one in the file. Without a file one is drawn, if nothing can be sealed yet."""
    if given is not None:
        return parse_master_key(given)
    try:
        return read_key_file(path)
    except MasterKeyMissing as error:
        if may_create:
            return create_key_file(path)
        raise MasterKeyRefused(f"{error}, and what the database holds is sealed under it; restore the file") from error


def create_key_file(path: Path) -> MasterKey:
    """Draw a key and write it to a file that did not exist. Either the whole key is on disk afterwards, or no file."""
    key = MasterKey(secrets.token_bytes(KEY_BYTES))
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        _write(draft, base64.b64encode(key.reveal()) + b"\n")
        try:
            # Unlike a renaming, a link never takes the place of a file that is there already.
            os.link(draft, path)
        finally:
            draft.unlink()
        sync_directory(path.parent)
    except OSError as error:
        raise _refused(path, f"cannot be created: {error.strerror}") from error
    return key


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def sync_directory(directory: Path) -> None:
    """See that names made or changed in a directory are on disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _decoded(text: str) -> bytes | None:
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)
    standard = text.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard.rstrip("=") + "=" * (-len(standard.rstrip("=")) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _weakness(value: bytes) -> str | None:
    if len(set(value)) < _DIFFERENT:
        return "most of its bytes repeat"
    if len({(after - before) % 256 for before, after in pairwise(value)}) == 1:
        return "its bytes are a plain sequence"
    if all(0x20 <= byte < 0x7F for byte in value):
        return "its bytes are readable text"
    return None


def _refused(path: Path, why: str) -> MasterKeyRefused:
    return MasterKeyRefused(
        f"the master key file {str(path)!r} {why}; accepted: a regular file with mode 0600 that holds {_ACCEPTED}"
    )
