"""What counts as a try to sign in, and for whom."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from headgate.adapters.passwords import Argon2Passwords
from headgate.core.errors import RateLimited, SignInRefused
from headgate.core.secret import Secret
from headgate.gateway.grant import Grants
from headgate.gateway.sign_in import Limits, SignIn
from headgate.gateway.tenancy import Changes
from tests.gateway.town import Town


class Gate:
    """Where nobody gets in, and everybody may try so often."""

    def __init__(self, *, by_email: int = 100, by_address: int = 100) -> None:
        town = Town()
        self.sign_in = SignIn(
            town.directory,
            cast("Grants", None),  # nobody is let in
            passwords=Argon2Passwords(town.randomness, at_once=1, waiting=0),
            limits=Limits.of(town.clock, by_email=by_email, by_address=by_address),
            changes=cast("Changes", None),  # nothing is changed
        )

    async def tries(self, email: str, address: str = "192.0.2.1") -> type[Exception]:
        """What becomes of a try."""
        with pytest.raises((SignInRefused, RateLimited)) as refused:
            await self.sign_in.sign_in(email, Secret("a wrong password"), address=address)
        return refused.type


def test_a_try_that_was_turned_away_unread_does_not_count() -> None:
    async def scene() -> None:
        gate = Gate(by_email=1)
        both = await asyncio.gather(gate.tries("first@acme.test"), gate.tries("second@acme.test"))
        assert tuple(both) == (SignInRefused, RateLimited)
        assert await gate.tries("second@acme.test") is SignInRefused
        assert await gate.tries("second@acme.test") is RateLimited

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", RateLimited),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", SignInRefused),
        ("::ffff:192.0.2.1", "192.0.2.1", RateLimited),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", SignInRefused),
        ("192.0.2.1", "192.0.2.2", SignInRefused),
        ("no address", "no address", RateLimited),
    ],
)
def test_all_addresses_of_one_subscriber_count_as_one(first: str, second: str, told: type[Exception]) -> None:
    async def scene() -> type[Exception]:
        gate = Gate(by_address=1)
        await gate.tries("first@acme.test", first)
        return await gate.tries("second@acme.test", second)

    assert asyncio.run(scene()) is told
