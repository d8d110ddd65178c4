"""A stored secret is never sent to an origin that it was not given for, whatever an entry is made to say afterwards."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from headgate.core.json import Json
from tests.isolation.canary_origins import MESSAGES, Canary, canary_at
from tests.isolation.tenants import Town
from tests.origin.script import answer, answering
from tests.origin.server import Origin

NAMES: Final = (f"canary-model-{number}" for number in itertools.count())


@pytest.fixture
def canary(town: Town) -> Iterator[Canary]:
    with canary_at(town) as canary:
        yield canary


def through_catalogue(canary: Canary, model: str, config: Json) -> None:
    canary.made("PATCH", f"/v1/models/{model}", {"provider_config": config})


def through_registry(canary: Canary, model: str, fields: Json) -> None:
    canary.made("PUT", f"/api/models/{model}", fields)


def through_assets(canary: Canary, model: str, fields: Json) -> None:
    canary.made("PUT", f"/assets/models/{model}", fields)


Make = Callable[[Canary, str], str]
Move = Callable[[Canary, str, str], None]

FACES: Final[dict[str, Make]] = {
    "the catalogue API": Canary.stored,
    "the registry API": Canary.registered,
    "the assets API": Canary.asset,
}
MOVES: Final[dict[str, Move]] = {
    "base_url through the catalogue API": lambda canary, model, url: through_catalogue(
        canary, model, {"base_url": url}
    ),
    "provider and base_url through the catalogue API": lambda canary, model, url: through_catalogue(
        canary, model, {"provider": "deepseek", "base_url": url}
    ),
    "base_url through the registry API": lambda canary, model, url: through_registry(
        canary, model, {"base_url": url, "api_key": ""}
    ),
    "provider and base_url through the registry API": lambda canary, model, url: through_registry(
        canary, model, {"model_provider": "deepseek", "base_url": url}
    ),
}
FREE: Final = {"input_per_1m_tokens": 0, "output_per_1m_tokens": 0}

ASSET_MOVES: Final[dict[str, Move]] = {
    "api_base through the assets API": lambda canary, model, url: through_assets(canary, model, {"api_base": url}),
    "litellm_model and api_base through the assets API": lambda canary, model, url: through_assets(
        canary, model, {"litellm_model": "deepseek/gpt-4o", "provider": "deepseek", "api_base": url}
    ),
}
EVERY: Final = [
    *((face, move) for face in FACES for move in MOVES),
    *(("the assets API", move) for move in ASSET_MOVES),
]


@pytest.mark.parametrize(("face", "move"), EVERY)
def test_a_secret_stays_when_its_entry_goes_elsewhere(canary: Canary, face: str, move: str) -> None:
    model = FACES[face](canary, next(NAMES))
    # Whatever provider is called, nothing but the secret keeps a call from going there.
    canary.made("PATCH", f"/v1/models/{model}", {"pricing": FREE})
    before = canary.call(model)

    (MOVES | ASSET_MOVES)[move](canary, model, f"{canary.foreign.url}/v1")
    canary.send_everything(model)

    assert (before, canary.came_home, canary.went_abroad) == (200, True, False)
    assert canary.call(model) == 424


@pytest.mark.parametrize("face", FACES)
def test_a_rollback_to_another_url_does_not_take_the_secret_along(canary: Canary, face: str) -> None:
    scope = {"the catalogue API": "organization", "the registry API": "user", "the assets API": "project"}[face]
    model = FACES[face](canary, next(NAMES))
    through_catalogue(canary, model, {"base_url": f"{canary.foreign.url}/v1"})
    revision = canary.made("GET", f"/v1/models/{model}")["revision"]
    through_catalogue(canary, model, {"base_url": f"{canary.home.url}/v1", "api_key": canary.secret})
    at_home = canary.call(model)

    canary.made("POST", f"/admin/v1/catalogue/rollback?scope={scope}", {"revision": revision, "model_ids": [model]})
    canary.send_everything(model)

    assert (at_home, canary.came_home, canary.went_abroad) == (200, True, False)


@pytest.mark.parametrize("face", FACES)
def test_another_entry_of_the_same_name_does_not_inherit_the_secret(canary: Canary, face: str) -> None:
    model = FACES[face](canary, next(NAMES))
    canary.call(model)
    canary.made("DELETE", f"/v1/models/{model}")

    config = {"provider": "openai", "base_url": f"{canary.foreign.url}/v1"}
    canary.made("POST", "/v1/models", {"model_id": model, "type": "completion", "provider_config": config})
    canary.send_everything(model)

    assert (canary.came_home, canary.went_abroad) == (True, False)


def test_a_restored_entry_does_not_find_its_secret_at_another_url(canary: Canary) -> None:
    model = canary.stored(next(NAMES))
    through_catalogue(canary, model, {"base_url": f"{canary.foreign.url}/v1"})
    revision = canary.made("GET", f"/v1/models/{model}")["revision"]
    canary.made("DELETE", f"/v1/models/{model}")

    canary.made("POST", "/admin/v1/catalogue/rollback?scope=organization", {"revision": revision, "model_ids": [model]})
    canary.send_everything(model)

    assert not canary.went_abroad


@pytest.mark.parametrize("face", FACES)
def test_a_failover_brings_its_own_secret_or_none(canary: Canary, face: str) -> None:
    with Origin(answering(answer(status=500))) as broken:
        canary.home = broken
        stand_in = {"provider": "vllm", "model": "gpt-4o", "base_url": f"{canary.foreign.url}/v1"}
        names = next(NAMES), next(NAMES)
        canary.made(
            "POST",
            "/v1/models",
            {"model_id": names[1], "type": "completion", "pricing": FREE, "provider_config": stand_in},
        )
        model = FACES[face](canary, names[0])
        canary.made("PATCH", f"/v1/models/{model}", {"failover": names[1]})
        status = canary.call(model)

        assert (status, len(canary.foreign.requests) > 0) == (200, True)
        assert (canary.came_home, canary.went_abroad) == (True, False)


def test_a_redirect_is_not_followed(canary: Canary) -> None:
    location = f"location: {canary.foreign.url}/v1/chat/completions\r\n".encode()
    with Origin(answering(answer(status=307, headers=location))) as sly:
        canary.home = sly
        model = canary.stored(next(NAMES))
        canary.send_everything(model)

        assert (canary.came_home, canary.went_abroad) == (True, False)


def test_a_default_credential_goes_to_its_own_origins_only(canary: Canary) -> None:
    given = {"name": next(NAMES), "provider": "openai", "secret": canary.secret, "origins": [canary.home.url]}
    for scope in ("organization", "project"):
        credential = canary.made("POST", f"/admin/v1/credentials?scope={scope}", {**given, "default": True})
        config = {"provider": "openai", "model": "gpt-4o", "base_url": f"{canary.home.url}/v1"}
        here, there = next(NAMES), next(NAMES)
        canary.made("POST", "/v1/models", {"model_id": here, "type": "completion", "provider_config": config})
        away = {**config, "base_url": f"{canary.foreign.url}/v1"}
        canary.made("POST", "/v1/models", {"model_id": there, "type": "completion", "provider_config": away})
        canary.call(here)
        canary.send_everything(there)
        canary.ask("DELETE", f"/v1/models/{here}")
        canary.ask("DELETE", f"/v1/models/{there}")
        canary.made("DELETE", f"/admin/v1/credentials/{credential['id']}")

    assert (canary.came_home, canary.went_abroad) == (True, False)


def test_a_named_credential_is_not_the_other_tenants_to_name(canary: Canary, town: Town) -> None:
    name = next(NAMES)
    given = {"name": name, "provider": "openai", "secret": canary.secret, "origins": [canary.foreign.url]}
    canary.made("POST", "/admin/v1/credentials?scope=organization", given)
    config = {"provider": "openai", "credential": name, "base_url": f"{canary.foreign.url}/v1"}
    model = next(NAMES)
    body = {"model_id": model, "type": "completion", "pricing": FREE, "provider_config": config}

    refused = canary.asked("POST", "/v1/models", body, by=town.theirs)
    body["provider_config"] = {"provider": "openai", "base_url": f"{canary.foreign.url}/v1"}
    canary.ask("POST", "/v1/models", body, by=town.theirs)
    later = canary.asked("PATCH", f"/v1/models/{model}", {"provider_config": config}, by=town.theirs)
    status = canary.asked("POST", "/v1/chat/completions", {"model": model, "messages": MESSAGES}, by=town.theirs)[0]

    assert (refused[0], later[0], status, canary.foreign.accepted) == (400, 400, 424, 0)


def test_whoever_was_given_a_model_sends_its_secret_nowhere_else(canary: Canary, town: Town) -> None:
    model = canary.registered(next(NAMES), share_with_users=True)
    member = town.mine.tokens["member"]
    called = canary.as_person("POST", "/v1/chat/completions", {"model": model, "messages": MESSAGES}, token=member)
    url = f"{canary.foreign.url}/v1"

    changed = [
        canary.as_person(method, path, body, token=member)[0]
        for method, path, body in (
            ("PUT", f"/api/models/{model}", {"base_url": url}),
            ("PATCH", f"/v1/models/{model}", {"provider_config": {"base_url": url}}),
            ("PUT", f"/assets/models/{model}", {"api_base": url}),
        )
    ]
    own = {"model_id": model, "model_provider": "openai", "model_name": "gpt-4o", "base_url": url, "api_key": ""}
    canary.as_person("POST", "/api/models", own, token=member)
    unsaved = {"model_provider": "vllm", "model_name": "gpt-4o", "base_url": url}
    for path, body in (("test", {}), ("providers/fetch", []), ("test-connection", unsaved)):
        canary.as_person("POST", f"/api/models/{path}", body, token=member)
    canary.as_person("POST", "/v1/chat/completions", {"model": model, "messages": MESSAGES}, token=member)

    assert called[0] == 200
    assert set(changed) <= {400, 403, 404}
    assert (canary.came_home, canary.went_abroad) == (True, False)


def test_a_bulk_replacement_moves_no_secret(canary: Canary, town: Town) -> None:
    gateway, name = town.gateway, next(NAMES)
    root = {"authorization": f"Bearer {gateway.root}", "x-organization-id": "acme"}
    every = gateway.ask("GET", "/v1/models?scope=platform", headers=root).json()["items"]
    config = {"provider": "openai", "model": "gpt-4o", "base_url": f"{canary.home.url}/v1", "api_key": canary.secret}
    item = {"model_id": name, "type": "completion", "provider_config": config}
    gateway.ask("POST", "/v1/models?scope=platform", body=item, headers=root)
    before = canary.call(name)
    away = {**item, "provider_config": {"provider": "openai", "base_url": f"{canary.foreign.url}/v1"}}

    replaced = gateway.ask("PUT", "/v1/models", body={"models": [*every, away]}, headers=root)
    canary.send_everything(name)
    gateway.ask("PUT", "/v1/models", body={"models": every}, headers=root)

    assert (before, replaced.status_code) == (200, 200)
    assert (canary.came_home, canary.went_abroad) == (True, False)


def test_a_secret_that_is_given_again_goes_along(canary: Canary) -> None:
    # Otherwise the tests above would also pass if nothing ever reached the foreign origin.
    model = canary.stored(next(NAMES))
    through_catalogue(canary, model, {"base_url": f"{canary.foreign.url}/v1", "api_key": canary.secret})

    assert (canary.call(model), canary.went_abroad) == (200, True)
