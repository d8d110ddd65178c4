"""Writes docs/reference/settings.md from the declarations of the settings: `python -m tools.settings_page`."""

from __future__ import annotations

from typing import Final

from headgate.settings import FILE_NAME, Settings, declared, variable
from tools.sources import ROOT

PAGE: Final = "docs/reference/settings.md"

_HEAD: Final = f"""# Settings

Each setting is a variable of the environment, or a line of `{FILE_NAME}` under the name in the first column. The
environment wins over the file, and an option of `headgate serve` over both. Without `--config`, the file is looked
for in the working directory and then in the data directory. A name that is no setting, a value of the wrong type or a
weak secret stops the start, with a message that lists everything that is wrong. Times are in seconds; a list is
written as an array in the file and separated by commas in the environment.

| setting | variable | default | what it is |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    defaults = Settings()
    rows = (
        f"| `{name}` | `{variable(name)}` | {_shown(getattr(defaults, name))} | {setting.help} |\n"
        for name, setting in declared().items()
    )
    return _HEAD + "".join(rows)


def _shown(value: object) -> str:
    if value is None or value == ():
        return "none"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


if __name__ == "__main__":
    (ROOT / PAGE).write_text(page(), encoding="utf-8")
