"""The handle of a model: given, or made of its name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from headgate.catalogue.entry import NAME_LIMIT, RESERVED_NAMES

PATTERN: Final = "^[a-z0-9-]+$"

_HANDLE: Final = re.compile(r"[a-z0-9-]+")
_OTHER: Final = re.compile(r"[^a-z0-9]+")
_NAMELESS: Final = "model"


def handle_problem(value: object) -> str | None:
    """What is wrong with a handle that was given."""
    if not isinstance(value, str) or len(value) > NAME_LIMIT or not _HANDLE.fullmatch(value):
        return f"1 to {NAME_LIMIT} lower-case letters, digits and hyphens, or null for one made of the name"
    return f"a handle that is not reserved: {value!r} is" if value in RESERVED_NAMES else None


def derived(name: str, is_taken: Callable[[str], bool]) -> str:
    """A free handle that reads like the name: with `-2`, `-3`, ... behind it if need be."""
    slug = slugified(name)
    handle, number = slug, 1
    while handle in RESERVED_NAMES or is_taken(handle):
        number += 1
        ending = f"-{number}"
        handle = slug[: NAME_LIMIT - len(ending)] + ending
    return handle


def slugified(name: str) -> str:
    """The letters and digits of a name, without accents, in lower case, with hyphens for all between."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return _OTHER.sub("-", plain.lower()).strip("-")[:NAME_LIMIT].strip("-") or _NAMELESS
