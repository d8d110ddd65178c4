"""An entry that is made without a price gets the bundled one, whichever management API makes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.adapters.bundled_prices import bundled_price
from headgate.core.json import Json
from tests.web.api import Api, api_at, read

OPENAI = {"provider": "openai", "model": "gpt-4o"}
SHORT = {"input_per_1m_tokens": 2.5, "output_per_1m_tokens": 10}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with api_at(tmp_path, bundled=bundled_price) as api:
        yield api


def source(api: Api, model: str, *, by: str, **headers: str) -> Json:
    given = {name.replace("_", "-"): word for name, word in headers.items()}
    answer = api.ask("GET", "/admin/v1/prices", by=by, query={"model": model}, headers=given)
    assert answer.status_code == 200, answer.text
    price = read(answer)["price"]
    return price and {name: price[name] for name in ("source", *SHORT)}


BUNDLED = {"source": "bundled", **SHORT}


def test_the_catalogue_api_shows_it_in_the_answer(api: Api) -> None:
    assert api.create("m", provider_config=OPENAI)["pricing"] == SHORT
    assert source(api, "m", by="root") == BUNDLED


def test_a_bulk_replace_gives_it_to_new_entries(api: Api) -> None:
    item = {"model_id": "m", "type": "completion", "provider_config": OPENAI}

    answer = api.ask("PUT", "/v1/models", body={"models": [item]})

    assert (answer.status_code, source(api, "m", by="root")) == (200, BUNDLED)


def test_the_registry_api_gives_it(api: Api) -> None:
    body = {"model_id": "m", "model_provider": "openai", "model_name": "gpt-4o", "api_key": "sk-one-two-three"}

    answer = api.ask("POST", "/api/models", by="mia", body=body)

    assert (answer.is_success, source(api, "m", by="mia")) == (True, BUNDLED)


def test_the_assets_api_gives_it(api: Api) -> None:
    body = {"name": "M", "litellm_model": "openai/gpt-4o", "credentials": {"api_key": "sk-one-two-three"}}

    answer = api.ask("POST", "/assets/models", by="ann", body=body, headers={"x-project-id": "web"})

    assert answer.status_code == 201, answer.text
    assert source(api, read(answer)["resource_uri"], by="ann", x_project_id="web") == BUNDLED


def test_a_mock_is_free(api: Api) -> None:
    assert api.create("m")["pricing"] == {"input_per_1m_tokens": 0, "output_per_1m_tokens": 0}
