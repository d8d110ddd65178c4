"""What a program and all its descendants use: processor time and memory, from /proc.

The time of a tree is the sum, over its living processes, of what each used itself and of what its ended and
awaited children used. A child that ends during a run moves its time from the first term to the second, so
the sum never jumps. /proc counts a process's own time in ticks of 10 ms, which is coarse for a run that uses
100 ms; the kernel's clock of that process is the same counter in nanoseconds, threads that have ended
included.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SCHEDULER_CLOCK = 2


@dataclass(frozen=True, slots=True)
class Process:
    """One process at one instant."""

    pid: int
    parent: int
    own_seconds: float
    awaited_seconds: float


@dataclass(frozen=True, slots=True)
class Memory:
    """What a tree occupies: shared pages divided among their users (`pss`) and counted in full (`rss`)."""

    pss_bytes: int
    rss_bytes: int


def parse_stat(text: str) -> Process:
    """Read /proc/PID/stat, whose second field is a name that may contain spaces and parentheses."""
    before, _, after = text.rpartition(")")
    fields = after.split()
    user, system, awaited_user, awaited_system = (int(field) for field in fields[11:15])
    return Process(
        pid=int(before.partition(" ")[0]),
        parent=int(fields[1]),
        own_seconds=(user + system) / TICKS_PER_SECOND,
        awaited_seconds=(awaited_user + awaited_system) / TICKS_PER_SECOND,
    )


def parse_memory(text: str) -> Memory:
    """Read /proc/PID/smaps_rollup."""
    kibibytes = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines() if line.endswith(" kB")}
    return Memory(pss_bytes=kibibytes["Pss"] * 1024, rss_bytes=kibibytes["Rss"] * 1024)


def tree_of(root: int, processes: Iterable[Process]) -> list[Process]:
    """The process `root` and its descendants, parents before children."""
    by_pid: dict[int, Process] = {}
    children: defaultdict[int, list[int]] = defaultdict(list)
    for process in processes:
        by_pid[process.pid] = process
        children[process.parent].append(process.pid)
    found = [root] if root in by_pid else []
    for pid in found:
        found.extend(children[pid])
    return [by_pid[pid] for pid in found]


def seconds_of(tree: Iterable[Process]) -> float:
    return sum(process.own_seconds + process.awaited_seconds for process in tree)


def running_processes() -> list[Process]:
    found: list[Process] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found.append(parse_stat((folder / "stat").read_text()))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def tree_pids(root: int) -> list[int]:
    return [process.pid for process in tree_of(root, running_processes())]


def tree_seconds(root: int) -> float:
    """User and system time that the tree below `root` has used so far."""
    return seconds_of(_exactly(process) for process in tree_of(root, running_processes()))


def tree_memory(root: int) -> Memory:
    parts = [_memory(pid) for pid in tree_pids(root)]
    return Memory(sum(part.pss_bytes for part in parts), sum(part.rss_bytes for part in parts))


def _exactly(process: Process) -> Process:
    try:
        own = time.clock_gettime((~process.pid << 3) | SCHEDULER_CLOCK)
    except OSError:
        return process
    return Process(process.pid, process.parent, own, process.awaited_seconds)


def _memory(pid: int) -> Memory:
    try:
        return parse_memory(Path(f"/proc/{pid}/smaps_rollup").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return Memory(0, 0)
