"""By which id the ledger knows what a request to a management API has led to.

An answer tells the id of its request, and that is what people look for in the ledger: the first call that a request
leads to is known by it, and every other one by an id of its own. Like who acts, it is part of the context.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

from headgate.core.ids import RequestIds

_GIVEN: Final[ContextVar[list[str] | None]] = ContextVar("headgate_row_id", default=None)


def answer_with(request_id: str) -> None:
    """What follows in this context is done for the request of this id."""
    _GIVEN.set([request_id])


def row_id(ids: RequestIds) -> str:
    """The id of the next row: that of the request, or one of its own."""
    given = _GIVEN.get()
    return given.pop() if given else ids.next()
