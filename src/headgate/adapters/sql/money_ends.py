"""Budgets, limits and prices that were set for somebody end with them, in the transaction that ends that."""

from __future__ import annotations

from sqlalchemy import Connection, Select, delete, select

from headgate.adapters.sql.money_tables import budget, price_override, rate_limit
from headgate.adapters.sql.tables import organization_key
from headgate.core.subject import SubjectKind


def drop_of_organization(connection: Connection, organization: str) -> None:
    """Those of everybody in it."""
    for each in (budget, rate_limit, price_override):
        connection.execute(delete(each).where(each.c.organization_id == organization))


def drop_of_project(connection: Connection, organization: str, *, project: str) -> None:
    """Those of the project and of its keys. Before the keys go."""
    _drop(connection, organization, SubjectKind.PROJECT, ids=(project,))
    keys = select(organization_key.c.id).where(organization_key.c.project_id == project)
    _drop(connection, organization, SubjectKind.KEY, ids=keys)


def drop_of_user(connection: Connection, organization: str, *, user: str) -> None:
    _drop(connection, organization, SubjectKind.USER, ids=(user,))


def drop_of_key(connection: Connection, organization: str, *, key: str) -> None:
    _drop(connection, organization, SubjectKind.KEY, ids=(key,))


def _drop(
    connection: Connection, organization: str, kind: SubjectKind, *, ids: tuple[str, ...] | Select[tuple[str]]
) -> None:
    for each in (budget, rate_limit):
        theirs = (each.c.organization_id == organization, each.c.subject_kind == kind.value)
        connection.execute(delete(each).where(*theirs, each.c.subject_id.in_(ids)))
