"""A client that sends exactly the bytes it is told to send, over a real socket, and reads answers by their framing."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

PATIENCE: Final = 20.0
"""Seconds until a test that waits for something that never comes is told so. No test depends on it to pass."""


@dataclass(frozen=True)
class Answer:
    """One answer as it came. `body` is without its framing."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def closes(self) -> bool:
        return self.headers.get("connection") == "close"


class Wire:
    """One connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._loop = asyncio.get_running_loop()
        self._read = bytearray()

    async def send(self, *pieces: bytes) -> None:
        """Send each piece in a write of its own; the server reads the first before the second is sent."""
        for number, piece in enumerate(pieces):
            if number:
                await self.turn()
            await self._patiently(self._loop.sock_sendall(self._socket, piece))

    async def answer(self, *, head_only: bool = False) -> Answer:
        """The next answer, which has a length, is chunked, or ends with the connection."""
        head = await self.until(b"\r\n\r\n")
        status, *lines = head[:-4].split(b"\r\n")
        headers = {name.lower(): value for name, _, value in (line.decode().partition(": ") for line in lines)}
        if head_only or status.startswith(b"HTTP/1.1 1"):
            body = b""
        elif "content-length" in headers:
            body = await self.exactly(int(headers["content-length"]))
        elif headers.get("transfer-encoding") == "chunked":
            body = b"".join([chunk async for chunk in self.chunks()])
        else:
            body = await self.rest()
        return Answer(int(status.split()[1]), headers, body)

    async def chunks(self) -> AsyncIterator[bytes]:
        while True:
            size = int(await self.until(b"\r\n"), 16)
            data = await self.exactly(size + 2)
            assert data.endswith(b"\r\n"), data
            if not size:
                return
            yield data[:-2]

    async def until(self, mark: bytes) -> bytes:
        while mark not in self._read:
            await self._more()
        return self._take(self._read.index(mark) + len(mark))

    async def exactly(self, count: int) -> bytes:
        while len(self._read) < count:
            await self._more()
        return self._take(count)

    async def rest(self) -> bytes:
        """Everything up to an orderly end. ConnectionResetError if it is not orderly."""
        while data := await self._patiently(self._loop.sock_recv(self._socket, 65536)):
            self._read += data
        return self._take(len(self._read))

    async def read_what_is_there(self) -> None:
        """Read, and forget, what has arrived by now."""
        await self.turn()
        with suppress(OSError):
            while self._socket.recv(65536):
                await self.turn()

    async def is_reset(self) -> bool:
        """Read to the end, and tell whether it was a reset."""
        try:
            await self.rest()
        except ConnectionResetError:
            return True
        return False

    def stop_sending(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def close(self) -> None:
        self._socket.close()

    def _take(self, count: int) -> bytes:
        taken = bytes(self._read[:count])
        del self._read[:count]
        return taken

    async def _more(self) -> None:
        data = await self._patiently(self._loop.sock_recv(self._socket, 65536))
        if not data:
            raise EOFError(f"the server closed after {bytes(self._read)!r}")
        self._read += data

    async def turn(self) -> None:
        """Give the server, which shares the loop, time to read what was sent."""
        for _ in range(4):
            await asyncio.sleep(0)

    async def _patiently(self, waited: asyncio.Future[bytes] | object) -> bytes:
        async with asyncio.timeout(PATIENCE):
            result: bytes = await waited  # type: ignore[misc]
        return result


@asynccontextmanager
async def connected(port: int, *, receive_buffer: int | None = None) -> AsyncIterator[Wire]:
    """A connection to a local server. A small `receive_buffer` makes a slow reader felt early."""
    connection = socket.socket()
    try:
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        yield Wire(connection)
    finally:
        connection.close()


def request(
    body: bytes = b"",
    *,
    path: bytes = b"/v1/call",
    method: bytes = b"POST",
    version: bytes = b"HTTP/1.1",
    headers: Iterable[bytes] = (),
) -> bytes:
    """A request with a length."""
    lines = [b"%b %b %b" % (method, path, version), b"host: test", *headers, b"content-length: %d" % len(body)]
    return b"\r\n".join([*lines, b"", body])


def chunked(*chunks: bytes, path: bytes = b"/v1/call", headers: Iterable[bytes] = ()) -> bytes:
    """A request whose body comes in chunks."""
    lines = [b"POST %b HTTP/1.1" % path, b"host: test", *headers, b"transfer-encoding: chunked", b"", b""]
    return b"\r\n".join(lines) + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]
