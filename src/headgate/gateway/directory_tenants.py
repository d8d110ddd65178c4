"""Tenants in memory: organizations, their projects, people, and who is a member of what.

It belongs to the event loop, and a change is one call, so no request sees half of it. `generation` rises with every
change; whoever remembers what the directory said forgets it when it has risen. Methods that begin with `put` add or
replace by id, and lists are in the order of creation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from headgate.access.identity import ExternalIdentity, Membership, Organization, Project, ProjectMembership, User
from headgate.core.subject import Subject, SubjectKind


class Tenants:
    """The tenancy of one installation. `ended` is told of organizations, projects, members and keys that are no more;
    of an organization at once for everybody in it."""

    def __init__(self) -> None:
        self.generation = 0
        self.ended: Callable[[Subject], None] = _nobody_asks
        self._organizations: dict[str, Organization] = {}
        self._slugs: dict[str, Organization] = {}
        self._projects: dict[str, dict[str, Project]] = {}
        self._users: dict[str, User] = {}
        self._emails: dict[str, User] = {}
        self._identities: dict[tuple[str, str], ExternalIdentity] = {}
        self._memberships: dict[str, dict[str, Membership]] = {}
        self._members: dict[str, dict[str, Membership]] = {}
        self._in_projects: dict[str, dict[str, ProjectMembership]] = {}

    # What there is

    def organization(self, name: str) -> Organization | None:
        """The organization with this id or slug."""
        return self._organizations.get(name) or self._slugs.get(name)

    def organizations(self) -> Sequence[Organization]:
        return list(self._organizations.values())

    def project(self, organization_id: str, name: str) -> Project | None:
        """The organization's project with this id or slug."""
        projects = self._projects.get(organization_id, {})
        found = projects.get(name)
        return found or next((each for each in projects.values() if each.slug == name), None)

    def projects_of(self, organization_id: str) -> list[Project]:
        return list(self._projects.get(organization_id, {}).values())

    def user(self, user_id: str) -> User | None:
        return self._users.get(user_id)

    def user_by_email(self, email: str) -> User | None:
        return self._emails.get(email)

    def user_by_identity(self, issuer: str, subject: str) -> User | None:
        found = self._identities.get((issuer, subject))
        return self._users.get(found.user) if found is not None else None

    def users(self) -> list[User]:
        return list(self._users.values())

    def first_platform_admin(self) -> User | None:
        return next((user for user in self._users.values() if user.platform_admin), None)

    def is_active(self, user_id: str) -> bool:
        user = self._users.get(user_id)
        return user is not None and not user.disabled

    # Who belongs to what

    def membership(self, user_id: str, organization_id: str) -> Membership | None:
        return self._memberships.get(user_id, {}).get(organization_id)

    def memberships_of(self, user_id: str) -> list[Membership]:
        return list(self._memberships.get(user_id, {}).values())

    def members(self, organization_id: str) -> list[Membership]:
        """Everybody in an organization, in the order in which they joined."""
        found = self._members.get(organization_id, {}).values()
        return sorted(found, key=lambda each: (each.created_at, each.user))

    def first_joined(self, user_id: str) -> Membership | None:
        joined = self._memberships.get(user_id, {}).values()
        return min(joined, key=lambda each: (each.created_at, each.organization), default=None)

    def project_membership(self, user_id: str, project_id: str) -> ProjectMembership | None:
        return self._in_projects.get(user_id, {}).get(project_id)

    def project_members(self, project_id: str) -> list[ProjectMembership]:
        """Everybody who was added to a project, in that order."""
        found = (each.get(project_id) for each in self._in_projects.values())
        return sorted((each for each in found if each is not None), key=lambda each: (each.created_at, each.user))

    # Changes

    def put_organization(self, organization: Organization) -> None:
        before = self._organizations.get(organization.id)
        if before is not None:
            self._slugs.pop(before.slug, None)
        self._organizations[organization.id] = organization
        self._slugs[organization.slug] = organization
        self.generation += 1

    def drop_organization(self, organization: Organization) -> None:
        """With it end its projects and every membership in it. Who had it as default has none."""
        for project in self.projects_of(organization.id):
            self.drop_project(project)
        for member in self.members(organization.id):
            self.drop_membership(member)
        for user in [each for each in self._users.values() if each.default_organization == organization.id]:
            self.put_user(msgspec.structs.replace(user, default_organization=""))
        self._organizations.pop(organization.id, None)
        self._slugs.pop(organization.slug, None)
        self._projects.pop(organization.id, None)
        self._members.pop(organization.id, None)
        self.generation += 1
        self.ended(Subject(organization.id, SubjectKind.ORGANIZATION, organization.id))

    def put_project(self, project: Project) -> None:
        self._projects.setdefault(project.organization, {})[project.id] = project
        self.generation += 1

    def drop_project(self, project: Project) -> None:
        """With it end the memberships in it."""
        for member in self.project_members(project.id):
            self.drop_project_membership(member)
        self._projects.get(project.organization, {}).pop(project.id, None)
        self.generation += 1
        self.ended(Subject(project.organization, SubjectKind.PROJECT, project.id))

    def put_user(self, user: User) -> None:
        before = self._users.get(user.id)
        if before is not None and before.email:
            self._emails.pop(before.email, None)
        self._users[user.id] = user
        if user.email:
            self._emails[user.email] = user
        self.generation += 1

    def put_identity(self, identity: ExternalIdentity) -> None:
        self._identities[identity.issuer, identity.subject] = identity
        self.generation += 1

    def put_membership(self, membership: Membership) -> None:
        self._memberships.setdefault(membership.user, {})[membership.organization] = membership
        self._members.setdefault(membership.organization, {})[membership.user] = membership
        self.generation += 1

    def drop_membership(self, membership: Membership) -> None:
        """With it end the memberships in the organization's projects."""
        self._memberships.get(membership.user, {}).pop(membership.organization, None)
        self._members.get(membership.organization, {}).pop(membership.user, None)
        in_projects = self._in_projects.get(membership.user, {})
        for project in [each.project for each in in_projects.values() if each.organization == membership.organization]:
            del in_projects[project]
        self.generation += 1
        self.ended(Subject(membership.organization, SubjectKind.USER, membership.user))

    def put_project_membership(self, membership: ProjectMembership) -> None:
        self._in_projects.setdefault(membership.user, {})[membership.project] = membership
        self.generation += 1

    def drop_project_membership(self, membership: ProjectMembership) -> None:
        self._in_projects.get(membership.user, {}).pop(membership.project, None)
        self.generation += 1


def _nobody_asks(_: Subject) -> None:
    pass
