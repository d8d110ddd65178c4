"""Which members of an organization were added to one of its projects, and as what."""

from __future__ import annotations

from headgate.access.grants import may_give_project_role
from headgate.access.identity import Project, ProjectMembership, ProjectRole
from headgate.core.errors import Forbidden, NotFound
from headgate.core.principal import Principal
from headgate.gateway.pages import Page, newest_first
from headgate.gateway.tenancy import Change, Tenancy
from headgate.gateway.tenancy_projects import Projects


class ProjectMembers:
    """The use cases of `/admin/v1/projects/{project}/memberships`."""

    def __init__(self, tenancy: Tenancy, projects: Projects) -> None:
        self._tenancy = tenancy
        self._directory = tenancy.directory
        self._projects = projects

    def list(self, by: Principal, project: str, *, offset: int, limit: int) -> Page[ProjectMembership]:
        """Everybody's, for who manages members; else one's own. NotFound."""
        every = self._directory.project_members(self._projects.get(by, project).id)
        seen = every if self._tenancy.manages(by) else [each for each in every if each.user == by.user]
        return newest_first(seen, offset=offset, limit=limit)

    async def put(self, by: Principal, project: str, *, user: str, role: ProjectRole) -> ProjectMembership:
        """Add a member of the organization to the project, or change the role there. Forbidden, NotFound."""
        self._tenancy.demand_manager(by)
        made: list[ProjectMembership] = []

        def decide() -> Change:
            found = self._projects.get(by, project)
            if self._directory.membership(user, found.organization) is None:
                raise NotFound(f"membership {user!r} does not exist")
            before = self._directory.project_membership(user, found.id)
            for each in {role} | ({before.role} if before is not None else set()):
                self._demand_giver(by, each, found)
            joined = self._tenancy.now() if before is None else before.created_at
            made.append(
                ProjectMembership(
                    user=user, organization=found.organization, project=found.id, role=role, created_at=joined
                )
            )
            return Change(
                lambda: self._tenancy.store.put_project_membership(made[0]),
                lambda: self._directory.put_project_membership(made[0]),
            )

        await self._tenancy.changes.make(decide)
        return made[0]

    async def remove(self, by: Principal, project: str, *, user: str) -> ProjectMembership:
        """End a membership in a project; anybody may end their own. Forbidden, NotFound."""
        ended: list[ProjectMembership] = []

        def decide() -> Change:
            found = self._projects.get(by, project)
            held = self._directory.project_membership(user, found.id)
            if held is None or not (held.user == by.user or self._tenancy.manages(by)):
                raise NotFound(f"membership {user!r} does not exist")
            if held.user != by.user:
                self._demand_giver(by, held.role, found)
            ended.append(held)
            return Change(
                lambda: self._tenancy.store.drop_project_membership(held),
                lambda: self._directory.drop_project_membership(held),
            )

        await self._tenancy.changes.make(decide)
        return ended[0]

    def _demand_giver(self, by: Principal, role: ProjectRole, project: Project) -> None:
        if not may_give_project_role(self._tenancy.standing(by), role, settings=project.settings):
            raise Forbidden(f"the role {role.value!r} is not yours to give or take: it exceeds your own")
