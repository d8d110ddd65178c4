"""What the use cases about tenants and people have in common: who manages, and one change at a time.

Everything is decided on the event loop from the directory in memory. A decision is followed by its change before the
next decision is made, so that of two admins who demote each other one finds that there is nobody else left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from headgate.access.grants import Faults, Standing
from headgate.access.identity import Role
from headgate.access.permissions import MEMBERS_MANAGE
from headgate.core.clock import Clock
from headgate.core.errors import Forbidden, InvalidBody
from headgate.core.ids import uuid7
from headgate.core.principal import Principal
from headgate.gateway.administer_ending import Endings
from headgate.gateway.directory import Directory
from headgate.gateway.in_force import demand_member
from headgate.gateway.stores import DirectoryStore
from headgate.gateway.write_through import Submits, write_through

_ID_BYTES: Final = 10


class Change(msgspec.Struct, frozen=True):
    """`work` runs on the writer thread; `then` on the event loop right after it, unless it failed."""

    work: Callable[[], None]
    then: Callable[[], None]


class Changes:
    """Makes changes one after another."""

    def __init__(self, writer: Submits) -> None:
        self._writer = writer
        self._turn = asyncio.Lock()

    async def make(self, decide: Callable[[], Change]) -> None:
        """Decide when those before are in force, then make the change. Whatever `decide` or the work raises."""
        await self._turn.acquire()
        try:
            change = decide()
            waiting = asyncio.wrap_future(self._writer.submit(change.work))
        except BaseException:
            self._turn.release()
            raise

        def settled(done: asyncio.Future[None]) -> None:
            try:
                if not done.cancelled() and done.exception() is None:
                    change.then()
            finally:
                self._turn.release()

        waiting.add_done_callback(settled)
        # Shielded: if the request is given up, what was written still takes effect before the next decision.
        await asyncio.shield(waiting)

    async def write(self, work: Callable[[], None], *, then: Callable[[], None]) -> None:
        """Make a change that depends on no other, without waiting for those before to be in force."""
        await write_through(self._writer, work, then=then)


class Tenancy(msgspec.Struct, frozen=True, kw_only=True):
    """What tenants and people are written with. `randomness` gives that many unpredictable bytes."""

    directory: Directory
    store: DirectoryStore
    endings: Endings
    changes: Changes
    clock: Clock
    randomness: Callable[[int], bytes]

    def now(self) -> float:
        return self.clock.wall()

    def new_id(self) -> str:
        return uuid7(self.now(), self.randomness(_ID_BYTES))

    def manages(self, by: Principal) -> bool:
        """Whether the principal manages members, projects and settings of the organization of its request.

        A key that is bound to a project does not, whatever its permissions: they were given for the project.
        """
        at_home = bool(by.organization) and not by.project_bound
        return by.platform_admin or (at_home and by.may(MEMBERS_MANAGE))

    def demand_manager(self, by: Principal) -> None:
        if not self.manages(by):
            raise Forbidden(f"this takes {MEMBERS_MANAGE!r} in the organization, and a key that is bound to no project")

    def standing(self, by: Principal) -> Standing:
        """What the principal is in the organization of its request, when it hands something out there.

        Never more than the request may be: the token of an identity provider may mean less than the membership. And
        never more than the directory says at this moment: Forbidden for a person who is no member any more.
        """
        if by.platform_admin or not by.user:
            return Standing(permissions=by.permissions, admin=by.organization_admin, owner=by.platform_admin)
        demand_member(self.directory, by)
        membership = self.directory.membership(by.user, by.organization)
        owner = by.organization_owner and membership is not None and membership.role is Role.OWNER
        return Standing(permissions=by.permissions, admin=by.organization_admin, owner=owner)


def demand_platform_admin(by: Principal) -> None:
    if not by.platform_admin:
        raise Forbidden("only a platform administrator may do this")


def refuse(faults: Faults) -> None:
    """InvalidBody if there are any."""
    if faults:
        raise InvalidBody("; ".join(f"{each['path']}: {each['message']}" for each in faults), details=faults)
