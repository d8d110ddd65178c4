"""What may be done, by whom, and what may be given on.

A permission is `product:resource:action`. What is granted are patterns: a permission, or the beginning of one and
`*` for all the rest. A grant never exceeds its grantor: every pattern given on is covered by one that the giver has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from headgate.access.identity import Role

COMPLETIONS_USE: Final = "llm:completions:use"
EMBEDDINGS_USE: Final = "llm:embeddings:use"
GOVERNANCE_MANAGE: Final = "llm:governance:manage"
"""Write the organization's entries, defaults and keys."""
CREDENTIALS_USE: Final = "llm:credentials:use"
"""Refer to a named provider credential."""
CREDENTIALS_MANAGE: Final = "llm:credentials:manage"
"""Store, replace and delete provider credentials."""

PERMISSIONS: Final = frozenset(
    {COMPLETIONS_USE, EMBEDDINGS_USE, GOVERNANCE_MANAGE, CREDENTIALS_USE, CREDENTIALS_MANAGE}
)
EVERYTHING: Final = frozenset({"*"})
DEFAULT_FOR_KEYS: Final = (COMPLETIONS_USE, EMBEDDINGS_USE)

ROLES: Final[Mapping[Role, frozenset[str]]] = {
    Role.OWNER: frozenset({"llm:*"}),
    Role.ADMIN: frozenset({"llm:*"}),
    Role.MEMBER: frozenset({COMPLETIONS_USE, EMBEDDINGS_USE, CREDENTIALS_USE}),
    Role.VIEWER: frozenset(),
}

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
