"""What questions about usage say: filters, groups, and where to read on."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Final

import msgspec

from headgate.core.errors import GatewayError, InvalidBody, InvalidQuery, detail
from headgate.core.json import JSON_FAULTS, Json
from headgate.gateway.usage_store import Group, GroupBy, Position, UsageFilter
from headgate.ledger.records import End, Status
from headgate.web import times

WORDS: Final = ("organization", "project", "user", "key", "served_model", "provider")
"""Filters that are words, besides the requested `model`, which sums know nothing of."""
STATUSES: Final[Mapping[str, Status]] = {each.name.lower(): each for each in Status}
ENDS: Final[Mapping[str, End]] = {each.name.lower(): each for each in End}

_NUMBER: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LATEST: Final = 253_402_300_799
_INTEGERS: Final = frozenset({GroupBy.DAY, GroupBy.END_REASON})
_MOST_TEXT: Final = 4096


class Asked:
    """Reads parameters by name. What is wrong is collected and told at once by `check`."""

    def __init__(self, given: Mapping[str, str], fault: type[InvalidQuery | InvalidBody] = InvalidQuery) -> None:
        self._given = given
        self._fault = fault
        self._faults: list[Mapping[str, str]] = []

    @classmethod
    def of_body(cls, body: Mapping[str, Json]) -> Asked:
        """The same parameters as fields of a body: strings, and numbers where a time may be one."""
        texts, faulty = {}, []
        for name, value in body.items():
            if isinstance(value, str) or (name in {"from", "to"} and _is_number(value)):
                texts[name] = str(value)
            elif value is not None:
                faulty.append(name)
        asked = cls(texts, InvalidBody)
        for name in faulty:
            asked.refuse(name, f"{name!r} takes a string")
        return asked

    def text(self, name: str) -> str | None:
        """A word, None if it is missing or empty."""
        word = self._given.get(name) or None
        if word is not None and "\0" in word:
            self.refuse(name, f"{name!r} takes text without NUL")
            return None
        return word

    def word(self, name: str, accepted: Mapping[str, int]) -> int | None:
        word = self._given.get(name)
        if not word:
            return None
        if word not in accepted:
            self.refuse(name, f"{name!r} takes one of {', '.join(accepted)}, not {word[:64]!r}")
            return None
        return accepted[word]

    def instant(self, name: str) -> int | None:
        """Microseconds of a time that is written with its offset, a day, or seconds of Unix time."""
        word = self._given.get(name)
        if not word:
            return None
        try:
            seconds = _seconds(word)
        except ValueError:
            self.refuse(name, f"{name!r} takes a time like 2026-11-20T12:00:00Z, a day or Unix seconds, not {word!r}")
            return None
        return round(min(max(seconds, 0), _LATEST) * 1_000_000)

    def filter(self, *, of_sums: bool = False) -> UsageFilter:
        """Which usage is wanted. Sums know neither the requested model nor the status of single requests."""
        if of_sums:
            for name in ("model", "status"):
                if self._given.get(name):
                    self.refuse(name, f"{name!r} narrows rows only; sums take {', '.join(WORDS)}, end_reason, from, to")
        status, end = self.word("status", STATUSES), self.word("end_reason", ENDS)
        return UsageFilter(
            **{name: self.text(name) for name in WORDS},
            model=None if of_sums else self.text("model"),
            status=None if status is None or of_sums else Status(status),
            end=None if end is None else End(end),
            since=self.instant("from"),
            until=self.instant("to"),
        )

    def groups(self) -> tuple[GroupBy, ...]:
        """What sums are told apart by, each once."""
        accepted = list(GroupBy)
        words = list(dict.fromkeys(part for part in (self._given.get("group_by") or "").split(",") if part))
        unknown = [word for word in words if word not in accepted]
        if unknown:
            self.refuse("group_by", f"'group_by' takes {', '.join(accepted)}, not {unknown[0][:64]!r}")
            return ()
        return tuple(GroupBy(word) for word in words)

    def position(self) -> Position | None:
        cursor = self._given.get("cursor")
        if not cursor:
            return None
        try:
            found = _POSITIONS.decode(_unwrapped(cursor))
        except (*JSON_FAULTS, ValueError):
            found = Position(0, -1)
        if not 0 <= found.row < 2**63:
            self._refuse_cursor()
            return None
        return found

    def group(self, by: Sequence[GroupBy]) -> Group | None:
        """The group to read on behind."""
        cursor = self._given.get("cursor")
        if not cursor:
            return None
        try:
            found = tuple(msgspec.msgpack.decode(_unwrapped(cursor), type=list[str | int]))
        except (*JSON_FAULTS, ValueError):
            found = ()
        kinds = [isinstance(value, int) for value in found]
        if not found or kinds != [each in _INTEGERS for each in by] or not all(map(_fits, found)):
            self._refuse_cursor()
            return None
        return found

    def refuse(self, name: str, message: str) -> None:
        self._faults.append(detail(name, message))

    def check(self) -> None:
        """InvalidQuery, or InvalidBody, if anything that was read is not what it must be."""
        if self._faults:
            error: GatewayError = self._fault("; ".join(each["message"] for each in self._faults), details=self._faults)
            raise error

    def _refuse_cursor(self) -> None:
        self.refuse("cursor", "'cursor' takes the next_cursor of an answer to the same question")


def cursor_of(place: Position | Group | None) -> str | None:
    """What a client sends to read on."""
    if place is None:
        return None
    return urlsafe_b64encode(msgspec.msgpack.encode(place)).rstrip(b"=").decode()


def _unwrapped(cursor: str) -> bytes:
    if len(cursor) > _MOST_TEXT:
        raise ValueError("longer than any cursor")
    try:
        return urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _fits(value: str | int) -> bool:
    return "\0" not in value if isinstance(value, str) else abs(value) < 2**31


def _is_number(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _seconds(word: str) -> float:
    if _NUMBER.fullmatch(word):
        return float(word)
    if _DATE.fullmatch(word):
        return datetime.combine(date.fromisoformat(word), time(), UTC).timestamp()
    # A plus sign in a query is a space.
    return times.read(word.replace(" ", "+"))


_POSITIONS: Final = msgspec.msgpack.Decoder(Position)
