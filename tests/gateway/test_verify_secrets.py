"""Whose secret a probe shows to whom, and the lists of models that are read the same way."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from headgate.catalogue.scope import PLATFORM
from headgate.core.failure import Failure, FailureKind
from headgate.gateway.administer import Desk
from headgate.gateway.credentials_named import NamedCredentials, NewCredential
from tests.gateway.verifying import KEY, lines, office, target
from tests.gateway.writing import ROOT, change
from tests.origin.script import answer, answering
from tests.origin.server import Origin

pytestmark = pytest.mark.anyio

MODEL = answer(b'{"id":"gpt-x","object":"model"}')


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


# Whose secret goes where


async def test_without_a_secret_the_default_of_the_scope_applies_and_goes_to_its_own_origins_only(
    desk: Desk,
) -> None:
    with Origin(answering(MODEL)) as home, Origin(answering(MODEL)) as elsewhere:
        async with office(desk) as at:
            named = NewCredential(name="n", provider="openai", secret=KEY, origins=(home.url,), default=True)
            await asyncio.to_thread(partial(NamedCredentials(desk).create, ROOT, named, scope=PLATFORM))
            there = await at.verify.probe(target(home.url, secret=None, scope=PLATFORM), by=ROOT)
            wrong = await at.verify.probe(target(elsewhere.url, secret=None, scope=PLATFORM), by=ROOT)
            alone = await at.verify.probe(target(home.url, secret=None, scope=None), by=ROOT)

    assert [each.ok for each in (there, wrong, alone)] == [True, False, False]
    assert (len(home.requests), elsewhere.accepted) == (1, 0)


async def test_a_given_secret_is_not_kept(desk: Desk) -> None:
    with Origin(answering(MODEL)) as origin:
        async with office(desk) as at:
            await at.verify.probe(target(origin.url), by=ROOT)
            again = await at.verify.probe(target(origin.url, secret=None), by=ROOT)

    assert (again.ok, len(origin.requests)) == (False, 1)


# Lists of models


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"data":[{"id":"b"},{"id":"a"},{"id":"b"},{"no":1},7]}', ["b", "a"]),
        (b'{"models":[{"name":"models/g-1"},{"name":"models/g-2"}]}', ["g-1", "g-2"]),
        (b'[{"id":"x"},"y"]', ["x", "y"]),
        (b'{"data":[]}', []),
    ],
)
async def test_a_list_of_models_is_read_in_the_shapes_that_providers_use(
    desk: Desk, body: bytes, names: list[str]
) -> None:
    with Origin(answering(answer(body))) as origin:
        async with office(desk) as at:
            listed = await at.verify.models(target(origin.url))

    assert (listed, lines(origin)) == (names, ["GET /models"])


@pytest.mark.parametrize("body", [b'{"hello":1}', b'"x"', b"nothing", b'{"data":{}}'])
async def test_what_is_no_list_of_models_is_a_failure(desk: Desk, body: bytes) -> None:
    with Origin(answering(answer(body))) as origin:
        async with office(desk) as at:
            listed = await at.verify.models(target(origin.url))

    assert isinstance(listed, Failure)
    assert listed.kind is FailureKind.MALFORMED


async def test_a_refused_list_does_not_repeat_the_key(desk: Desk) -> None:
    with Origin(answering(answer(b'{"error":"bad key sk-canary-0123456789"}', status=401))) as origin:
        async with office(desk) as at:
            listed = await at.verify.models(target(origin.url))

    assert isinstance(listed, Failure)
    assert listed.message == "the upstream refused the credential with status 401: bad key [redacted]"
    assert listed.body == b""


async def test_the_list_of_an_entrys_provider_is_read_with_the_credential_of_the_entry(desk: Desk) -> None:
    with Origin(answering(answer(b'{"data":[{"id":"a"}]}'))) as origin, Origin(answering(MODEL)) as elsewhere:
        async with office(desk) as at:
            listed = await at.verify.models_of(await at.entry("m", api_base=origin.url))
            update = partial(at.administer.update, ROOT, "m", change=change(api_base=elsewhere.url), scope=PLATFORM)
            moved = await asyncio.to_thread(update)
            refused = await at.verify.models_of(moved.offer)

    assert (listed, lines(origin)) == (["a"], ["GET /models"])
    assert origin.requests[0].header(b"authorization") == f"Bearer {KEY.reveal()}".encode()
    assert isinstance(refused, Failure)
    assert elsewhere.accepted == 0


async def test_a_provider_that_lists_no_models_is_not_asked(desk: Desk) -> None:
    async with office(desk) as at:
        listed = await at.verify.models(target(None, provider="mock", secret=None))

    assert isinstance(listed, Failure)
    assert listed.message == "provider 'mock' lists no models"
