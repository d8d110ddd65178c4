"""Every route is on the reviewed list, and whoever has not what its line says is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from headgate.access.permissions import PERMISSIONS
from headgate.web.authorisation import PUBLIC
from tests.isolation.running import running
from tests.isolation.scenario import Scenario
from tests.isolation.scenarios import inference, management
from tests.isolation.tenants import Town
from tests.web.reviewed import ANYBODY, PUBLIC_WORD, reviewed, table

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")
REVIEWED: Final = reviewed()
GUARDED: Final = [route for route, asked in REVIEWED.items() if asked != PUBLIC_WORD]
SCENARIOS: Final[Mapping[str, Scenario]] = {each.route: each for each in (*inference(), *management())}
"""One request for each route."""

OF_ONESELF: Final = frozenset(
    f"{method} {path}{slash}"
    for method, path in (
        ("POST", "/admin/v1/sessions"),
        ("POST", "/api/models"),
        ("POST", "/api/models/register"),
        ("POST", "/api/models/providers/fetch"),
        ("POST", "/api/models/providers/{provider}/models"),
        ("POST", "/api/models/test-connection"),
        ("POST", "/api/models/user-default"),
        ("DELETE", "/api/models/user-default/{config_type}"),
    )
    for slash in ("", "/")
)
"""What whoever may only look may do besides: manage what is their own."""
ONLY_ASKS: Final = frozenset({"POST /admin/v1/usage/what-if"})
"""What changes nothing whatever its method says: everybody asks about what they used themselves."""
WRITES: Final = [
    route for route in GUARDED if route.partition(" ")[0] not in {"GET", "HEAD"} and route not in ONLY_ASKS
]
NO_CREDENTIALS: Final = ("at:unknown", "iak_acme_unknown", "a.b.c", "Bearer", "null")
REFUSED: Final = frozenset({401, 403, 404})


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with running(tmp_path_factory.mktemp("town") / "data") as gateway:
        yield Town(gateway)


@pytest.fixture(scope="module")
def powerless(town: Town) -> str:
    return town.weak_key("llm:credentials:use")


def asked(town: Town, route: str, credential: str | None, *, method: str | None = None) -> int:
    """The status of the route's request, with acme's own words and somebody's credential."""
    scenario = SCENARIOS[route].filled(lambda slot: _word(town, slot))
    headers = {"authorization": f"Bearer {credential}"} if credential is not None else {}
    body = scenario.body.encode() if isinstance(scenario.body, str) else scenario.body
    answer = town.gateway.ask(
        method or scenario.method, scenario.path, body=body, headers={**scenario.headers, **headers}
    )
    return answer.status_code


def _word(town: Town, slot: str) -> str:
    kind = slot.strip("<>").partition(".")[0]
    return "made-by-nobody" if kind == "fresh" else town.mine.word(kind)


def test_every_route_is_on_the_reviewed_list_with_what_it_asks_for(town: Town) -> None:
    # A line that differs is to be looked at, and then put into the list: `python -m tests.web.reviewed` prints it.
    assert table(town.gateway.app) == REVIEWED


def test_what_the_list_calls_public_is_what_was_reviewed_as_public() -> None:
    public = {route for route, asks in REVIEWED.items() if asks == PUBLIC_WORD}

    assert public == {f"{method} {path}" for method, path in PUBLIC} | {
        "HEAD /health/liveness",
        "HEAD /health/readiness",
    }


@pytest.mark.parametrize("route", GUARDED)
def test_nobody_is_let_in_without_a_credential(town: Town, route: str) -> None:
    assert asked(town, route, None) == 401


@pytest.mark.parametrize("route", GUARDED)
def test_nobody_is_let_in_with_a_credential_that_is_none(town: Town, route: str) -> None:
    assert {asked(town, route, credential) for credential in NO_CREDENTIALS} == {401}


@pytest.mark.parametrize("method", METHODS)
def test_no_other_method_opens_a_path(town: Town, method: str) -> None:
    open_ = {f"{each} {path}" for verb, path in PUBLIC for each in ((verb, "HEAD") if verb == "GET" else (verb,))}
    paths = {route.partition(" ")[2]: route for route in REVIEWED}

    answers = {
        path: asked(town, route, None, method=method)
        for path, route in paths.items()
        if f"{method} {path}" not in open_
    }

    assert not {path: status for path, status in answers.items() if status not in REFUSED | {405, 501}}


@pytest.mark.parametrize("route", [route for route in GUARDED if REVIEWED[route] != ANYBODY])
def test_who_lacks_only_what_a_route_asks_for_is_refused(town: Town, route: str) -> None:
    asks = REVIEWED[route]
    if "platform administrator" in asks:
        credential = town.mine.token
    elif asks.startswith("user, "):
        credential = town.mine.tokens["viewer"]
    elif asks == "user":
        credential = town.mine.key
    else:
        credential = town.weak_key(*sorted(PERMISSIONS - set(asks.split(" or "))))

    assert asked(town, route, credential) == 403


@pytest.mark.parametrize("route", [route for route in WRITES if route not in OF_ONESELF])
def test_a_viewer_changes_nothing(town: Town, route: str) -> None:
    assert asked(town, route, town.mine.tokens["viewer"]) in REFUSED


@pytest.mark.parametrize("route", WRITES)
def test_a_key_without_rights_changes_nothing(town: Town, powerless: str, route: str) -> None:
    assert asked(town, route, powerless) in REFUSED
