"""What the tests of the formats without a stream have in common."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec

from headgate.catalogue.entry import Document, Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.providers import BUNDLED
from headgate.catalogue.upstream import Route, route
from headgate.core.failure import Failure
from headgate.core.json import Json
from headgate.core.usage import Usage

MINE = msgspec.Raw(b'"mine"')


def extra(usage: Usage) -> bytes:
    return b'"cost":%d' % (usage.prompt + usage.completion)


def route_of(kind: Kind, provider: str = "openai", *, model: str = "up") -> Route:
    document = Document(
        name="mine", kind=kind, provider=provider, upstream_model=model, pricing=Pricing(Decimal(1), Decimal(2))
    )
    found = route(document, BUNDLED)
    assert isinstance(found, Route)
    return found


def read(answer: bytes | Failure) -> Json:
    assert isinstance(answer, bytes), answer
    return json.loads(answer)
