"""What a budget or a limit is for."""

from __future__ import annotations

import enum

import msgspec


class SubjectKind(enum.StrEnum):
    """Who is bound. `ROLE` and `PLAN` bind each user of an organization who has no limit of their own: those of one
    role, and all."""

    ORGANIZATION = "organization"
    PROJECT = "project"
    USER = "user"
    KEY = "key"
    ROLE = "role"
    PLAN = "plan"


SPENDERS = (SubjectKind.ORGANIZATION, SubjectKind.PROJECT, SubjectKind.USER, SubjectKind.KEY)
"""Those who have budgets."""
PLAN_ID = "default"
"""The id of the one plan that an organization has."""


class Subject(msgspec.Struct, frozen=True, gc=False):
    """One of them. A user is meant within the organization, or, with "" for that, wherever they are."""

    organization: str
    kind: SubjectKind
    id: str
