"""`headgate rotate-key`: put everything that is sealed under a new master key.

It needs the data directory for itself: a server keeps the keys that it started with, and would go on sealing under
the former one. Broken off at any point, it goes on where it stopped when it is run again; until then a server can be
started too, which has both keys.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import typer

from headgate.adapters.sealing.envelope import SecretRewrapper
from headgate.adapters.sealing.key_ring import HeirMissing, KeySource, Succession, complete, succession
from headgate.adapters.sealing.master_key import MasterKeyRefused
from headgate.adapters.sessions import purpose_of
from headgate.adapters.sql.failures import DatabaseRefused
from headgate.adapters.sql.opening import open_database, open_for_reading
from headgate.adapters.sql.rewrapping import Rewrapped, Rewrapping
from headgate.core.errors import GatewayError
from headgate.gateway.acting import OPERATOR, act
from headgate.settings import Settings, SettingsRefused, read_settings, variable

DONE: Final = 0
BROKEN_OFF: Final = 1
REFUSED: Final = 2


def rotate_key(options: Mapping[str, str], *, config: Path | None) -> int:
    """The exit status: 0 when nothing is sealed under the former key any more, 1 if it was broken off, 2 if refused."""
    try:
        settings = read_settings(os.environ, options=options, file=config)
        source = _source(settings)
        keys, done = _rotated(settings, source)
    except (SettingsRefused, DatabaseRefused, MasterKeyRefused) as refused:
        typer.echo(f"the master key was not rotated: {refused}{_hint(refused)}", err=True)
        return REFUSED
    except GatewayError as failed:
        typer.echo(f"the rotation was broken off: {failed}. Run it again: it goes on where it stopped", err=True)
        return BROKEN_OFF
    for sentence in done.left:
        typer.echo(f"left as it is: {sentence}; its secret must be entered again", err=True)
    typer.echo(f"{done.count} secrets are sealed under master key {keys.heir.id}, none under {keys.former.id}")
    typer.echo(_what_next(source))
    return DONE


def _source(settings: Settings) -> KeySource:
    return KeySource.of(
        settings.data_dir, file=settings.master_key_file, given=settings.master_key, heir=settings.new_master_key
    )


def _rotated(settings: Settings, source: KeySource) -> tuple[Succession, Rewrapped]:
    # Opening a database that is not there would make one.
    with open_for_reading(settings.data_dir, settings.database_url):
        pass
    database = open_database(settings.data_dir, settings.database_url)
    try:
        act(OPERATOR)
        keys = succession(source)
        done = Rewrapping(
            database, SecretRewrapper(keys.ring), heir=keys.heir.id, former=keys.former.id, purpose=purpose_of
        ).run()
        if done.left and not done.under_heir:
            raise MasterKeyRefused(f"nothing that is sealed opens under {keys.former.id!r}: {done.left[0]}")
        complete(source)
    finally:
        database.close()
    return keys, done


def _hint(refused: Exception) -> str:
    if isinstance(refused, HeirMissing):
        return f"; set {variable('new_master_key')} to 32 random bytes in base64 or hex"
    return ""


def _what_next(source: KeySource) -> str:
    if source.given is None:
        return f"the new master key is in {str(source.file)!r}: keep a copy of it elsewhere"
    new, present = variable("new_master_key"), variable("master_key")
    return f"now set {present} to what {new} is, unset {new}, and start Headgate"
