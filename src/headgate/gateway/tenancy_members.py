"""Who belongs to the organization in whose context a request is made, and as what.

Nobody gives a role that exceeds their own, and nobody disposes of a member whose role they could not give. What a
membership gave ends with it, at once: the person's entries in the organization, what they shared with it, the
memberships in its projects. The keys that the person made are the organization's and stay; they are named, so that
whoever removes the person can revoke them.
"""

from __future__ import annotations

import msgspec

from headgate.access.emails import normal_email
from headgate.access.grants import may_give_role
from headgate.access.identity import Membership, OrganizationKey, Role, User
from headgate.catalogue import scope as scopes
from headgate.core.errors import Conflict, Forbidden, NotFound
from headgate.core.principal import Principal
from headgate.gateway.grant import organization_of
from headgate.gateway.pages import Page, newest_first
from headgate.gateway.tenancy import Change, Tenancy


class Removed(msgspec.Struct, frozen=True):
    """A membership that ended: how many entries went with it, and the keys in force that the person had made."""

    membership: Membership
    entries: int
    keys: tuple[OrganizationKey, ...]


class Members:
    """The use cases of `/admin/v1/memberships`."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._directory = tenancy.directory

    def list(self, by: Principal, *, offset: int, limit: int) -> Page[Membership]:
        """Everybody's, for who manages members; else one's own."""
        every = self._directory.members(organization_of(by))
        seen = every if self._tenancy.manages(by) else [each for each in every if each.user == by.user]
        return newest_first(seen, offset=offset, limit=limit)

    def get(self, by: Principal, user_id: str) -> Membership:
        """NotFound also for somebody else's, to one who does not manage members."""
        found = self._directory.membership(user_id, organization_of(by))
        if found is None or not (found.user == by.user or self._tenancy.manages(by)):
            raise NotFound(f"membership {user_id!r} does not exist")
        return found

    async def add(self, by: Principal, *, user: str = "", email: str = "", role: Role) -> Membership:
        """Make a user a member: by e-mail also one who is in no organization yet.

        Who belongs to another organization is not there: only a platform administrator brings the two together.
        Forbidden, NotFound, Conflict.
        """
        self._tenancy.demand_manager(by)
        organization = organization_of(by)
        self._demand_giver(by, role)
        made: list[Membership] = []

        def decide() -> Change:
            person = self._person(by, user=user, email=email)
            if self._directory.organization(organization) is None:
                raise NotFound(f"organization {organization!r} does not exist")
            if self._directory.membership(person.id, organization) is not None:
                raise Conflict(f"user {user or email!r} is a member already; change the role instead")
            made.append(
                Membership(user=person.id, organization=organization, role=role, created_at=self._tenancy.now())
            )
            return self._put(made[0])

        await self._tenancy.changes.make(decide)
        return made[0]

    async def change(self, by: Principal, user_id: str, *, role: Role) -> Membership:
        """Forbidden, NotFound, Conflict for the last owner."""
        self._tenancy.demand_manager(by)
        made: list[Membership] = []

        def decide() -> Change:
            before = self.get(by, user_id)
            self._demand_giver(by, before.role)
            self._demand_giver(by, role)
            if role is not Role.OWNER:
                self._demand_another_owner(before)
            made.append(msgspec.structs.replace(before, role=role))
            return self._put(made[0])

        await self._tenancy.changes.make(decide)
        return made[0]

    async def remove(self, by: Principal, user_id: str) -> Removed:
        """End a membership; anybody may end their own. Forbidden, NotFound, Conflict for the last owner."""
        ended: list[Removed] = []

        def decide() -> Change:
            held = self.get(by, user_id)
            if held.user != by.user:
                self._demand_giver(by, held.role)
            self._demand_another_owner(held)
            keys = self._keys_made_by(held)

            def work() -> None:
                tenancy, scope = self._tenancy, scopes.user(held.organization, held.user)
                entries = tenancy.endings.clear(by, scope)
                tenancy.store.drop_membership(held)
                tenancy.endings.close(scope)
                ended.append(Removed(held, entries, keys))

            return Change(work, lambda: self._directory.drop_membership(held))

        await self._tenancy.changes.make(decide)
        return ended[0]

    def _person(self, by: Principal, *, user: str, email: str) -> User:
        directory = self._directory
        found = directory.user_by_email(normal_email(email)) if email else directory.user(user)
        if found is not None:
            # Whose requests are about the whole platform is not drawn into an organization by its admins.
            is_free = bool(email) and not found.platform_admin and not directory.memberships_of(found.id)
            if by.platform_admin or is_free or directory.membership(found.id, by.organization):
                return found
        raise NotFound(f"user {email or user!r} does not exist")

    def _demand_giver(self, by: Principal, role: Role) -> None:
        if not may_give_role(self._tenancy.standing(by), role):
            raise Forbidden(f"the role {role.value!r} is not yours to give or take: it exceeds your own")

    def _demand_another_owner(self, held: Membership) -> None:
        if held.role is not Role.OWNER:
            return
        others = (each for each in self._directory.members(held.organization) if each.user != held.user)
        if not any(each.role is Role.OWNER and self._directory.is_active(each.user) for each in others):
            raise Conflict("the last owner of an organization stays its owner; make somebody else an owner first")

    def _keys_made_by(self, held: Membership) -> tuple[OrganizationKey, ...]:
        now, maker = self._tenancy.now(), f"user:{held.user}"
        every = self._directory.all_keys(held.organization)
        return tuple(key for key in every if key.created_by == maker and key.in_force(now))

    def _put(self, membership: Membership) -> Change:
        def work() -> None:
            self._tenancy.store.put_membership(membership)
            self._tenancy.endings.reopen(scopes.user(membership.organization, membership.user))

        return Change(work, lambda: self._directory.put_membership(membership))
