"""What may be done, by whom, and what may be given on.

A permission is `product:resource:action`. What is granted are patterns: a permission, or the beginning of one and
`*` for all the rest. A grant never exceeds its grantor: every pattern given on is covered by one that the giver has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from headgate.access.identity import ProjectRole, ProjectSettings, Role

COMPLETIONS_USE: Final = "llm:completions:use"
EMBEDDINGS_USE: Final = "llm:embeddings:use"
GOVERNANCE_MANAGE: Final = "llm:governance:manage"
"""Write the organization's entries, defaults and keys."""
CREDENTIALS_USE: Final = "llm:credentials:use"
"""Refer to a named provider credential."""
CREDENTIALS_MANAGE: Final = "llm:credentials:manage"
"""Store, replace and delete provider credentials."""

MODELS_READ: Final = "llm:models:read"
"""See the entries of a project."""
MODELS_WRITE: Final = "llm:models:write"
"""Create and update the entries of a project."""
MODELS_DELETE: Final = "llm:models:delete"
"""Delete the entries of a project."""
SECRETS_MANAGE: Final = "llm:secrets:manage"
"""Enter and replace the secrets of a project's entries."""
MEMBERS_MANAGE: Final = "llm:members:manage"
"""Manage the organization's members, projects, keys of projects and settings."""
AUDIT_READ: Final = "llm:audit:read"
"""Read the organization's audit trail."""
USAGE_READ: Final = "llm:usage:read"
"""Read what everybody of the organization has used and what it cost; one's own usage may be read without."""

PERMISSIONS: Final = frozenset(
    {
        COMPLETIONS_USE,
        EMBEDDINGS_USE,
        GOVERNANCE_MANAGE,
        CREDENTIALS_USE,
        CREDENTIALS_MANAGE,
        MODELS_READ,
        MODELS_WRITE,
        MODELS_DELETE,
        SECRETS_MANAGE,
        MEMBERS_MANAGE,
        AUDIT_READ,
        USAGE_READ,
    }
)
EVERYTHING: Final = frozenset({"*"})
DEFAULT_FOR_KEYS: Final = (COMPLETIONS_USE, EMBEDDINGS_USE)

ROLES: Final[Mapping[Role, frozenset[str]]] = {
    Role.OWNER: frozenset({"llm:*"}),
    Role.ADMIN: frozenset({"llm:*"}),
    Role.MEMBER: frozenset({COMPLETIONS_USE, EMBEDDINGS_USE, CREDENTIALS_USE}),
    Role.VIEWER: frozenset(),
}

_OPERATOR: Final = frozenset({COMPLETIONS_USE, EMBEDDINGS_USE, MODELS_READ})

PROJECT_ROLES: Final[Mapping[ProjectRole, frozenset[str]]] = {
    ProjectRole.DEVELOPER: _OPERATOR | {CREDENTIALS_USE, MODELS_WRITE},
    ProjectRole.OPERATOR: _OPERATOR,
    ProjectRole.VIEWER: frozenset({MODELS_READ}),
}
"""What a member may do in the context of a project, in place of what the role in the organization permits."""


def in_project(role: ProjectRole, settings: ProjectSettings) -> frozenset[str]:
    """What the role permits in a project that is run like this."""
    if role is ProjectRole.DEVELOPER and settings.developers_manage_secrets:
        return PROJECT_ROLES[role] | {SECRETS_MANAGE}
    return PROJECT_ROLES[role]


_WORD: Final = r"[a-z0-9]+(?:[-_][a-z0-9]+)*"
_PATTERN: Final = re.compile(rf"\*|{_WORD}:\*|{_WORD}:{_WORD}:\*|{_WORD}:{_WORD}:{_WORD}")


def is_pattern(text: str) -> bool:
    return len(text) <= 200 and _PATTERN.fullmatch(text) is not None


def matches(pattern: str, grant: str) -> bool:
    """Whether everything that `grant` permits, `pattern` permits too. Both are valid patterns."""
    return pattern == grant or (pattern.endswith("*") and grant.startswith(pattern[:-1]))


def covers(grantor: Iterable[str], grant: str) -> bool:
    """Whether one who has the patterns of `grantor` may give `grant` on."""
    return any(matches(pattern, grant) for pattern in grantor)


def permits_something(pattern: str) -> bool:
    """Whether the pattern covers any permission that exists; one that does not is a slip of the pen."""
    return any(matches(pattern, permission) for permission in PERMISSIONS)
