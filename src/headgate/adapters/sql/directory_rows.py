"""Rows of the directory's tables, read as what they stand for."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Row

from headgate.access.identity import (
    AccessToken,
    ExternalIdentity,
    Membership,
    Organization,
    OrganizationKey,
    OrganizationSettings,
    Project,
    ProjectMembership,
    ProjectRole,
    ProjectSettings,
    Role,
    Session,
    User,
)

_WORDS: Final = msgspec.json.Decoder(tuple[str, ...])
_OF_ORGANIZATION: Final = msgspec.json.Decoder(OrganizationSettings)
_OF_PROJECT: Final = msgspec.json.Decoder(ProjectSettings)


def organization(row: Row[tuple[object, ...]]) -> Organization:
    return Organization(
        id=row.id,
        slug=row.slug,
        name=row.name,
        created_at=row.created_at,
        settings=_OF_ORGANIZATION.decode(row.settings),
    )


def project(row: Row[tuple[object, ...]]) -> Project:
    return Project(
        id=row.id,
        organization=row.organization_id,
        slug=row.slug,
        name=row.name,
        created_at=row.created_at,
        settings=_OF_PROJECT.decode(row.settings),
    )


def user(row: Row[tuple[object, ...]]) -> User:
    return User(
        id=row.id,
        name=row.name,
        email=row.email or "",
        password=row.password or "",
        default_organization=row.default_organization_id or "",
        platform_admin=row.platform_admin,
        disabled=row.disabled,
        created_at=row.created_at,
    )


def identity(row: Row[tuple[object, ...]]) -> ExternalIdentity:
    return ExternalIdentity(issuer=row.issuer, subject=row.subject, user=row.user_id, created_at=row.created_at)


def in_project(row: Row[tuple[object, ...]]) -> ProjectMembership:
    return ProjectMembership(
        user=row.user_id,
        organization=row.organization_id,
        project=row.project_id,
        role=ProjectRole(row.role),
        created_at=row.created_at,
    )


def membership(row: Row[tuple[object, ...]]) -> Membership:
    return Membership(
        user=row.user_id, organization=row.organization_id, role=Role(row.role), created_at=row.created_at
    )


def token(row: Row[tuple[object, ...]]) -> AccessToken:
    return AccessToken(
        id=row.id,
        user=row.user_id,
        name=row.name,
        digest=row.digest,
        last4=row.last4,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )


def session(row: Row[tuple[object, ...]]) -> Session:
    return Session(
        id=row.id,
        user=row.user_id,
        token=row.token_id or "",
        organization=row.organization_id or "",
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )


def key(row: Row[tuple[object, ...]]) -> OrganizationKey:
    return OrganizationKey(
        id=row.id,
        organization=row.organization_id,
        project=row.project_id or "",
        name=row.name,
        digest=row.digest,
        last4=row.last4,
        permissions=_WORDS.decode(row.permissions),
        scopes=_WORDS.decode(row.scopes),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
