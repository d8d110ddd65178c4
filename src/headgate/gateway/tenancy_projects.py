"""Projects of the organization in whose context a request is made."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from headgate.access.grants import name_faults, slug_faults
from headgate.access.identity import Project, ProjectSettings
from headgate.access.permissions import SECRETS_MANAGE
from headgate.catalogue import scope as scopes
from headgate.core.errors import Conflict, Forbidden, NotFound
from headgate.core.principal import Principal, PrincipalKind
from headgate.gateway.grant import organization_of
from headgate.gateway.pages import Page, newest_first
from headgate.gateway.tenancy import Change, Tenancy, refuse
from headgate.gateway.tenancy_contents import demand_empty
from headgate.gateway.tenancy_organizations import TenantChange, TenantWish
from headgate.gateway.tenancy_settings import with_settings


class Projects:
    """The use cases of `/admin/v1/projects`."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._directory = tenancy.directory

    def list(self, by: Principal, *, offset: int, limit: int) -> Page[Project]:
        """Those of the organization that the principal may enter."""
        every = self._directory.projects_of(organization_of(by))
        return newest_first([each for each in every if self._enters(by, each)], offset=offset, limit=limit)

    def get(self, by: Principal, name: str) -> Project:
        """By id or slug. NotFound also for one that the principal may not enter."""
        found = self._directory.project(organization_of(by), name)
        if found is None or not self._enters(by, found):
            raise NotFound(f"project {name!r} does not exist")
        return found

    async def create(self, by: Principal, wish: TenantWish) -> Project:
        """Forbidden, InvalidBody, Conflict."""
        self._tenancy.demand_manager(by)
        organization, name = organization_of(by), wish.name or wish.slug
        refuse(slug_faults(wish.slug) + name_faults(name))
        made = Project(
            id=self._tenancy.new_id(),
            organization=organization,
            slug=wish.slug,
            name=name,
            created_at=self._tenancy.now(),
            settings=with_settings(ProjectSettings(), wish.settings),
        )

        def decide() -> Change:
            if self._directory.organization(organization) is None:
                raise NotFound(f"organization {organization!r} does not exist")
            if self._directory.project(organization, wish.slug) is not None:
                raise Conflict(f"project {wish.slug!r} already exists")
            return self._put(made)

        await self._tenancy.changes.make(decide)
        return made

    async def update(self, by: Principal, name: str, *, change: TenantChange) -> Project:
        """Forbidden, NotFound, InvalidBody."""
        self._tenancy.demand_manager(by)
        if isinstance(change.name, str):
            refuse(name_faults(change.name))
        made: list[Project] = []

        def decide() -> Change:
            before = self.get(by, name)
            settings = with_settings(before.settings, change.settings)
            gives = settings.developers_manage_secrets and not before.settings.developers_manage_secrets
            if gives and not by.may(SECRETS_MANAGE):
                raise Forbidden(f"to let developers manage secrets takes {SECRETS_MANAGE!r}: it gives them that")
            title = before.name if change.name is UNSET else change.name
            made.append(msgspec.structs.replace(before, name=title, settings=settings))
            return self._put(made[0])

        await self._tenancy.changes.make(decide)
        return made[0]

    async def delete(self, by: Principal, name: str) -> Project:
        """The memberships in it end with it. Forbidden, NotFound, Conflict while anything else is in it."""
        self._tenancy.demand_manager(by)
        gone: list[Project] = []

        def decide() -> Change:
            found = self.get(by, name)
            gone.append(found)
            scope, tenancy = scopes.project(found.organization, found.id), self._tenancy
            keys = self._directory.keys_in_force(found.organization, project=found.id, now=tenancy.now())

            def work() -> None:
                demand_empty(f"project {found.slug!r}", {"keys in force": keys, **tenancy.endings.contents(scope)})
                tenancy.store.drop_project(found)
                tenancy.endings.close(scope)

            return Change(work, lambda: self._directory.drop_project(found))

        await self._tenancy.changes.make(decide)
        return gone[0]

    def _enters(self, by: Principal, project: Project) -> bool:
        if by.platform_admin or by.organization_admin or self._tenancy.manages(by):
            return True
        if by.kind is PrincipalKind.USER:
            return self._directory.project_membership(by.user, project.id) is not None
        key = self._directory.key(by.organization, by.credential)
        return key is not None and key.project in ("", project.id)

    def _put(self, project: Project) -> Change:
        return Change(lambda: self._tenancy.store.put_project(project), lambda: self._directory.put_project(project))
