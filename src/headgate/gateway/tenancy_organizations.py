"""Organizations: platform administrators make and delete them, who manages one changes its name and settings."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from headgate.access.grants import name_faults, slug_faults
from headgate.access.identity import Organization, OrganizationSettings
from headgate.access.permissions import GOVERNANCE_MANAGE
from headgate.catalogue import scope as scopes
from headgate.core.errors import Conflict, Forbidden, NotFound
from headgate.core.json import JsonObject
from headgate.core.principal import Principal
from headgate.gateway.pages import Page, newest_first
from headgate.gateway.tenancy import Change, Tenancy, demand_platform_admin, refuse
from headgate.gateway.tenancy_contents import demand_empty
from headgate.gateway.tenancy_settings import with_settings

_OVERLAY = "overlay"


class TenantWish(msgspec.Struct, frozen=True, kw_only=True):
    """What an organization or project is asked to be. `name` "" stands for the slug."""

    slug: str
    name: str = ""
    settings: JsonObject = {}


class TenantChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different about an organization or project. Its slug never is: keys and entries say it."""

    name: str | UnsetType = UNSET
    settings: JsonObject = {}


class Organizations:
    """The use cases of `/admin/v1/organizations`."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._directory = tenancy.directory

    def list(self, by: Principal, *, offset: int, limit: int) -> Page[Organization]:
        """Those that the principal belongs to; a platform administrator's are all."""
        every = self._directory.organizations()
        return newest_first([each for each in every if self._sees(by, each)], offset=offset, limit=limit)

    def get(self, by: Principal, name: str) -> Organization:
        """By id or slug. NotFound also for one that the principal does not belong to."""
        found = self._directory.organization(name)
        if found is None or not self._sees(by, found):
            raise NotFound(f"organization {name!r} does not exist")
        return found

    async def create(self, by: Principal, wish: TenantWish) -> Organization:
        """Forbidden, InvalidBody, Conflict."""
        demand_platform_admin(by)
        name = wish.name or wish.slug
        refuse(slug_faults(wish.slug) + name_faults(name))
        made = Organization(
            id=self._tenancy.new_id(),
            slug=wish.slug,
            name=name,
            created_at=self._tenancy.now(),
            settings=with_settings(OrganizationSettings(), wish.settings),
        )

        def decide() -> Change:
            if self._directory.organization(wish.slug) is not None:
                raise Conflict(f"organization {wish.slug!r} already exists")
            return self._put(made)

        await self._tenancy.changes.make(decide)
        return made

    async def update(self, by: Principal, name: str, *, change: TenantChange) -> Organization:
        """The organization of the request, or any by a platform administrator. NotFound, Forbidden, InvalidBody."""
        self._tenancy.demand_manager(by)
        if _OVERLAY in change.settings and not by.may(GOVERNANCE_MANAGE):
            raise Forbidden(f"the setting {_OVERLAY!r} takes {GOVERNANCE_MANAGE!r}")
        if isinstance(change.name, str):
            refuse(name_faults(change.name))
        made: list[Organization] = []

        def decide() -> Change:
            before = self._managed(by, name)
            made.append(
                msgspec.structs.replace(
                    before,
                    name=before.name if change.name is UNSET else change.name,
                    settings=with_settings(before.settings, change.settings),
                )
            )
            return self._put(made[0])

        await self._tenancy.changes.make(decide)
        return made[0]

    async def delete(self, by: Principal, name: str) -> Organization:
        """Its memberships end with it. Forbidden, NotFound, Conflict while anything else is in it."""
        demand_platform_admin(by)
        gone: list[Organization] = []

        def decide() -> Change:
            found = self.get(by, name)
            gone.append(found)
            scope, tenancy = scopes.organization(found.id), self._tenancy
            held = {
                "projects": len(self._directory.projects_of(found.id)),
                "keys in force": self._directory.keys_in_force(found.id, now=tenancy.now()),
            }

            def work() -> None:
                demand_empty(f"organization {found.slug!r}", {**held, **tenancy.endings.contents(scope)})
                tenancy.store.drop_organization(found)
                tenancy.endings.close(scope)

            return Change(work, lambda: self._directory.drop_organization(found))

        await self._tenancy.changes.make(decide)
        return gone[0]

    def _managed(self, by: Principal, name: str) -> Organization:
        found = self._directory.organization(name)
        if found is None or not (by.platform_admin or found.id == by.organization):
            raise NotFound(f"organization {name!r} does not exist")
        return found

    def _sees(self, by: Principal, organization: Organization) -> bool:
        if by.platform_admin or by.organization == organization.id:
            return True
        return by.user != "" and self._directory.membership(by.user, organization.id) is not None

    def _put(self, organization: Organization) -> Change:
        return Change(
            lambda: self._tenancy.store.put_organization(organization),
            lambda: self._directory.put_organization(organization),
        )
