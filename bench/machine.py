"""What the measurement ran on, without names that identify the machine."""

import os
import platform
from pathlib import Path


def cpu_model(text: str) -> str:
    """Read /proc/cpuinfo."""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def memory_gib(text: str) -> int:
    """Read /proc/meminfo."""
    for line in text.splitlines():
        if line.startswith("MemTotal:"):
            return round(int(line.split()[1]) / 1024 / 1024)
    raise ValueError("/proc/meminfo has no MemTotal")


def kernel_series(release: str) -> str:
    """The first two numbers: what follows them is the builder's own."""
    return ".".join(release.partition("-")[0].split(".")[:2])


def describe() -> str:
    model = cpu_model(Path("/proc/cpuinfo").read_text())
    memory = memory_gib(Path("/proc/meminfo").read_text())
    system = f"{platform.system()} {kernel_series(platform.release())}"
    return (
        f"{len(os.sched_getaffinity(0))} cores of {model}, {memory} GiB, {system}, Python {platform.python_version()}"
    )
