"""What the head of every answer to a call says besides its framing."""

from __future__ import annotations

from headgate.catalogue.offer import Offer


def answer_head(request_id: str, offer: Offer, attempts: int, content_type: bytes, *, more: bytes) -> bytes:
    """Header lines: the content type, which request it was, who served it after how many attempts, then `more`."""
    return b"content-type: %b\r\nx-request-id: %b\r\nx-headgate-model: %b\r\nx-headgate-attempts: %d\r\n%b%b" % (
        content_type,
        request_id.encode(),
        offer.header_name,
        attempts,
        b"deprecation: true\r\n" if offer.deprecated else b"",
        more,
    )
