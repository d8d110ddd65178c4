"""The events that are declared are those that the documentation lists, with their fields."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from headgate.access.header_policy import Flaw
from headgate.core.events import FIELDS, EventName

PAGE: Final = (Path(__file__).parents[2] / "docs" / "reference" / "events.md").read_text("utf-8")


def tables() -> list[list[list[str]]]:
    """The cells of each table below its head."""
    found = [part.splitlines()[2:] for part in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)]
    return [[[cell.strip() for cell in row.strip("|").split("|")] for row in rows] for rows in found]


def test_every_event_has_its_fields() -> None:
    assert set(FIELDS) == set(EventName)


def test_every_event_is_documented_with_its_fields_and_no_other() -> None:
    events = {name.strip("`"): tuple(fields.split(", ")) for name, fields, _ in tables()[0]}

    assert events == {name.value: fields for name, fields in FIELDS.items()}


def test_every_field_is_explained_and_no_other() -> None:
    explained = {name.strip("`") for name, _ in tables()[1]}

    assert explained == {field for fields in FIELDS.values() for field in fields}


def test_every_fault_of_a_header_policy_is_documented() -> None:
    (reasons,) = (words for name, words in tables()[1] if name == "`reason`")

    assert set(re.findall(r"`(\w+)`", reasons)) == set(Flaw)
