"""Which credential and which context a request's headers carry.

Every road uses this one function, so a rule cannot hold for one carrier and be forgotten for another. All carriers
take all kinds of credentials; whether an organization key may come as a Bearer token is a setting, and decided where
the kind is known.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Final

import msgspec

from headgate.core.errors import ContextUnknown, NotAuthenticated, TwoCredentials

AUTHORIZATION: Final = b"authorization"
ORGANIZATION: Final = b"x-organization-id"
PROJECT: Final = b"x-project-id"
KEY_HEADERS: Final = (b"x-prismeai-api-key", b"x-api-key", b"api-key", b"x-goog-api-key")

_WATCHED: Final = frozenset({AUTHORIZATION, ORGANIZATION, PROJECT, *KEY_HEADERS})


class OrgKeyAsBearer(enum.StrEnum):
    """Where an organization key is accepted as `Authorization: Bearer`."""

    ACCEPT = "accept"
    SEED = "seed"
    """Where the published pages of the operation say so: creating and updating a model."""
    REFUSE = "refuse"


class Presented(msgspec.Struct, frozen=True, gc=False):
    """What the headers carry. `bearer_only` tells that the credential came as a Bearer token and in no other way."""

    credential: bytes
    bearer_only: bool
    organization: bytes
    project: bytes


def present(headers: Iterable[tuple[bytes, bytes]]) -> Presented:
    """The credential and context of a request with lower-case header names.

    Raises NotAuthenticated if there is no credential, TwoCredentials if there are two different ones, ContextUnknown
    if a context header is repeated with another value. An empty carrier counts as absent.
    """
    credential = carrier = organization = project = b""
    bearer_only = True
    for name, value in headers:
        if name not in _WATCHED:
            continue
        if name == AUTHORIZATION:
            found = value[7:].strip() if value[:7] == b"Bearer " else _authorization(value)
        elif name == ORGANIZATION:
            organization = _same(organization, value.strip())
            continue
        elif name == PROJECT:
            project = _same(project, value.strip())
            continue
        else:
            found = value.strip()
            if found:
                bearer_only = False
        if found:
            if credential and credential != found:
                raise TwoCredentials(sorted({carrier.decode(), name.decode()}))
            credential, carrier = found, name
    if not credential:
        raise NotAuthenticated
    return Presented(credential, bearer_only, organization, project)


def _authorization(value: bytes) -> bytes:
    value = value.strip()
    scheme, _, rest = value.partition(b" ")
    if scheme.lower() == b"bearer":
        return rest.strip()
    # Another scheme stands as a whole, a text that no credential equals: alone it is unknown, and beside a credential
    # it is a second one.
    return b"authorization " + value if value else b""


def _same(before: bytes, value: bytes) -> bytes:
    if before and before != value:
        raise ContextUnknown
    return value
