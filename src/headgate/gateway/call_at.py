"""Which machine serves the requests of an endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from headgate.catalogue.operations import Operation
from headgate.gateway.call import Call
from headgate.gateway.call_media import MediaCall
from headgate.gateway.call_upload import UploadCall
from headgate.gateway.endpoint import Endpoint
from headgate.gateway.fan_out import FanOut
from headgate.gateway.ports import CallEvents, Client
from headgate.gateway.road import Road

OpenCall: TypeAlias = Callable[[Road, Client, Endpoint], CallEvents]


def call_at(endpoint: Endpoint) -> OpenCall:
    """What opens the calls of an endpoint."""
    if endpoint.parse_form is not None:
        return UploadCall
    if endpoint.operation is Operation.SPEECH:
        return MediaCall
    return FanOut if endpoint.operation is Operation.EMBEDDING else Call
