"""Fetches the pages of an identity provider as everything else leaves: through look-up, egress guard and client.

The address of a provider is an operator's word, but the address of its keys may be the provider's, so it gets no more
than any other: public addresses, and private ones inside `egress_allow`.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from headgate.catalogue.entry import Document, ModelEntry
from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import Offer, offer
from headgate.catalogue.provider import AuthScheme, Provider
from headgate.catalogue.providers import Providers
from headgate.catalogue.scope import PLATFORM
from headgate.catalogue.url import parse_base_url
from headgate.core.failure import Failure
from headgate.gateway.verify_exchange import ProbeUpstream, Question, Subject, ask

PAGE_LIMIT: Final = 256 * 1024
TIMEOUT: Final = 10.0
_ROW: Final = Provider(id="identity-provider", name="Identity provider", auth=AuthScheme.NONE, needs_key=False)


class PageRefused(Exception):
    """There is no such page. The message says why."""


class Pages:
    """GETs of whole pages."""

    def __init__(self, upstream: ProbeUpstream) -> None:
        self._upstream = upstream
        self._providers = Providers([_ROW])

    async def get(self, url: str) -> bytes:
        """The body of a good answer. PageRefused for anything else."""
        # What a base URL may not have, a page may: a query, and a slash at the end that means something.
        parts = urlsplit(url)
        try:
            origin = parse_base_url(url.partition("?")[0]).origin
        except ValueError as error:
            raise PageRefused(f"{url!r}: {error}") from None
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        subject = Subject(self._place(origin), stored=False)
        answered = await ask(self._upstream, subject, question=Question(path), within=TIMEOUT)
        if isinstance(answered.result, Failure):
            raise PageRefused(f"{url!r}: {answered.result.message}")
        if len(answered.result) > PAGE_LIMIT:
            raise PageRefused(f"{url!r}: the page has more than {PAGE_LIMIT} bytes")
        return answered.result

    def _place(self, origin: str) -> Offer:
        """What the client calls: an entry that no catalogue holds, and that no platform administrator wrote."""
        entry = ModelEntry(
            uid=f"{_ROW.id} {origin}",
            number=0,
            scope=PLATFORM,
            document=Document(name=_ROW.id, kind=Kind.CHAT, provider=_ROW.id, api_base=origin),
            revision=0,
            created_at=0.0,
            created_by=_ROW.id,
            updated_at=0.0,
            updated_by=_ROW.id,
            private_egress=False,
        )
        return offer(entry, self._providers)
