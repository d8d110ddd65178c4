"""The head of a request, with the provider's auth scheme applied: the one place where provider secrets are opened.

All of a head but its path and its length is the same for every request through an offer, so it is built once and kept
as long as offer and credential are the same objects.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from headgate import __version__
from headgate.adapters.upstream.pool import OriginKey
from headgate.adapters.upstream.redaction import without
from headgate.catalogue.credential import API_KEY, StoredCredential, presented
from headgate.catalogue.offer import Offer
from headgate.catalogue.provider import AuthScheme
from headgate.catalogue.upstream import Route, Unroutable
from headgate.core.failure import Failure, FailureKind
from headgate.core.secret import Secret
from headgate.gateway.ports import Credentials, Opener
from headgate.http1.headers import field

_USER_AGENT: Final = f"headgate/{__version__}".encode()
_PATH_SAFE: Final = "/?&=%:@!$'()*+,;-._~[]"
_PATHS: Final = 16
_KEPT: Final = 4096


class Head:
    """The constant part of the request heads of one offer."""

    __slots__ = ("_after", "_before", "_starts", "key", "offer", "secret", "stored", "used", "version")

    def __init__(self, offer: Offer, *, key: OriginKey, lines: tuple[bytes, bytes], secret: Secret | None) -> None:
        """`lines` are those before and after the type of the body."""
        self.offer = offer
        self.secret = secret
        self.stored: StoredCredential | None = None
        self.version = -1
        self.key = key
        self._before, self._after = lines
        self._starts: dict[str, bytes] = {}
        self.used = True

    def redacted(self, text: bytes) -> bytes:
        """`text` without the secret."""
        return text if self.secret is None else without(self.secret, text)

    def start(self, path: str) -> bytes:
        """The head of a POST to `path`, up to the value of its content-length."""
        start = self._starts.get(path)
        if start is None:
            if len(self._starts) >= _PATHS:
                self._starts.clear()
            target = quote(path, safe=_PATH_SAFE).encode()
            lines = b"%bcontent-type: application/json\r\n%b" % (self._before, self._after)
            start = b"POST %b HTTP/1.1\r\n%bcontent-length: " % (target, lines)
            self._starts[path] = start
        return start

    def opening(self, path: str, content_type: bytes, *, length: int | None) -> bytes:
        """The head of a POST to `path` of a body of another type, complete; without a length it comes in chunks."""
        target = quote(path, safe=_PATH_SAFE).encode()
        framing = b"transfer-encoding: chunked" if length is None else b"content-length: %d" % length
        lines = self._before + field(b"content-type", content_type) + self._after
        return b"POST %b HTTP/1.1\r\n%b%b\r\n\r\n" % (target, lines, framing)

    def get(self, path: str) -> bytes:
        """The head of a GET of `path`, complete."""
        return b"GET %b HTTP/1.1\r\n%b%b\r\n" % (quote(path, safe=_PATH_SAFE).encode(), self._before, self._after)


class Heads:
    """The heads of the offers in use."""

    def __init__(self, credentials: Credentials, opener: Opener) -> None:
        self._credentials = credentials
        self._opener = opener
        self._heads: dict[str, Head] = {}

    def head(self, offer: Offer) -> Head | Failure:
        """The head for an offer, or why it cannot be called."""
        head = self._heads.get(offer.uid)
        # Read before the look-up: a change in between is then noticed the next time.
        version = self._credentials.version
        if head is not None and head.offer is offer and head.version == version:
            head.used = True
            return head
        stored = self._credentials.applicable(offer)
        if head is not None and head.offer is offer and head.stored is stored:
            head.version = version
            head.used = True
            return head
        made = stored if isinstance(stored, Failure) else self._make(offer, stored)
        if isinstance(made, Head):
            made.version = version
            if head is None and len(self._heads) >= _KEPT:
                del self._heads[next(iter(self._heads))]
            self._heads[offer.uid] = made
        return made

    def presenting(self, offer: Offer, secret: Secret | None) -> Head | Failure:
        """The head for an offer that is not stored, with a secret of its own. It is not kept."""
        route = offer.route
        if isinstance(route, Unroutable):
            return Failure(kind=FailureKind.UNROUTABLE, message=route.message)
        if secret is None and route.provider.needs_key:
            return _unusable(f"provider {route.provider.id!r} needs a credential")
        return _made(offer, secret)

    def sweep(self) -> None:
        """Forget the heads, and with them the secrets, that nobody used since the last sweep."""
        self._heads = {uid: head for uid, head in self._heads.items() if head.used}
        for head in self._heads.values():
            head.used = False

    def __len__(self) -> int:
        return len(self._heads)

    def _make(self, offer: Offer, stored: StoredCredential | None) -> Head | Failure:
        route = offer.route
        if isinstance(route, Unroutable):
            return Failure(kind=FailureKind.UNROUTABLE, message=route.message)
        secret = None if stored is None else self._secret(route, stored)
        if isinstance(secret, Failure):
            return secret
        head = _made(offer, secret)
        if isinstance(head, Head):
            head.stored = stored
        return head

    def _secret(self, route: Route, stored: StoredCredential) -> Secret | Failure:
        if not stored.credential.may_go_to(route.origin):
            return _unusable("the credential must be entered again: it was given for another origin")
        try:
            return self._opener.open(stored)
        except ValueError:
            return _unusable("the credential must be entered again: it cannot be read")


def _made(offer: Offer, secret: Secret | None) -> Head | Failure:
    route = offer.route
    if isinstance(route, Unroutable):
        return Failure(kind=FailureKind.UNROUTABLE, message=route.message)
    if route.url is None:
        return Failure(kind=FailureKind.UNROUTABLE, message=f"provider {route.provider.id!r} has no address")
    key = None if secret is None else presented(secret)
    if secret is not None and key is None:
        return _unusable(f"the credential must be entered again: it has no {API_KEY!r}")
    try:
        auth = b"" if key is None else auth_line(route, key)
    except ValueError:
        return _unusable("the credential must be entered again: it cannot be sent in a header")
    before = field(b"host", route.url.authority.encode()) + auth
    after = (
        b"accept-encoding: identity\r\n"
        + field(b"user-agent", _USER_AGENT)
        + b"".join(field(name.encode(), value.encode()) for name, value in route.provider.headers)
    )
    origin = OriginKey(route.url.scheme, route.url.host, route.url.port, offer.private_egress)
    return Head(offer, key=origin, lines=(before, after), secret=key)


def auth_line(route: Route, secret: Secret) -> bytes:
    """The header that presents a secret the way the provider wants it; ValueError if the secret fits into none."""
    provider = route.provider
    value = secret.reveal().encode()
    match provider.auth:
        case AuthScheme.NONE:
            return b""
        case AuthScheme.BEARER:
            return field(b"authorization", b"Bearer " + value)
        case AuthScheme.HEADER:
            return field(provider.auth_header.encode(), value)


def _unusable(message: str) -> Failure:
    return Failure(kind=FailureKind.CREDENTIAL_MISSING, message=message)
