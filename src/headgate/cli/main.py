"""The entry point of the `headgate` command.

A command imports what it needs when it runs, so that help and completion answer at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from headgate import __version__

app = typer.Typer(
    help="A self-hosted LLM gateway whose source of truth is a model catalogue.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help text: the other formatter takes longer to import than the command to run.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

audit = typer.Typer(help="The audit trail.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(audit, name="audit")

ledger = typer.Typer(help="The ledger.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(ledger, name="ledger")


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        typer.echo(f"headgate {__version__}")
        raise typer.Exit


@app.callback()
def headgate(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def serve(
    *,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[str | None, typer.Option(help="The port to listen on; 0 takes a free one.")] = None,
    data_dir: Annotated[str | None, typer.Option(help="The directory for everything that is kept.")] = None,
    config: Annotated[Path | None, typer.Option(help="The settings file, instead of headgate.toml.")] = None,
) -> None:
    """Serve until a signal ends it. Every other setting is a variable of the environment or a line of the file."""
    from headgate.cli.serving import serve  # noqa: PLC0415 - see above

    raise typer.Exit(serve(_given(host=host, port=port, data_dir=data_dir), config=config))


@app.command("rotate-key")
def rotate_key(
    *,
    data_dir: Annotated[str | None, typer.Option(help="The directory for everything that is kept.")] = None,
    config: Annotated[Path | None, typer.Option(help="The settings file, instead of headgate.toml.")] = None,
) -> None:
    """Seal everything under a new master key. Stop the server first; broken off, it goes on when it is run again."""
    from headgate.cli.rotate_key import rotate_key  # noqa: PLC0415 - see above

    raise typer.Exit(rotate_key(_given(data_dir=data_dir), config=config))


@audit.command()
def verify(
    *,
    data_dir: Annotated[str | None, typer.Option(help="The directory for everything that is kept.")] = None,
    config: Annotated[Path | None, typer.Option(help="The settings file, instead of headgate.toml.")] = None,
    known: Annotated[str | None, typer.Option(help="NUMBER:HASH, which an earlier run has printed.")] = None,
) -> None:
    """Verify the audit trail's chain. Only reads, also beside a running server; exits 1 if the trail is broken."""
    from headgate.cli.audit import verify  # noqa: PLC0415 - see above

    raise typer.Exit(verify(_given(data_dir=data_dir), config=config, known=known))


@ledger.command("verify")
def verify_ledger(
    *,
    data_dir: Annotated[str | None, typer.Option(help="The directory for everything that is kept.")] = None,
    config: Annotated[Path | None, typer.Option(help="The settings file, instead of headgate.toml.")] = None,
) -> None:
    """Reckon everything in the ledger again. Only reads, also beside a running server; exits 1 if anything is wrong."""
    from headgate.cli.ledger import verify  # noqa: PLC0415 - see above

    raise typer.Exit(verify(_given(data_dir=data_dir), config=config))


def _given(**options: str | None) -> dict[str, str]:
    return {name: value for name, value in options.items() if value is not None}


def main() -> None:
    app()


if __name__ == "__main__":
    main()
