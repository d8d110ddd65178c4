"""A town hall where tenants and people are administered, with a real database and a real catalogue behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headgate.access.identity import ProjectMembership, ProjectRole
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.opening import open_database
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.administer_ending import Endings
from headgate.gateway.directory import Directory
from headgate.gateway.identify import Identify
from headgate.gateway.stores import DirectoryStore
from headgate.gateway.tenancy import Changes, Tenancy
from headgate.gateway.tenancy_members import Members
from headgate.gateway.tenancy_organizations import Organizations
from headgate.gateway.tenancy_project_members import ProjectMembers
from headgate.gateway.tenancy_projects import Projects
from headgate.gateway.tenancy_users import Users
from tests.gateway.town import NOW, KnownSessions, Town, contents
from tests.gateway.writing import desk_at


class Hall:
    """The use cases, and the people who use them. Everybody of the town is known to the database."""

    def __init__(self, tenancy: Tenancy, town: Town, *, desk: Desk, database: Database) -> None:
        self.tenancy = tenancy
        self.database = database
        self.town = town
        self.desk = desk
        self.directory: Directory = tenancy.directory
        self.administer = Administer(desk)
        self.organizations = Organizations(tenancy)
        self.projects = Projects(tenancy)
        self.members = Members(tenancy)
        self.project_members = ProjectMembers(tenancy, self.projects)
        self.users = Users(tenancy)
        self._identify = Identify(town.directory, KnownSessions(), clock=town.clock)
        lay(tenancy.store)

    def person(self, name: str, organization: str = "", project: str = "") -> Principal:
        return self.who(self.town.token(name), organization, project)

    def key(self, *permissions: str, organization: str = "acme", project: str = "") -> Principal:
        return self.who(self.town.key(organization, permissions=permissions, project=project))

    def who(self, text: bytes, organization: str = "", project: str = "") -> Principal:
        named = {b"x-organization-id": organization, b"x-project-id": project}
        headers = [(name, value.encode()) for name, value in named.items() if value]
        return self._identify.identify([(b"authorization", b"Bearer " + text), *headers])

    def develops(self, name: str, project: str, role: ProjectRole = ProjectRole.DEVELOPER) -> ProjectMembership:
        """Add a member to a project of acme."""
        made = ProjectMembership(
            user=f"u-{name}", organization="o-acme", project=f"p-{project}", role=role, created_at=NOW
        )
        self.tenancy.store.put_project_membership(made)
        self.directory.put_project_membership(made)
        return made

    def after_a_restart(self) -> Directory:
        return Directory.of(self.tenancy.store.load())


def lay(store: DirectoryStore) -> None:
    """Make the town known to a database."""
    town = contents()
    for organization in town.organizations:
        store.put_organization(organization)
    for project in town.projects:
        store.put_project(project)
    for user in town.users:
        store.put_user(user)
    for membership in town.memberships:
        store.put_membership(membership)


@contextmanager
def hall_at(directory: Path) -> Iterator[Hall]:
    town = Town()
    database = open_database(directory / "tenants")
    try:
        with desk_at(directory / "catalogue") as desk:
            tenancy = Tenancy(
                directory=town.directory,
                store=SqlDirectory(database),
                endings=Endings(desk),
                changes=Changes(database.writer),
                clock=town.clock,
                randomness=town.randomness,
            )
            yield Hall(tenancy, town, desk=desk, database=database)
    finally:
        database.close()
