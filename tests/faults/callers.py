"""Callers at full speed: each makes one call after the other, and notes what came of every one."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tests.clients.wire import Wire, connected, request
from tests.faults.books import asked, is_streamed

CHAT: Final = b"/v1/chat/completions"
_BROKEN: Final = (OSError, EOFError)


@dataclass
class Calls:
    """What callers saw, by tag: a whole answer, an answer that says no (its status and code), or the connection's end
    in between. A tag that is in none of them is under way."""

    whole: set[int] = field(default_factory=set)
    refused: dict[int, tuple[int, str]] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)
    begun: set[int] = field(default_factory=set)
    tags: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def ended(self) -> int:
        return len(self.whole) + len(self.refused) + len(self.lost)


async def call_again_and_again(calls: Calls, port: int, token: str, *, goes_on: Callable[[], bool]) -> None:
    """Until `goes_on` says no or the gateway is gone."""
    try:
        async with connected(port) as wire:
            while goes_on():
                await _call(calls, wire, token, tag=next(calls.tags))
    except _BROKEN:
        return


async def _call(calls: Calls, wire: Wire, token: str, *, tag: int) -> None:
    calls.begun.add(tag)
    try:
        await wire.send(request(asked(tag), path=CHAT, headers=[f"authorization: Bearer {token}".encode()]))
        answer = await wire.answer()
    except BaseException:
        calls.lost.add(tag)
        raise
    if answer.status != 200:
        calls.refused[tag] = answer.status, str(json.loads(answer.body)["error"]["code"])
    elif is_streamed(tag) and not answer.body.endswith(b"data: [DONE]\n\n"):
        calls.lost.add(tag)
    else:
        calls.whole.add(tag)
    if answer.closes:
        raise EOFError
