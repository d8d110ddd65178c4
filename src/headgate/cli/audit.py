"""`headgate audit verify`: whether the audit trail is whole. It only reads, and may run beside a server."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import typer

from headgate.access.audit import Break, Proof
from headgate.adapters.sql.audit import verify_trail
from headgate.adapters.sql.failures import DatabaseRefused
from headgate.adapters.sql.opening import open_for_reading
from headgate.settings import SettingsRefused, read_settings

WHOLE: Final = 0
BROKEN: Final = 1
REFUSED: Final = 2

_KNOWN: Final = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


def verify(options: Mapping[str, str], *, config: Path | None, known: str | None) -> int:
    """The exit status: 0 for a whole trail, 1 for one that is not, 2 if it cannot be read."""
    try:
        earlier = _known(known) if known is not None else None
        settings = read_settings(os.environ, options=options, file=config)
        with open_for_reading(settings.data_dir, settings.database_url) as connection:
            found = verify_trail(connection, earlier)
    except (SettingsRefused, DatabaseRefused, ValueError) as refused:
        typer.echo(f"the audit trail cannot be verified: {refused}", err=True)
        return REFUSED
    if isinstance(found, Break):
        typer.echo(f"the audit trail is broken at row {found.number}: {found.why}", err=True)
        return BROKEN
    typer.echo(f"the audit trail is whole: {found.rows} rows")
    if found.rows:
        # Kept elsewhere, it proves later that nobody has written the trail anew.
        typer.echo(f"known as {found.rows}:{found.head.hex()}")
    return WHOLE


def _known(text: str) -> Proof:
    match = _KNOWN.fullmatch(text)
    if match is None:
        raise ValueError(f"--known is {text!r}; accepted: NUMBER:HASH, as an earlier run has printed it")
    return Proof(int(match[1]), bytes.fromhex(match[2]))
