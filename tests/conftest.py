"""What holds for every test."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests import canaries


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(canaries.begin(), "headgate-canaries")
    # A property has no deadline: how long an example takes says how busy the machine is. In continuous integration the
    # examples are the same in every run, so that a change is judged by what it changes.
    settings.register_profile("headgate", deadline=None, derandomize="CI" in os.environ)
    settings.load_profile("headgate")
