"""Argon2id: what is kept, that nobody's password takes the same work, and that a flood is kept out."""

from __future__ import annotations

import asyncio
import os
import threading

import argon2
import pytest

from headgate.adapters.passwords import Argon2Passwords
from headgate.core.errors import RateLimited
from headgate.core.secret import Secret

PASSWORD = Secret("correct horse battery")


def test_a_password_is_recognised_and_another_is_not() -> None:
    async def scenario() -> None:
        passwords = Argon2Passwords(os.urandom)
        encoded = await passwords.hash(PASSWORD)

        assert await passwords.compare(encoded, PASSWORD)
        assert not await passwords.compare(encoded, Secret("Correct horse battery"))
        assert not await passwords.compare("", PASSWORD)
        assert not await passwords.compare("", Secret(""))
        assert not await passwords.compare("no hash at all", PASSWORD)

    asyncio.run(scenario())


def test_what_is_kept_is_argon2id_with_a_salt_of_its_own() -> None:
    async def scenario() -> None:
        passwords = Argon2Passwords(os.urandom)
        one, other = await passwords.hash(PASSWORD), await passwords.hash(PASSWORD)

        assert one != other
        assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")

    asyncio.run(scenario())


def test_nobodys_password_takes_the_work_of_anybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        compared: list[argon2.Parameters] = []
        verify = argon2.PasswordHasher.verify

        def watched(hasher: argon2.PasswordHasher, encoded: str, password: str) -> bool:
            compared.append(argon2.extract_parameters(encoded))
            return verify(hasher, encoded, password)

        monkeypatch.setattr(argon2.PasswordHasher, "verify", watched)
        passwords = Argon2Passwords(os.urandom)

        await passwords.compare(await passwords.hash(PASSWORD), Secret("wrong"))
        await passwords.compare("", Secret("wrong"))

        assert compared[0] == compared[1]

    asyncio.run(scenario())


def test_a_flood_is_refused_while_few_are_computed_off_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        gate, threads = threading.Event(), set[str]()

        def slow(*_: object) -> bool:
            threads.add(threading.current_thread().name)
            assert gate.wait(20)
            return True

        monkeypatch.setattr(argon2.PasswordHasher, "verify", slow)
        passwords = Argon2Passwords(os.urandom, at_once=2, waiting=3)
        waiting = [asyncio.ensure_future(passwords.compare("", PASSWORD)) for _ in range(5)]
        await asyncio.sleep(0)

        with pytest.raises(RateLimited):
            await passwords.compare("", PASSWORD)
        waiting[4].cancel()
        await asyncio.sleep(0)
        with pytest.raises(RateLimited):
            await passwords.compare("", PASSWORD)

        gate.set()
        assert all(await asyncio.gather(*waiting[:4]))
        assert len(threads) <= 2
        assert threading.current_thread().name not in threads

    asyncio.run(scenario())


def test_after_a_flood_there_is_room_again() -> None:
    async def scenario() -> None:
        passwords = Argon2Passwords(os.urandom, at_once=1, waiting=0)

        for _ in range(3):
            assert not await passwords.compare("", PASSWORD)

    asyncio.run(scenario())
