"""TLS towards upstreams: the system's certificate authorities, verification always on."""

from __future__ import annotations

import ssl


def client_context(authorities: str | None = None) -> ssl.SSLContext:
    """A context for connections to upstreams. `authorities`: PEM certificates to trust instead of the system's."""
    context = ssl.create_default_context(cadata=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
