"""What keeps a tenant from being deleted."""

from __future__ import annotations

from collections.abc import Mapping

from headgate.core.errors import Conflict


def demand_empty(tenant: str, contents: Mapping[str, int]) -> None:
    """Conflict that counts what is left. `tenant` is how the message calls it."""
    left = {word: count for word, count in contents.items() if count}
    if left:
        words = ", ".join(f"{count} {word}" for word, count in left.items())
        raise Conflict(f"{tenant} is not empty: {words}", details=left)
