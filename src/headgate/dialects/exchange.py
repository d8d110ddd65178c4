"""What a pair of wire formats does for a call: the caller's on one side, the upstream's on the other.

A call knows requests and answers only through these. Where both sides speak the same format, a codec passes bodies
through; where they differ, it translates, and refuses with InvalidBody what the other side cannot express.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from headgate.catalogue.upstream import Route
from headgate.core.failure import Failure
from headgate.core.usage import Usage

Extra = Callable[[Usage], bytes]
"""Our own members of a usage object (cost, duration, carbon) as JSON, asked for once the usage is known."""


class Extent(msgspec.Struct, frozen=True, gc=False):
    """The most that a request can be. Each byte of `text` may be a token; `pictures` and seconds of `sound` are sent.

    `output` is the longest answer in tokens, None where the request sets no limit, and `times` how many answers are
    asked for. `made` are pictures to be made, `searches` billed searches; `spoken`: the answer may be sound.
    """

    text: int
    output: int | None = None
    times: int = 1
    pictures: int = 0
    sound: int = 0
    made: int = 0
    searches: int = 0
    spoken: bool = False


class Inbound(Protocol):
    """A request as its caller wrote it. `size` is the length of its body in bytes; `agent_models` are the names that
    the agent behind it may call, empty for any."""

    @property
    def model(self) -> str | None: ...
    @property
    def stream(self) -> bool: ...
    @property
    def size(self) -> int: ...
    @property
    def agent_models(self) -> frozenset[str]: ...

    def estimate(self, output_tokens: int) -> Usage:
        """Usage for an upstream that reports none."""

    def extent(self) -> Extent:
        """The most that it can be, as far as it has come."""


class Relay(Protocol):
    """One streamed answer on its way through: upstream bytes in, the caller's bytes out.

    `feed` and `end` answer with what to forward, b"" for nothing. `failure` is set when the upstream reports an error
    or breaks the format; from then on nothing is forwarded. `events` counts what carried output; `usage` is what the
    upstream has told, and once the answer has ended an estimate in its place.
    """

    events: int
    usage: Usage | None
    failure: Failure | None

    def feed(self, data: bytes) -> bytes: ...

    @property
    def complete(self) -> bool:
        """Whether the terminal marker came."""

    def end(self, *, framed: bool) -> bytes:
        """The upstream's body ended; `framed`: its own framing says that nothing is missing."""

    def so_far(self) -> Usage:
        """What is known of the usage of an answer that did not end: estimated, unless the upstream has told it already.

        Of output it is a token for each event that carried some: at least what was passed on, at most what came.
        """


class Codec(Protocol):
    """One pair. Its methods take the requests that its own inbound side parsed. Stateless."""

    def path(self, route: Route, request: Inbound) -> str:
        """The path and query that the request goes to, behind the origin."""

    def outbound(self, request: Inbound, route: Route, defaults: Mapping[str, object]) -> bytes:
        """The upstream's body. `defaults` are fields of the inbound format that count where the caller said nothing.

        InvalidBody if the upstream's format cannot say what the request says.
        """

    def relay(self, json_name: msgspec.Raw, request: Inbound, extra: Extra) -> Relay: ...

    def whole(self, body: bytes, json_name: msgspec.Raw, request: Inbound, extra: Extra) -> bytes | Failure:
        """A whole answer as the caller gets it; a failure if the body is not one, or says that it failed."""

    def classify(self, status: int, headers: Mapping[bytes, bytes], body: bytes) -> Failure:
        """What an answer with a status other than 200 means."""


class Form(Inbound, Protocol):
    """A request that comes as a form in parts, read while it arrives. `kept` counts bytes that were not taken."""

    content_type: bytes
    """What the upstream is told of it."""
    ended: bool
    """Whether its last delimiter has come."""
    closed: bool
    """Whether its body is complete."""
    kept: int

    @property
    def length(self) -> int:
        """How many bytes could be taken."""

    def feed(self, data: bytes) -> None:
        """A piece of the body; InvalidBody if it is no form, or one that is not served, PayloadTooLarge."""

    def close(self) -> None:
        """The body is complete; InvalidBody if the form is not."""

    def take(self) -> bytes | None:
        """The next piece of the upstream's body, None if there is none at present.

        There are pieces only after `outbound` has said of which entry; until the first is taken it can say so again.
        """

    def whole(self) -> bytes:
        """All that could be taken. It is kept."""


class Opened(msgspec.Struct, frozen=True):
    """How a good answer goes to the caller: as `content_type`, through `relay`; without one it is JSON, and kept until
    it is whole. `tells`: a failure can be told within it; if not, the answer is broken off."""

    content_type: bytes
    relay: Relay | None = None
    tells: bool = False


class MediaCodec(Codec, Protocol):
    """A pair whose upstream says by the type of its answer what it is: JSON, text, sound, events.

    `relay` is not used. `outbound` of a `Form` answers b"": the body is taken from the form.
    """

    def opened(
        self, content_type: bytes, request: Inbound, *, json_name: msgspec.Raw, extra: Extra
    ) -> Opened | Failure:
        """How an answer of this type is passed on; a failure if it is none."""
