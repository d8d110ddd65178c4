"""People: platform administrators make and disable them, everybody sees and names themselves.

A user is never deleted, because revisions and the audit trail speak of them. One who is disabled is refused from the
next request on, with whatever credential. Who manages an organization sees its members, and of them what concerns
the organization.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from headgate.access.emails import normal_email
from headgate.access.grants import Faults, name_faults
from headgate.access.identity import User
from headgate.core.errors import Conflict, Forbidden, InvalidBody, NotFound, detail
from headgate.core.principal import Principal
from headgate.gateway.pages import Page, newest_first
from headgate.gateway.tenancy import Change, Tenancy, demand_platform_admin, refuse

ONESELF = "me"


class UserChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different about a user. `email` and `default_organization` None or "" take them away."""

    name: str | UnsetType = UNSET
    default_organization: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    platform_admin: bool | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET

    def beyond_oneself(self) -> list[str]:
        """What only a platform administrator changes."""
        names = ("email", "platform_admin", "disabled")
        return [name for name in names if getattr(self, name) is not UNSET]


class Users:
    """The use cases of `/admin/v1/users`."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._directory = tenancy.directory

    def list(self, by: Principal, *, offset: int, limit: int) -> Page[User]:
        """All, for a platform administrator; the organization's, for who manages its members; else oneself."""
        return newest_first(
            [each for each in self._directory.users() if self._sees(by, each)], offset=offset, limit=limit
        )

    def get(self, by: Principal, user_id: str) -> User:
        """NotFound also for one whom the principal may not see."""
        found = self._directory.user(by.user if user_id == ONESELF else user_id)
        if found is None or not self._sees(by, found):
            raise NotFound(f"user {user_id!r} does not exist")
        return found

    def sees_whole(self, by: Principal, user: User) -> bool:
        """Whether what is no organization's business may be shown."""
        return by.platform_admin or by.user == user.id

    async def create(self, by: Principal, *, name: str, email: str = "", platform_admin: bool = False) -> User:
        """Forbidden, InvalidBody, Conflict if the e-mail is somebody else's."""
        demand_platform_admin(by)
        address = _address(email)
        refuse(name_faults(name))
        made = User(
            id=self._tenancy.new_id(),
            name=name,
            email=address,
            platform_admin=platform_admin,
            created_at=self._tenancy.now(),
        )

        def decide() -> Change:
            self._demand_free(address, made.id)
            return self._put(made)

        await self._tenancy.changes.make(decide)
        return made

    async def update(self, by: Principal, user_id: str, *, change: UserChange) -> User:
        """Oneself, or anybody by a platform administrator. NotFound, Forbidden, InvalidBody, Conflict."""
        made: list[User] = []

        def decide() -> Change:
            before = self.get(by, user_id)
            if not self.sees_whole(by, before):
                raise Forbidden("a user is changed by themselves or by a platform administrator")
            beyond = change.beyond_oneself()
            if beyond and not by.platform_admin:
                words = ", ".join(map(repr, beyond))
                raise Forbidden(f"only a platform administrator changes {words} of a user")
            made.append(self._changed(before, change))
            return self._put(made[0])

        await self._tenancy.changes.make(decide)
        return made[0]

    def _changed(self, before: User, change: UserChange) -> User:
        faults: Faults = [] if change.name is UNSET else name_faults(change.name)
        refuse(faults)
        after = msgspec.structs.replace(
            before,
            name=before.name if change.name is UNSET else change.name,
            email=before.email if change.email is UNSET else _address(change.email or ""),
            default_organization=self._default(before, change.default_organization),
            platform_admin=before.platform_admin if change.platform_admin is UNSET else change.platform_admin,
            disabled=before.disabled if change.disabled is UNSET else change.disabled,
        )
        self._demand_free(after.email, after.id)
        if _administers(before) and not _administers(after):
            self._demand_another_administrator(before)
        return after

    def _default(self, user: User, wanted: str | UnsetType | None) -> str:
        """The id of the organization that is wanted, which must be one that the user is a member of."""
        if wanted is UNSET:
            return user.default_organization
        if not wanted:
            return ""
        found = self._directory.organization(wanted)
        if found is None or self._directory.membership(user.id, found.id) is None:
            message = f"{wanted!r} is no organization that the user is a member of"
            raise InvalidBody(message, details=[detail("default_organization", message)])
        return found.id

    def _sees(self, by: Principal, user: User) -> bool:
        if self.sees_whole(by, user):
            return True
        member = self._directory.membership(user.id, by.organization) if by.organization else None
        return member is not None and self._tenancy.manages(by)

    def _demand_free(self, email: str, user_id: str) -> None:
        holder = self._directory.user_by_email(email) if email else None
        if holder is not None and holder.id != user_id:
            raise Conflict(f"the e-mail {email!r} is another user's")

    def _demand_another_administrator(self, leaving: User) -> None:
        if not any(_administers(each) for each in self._directory.users() if each.id != leaving.id):
            raise Conflict("the last platform administrator stays one; make somebody else one first")

    def _put(self, user: User) -> Change:
        return Change(lambda: self._tenancy.store.put_user(user), lambda: self._directory.put_user(user))


def _administers(user: User) -> bool:
    return user.platform_admin and not user.disabled


def _address(email: str) -> str:
    """The e-mail in the form in which it is kept. InvalidBody."""
    address = normal_email(email)
    local, _, domain = address.rpartition("@")
    if email and not (local and domain and " " not in address):
        message = f"{email[:100]!r} is not an e-mail address like ann@example.com"
        raise InvalidBody(message, details=[detail("email", message)])
    return address
