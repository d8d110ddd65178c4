"""Base URLs of upstreams: parsed once, strictly, so that what is checked is what is connected to."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

URL_LIMIT: Final = 1000
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\]")
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\\"<>^`{|}]")


class BaseUrl(msgspec.Struct, frozen=True, gc=False):
    """Where an upstream lives.

    `host` is in lower case, an IPv6 address without brackets; `path` has no slash at its end.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header: brackets around IPv6, the port left out where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"


def parse_base_url(text: str) -> BaseUrl:
    """The parts of an http(s) URL; ValueError that says what is wrong."""
    if len(text) > URL_LIMIT:
        raise ValueError(f"a base URL has at most {URL_LIMIT} characters")
    if _UNSAFE.search(text):
        raise ValueError("a base URL is printable ASCII without spaces, quotes, backslashes or braces")
    parts = urlsplit(text)
    if parts.scheme.lower() not in DEFAULT_PORTS:
        raise ValueError("a base URL starts with https:// or http://")
    if "@" in parts.netloc:
        raise ValueError("a base URL carries no user name or password; give the secret as a credential")
    if "?" in text or "#" in text:
        raise ValueError("a base URL has no query and no fragment")
    host = parts.netloc.lower()
    head, colon, digits = host.rpartition(":")
    if colon and not digits.endswith("]"):
        if not (digits.isascii() and digits.isdigit() and 0 < int(digits) < 65536):
            raise ValueError(f"{digits!r} is not a port; accepted: 1 to 65535")
        host, port = head, int(digits)
    else:
        port = DEFAULT_PORTS[parts.scheme.lower()]
    if not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} is not a host name or address")
    return BaseUrl(parts.scheme.lower(), host.strip("[]"), port, parts.path.rstrip("/"))
