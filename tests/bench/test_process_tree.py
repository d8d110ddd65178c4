"""Processor time and memory of a program and its descendants."""

import os
import subprocess
import sys
import time

from bench.process_tree import (
    TICKS_PER_SECOND,
    Memory,
    Process,
    parse_memory,
    parse_stat,
    seconds_of,
    tree_memory,
    tree_of,
    tree_pids,
    tree_seconds,
)

STAT = "4711 (a (very) odd name) S 42 4711 4711 0 -1 4194304 100 0 0 0 {} {} {} {} 20 0 3 0 1000 0 0\n"
ROLLUP = """\
55d0c0de0000-7ffd00000000 ---p 00000000 00:00 0                          [rollup]
Rss:               10000 kB
Pss:                6000 kB
Pss_Anon:           4000 kB
"""


def process(pid: int, parent: int, *, own: float = 0.0, awaited: float = 0.0) -> Process:
    return Process(pid, parent, own_seconds=own, awaited_seconds=awaited)


def test_a_name_with_spaces_and_parentheses_does_not_shift_the_fields() -> None:
    ticks = TICKS_PER_SECOND

    found = parse_stat(STAT.format(ticks, 2 * ticks, 3 * ticks, 4 * ticks))

    assert found == process(4711, 42, own=3.0, awaited=7.0)


def test_a_tree_holds_grandchildren_and_no_strangers() -> None:
    running = [process(5, 3), process(3, 1), process(1, 0), process(9, 8), process(8, 0), process(4, 1)]

    assert sorted(found.pid for found in tree_of(1, running)) == [1, 3, 4, 5]


def test_a_program_that_has_ended_has_no_tree() -> None:
    assert tree_of(7, [process(1, 0), process(8, 7)]) == []


def test_the_time_of_a_tree_does_not_change_when_a_child_ends() -> None:
    before = [process(1, 0, own=2.0), process(2, 1, own=1.5, awaited=0.25)]
    after = [process(1, 0, own=2.0, awaited=1.75)]

    assert seconds_of(before) == seconds_of(after)


def test_memory_is_read_in_bytes() -> None:
    assert parse_memory(ROLLUP) == Memory(pss_bytes=6000 * 1024, rss_bytes=10000 * 1024)


def test_a_running_program_and_its_child_are_one_tree() -> None:
    child = "import sys; sys.stdin.read()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE) as running:
        while len(tree_pids(running.pid)) < 2:
            assert running.poll() is None
        memory = tree_memory(running.pid)

        running.communicate(b"")

    assert 0 < memory.pss_bytes <= memory.rss_bytes


def test_a_fraction_of_a_tick_is_counted() -> None:
    before = tree_seconds(os.getpid())
    used_before = time.process_time()
    while time.process_time() - used_before < 0.003:
        pass

    assert tree_seconds(os.getpid()) - before >= 0.003
