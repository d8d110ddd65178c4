"""The header policies of organizations, as calls meet them.

What a request lacks is found when its head is there, and acted on when its entry is known: refused, or only reported.
"""

from __future__ import annotations

import enum
from typing import Final, Protocol

import msgspec

from headgate.access.header_policy import CallerClass, HeaderPolicy, Mode, missing, read_policy
from headgate.catalogue.offer import Offer
from headgate.catalogue.upstream import Unroutable
from headgate.core.errors import HeaderPolicyViolation
from headgate.core.events import EventName
from headgate.core.json import Json
from headgate.core.overlay import Overlay
from headgate.core.principal import MissingHeaders, Principal
from headgate.gateway.ports import Headers

_REMEMBERED: Final = 4_096


class Enforcement(enum.StrEnum):
    """The operator's switch over all policies."""

    ENABLED = "enabled"
    REPORT_ONLY = "report_only"
    OFF = "off"


class Events(Protocol):
    """Where events go. On the road: keeps them for somebody else to write down."""

    def tell(self, name: EventName, fields: dict[str, Json]) -> None: ...


class HeaderPolicies:
    """Reads each organization's policy once. `enforcement` is the operator's switch."""

    def __init__(self, events: Events, enforcement: Enforcement = Enforcement.ENABLED) -> None:
        self._events = events
        self._enforcement = enforcement
        self._read: dict[int, tuple[Overlay, HeaderPolicy]] = {}

    def judged(self, principal: Principal, headers: Headers) -> Principal:
        """The principal, with what this request of theirs lacks."""
        overlay = principal.overlay
        if overlay is None or self._enforcement is Enforcement.OFF:
            return principal
        asked = self._policy(overlay, principal.organization).demands.get(
            CallerClass.USER if principal.user else CallerClass.APIKEY
        )
        if asked is None or asked.mode is Mode.DISABLED:
            return principal
        lacking = missing(asked, headers)
        if not lacking:
            return principal
        blocks = asked.mode is Mode.BLOCK and self._enforcement is Enforcement.ENABLED
        return msgspec.structs.replace(principal, lacks=MissingHeaders(lacking, blocks))

    def enforce(self, principal: Principal, lacks: MissingHeaders, *, offer: Offer) -> None:
        """Tell of what is missing; HeaderPolicyViolation if that blocks."""
        route = offer.route
        self._events.tell(
            EventName.HEADERS_MISSING,
            {
                "blocked": lacks.blocks,
                "mode": Mode.BLOCK if lacks.blocks else Mode.REPORT_ONLY,
                "missing": list(lacks.names),
                "model": offer.name,
                "provider": None if isinstance(route, Unroutable) else route.provider.id,
                "auth_type": principal.kind,
                "organization_id": principal.organization,
                "user_id": principal.user or None,
                "key_id": None if principal.user else principal.credential,
            },
        )
        if lacks.blocks:
            raise HeaderPolicyViolation(lacks.names, model=offer.name)

    def _policy(self, overlay: Overlay, organization: str) -> HeaderPolicy:
        known = self._read.get(id(overlay))
        if known is not None and known[0] is overlay:
            return known[1]
        policy = read_policy(overlay.header_policy)
        for key, flaw in policy.flaws:
            self._events.tell(
                EventName.HEADER_POLICY_INVALID, {"organization_id": organization, "key": key, "reason": flaw}
            )
        if len(self._read) >= _REMEMBERED:
            self._read.clear()
        self._read[id(overlay)] = (overlay, policy)
        return policy
