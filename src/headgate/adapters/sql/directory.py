"""Tenants, people and their credentials in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection, Row, Select, Table, delete, select, update

from headgate.access.identity import (
    AccessToken,
    ExternalIdentity,
    Membership,
    Organization,
    OrganizationKey,
    Project,
    ProjectMembership,
    Session,
    SigningKey,
    User,
)
from headgate.adapters.sql import directory_rows as rows
from headgate.adapters.sql import money_ends, tables
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.upsert import Values, upsert
from headgate.core.json import encode
from headgate.gateway.stores import DirectoryContents

_FETCH: Final = 1000

# Tables whose columns are named as the fields are.
_Plain = TypeVar("_Plain", AccessToken, SigningKey)


class _Keys:
    """Every organization key, read in portions while it is gone through: there may be a million."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __iter__(self) -> Iterator[OrganizationKey]:
        key = tables.organization_key
        with self._database.reading() as connection:
            for row in connection.execution_options(yield_per=_FETCH).execute(select(key).order_by(key.c.id)):
                yield rows.key(row)


class SqlDirectory:
    """The DirectoryStore of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> DirectoryContents:
        with self._database.reading() as connection:
            return DirectoryContents(
                organizations=[rows.organization(row) for row in _rows(connection, tables.organization)],
                projects=[rows.project(row) for row in _rows(connection, tables.project)],
                users=[rows.user(row) for row in _rows(connection, tables.user_account)],
                identities=[rows.identity(row) for row in _rows(connection, tables.external_identity)],
                memberships=[rows.membership(row) for row in _rows(connection, tables.membership)],
                project_memberships=[rows.in_project(row) for row in _rows(connection, tables.project_membership)],
                tokens=[rows.token(row) for row in _rows(connection, tables.access_token)],
                keys=_Keys(self._database),
                sessions=[rows.session(row) for row in _rows(connection, tables.session)],
                signing_keys=_plain(connection, tables.signing_key, SigningKey),
            )

    def put_organization(self, organization: Organization) -> None:
        values = msgspec.structs.asdict(organization)
        self._put(tables.organization, {**values, "settings": encode(organization.settings).decode()})

    def put_project(self, project: Project) -> None:
        self._put(
            tables.project,
            {
                "id": project.id,
                "organization_id": project.organization,
                "slug": project.slug,
                "name": project.name,
                "created_at": project.created_at,
                "settings": encode(project.settings).decode(),
            },
        )

    def drop_organization(self, organization: Organization) -> None:
        """With it end its keys, the memberships in it, and what was set for any of them. Conflict while it has
        projects."""
        with self._database.writing() as connection:
            connection.execute(
                update(tables.session)
                .where(tables.session.c.organization_id == organization.id)
                .values(organization_id=None)
            )
            connection.execute(
                update(tables.user_account)
                .where(tables.user_account.c.default_organization_id == organization.id)
                .values(default_organization_id=None)
            )
            money_ends.drop_of_organization(connection, organization.id)
            for table in (tables.user_default, tables.organization_key, tables.project_membership, tables.membership):
                connection.execute(delete(table).where(table.c.organization_id == organization.id))
            connection.execute(delete(tables.organization).where(tables.organization.c.id == organization.id))

    def drop_project(self, project: Project) -> None:
        """With it end its keys and the memberships in it."""
        with self._database.writing() as connection:
            money_ends.drop_of_project(connection, project.organization, project=project.id)
            for table in (tables.organization_key, tables.project_membership):
                connection.execute(delete(table).where(table.c.project_id == project.id))
            connection.execute(delete(tables.project).where(tables.project.c.id == project.id))

    def put_user(self, user: User) -> None:
        self._put(
            tables.user_account,
            {
                "id": user.id,
                "name": user.name,
                "platform_admin": user.platform_admin,
                "disabled": user.disabled,
                "created_at": user.created_at,
                "email": user.email or None,
                "password": user.password or None,
                "default_organization_id": user.default_organization or None,
            },
        )

    def put_identity(self, identity: ExternalIdentity) -> None:
        self._put(
            tables.external_identity,
            {
                "issuer": identity.issuer,
                "subject": identity.subject,
                "user_id": identity.user,
                "created_at": identity.created_at,
            },
        )

    def put_membership(self, membership: Membership) -> None:
        self._put(
            tables.membership,
            {
                "user_id": membership.user,
                "organization_id": membership.organization,
                "role": membership.role.value,
                "created_at": membership.created_at,
            },
        )

    def drop_membership(self, membership: Membership) -> None:
        """With it end the memberships in the organization's projects, and the models chosen there."""
        with self._database.writing() as connection:
            money_ends.drop_of_user(connection, membership.organization, user=membership.user)
            for table in (tables.user_default, tables.project_membership, tables.membership):
                theirs = table.c.user_id == membership.user
                connection.execute(delete(table).where(theirs, table.c.organization_id == membership.organization))

    def put_project_membership(self, membership: ProjectMembership) -> None:
        self._put(
            tables.project_membership,
            {
                "user_id": membership.user,
                "project_id": membership.project,
                "organization_id": membership.organization,
                "role": membership.role.value,
                "created_at": membership.created_at,
            },
        )

    def drop_project_membership(self, membership: ProjectMembership) -> None:
        here = tables.project_membership
        with self._database.writing() as connection:
            connection.execute(
                delete(here).where(here.c.user_id == membership.user, here.c.project_id == membership.project)
            )

    def put_token(self, token: AccessToken) -> None:
        self._put(
            tables.access_token,
            {
                "id": token.id,
                "user_id": token.user,
                "name": token.name,
                "digest": token.digest,
                "last4": token.last4,
                "created_at": token.created_at,
                "expires_at": token.expires_at,
                "revoked_at": token.revoked_at,
            },
        )

    def put_key(self, key: OrganizationKey) -> None:
        with self._database.writing() as connection:
            upsert(connection, tables.organization_key, rows=[key_values(key)])
            if key.revoked_at is not None:
                money_ends.drop_of_key(connection, key.organization, key=key.id)

    def put_session(self, session: Session) -> None:
        self._put(
            tables.session,
            {
                "id": session.id,
                "user_id": session.user,
                "token_id": session.token or None,
                "organization_id": session.organization or None,
                "created_at": session.created_at,
                "expires_at": session.expires_at,
                "revoked_at": session.revoked_at,
            },
        )

    def put_signing_key(self, key: SigningKey) -> None:
        self._put(tables.signing_key, msgspec.structs.asdict(key))

    def forget_sessions(self, *, ended_before: float) -> None:
        """Delete sessions that ended before a time: nobody can show them again, and every login leaves one."""
        with self._database.writing() as connection:
            connection.execute(delete(tables.session).where(tables.session.c.expires_at < ended_before))

    def _put(self, table: Table, values: Values) -> None:
        with self._database.writing() as connection:
            upsert(connection, table, rows=[values])


def key_values(key: OrganizationKey) -> Values:
    """The row of an organization key."""
    return {
        "id": key.id,
        "organization_id": key.organization,
        "project_id": key.project or None,
        "name": key.name,
        "digest": key.digest,
        "last4": key.last4,
        "permissions": encode(key.permissions).decode(),
        "scopes": encode(key.scopes).decode(),
        "created_at": key.created_at,
        "created_by": key.created_by,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


def _rows(connection: Connection, table: Table) -> list[Row[tuple[object, ...]]]:
    return list(connection.execute(_all(table)))


def _all(table: Table) -> Select[tuple[object, ...]]:
    """In the order of creation."""
    return select(table).order_by(table.c.created_at, *table.primary_key)


def _plain(connection: Connection, table: Table, type_: type[_Plain]) -> list[_Plain]:
    return [type_(**row) for row in connection.execute(_all(table)).mappings()]
