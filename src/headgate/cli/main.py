"""The entry point of the `headgate` command."""

import sys

from headgate import __version__


def main() -> None:
    sys.stdout.write(f"headgate {__version__}\n")
