"""Tokens of an identity provider: the honest are read, and nothing that a stranger can write is."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Coroutine, Iterator
from ipaddress import ip_network
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.adapters.oidc import Expected, OidcTokens
from headgate.adapters.oidc_keys import key_set as read_keys
from headgate.adapters.oidc_pages import PAGE_LIMIT, PageRefused
from headgate.adapters.oidc_pages import Pages as Fetching
from headgate.adapters.tasks import Tasks
from headgate.adapters.upstream.egress import EgressPolicy
from headgate.adapters.upstream.front import upstreams
from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.core.errors import IdentityPending
from tests.adapters.upstream.rig import Book, ManualClock
from tests.identity_provider import AUDIENCE, PRIVATE, Pages, Provider, key_set, pages, signed

PROVIDER = Provider()
NOW = PROVIDER.now
HERE = ("127.0.0.0/8",)


@pytest.fixture
def shown() -> Iterator[Pages]:
    with pages() as shown:
        shown.show("/keys", key_set())
        yield shown


class Desk:
    """The reader of tokens with everything behind it: guard, client, sockets."""

    def __init__(self, expected: Expected, *, allow: tuple[str, ...] = HERE) -> None:
        self.clock = ManualClock(1000.0)
        self.tasks = Tasks()
        book = Book()
        self.upstream = upstreams(
            credentials=book,
            opener=book,
            clock=self.clock,
            tasks=self.tasks,
            policy=EgressPolicy(ip_network(each) for each in allow),
            limits=UpstreamLimits(),
        )
        self.fetching = Fetching(self.upstream)
        self.tokens = OidcTokens(expected, self.fetching, tasks=self.tasks, clock=self.clock)

    async def read(self, token: str, now: float = NOW) -> str | None:
        """The subject, after waiting for whatever has to be looked up."""
        try:
            vouched = self.tokens.read(token, now)
        except IdentityPending:
            await self.tokens.settled()
            vouched = self.tokens.read(token, now)
        return vouched.subject if vouched is not None else None

    async def close(self) -> None:
        self.upstream.close()
        await self.tasks.close()


def expecting(jwks_url: str | None, issuer: str = PROVIDER.issuer) -> Expected:
    return Expected(issuer=issuer, audiences=[AUDIENCE, "another-name"], jwks_url=jwks_url)


def at_desk(
    scenario: Callable[[Desk], Coroutine[Any, Any, Any]], expected: Expected, *, allow: tuple[str, ...] = HERE
) -> Any:  # noqa: ANN401  whatever the scenario gives
    async def run() -> Any:  # noqa: ANN401
        desk = Desk(expected, allow=allow)
        try:
            return await scenario(desk)
        finally:
            await desk.close()

    return asyncio.run(run())


@pytest.mark.parametrize("algorithm", PRIVATE)
def test_each_of_four_algorithms_is_read(shown: Pages, algorithm: str) -> None:
    async def scenario(desk: Desk) -> str | None:
        return await desk.read(PROVIDER.token(algorithm))

    assert at_desk(scenario, expecting(f"{shown.origin}/keys")) == "subject-1"


def test_every_forgery_is_refused_and_none_makes_us_ask_the_provider_twice(shown: Pages) -> None:
    async def scenario(desk: Desk) -> list[str]:
        assert await desk.read(PROVIDER.token()) == "subject-1"
        assert await desk.read(signed({"alg": "RS256", "kid": "RS256"}, PROVIDER.good())) == "subject-1"
        return [name for name, token in PROVIDER.forgeries().items() if await desk.read(token) is not None]

    assert at_desk(scenario, expecting(f"{shown.origin}/keys")) == []
    assert shown.asked == ["/keys"]


@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE], ["x", "another-name"]])
def test_a_token_for_one_of_our_names_is_for_us(shown: Pages, audience: object) -> None:
    async def scenario(desk: Desk) -> str | None:
        return await desk.read(PROVIDER.token(aud=audience))

    assert at_desk(scenario, expecting(f"{shown.origin}/keys")) == "subject-1"


def test_a_token_ends_at_its_second(shown: Pages) -> None:
    async def scenario(desk: Desk) -> list[str | None]:
        return [await desk.read(PROVIDER.token(), NOW + seconds) for seconds in (0, 299, 300, 299)]

    assert at_desk(scenario, expecting(f"{shown.origin}/keys")) == ["subject-1", "subject-1", None, "subject-1"]


def test_the_first_token_is_not_answered_before_the_keys_are_there(shown: Pages) -> None:
    async def scenario(desk: Desk) -> None:
        for _ in range(3):
            with pytest.raises(IdentityPending):
                desk.tokens.read(PROVIDER.token(), NOW)
        await desk.tokens.settled()
        assert desk.tokens.read(PROVIDER.token(), NOW) is not None

    at_desk(scenario, expecting(f"{shown.origin}/keys"))
    assert shown.asked == ["/keys"]


def test_an_unknown_key_is_asked_for_at_most_once_a_minute(shown: Pages) -> None:
    shown.show("/keys", key_set("ES256"))

    async def scenario(desk: Desk) -> None:
        assert await desk.read(PROVIDER.token()) == "subject-1"
        shown.show("/keys", key_set())
        for _ in range(5):
            assert await desk.read(PROVIDER.token("ES256")) is None
        desk.clock.seconds += 60
        assert await desk.read(PROVIDER.token("ES256")) == "subject-1"

    at_desk(scenario, expecting(f"{shown.origin}/keys"))
    assert shown.asked == ["/keys", "/keys"]


def test_what_is_no_token_of_the_provider_makes_nobody_ask_it(shown: Pages) -> None:
    async def scenario(desk: Desk) -> None:
        for changed in ({"iss": "https://evil.test"}, {"aud": "x"}, {"exp": 1}, {"sub": ""}):
            assert await desk.read(PROVIDER.token(**changed)) is None

    at_desk(scenario, expecting(f"{shown.origin}/keys"))
    assert shown.asked == []


def test_keys_are_kept_when_the_provider_is_gone(shown: Pages) -> None:
    async def scenario(desk: Desk) -> None:
        assert await desk.read(PROVIDER.token()) == "subject-1"
        shown.show("/keys", b"no longer", status=503)
        desk.clock.seconds += 3600
        assert await desk.read(PROVIDER.token()) == "subject-1"
        await desk.tokens.settled()
        assert await desk.read(PROVIDER.token()) == "subject-1"

    at_desk(scenario, expecting(f"{shown.origin}/keys"))
    assert len(shown.asked) == 2


def test_a_key_that_the_provider_withdraws_verifies_nothing_once_keys_are_fetched_again(shown: Pages) -> None:
    async def scenario(desk: Desk) -> None:
        assert await desk.read(PROVIDER.token()) == "subject-1"
        shown.show("/keys", key_set("RS256"))
        desk.clock.seconds += 600
        await desk.read(PROVIDER.token("ES256"))
        await desk.tokens.settled()
        assert await desk.read(PROVIDER.token()) is None

    at_desk(scenario, expecting(f"{shown.origin}/keys"))


def test_without_an_address_of_keys_the_discovery_says_where_they_are(shown: Pages) -> None:
    provider = Provider(issuer=f"{shown.origin}/realm/")
    document = {"issuer": provider.issuer, "jwks_uri": f"{shown.origin}/certs/?p=one"}
    shown.show("/realm/.well-known/openid-configuration", document)
    shown.show("/certs/?p=one", key_set())

    async def scenario(desk: Desk) -> str | None:
        return await desk.read(provider.token())

    assert at_desk(scenario, expecting(None, provider.issuer)) == "subject-1"


@pytest.mark.parametrize("document", [{}, {"issuer": "https://other.test", "jwks_uri": "{}/keys"}, [], b"no JSON"])
def test_a_discovery_about_somebody_else_gives_no_keys(shown: Pages, document: object) -> None:
    provider = Provider(issuer=shown.origin)
    shown.show("/.well-known/openid-configuration", document)

    async def scenario(desk: Desk) -> None:
        with pytest.raises(IdentityPending):
            await desk.read(provider.token())

    at_desk(scenario, expecting(None, provider.issuer))
    assert "/keys" not in shown.asked


def test_a_private_address_is_not_asked_unless_the_settings_open_it(shown: Pages) -> None:
    async def scenario(desk: Desk) -> None:
        with pytest.raises(PageRefused, match="may not be connected to"):
            await desk.fetching.get(f"{shown.origin}/keys")

    at_desk(scenario, expecting(f"{shown.origin}/keys"), allow=())
    assert shown.asked == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(302, b"", id="a redirect"),
        pytest.param(404, b"{}", id="not there"),
        pytest.param(200, b"x" * (PAGE_LIMIT + 1), id="too large"),
    ],
)
def test_a_page_that_is_none_is_refused(shown: Pages, status: int, body: bytes) -> None:
    shown.show("/keys", body, status=status)

    async def scenario(desk: Desk) -> None:
        with pytest.raises(PageRefused):
            await desk.fetching.get(f"{shown.origin}/keys")

    at_desk(scenario, expecting(f"{shown.origin}/keys"))
    assert shown.asked == ["/keys"]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://a:b@host/", "http://", "gopher://x", "http://ho st/"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    async def scenario(desk: Desk) -> None:
        with pytest.raises(PageRefused):
            await desk.fetching.get(url)

    at_desk(scenario, expecting(url))


KNOWN = read_keys(msgspec.json.encode(key_set()))


@given(st.sampled_from(sorted(PRIVATE)), st.integers(0, 10_000), st.integers(1, 255))
def test_a_token_with_one_byte_changed_is_refused(algorithm: str, place: int, change: int) -> None:
    tokens = OidcTokens(expecting("http://127.0.0.1:9/"), None, tasks=Tasks(), clock=ManualClock())  # type: ignore[arg-type]
    tokens._keys = KNOWN  # noqa: SLF001  what a fetch would have brought
    tokens._asked_at = 1000.0  # noqa: SLF001
    parts = [base64.urlsafe_b64decode(each + "==") for each in PROVIDER.token(algorithm).split(".")]
    which, place = place % 3, place // 3
    changed = bytearray(parts[which])
    changed[place % len(changed)] ^= change
    parts[which] = bytes(changed)
    text = b".".join(base64.urlsafe_b64encode(each).rstrip(b"=") for each in parts).decode()

    assert tokens.read(PROVIDER.token(algorithm), NOW) is not None
    assert tokens.read(text, NOW) is None


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=200))
def test_any_text_is_refused_and_breaks_nothing(text: str) -> None:
    tokens = OidcTokens(expecting("http://127.0.0.1:9/"), None, tasks=Tasks(), clock=ManualClock())  # type: ignore[arg-type]

    assert tokens.read(text, NOW) is None
