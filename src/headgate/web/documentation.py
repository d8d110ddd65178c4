"""`/docs` and `/openapi.json`: the description of the management APIs, served from this process alone.

The page is one file without outside assets, so it works on a machine without the internet and under a strict policy.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Response

from headgate.web.answers import REVALIDATE
from headgate.web.flat import JSON
from headgate.web.openapi import FILE

PAGE: Final = Path(__file__).with_name("docs.html")

_INLINE: Final = re.compile(rb"<(script|style)>(.*?)</\1>", re.DOTALL)


class Documentation:
    """The page and the document that it shows."""

    def __init__(self) -> None:
        self._document = FILE.read_bytes()
        self._page = PAGE.read_bytes()
        self._policy = policy(self._page)

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/docs", self.page, methods=["GET"])
        router.add_api_route("/openapi.json", self.document, methods=["GET"])
        return router

    async def page(self) -> Response:
        headers = {"content-security-policy": self._policy, "cache-control": REVALIDATE}
        return Response(self._page, headers=headers, media_type="text/html")

    async def document(self) -> Response:
        return Response(self._document, headers={"cache-control": REVALIDATE}, media_type=JSON)


def policy(page: bytes) -> str:
    """The policy under which exactly the page's own script and style run, and only this server is asked."""
    hashes: dict[bytes, list[str]] = {b"script": [], b"style": []}
    for tag, text in _INLINE.findall(page):
        hashes[tag].append(f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'")
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(hashes[b'script'])}",
            f"style-src {' '.join(hashes[b'style'])}",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
