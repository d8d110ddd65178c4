"""What one turn of the event loop writes leaves at its end, in order, and never twice."""

from __future__ import annotations

import asyncio

import pytest

from headgate.gateway.outbox import Outbox

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Written:
    """A transport that keeps what is written to it."""

    def __init__(self) -> None:
        self.data: list[bytes] = []
        self.closing = False

    def is_closing(self) -> bool:
        return self.closing

    def write(self, data: bytes, /) -> None:
        self.data.append(data)


async def test_nothing_leaves_before_the_turn_ends() -> None:
    outbox, transport = Outbox(), Written()

    outbox.write(transport, b"one")

    assert transport.data == []
    await asyncio.sleep(0)
    assert transport.data == [b"one"]


async def test_what_is_written_to_one_transport_in_a_row_leaves_in_one_piece() -> None:
    outbox, transport, other = Outbox(), Written(), Written()

    outbox.write(transport, b"head")
    outbox.write(transport, b"event")
    outbox.write(other, b"between")
    outbox.write(transport, b"end")
    await asyncio.sleep(0)

    assert transport.data == [b"headevent", b"end"]
    assert other.data == [b"between"]


async def test_what_was_flushed_does_not_leave_again_at_the_end_of_the_turn() -> None:
    outbox, transport = Outbox(), Written()

    outbox.write(transport, b"one")
    outbox.flush()
    outbox.write(transport, b"two")
    await asyncio.sleep(0)

    assert transport.data == [b"one", b"two"]


async def test_nothing_is_written_to_a_transport_that_was_closed_meanwhile() -> None:
    outbox, closed, other = Outbox(), Written(), Written()

    outbox.write(closed, b"lost")
    outbox.write(other, b"kept")
    closed.closing = True
    await asyncio.sleep(0)

    assert closed.data == []
    assert other.data == [b"kept"]


async def test_a_turn_tells_whether_a_write_has_left() -> None:
    outbox, transport = Outbox(), Written()

    turn = outbox.turn
    outbox.write(transport, b"one")

    assert outbox.turn == turn
    await asyncio.sleep(0)
    assert outbox.turn > turn


async def test_what_is_written_while_a_turn_is_flushed_leaves_in_the_next() -> None:
    outbox, answered = Outbox(), Written()

    class Answering(Written):
        def write(self, data: bytes, /) -> None:
            super().write(data)
            outbox.write(answered, b"answer to " + data)

    asking = Answering()
    outbox.write(asking, b"one")
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert asking.data == [b"one"]
    assert answered.data == [b"answer to one"]
