"""`headgate serve`: read the settings, start, and say on the terminal what the person who started it needs."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import typer

from headgate.settings import SettingsRefused, StartRefused, read_settings
from headgate.web.server import Started
from headgate.wiring import serve as serve_until_signal

REFUSED: Final = 2
FAILED: Final = 1

_FIRST_CALL: Final = """\
    curl {address}/v1/chat/completions \\
      --header "Authorization: Bearer {token}" \\
      --header 'Content-Type: application/json' \\
      --data '{{"model": "mock", "messages": [{{"role": "user", "content": "Hello"}}]}}'
"""


def serve(options: Mapping[str, str], *, config: Path | None) -> int:
    """The exit status: 0 after a drain, 1 for a start or an end that failed, 2 for settings that cannot be used."""
    try:
        settings = read_settings(os.environ, options=options, file=config)
    except SettingsRefused as refused:
        typer.echo(f"headgate cannot start with these settings:\n{refused}", err=True)
        return REFUSED
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    try:
        return serve_until_signal(settings, announce=announce)
    except StartRefused as refused:
        typer.echo(f"headgate cannot start: {refused}", err=True)
        return FAILED


def announce(started: Started) -> None:
    """Print where the server is and, at its first start, how to make the first call."""
    lines = [f"Headgate serves on {started.address}"]
    if started.token is not None:
        lines += ["", "The administrator's token, which is shown only now:", "", f"    {started.token.reveal()}"]
    if started.first:
        token = started.token.reveal() if started.token is not None else "$HEADGATE_ADMIN_TOKEN"
        lines += ["", "A first call, which a built-in model answers:", ""]
        lines.append(_FIRST_CALL.format(address=started.address, token=token))
    typer.echo("\n".join(lines))
    sys.stdout.flush()
