"""An origin over real sockets that does, byte by byte, what a script says.

    with Origin([expect(), send(stream_head(), chunk(event)), pause("cut"), reset()]) as origin:
        ...  # call origin.url
        origin.reached("cut")
        origin.go("cut")

Each script is for one connection, in the order in which they are accepted; the last serves all further ones. After
its script a connection is closed. Threads of its own make the origin independent of the test's event loop; from a
coroutine, wait with `await origin.reaches("cut")`, `await origin.closes()`.

Every wait ends after `PATIENCE` seconds with an error, so that a test that would hang fails instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Final, Self

from tests.origin.script import Expect, Forever, HalfClose, Pause, Reset, Script, Send, Step, UntilClosed

PATIENCE: Final = 20.0
_READ: Final = 65536
_NO_LINGER: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Request:
    """What the origin read: the head without its empty line, and the body."""

    head: bytes
    body: bytes

    @property
    def line(self) -> bytes:
        return self.head.partition(b"\r\n")[0]

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """The header fields in order, names in lower case."""
        lines = self.head.split(b"\r\n")[1:]
        pairs = (line.partition(b":") for line in lines)
        return [(name.lower(), value.strip()) for name, _, value in pairs]

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.fields if key == name), None)


class PeerClosed(Exception):
    """The peer closed or reset the connection. Ends the script of that connection."""


@dataclass
class _Connection:
    socket: socket.socket
    unread: bytes = b""
    closed: bool = False

    def read(self) -> bytes:
        """More bytes; PeerClosed at the end of the connection."""
        try:
            data = self.socket.recv(_READ)
        except OSError as error:
            raise PeerClosed from error
        if not data:
            raise PeerClosed
        return data


class Origin:
    """A listening socket and the scripts of its connections."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        assert scripts, "an origin without a script has nothing to do"
        self._scripts = scripts
        self._tls = tls
        self._changed = threading.Condition()
        self._connections: list[_Connection] = []
        self._reached: defaultdict[str, int] = defaultdict(int)
        self._released: defaultdict[str, int] = defaultdict(int)
        self._over = False
        self._threads: list[threading.Thread] = []
        self.host = host
        self.requests: list[Request] = []
        """Every request that was read whole, of all connections, in order."""
        self._listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port: int = self._listener.getsockname()[1]

    # For tests

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    @property
    def accepted(self) -> int:
        """How many connections were made."""
        return len(self._connections)

    @property
    def open(self) -> int:
        """How many connections neither side has closed."""
        return sum(not connection.closed for connection in self._connections)

    def go(self, name: str) -> None:
        """Let one connection pass the pause `name`, now or when it comes there."""
        with self._changed:
            self._released[name] += 1
            self._changed.notify_all()

    def reached(self, name: str, times: int = 1) -> None:
        """Wait until the pause `name` has been reached `times` times."""
        self._wait(lambda: self._reached[name] >= times, f"pause {name!r} was not reached")

    def closed(self) -> None:
        """Wait until no connection is open."""
        self._wait(lambda: not self.open, "a connection is still open")

    def asked(self, count: int) -> None:
        """Wait until `count` requests have been read."""
        self._wait(lambda: len(self.requests) >= count, f"fewer than {count} requests came")

    async def reaches(self, name: str, times: int = 1) -> None:
        await asyncio.to_thread(self.reached, name, times)

    async def closes(self) -> None:
        await asyncio.to_thread(self.closed)

    async def is_asked(self, count: int) -> None:
        await asyncio.to_thread(self.asked, count)

    # Life

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(accepted)
            script = self._scripts[min(len(self._connections), len(self._scripts) - 1)]
            with self._changed:
                self._connections.append(connection)
                self._changed.notify_all()
            self._start(partial(self._serve, connection, script))

    def _serve(self, connection: _Connection, script: Script) -> None:
        with contextlib.suppress(PeerClosed, OSError):
            if self._tls is not None:
                connection.socket = self._tls.wrap_socket(connection.socket, server_side=True)
            for step in script:
                self._do(connection, step)
        connection.socket.close()
        with self._changed:
            connection.closed = True
            self._changed.notify_all()

    # Steps

    def _do(self, connection: _Connection, step: Step) -> None:
        match step:
            case Expect():
                self._read_request(connection, whole=step.body)
            case Send():
                for piece in _pieces(step):
                    connection.socket.sendall(piece)
            case Pause():
                self._pause(step.name)
            case HalfClose():
                connection.socket.shutdown(socket.SHUT_WR)
            case Reset():
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                connection.socket.close()
            case UntilClosed():
                while True:
                    connection.read()
            case Forever():
                while True:
                    for each in step.steps:
                        self._do(connection, each)

    def _read_request(self, connection: _Connection, *, whole: bool) -> None:
        data = connection.unread
        while b"\r\n\r\n" not in data:
            data += connection.read()
        head, _, rest = data.partition(b"\r\n\r\n")
        request = Request(head, b"")
        if whole and request.header(b"transfer-encoding") == b"chunked":
            body, connection.unread = _read_chunks(connection, rest)
        else:
            length = int(request.header(b"content-length") or b"0") if whole else 0
            while len(rest) < length:
                rest += connection.read()
            body, connection.unread = rest[:length], rest[length:]
        with self._changed:
            self.requests.append(Request(head, body))
            self._changed.notify_all()

    def _pause(self, name: str) -> None:
        with self._changed:
            self._reached[name] += 1
            self._changed.notify_all()
            let_through = self._changed.wait_for(lambda: self._over or self._released[name], PATIENCE)
            if let_through and not self._over:
                self._released[name] -= 1

    def _wait(self, come: Callable[[], bool], otherwise: str) -> None:
        with self._changed:
            assert self._changed.wait_for(come, PATIENCE), otherwise


def _read_chunks(connection: _Connection, data: bytes) -> tuple[bytes, bytes]:
    """The body of a chunked request, and what followed it."""
    chunks = []
    while True:
        while b"\r\n" not in data:
            data += connection.read()
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        parts, missing = [data], length + 2 - len(data)
        while missing > 0:
            parts.append(connection.read())
            missing -= len(parts[-1])
        data = b"".join(parts)
        assert data[length : length + 2] == b"\r\n", "a chunk ends where its size says"
        chunks.append(data[:length])
        data = data[length + 2 :]
        if not length:
            return b"".join(chunks), data


def _pieces(step: Send) -> Iterator[bytes]:
    if step.at_once:
        yield step.data
    else:
        for index in range(len(step.data)):
            yield step.data[index : index + 1]


@contextlib.contextmanager
def refusing() -> Iterator[str]:
    """The URL of a port that refuses connections as long as the context lasts: it is bound, and does not listen."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
