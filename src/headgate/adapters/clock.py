"""The clocks of the machine."""

from __future__ import annotations

import time


class SystemClock:
    """Implements the `Clock` port."""

    now = staticmethod(time.monotonic)
    wall = staticmethod(time.time)
