"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import settings


def pytest_configure() -> None:
    # A property has no deadline: how long an example takes says how busy the machine is. In continuous integration the
    # examples are the same in every run, so that a change is judged by what it changes.
    settings.register_profile("headgate", deadline=None, derandomize="CI" in os.environ)
    settings.load_profile("headgate")
