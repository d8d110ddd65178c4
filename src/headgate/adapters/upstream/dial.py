"""Makes connections: look-up, egress guard, socket, TLS.

What the guard has seen is what is connected to: the look-up happens once, one refused address refuses the name, and
the socket is opened to an address of that same answer. The name stays what TLS verifies.
"""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import Callable, Sequence
from typing import Final

from headgate.adapters.upstream.connection import Connection
from headgate.adapters.upstream.dns import Resolver
from headgate.adapters.upstream.egress import Address, EgressPolicy
from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.adapters.upstream.pool import OriginKey
from headgate.core.failure import Failure, FailureKind

_ADDRESSES: Final = 8
_OURS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})


class Dialler:
    """Makes connections to origins."""

    def __init__(
        self, *, resolver: Resolver, policy: EgressPolicy, context: ssl.SSLContext, limits: UpstreamLimits
    ) -> None:
        self._resolver = resolver
        self._policy = policy
        self._context = context
        self._limits = limits

    async def dial(self, key: OriginKey, make: Callable[[], Connection]) -> Connection | Failure:
        """A connection to the origin, or why there is none. Cancelling it leaves nothing open."""
        addresses = self._resolver.known(key.host) or await self._resolver.resolve(key.host)
        if isinstance(addresses, Failure):
            return addresses
        for address in addresses:
            refusal = self._policy.refusal(address, private=key.private)
            if refusal is not None:
                # The address itself is not told: what names mean inside a network is nobody's business outside.
                message = f"{key.host!r} may not be connected to: {refusal}"
                return Failure(kind=FailureKind.EGRESS_REFUSED, message=message)
        return await self._first_of(addresses[:_ADDRESSES], key, make)

    async def _first_of(
        self, addresses: Sequence[Address], key: OriginKey, make: Callable[[], Connection]
    ) -> Connection | Failure:
        failure = Failure(kind=FailureKind.NAME_NOT_FOUND, message=f"the host name {key.host!r} has no address")
        for address in addresses:
            try:
                if address is addresses[-1]:
                    # Nothing is left to turn to: it has whatever time the attempt has.
                    return await self._open(address, key, make)
                async with asyncio.timeout(self._limits.address):
                    return await self._open(address, key, make)
            except OSError as error:
                failure = _failure(error, key)
        return failure

    async def _open(self, address: Address, key: OriginKey, make: Callable[[], Connection]) -> Connection:
        loop = asyncio.get_running_loop()
        if key.scheme == "https":
            name = key.host.rstrip(".")
            _, connection = await loop.create_connection(
                make, str(address), key.port, ssl=self._context, server_hostname=name
            )
        else:
            _, connection = await loop.create_connection(make, str(address), key.port)
        return connection


def _failure(error: OSError, key: OriginKey) -> Failure:
    if error.errno in _OURS:
        return Failure(kind=FailureKind.BUSY, message="this machine can make no more connections")
    if isinstance(error, ssl.SSLCertVerificationError):
        message = f"the certificate of {key.host!r} was not accepted"
        return Failure(kind=FailureKind.TLS, message=message)
    if isinstance(error, ssl.SSLError | ConnectionResetError | ConnectionAbortedError) and key.scheme == "https":
        return Failure(kind=FailureKind.TLS, message=f"the TLS handshake with {key.host!r} failed")
    if isinstance(error, TimeoutError):
        return Failure(kind=FailureKind.REFUSED, message=f"{key.host!r} did not answer on port {key.port}")
    return Failure(kind=FailureKind.REFUSED, message=f"{key.host!r} refused the connection on port {key.port}")
