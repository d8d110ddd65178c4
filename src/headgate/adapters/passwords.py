"""Passwords as argon2id hashes: slow and hungry for memory on purpose, and therefore on a leash.

A hash takes 19 MiB and some tens of milliseconds of one core. They are computed on threads of their own, few at a
time, and only so many may wait: a flood of sign-ins costs those who sign in some patience, and nobody else anything.

A password that is compared with no hash at all, because nobody has that e-mail, is compared with a hash that nothing
matches. It takes the same work, so time does not tell who has an account.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from headgate.core.errors import RateLimited
from headgate.core.secret import Secret

T = TypeVar("T")

_MEMORY_KIB: Final = 19_456
_PASSES: Final = 2
_HASH_BYTES: Final = 32
_SALT_BYTES: Final = 16
_AT_ONCE: Final = 2
_WAITING: Final = 64


class Argon2Passwords:
    """The Passwords port. `randomness` gives that many unpredictable bytes."""

    def __init__(self, randomness: Callable[[int], bytes], *, at_once: int = _AT_ONCE, waiting: int = _WAITING) -> None:
        self._hasher = PasswordHasher(
            time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1, hash_len=_HASH_BYTES, salt_len=_SALT_BYTES
        )
        salt, nothing = _base64(randomness(_SALT_BYTES)), _base64(randomness(_HASH_BYTES))
        self._nobodys = f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p=1${salt}${nothing}"
        # Threads are made when there is work for them.
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="password")
        self._most = at_once + waiting
        self._under_way = 0

    async def hash(self, password: Secret) -> str:
        return await self._run(lambda: self._hasher.hash(password.reveal()))

    async def compare(self, encoded: str, password: Secret) -> bool:
        return await self._run(lambda: self._compare(encoded or self._nobodys, password))

    def _compare(self, encoded: str, password: Secret) -> bool:
        try:
            return self._hasher.verify(encoded, password.reveal())
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._under_way >= self._most:
            raise RateLimited("too many passwords are being checked; try again", retry_after=1)
        self._under_way += 1
        waiting = asyncio.get_running_loop().run_in_executor(self._threads, work)
        # Counted until the work itself has ended: one who stops waiting does not make room for another.
        waiting.add_done_callback(self._ended)
        return await asyncio.shield(waiting)

    def _ended(self, done: asyncio.Future[T]) -> None:
        self._under_way -= 1


def _base64(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()
