"""Writes `docs/reference/settings.md` from the declarations in `headgate.settings`: `make docs`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from headgate import settings
from tools.sources import ROOT

PAGE: Final = "docs/reference/settings.md"

_HEAD: Final = f"""\
# Settings

Each setting is a variable of the environment, and a key of `{settings.FILE_NAME}` under the same name in lower case
without `{settings.PREFIX}`. The environment wins over the file, the command line over both. Nothing is ignored: an
unknown name, a value of the wrong type, a weak or sample secret stops the start with a message that names it. A list is
separated by commas in the environment and is an array in the file.

| variable | default | meaning |
| --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(settings.Settings)}
    rows = [
        f"| `{settings.PREFIX}{name.upper()}` | {_shown(defaults[name])} | {setting.help} |\n"
        for name, setting in settings.declared().items()
    ]
    return _HEAD + "".join(rows)


def _shown(default: object) -> str:
    match default:
        case None | ():
            return "none"
        case float():
            return f"`{default:g}`"
        case str() | int() | Path():
            return f"`{default}`"
    raise TypeError(f"a default of type {type(default).__name__} has no words on the page: {default!r}")


if __name__ == "__main__":
    (ROOT / PAGE).write_text(page(), encoding="utf-8")
