"""Times as the management APIs write and read them: ISO 8601 in UTC, `2026-11-20T05:53:20.123Z`."""

from __future__ import annotations

from datetime import UTC, datetime


def written(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def written_or_null(seconds: float | None) -> str | None:
    return None if seconds is None else written(seconds)


def read(text: str) -> float:
    """Unix seconds of an ISO 8601 time that says its offset; ValueError for anything else."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise ValueError(f"{text!r} is not a time like 2026-11-20T12:00:00Z, with its offset")
    return time.timestamp()
