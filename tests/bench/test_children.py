"""Programs that the bench starts, and their end."""

import sys
from pathlib import Path

import pytest

from bench.children import Children, StartFailed, clean_environment
from bench.process_tree import tree_pids

WAIT = "import sys, time; print('up', flush=True); time.sleep(600)"
FAMILY = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WAIT!r}], check=False)"


def is_running(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_leaving_the_block_ends_whole_families(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("family", [sys.executable, "-c", FAMILY], core=0)
        child.wait_until(lambda: "up" in child.log.read_text(), seconds=30)
        family = tree_pids(child.pid)

    assert len(family) == 2
    assert not [pid for pid in family if is_running(pid)]


def test_an_error_inside_the_block_ends_the_children_too(tmp_path: Path) -> None:
    pids: list[int] = []

    def fail() -> None:
        with Children(tmp_path) as children:
            pids.append(children.start("lonely", [sys.executable, "-c", WAIT], core=0).pid)
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert not is_running(pids[0])


def test_a_program_that_ends_at_once_is_reported_with_what_it_printed(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("broken", [sys.executable, "-c", "raise SystemExit('no such port')"], core=0)

        with pytest.raises(StartFailed, match=r"broken did not start: it ended with status 1\nno such port"):
            child.wait_until(lambda: False, seconds=30)


def test_settings_of_gateways_and_proxies_are_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADGATE_PORT", "1")
    monkeypatch.setenv("https_proxy", "http://proxy.example")
    monkeypatch.setenv("HARMLESS", "1")

    environment = clean_environment()

    assert environment["HARMLESS"] == "1"
    assert not {"HEADGATE_PORT", "https_proxy"} & environment.keys()
