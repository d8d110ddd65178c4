"""What each setting accepts: functions that read the text of an environment variable or the value of a file.

A reader returns the setting's value, or raises ValueError that says what is accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from math import nan
from pathlib import Path
from typing import Final

from headgate.core.secret import Secret

SECRET_LENGTH: Final = 32
_FEW_CHARACTERS: Final = 8
_SAMPLE_WORDS: Final = ("example", "sample", "changeme", "change-me", "change_me", "placeholder", "password", "your-")

ROLES: Final = ("platform_admin", "owner", "admin", "member", "viewer")
"""What a word of an identity provider may stand for."""

Reader = Callable[[object], object]
"""Turns text of the environment or a value of the file into the setting's value. ValueError says what is accepted."""


def text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError("a text that is not empty and has no control characters")
    return value


def whole(least: int, most: int) -> Reader:
    def read(value: object) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return value

    return read


def seconds(least: float, most: float) -> Reader:
    def read(value: object) -> float:
        try:
            number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else nan
        except (ValueError, OverflowError):
            number = nan
        if not least <= number <= most:
            raise ValueError(f"a number of seconds from {least:g} to {most:g}")
        return number

    return read


def one_of(*accepted: str) -> Reader:
    def read(value: object) -> str:
        if not isinstance(value, str) or value.lower() not in accepted:
            raise ValueError(f"one of {', '.join(accepted)}")
        return value.lower()

    return read


def path(value: object) -> Path:
    given = text(value)
    try:
        return Path(given).expanduser()
    except RuntimeError:
        raise ValueError(f"a path; {given.partition('/')[0]} has no home directory") from None


def networks(value: object) -> tuple[str, ...]:
    accepted = "address ranges such as 10.0.0.0/8, in the environment separated by commas"
    listed = [part for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(part, str) for part in listed):
        raise ValueError(accepted)
    try:
        return tuple(str(ip_network(part.strip())) for part in listed)
    except ValueError as error:
        raise ValueError(f"{accepted}; {error}") from None


def words(value: object) -> tuple[str, ...]:
    accepted = "texts without control characters, in the environment separated by commas"
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(part, str) and part.isprintable() for part in listed):
        raise ValueError(accepted)
    return tuple(part.strip() for part in listed if part.strip())


def url(value: object) -> str:
    given = text(value)
    if not given.startswith(("https://", "http://")) or any(letter in given for letter in ' "<>\\^`{|}@#'):
        raise ValueError("a URL that starts with https:// or http://, without a user name and a fragment")
    return given


def role_words(value: object) -> tuple[tuple[str, str], ...]:
    """Pairs of a word of the identity provider and the role that it stands for."""
    found = []
    for given in words(value):
        word, _, role = (part.strip() for part in given.rpartition("="))
        if not word or role not in ROLES:
            raise ValueError(f"WORD=ROLE, ROLE one of {', '.join(ROLES)}; not {given!r}")
        found.append((word, role))
    return tuple(found)


def secret(value: object) -> Secret:
    return Secret(text(value))


def strong_secret(value: object) -> Secret:
    given = value if isinstance(value, str) else ""
    if len(given) < SECRET_LENGTH or given.strip() != given or not given.isprintable():
        raise ValueError(f"{SECRET_LENGTH} or more printable characters without spaces at either end")
    if len(set(given)) < _FEW_CHARACTERS:
        raise ValueError("a random value; this one repeats a few characters")
    if any(word in given.lower() for word in _SAMPLE_WORDS):
        raise ValueError("a random value of your own; this one is a sample")
    return Secret(given)


SECRET_READERS: Final = (secret, strong_secret)
