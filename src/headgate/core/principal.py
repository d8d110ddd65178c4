"""Who makes a request."""

from __future__ import annotations

import enum

import msgspec

from headgate.core.overlay import Overlay


class PrincipalKind(enum.StrEnum):
    """A person, or an organization's key."""

    USER = "user"
    KEY = "key"


class MissingHeaders(msgspec.Struct, frozen=True, gc=False):
    """Headers that the organization asks for and a request lacks; `blocks`: it is refused for that."""

    names: tuple[str, ...]
    blocks: bool


class Principal(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A user or an organization key, in the context of one organization and perhaps one project.

    `id` is `user:UID` or `key:ID`, as revisions record it; `credential` is the id of the token, key or session that
    was shown. `scopes` are the keys of the scopes that it resolves names in, in order. `permissions` are granted
    patterns of `product:resource:action`, `*` only at the end. `model_scopes` empty means any model, otherwise the
    names that it may call. `project_bound`: a key that was made for its project, and administers nothing beyond it.
    `overlay` is what the organization lays over the catalogue, None without an organization.
    `organization_admin`: an owner or admin of the organization, or a platform administrator; `organization_owner`: an
    owner, or the latter. `agent_models`, like `model_scopes` those of the agent on whose behalf they call, and `lacks`
    are about this one request of theirs.
    """

    id: str
    kind: PrincipalKind
    credential: str
    user: str = ""
    organization: str = ""
    organization_slug: str = ""
    project: str = ""
    platform_admin: bool = False
    organization_admin: bool = False
    organization_owner: bool = False
    permissions: frozenset[str] = frozenset()
    model_scopes: frozenset[str] = frozenset()
    agent_models: frozenset[str] = frozenset()
    scopes: tuple[str, ...] = ()
    project_bound: bool = False
    overlay: Overlay | None = None
    lacks: MissingHeaders | None = None

    def may(self, permission: str) -> bool:
        """Whether a granted pattern covers `permission`."""
        if permission in self.permissions or "*" in self.permissions:
            return True
        product, _, rest = permission.partition(":")
        resource = rest.partition(":")[0]
        return f"{product}:*" in self.permissions or f"{product}:{resource}:*" in self.permissions

    def may_call(self, name: str) -> bool:
        return not self.model_scopes or name in self.model_scopes
