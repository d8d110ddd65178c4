"""Which master keys an installation has, and how one takes the place of another.

A key is kept where the former one is: in a file, or by whoever sets the environment. While one takes the place of
another, both are on the ring, the heir first: what is sealed from then on is sealed under it, and what has not been
wrapped again yet still opens. In a file, the heir lies beside the former key until nothing needs that any more, and
then takes its name in one step; a process that is killed at any point leaves a ring that opens everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from headgate.adapters.sealing.envelope import KeyRing
from headgate.adapters.sealing.master_key import (
    FILE_NAME,
    MasterKey,
    MasterKeyMissing,
    MasterKeyRefused,
    create_key_file,
    master_key,
    parse_master_key,
    read_key_file,
    sync_directory,
)
from headgate.core.secret import Secret

HEIR_SUFFIX: Final = ".next"


class HeirMissing(MasterKeyRefused):
    """The key in force is given by a setting, and the one that is to take its place is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySource:
    """Where the keys come from. `given` and `heir` are those of the settings; without `given`, the file counts."""

    file: Path
    given: Secret | None = None
    heir: Secret | None = None

    @classmethod
    def of(cls, directory: Path, *, file: Path | None, given: Secret | None, heir: Secret | None) -> KeySource:
        """What the settings say; without a file of their own, the keys lie in the data directory."""
        return cls(file=file or directory / FILE_NAME, given=given, heir=heir)

    @property
    def heir_file(self) -> Path:
        return self.file.with_name(self.file.name + HEIR_SUFFIX)


@dataclass(frozen=True, slots=True)
class Succession:
    """The key in force and the one that takes its place."""

    former: MasterKey
    heir: MasterKey

    @property
    def ring(self) -> KeyRing:
        return KeyRing([self.heir, self.former])


def key_ring(source: KeySource, *, may_create: bool) -> KeyRing:
    """The keys in force: one, or two while a rotation is not complete. MasterKeyRefused."""
    former = _former(source, may_create=may_create)
    heir = _heir(source)
    return KeyRing([former]) if heir is None else Succession(former, heir).ring


def succession(source: KeySource) -> Succession:
    """Begin to put another key in the place of the one in force, or go on with it. MasterKeyRefused.

    Of a key in a file the heir is drawn, and on disk before anything is sealed under it.
    """
    former = _former(source, may_create=False)
    heir = _heir(source)
    if heir is None:
        if source.given is not None:
            raise HeirMissing("the master key is given by a setting, and the one that takes its place is not")
        heir = create_key_file(source.heir_file)
    if heir.id == former.id:
        raise MasterKeyRefused(f"the new master key is the one in force, {former.id!r}; accepted: another one")
    return Succession(former, heir)


def complete(source: KeySource) -> None:
    """Drop the former key of a file: the heir takes its name. Nothing may be sealed under the former any more."""
    if source.given is not None:
        return
    try:
        source.heir_file.replace(source.file)
        sync_directory(source.file.parent)
    except OSError as error:
        raise MasterKeyRefused(
            f"the new master key {str(source.heir_file)!r} cannot take the name {source.file.name!r}: "
            f"{error.strerror}; everything is sealed under it: rename it by hand"
        ) from error


def _former(source: KeySource, *, may_create: bool) -> MasterKey:
    if source.given is None and source.heir is not None:
        raise MasterKeyRefused(
            f"a new master key is set, and the one in force is in the file {str(source.file)!r}: "
            "its successor is drawn and kept there, not set"
        )
    return master_key(source.given, source.file, may_create=may_create)


def _heir(source: KeySource) -> MasterKey | None:
    if source.given is not None:
        return parse_master_key(source.heir) if source.heir is not None else None
    try:
        return read_key_file(source.heir_file)
    except MasterKeyMissing:
        return None
