"""The segments of a living process: what is appended, when the next one begins, when the oldest may go.

A segment that begins repeats what is open, so that a journal means the same without those before it, and the oldest
goes as soon as all requests that end in it are in the ledger. Under the policy `interval` everything that waits for
the disk happens on a thread of its own; under `always` an append has reached the disk when it returns.
"""

from __future__ import annotations

import enum
import errno
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import msgspec

from headgate.adapters.journal.disk import Disk
from headgate.adapters.journal.segments import JournalDirectory, JournalRefused, Segment

SYNC_SECONDS: Final = 1.0
_PROBE: Final = bytes(4096)
_LOG: Final = logging.getLogger("headgate.journal")


class Fsync(enum.Enum):
    """When frames are forced to the disk."""

    INTERVAL = "interval"
    ALWAYS = "always"
    NEVER = "never"


class JournalLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes in bytes: of a segment, of all of them together, of the disk kept back. And when they are synced."""

    segment: int = 8 * 1024 * 1024
    spool: int = 1024 * 1024 * 1024
    reserve: int = 4 * 1024 * 1024
    fsync: Fsync = Fsync.INTERVAL


class Submits(Protocol):
    """A thread that takes work in the order in which it comes."""

    def submit(self, work: Callable[[], None]) -> Future[None]: ...


class Spool:
    """Segments, oldest first; the last is written. Used on the event loop, but for `_sync`.

    `error` is why the last append was not whole; `fault` why what is written may not reach the disk, "" if it does.
    """

    def __init__(self, directory: JournalDirectory, *, limits: JournalLimits, disk: Disk, syncs: Submits) -> None:
        self.directory = directory
        self.total = 0
        self.error: OSError | None = None
        self.fault = ""
        self._limits = limits
        self._disk = disk
        self._syncs = syncs
        self._always = limits.fsync is Fsync.ALWAYS
        self._roll_at = limits.segment
        self._syncing: Future[None] | None = None
        self._synced_at = 0.0
        try:
            self.current = Segment(directory.path, 1)
            self.current.confirm()
            self.directory.sync()
        except OSError as error:
            path = str(directory.path)
            raise JournalRefused(f"the journal in {path!r} cannot be written: {error.strerror}") from error
        self._segments = [self.current]

    @property
    def is_due(self) -> bool:
        """Whether the next segment should begin."""
        return self.current.size >= self._roll_at

    @property
    def is_only_current(self) -> bool:
        """Whether there is one segment, and all requests that ended in it are in the ledger."""
        return len(self._segments) == 1 and self.current.stored >= self.current.ended

    def append(self, parts: Sequence[bytes]) -> int:
        """One write. How many of `parts` are in the file for good; the segment ends with the last of them."""
        segment, data = self.current, b"".join(parts)
        if segment.is_torn and not self._mend():
            return 0
        written = 0
        try:
            written = self._disk.write(segment.descriptor, data)
            if written == len(data):
                if self._always:
                    self._disk.sync(segment.descriptor)
                segment.size += written
                self.total += written
                return len(parts)
            self.error = _full()
        except OSError as error:
            # What a failed sync leaves in the file may never reach the disk: all of it is taken back.
            self.error, written = error, 0
        whole = self._cut(parts, written)
        segment.is_torn = True
        self._mend()
        return whole

    def probe(self) -> bool:
        """Whether an append would succeed. Leaves nothing."""
        segment = self.current
        if segment.is_torn and not self._mend():
            return False
        segment.is_torn = True
        try:
            written = self._disk.write(segment.descriptor, _PROBE)
            self.error = None if written == len(_PROBE) else _full()
            if self._always:
                self._disk.sync(segment.descriptor)
        except OSError as error:
            self.error = error
        return self._mend() and self.error is None

    def roll(self, copies: Sequence[bytes]) -> bool:
        """Begin the next segment with `copies`. False: it cannot be, and the current one goes on for a while."""
        data, last = b"".join(copies), self.current
        try:
            following = Segment(self.directory.path, last.number + 1)
        except OSError as error:
            self._postpone(error)
            return False
        try:
            self._begin(following, data)
        except OSError as error:
            self._discard(following)
            self._postpone(error)
            return False
        if following.is_confirmed:
            last.close()
        following.size = following.copied = len(data)
        self.total += len(data)
        self._segments.append(following)
        self.current = following
        self._roll_at = max(self._limits.segment, 2 * len(data))
        self._delete_stored()
        return True

    def stored(self, number: int, count: int) -> None:
        """`count` more of the requests that end in a segment are in the ledger."""
        place = number - self._segments[0].number
        if 0 <= place < len(self._segments):
            self._segments[place].stored += count
            self._delete_stored()

    def path(self, number: int) -> Path:
        """Where a segment is that has requests which are not in the ledger."""
        return next(each.path for each in tuple(self._segments) if each.number == number)

    def tick(self, now: float) -> None:
        """Time passed: what was synced is noted, and what was written since is synced."""
        if self._syncing is not None and self._syncing.done():
            self._note(self._syncing)
            self._syncing = None
            self._delete_stored()
        due = self._limits.fsync is Fsync.INTERVAL and now - self._synced_at >= SYNC_SECONDS
        if due and self._syncing is None and (work := self._unsynced()):
            self._synced_at = now
            self._syncing = self._syncs.submit(partial(self._sync, work))

    def close(self) -> bool:
        """Sync for the last time. Whether every request that ended is in the ledger."""
        if self._syncing is not None:
            self._syncing.exception()
        try:
            if self._limits.fsync is not Fsync.NEVER:
                self._sync(self._unsynced())
        except OSError as error:
            _LOG.error("the journal in %r cannot be synced: %s", str(self.directory.path), error.strerror)
        return all(segment.stored >= segment.ended for segment in self._segments)

    def release(self) -> None:
        for segment in self._segments:
            segment.close()
        self.directory.release()

    def _begin(self, segment: Segment, data: bytes) -> None:
        """OSError. Under `interval` it is confirmed when it is synced, with all that it continues."""
        if data and self._disk.write(segment.descriptor, data) != len(data):
            raise _full()
        if self._always:
            self._disk.sync(segment.descriptor)
        if self._limits.fsync is not Fsync.INTERVAL:
            segment.confirm()
        if self._always:
            self.directory.sync()

    def _cut(self, parts: Sequence[bytes], written: int) -> int:
        """Keep of a short write what is whole."""
        whole = 0
        for part in parts:
            if len(part) > written:
                break
            written -= len(part)
            self.current.size += len(part)
            self.total += len(part)
            whole += 1
        return whole

    def _mend(self) -> bool:
        """Take away what lies beyond the last whole frame."""
        try:
            self._disk.truncate(self.current.descriptor, self.current.size)
        except OSError as error:
            self.error = error
            return False
        self.current.is_torn = False
        return True

    def _discard(self, segment: Segment) -> None:
        segment.close()
        try:
            segment.path.unlink(missing_ok=True)
        except OSError as error:
            _LOG.error("segment %r cannot be removed: %s", str(segment.path), error.strerror)

    def _postpone(self, error: OSError) -> None:
        _LOG.warning("the journal cannot begin a segment and goes on with the last: %s", error.strerror)
        self._roll_at = self.current.size + self._limits.segment // 8

    def _unsynced(self) -> list[tuple[Segment, int]]:
        """What has to reach the disk, and a segment without a frame that is to be confirmed."""
        return [
            (each, each.size)
            for each in self._segments
            if each.descriptor >= 0 and (each.synced < each.size or not each.is_confirmed)
        ]

    def _sync(self, work: Sequence[tuple[Segment, int]]) -> None:
        """On a thread. In order, so that no segment is confirmed before what it continues is safe."""
        for segment, size in work:
            self._disk.sync(segment.descriptor)
            if not segment.is_confirmed:
                segment.confirm()
                self.directory.sync()
            segment.synced = size

    def _note(self, synced: Future[None]) -> None:
        failure = synced.exception()
        if failure is not None and not self.fault:
            _LOG.error("the journal cannot be synced", exc_info=failure)
        self.fault = f"the journal cannot be synced: {failure}" if failure is not None else ""
        for segment in self._segments[:-1]:
            if segment.synced == segment.size:
                segment.close()

    def _delete_stored(self) -> None:
        """Delete from the oldest on, so that a request that is told open is never one that ended before."""
        while len(self._segments) > 1:
            oldest, following = self._segments[:2]
            is_safe = self._limits.fsync is not Fsync.INTERVAL or following.synced >= following.copied
            if oldest.stored < oldest.ended or not (is_safe and following.is_confirmed):
                return
            del self._segments[0]
            self.total -= oldest.size
            # Deleting a large file takes the system a while.
            self._syncs.submit(partial(self._discard, oldest))


def _full() -> OSError:
    """What a short write means, which the system says of the next one only."""
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
