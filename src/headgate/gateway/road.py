"""What every call on the request road shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from headgate.catalogue.kinds import Kind
from headgate.catalogue.snapshot import Snapshot
from headgate.core.clock import Clock
from headgate.core.errors import GatewayError
from headgate.core.ids import RequestIds
from headgate.core.principal import Principal
from headgate.gateway.endpoint import Shape
from headgate.gateway.header_policies import HeaderPolicies
from headgate.gateway.ports import RequestHead, Telemetry, Upstream
from headgate.gateway.tab import Till


class Timeouts(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Seconds. `connect` includes the name look-up; `first_byte` runs from the request's last byte; `idle` lies
    between two pieces of an answer; `total` is for one attempt, and an entry's own `timeout` replaces it."""

    connect: float
    first_byte: float
    idle: float
    total: float


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """An error as an answer. `headers` are complete lines."""

    status: int
    headers: bytes
    body: bytes


class Refusals(Protocol):
    """Errors in the caller's shape. Implemented where statuses are chosen."""

    def answer(self, error: GatewayError, shape: Shape) -> Refusal: ...

    def event(self, error: GatewayError, shape: Shape) -> bytes:
        """A server-sent event that tells of `error`, after which the stream ends."""


class CurrentSnapshot(Protocol):
    """The one mutable reference to the catalogue."""

    @property
    def snapshot(self) -> Snapshot: ...


class Routing(msgspec.Struct, frozen=True, kw_only=True):
    """What decides whether a request is served, and by which entry. `identify` turns a request head into a principal
    or raises a GatewayError; `default_model` names the model of a request that names none; `is_out` tells by its uid
    whether an entry is known not to work, and so stands in for no other."""

    current: CurrentSnapshot
    identify: Callable[[RequestHead], Principal]
    default_model: Callable[[Principal, Kind], str | None]
    header_policies: HeaderPolicies
    is_out: Callable[[str], bool] = lambda _uid: False


class Road(Routing, frozen=True, kw_only=True):
    """The dependencies of a call."""

    upstream: Upstream
    till: Till
    refusals: Refusals
    telemetry: Telemetry
    clock: Clock
    ids: RequestIds
    timeouts: Timeouts
    answer_limit: int
    """The most bytes of a whole answer that are kept before it is passed on."""
