"""Write the OpenAPI document of the management APIs into the package. `python -m tools.openapi`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import msgspec

from headgate.web.openapi import FILE, document
from tests.web.api import api_at


def text() -> bytes:
    """The document as the file holds it."""
    with tempfile.TemporaryDirectory() as directory, api_at(Path(directory)) as api:
        return msgspec.json.format(msgspec.json.encode(document(api.app)), indent=1) + b"\n"


def main() -> int:
    FILE.write_bytes(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
