"""What an organization lays over the catalogue: it refuses, defaults and redirects, and never edits an entry."""

from __future__ import annotations

import enum

import msgspec


class OwnModels(enum.StrEnum):
    """Whether `allowed_models` leaves the entries of projects and users alone."""

    ALLOW = "allow"
    ADMINS = "admins"
    DENY = "deny"


class Overlay(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The governance settings of one organization.

    `allowed_models` binds platform, organization and shared entries; none = all. `own_models` says who may call
    entries of projects and users all the same.
    """

    allowed_models: frozenset[str] = frozenset()
    own_models: OwnModels = OwnModels.ALLOW


NO_OVERLAY = Overlay()
