"""What needs no login: the known providers, and what organizations publish of what is shared in them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from headgate.catalogue.providers import BUNDLED
from headgate.core.json import Json
from tests.web.api import Api, read
from tests.web.registry_api.office import BASE, names, register, settle


def public(api: Api, path: str, **query: str) -> Json:
    answer = api.ask("GET", f"{BASE}/{path}", by=None, query=query)
    assert answer.status_code == 200, answer.text
    return read(answer)


def fill(api: Api) -> None:
    """A shared model of each of three kinds, a private one, and one that is switched off."""
    register(api, "chat", share_with_users=True, temperature=0.5, description="d")
    register(api, "embed", share_with_users=True, category="embedding", dimension=8)
    register(api, "image", share_with_users=True, category="image", model_provider="mistral")
    register(api, "private")
    register(api, "off", share_with_users=True)
    assert api.ask("PATCH", "/v1/models/off", by="ann", body={"enabled": False}).status_code == 200
    api.create("platform")


def test_nothing_is_public_unless_an_organization_says_so(api: Api) -> None:
    fill(api)

    assert public(api, "public/list") == {"models": [], "count": 0}
    assert public(api, "public/categories") == {"categories": []}
    assert public(api, "public/providers") == {"providers": []}
    assert public(api, "public/summary") == {"total_models": 0, "by_category": {}}


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_organization_publishes_what_is_shared_in_it(api: Api, slash: str) -> None:
    fill(api)
    settle(api, public_models=True)

    assert names(public(api, f"public/list{slash}")["models"]) == ["chat", "embed", "image"]
    assert public(api, f"public/categories{slash}") == {"categories": ["embedding", "image", "llm"]}
    assert public(api, f"public/providers{slash}") == {"providers": ["mistral", "openai"]}
    assert public(api, f"public/summary{slash}") == {
        "total_models": 3,
        "by_category": {"llm": 1, "embedding": 1, "image": 1},
    }


def test_a_public_row_says_what_the_published_api_says(api: Api) -> None:
    fill(api)
    settle(api, public_models=True)

    chat, embed, _ = public(api, "public/list")["models"]

    assert chat == {
        "id": 1, "model_id": "chat", "category": "llm", "model_provider": "openai", "model_name": "gpt-4o",
        "abilities": [], "description": "d", "temperature": 0.5, "max_tokens": None,
    }  # fmt: skip
    assert embed["dimension"] == 8
    assert "temperature" not in embed


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"category": "llm"}, ["chat"]),
        ({"category": "none"}, []),
        ({"provider": "mistral"}, ["image"]),
        ({"limit": "2"}, ["chat", "embed"]),
        ({"limit": "100"}, ["chat", "embed", "image"]),
    ],
)
def test_the_public_list_is_filtered_and_limited(api: Api, query: Mapping[str, str], found: list[str]) -> None:
    fill(api)
    settle(api, public_models=True)

    answer = public(api, "public/list", **query)

    assert (names(answer["models"]), answer["count"]) == (found, len(found))


@pytest.mark.parametrize("limit", ["0", "101", "x"])
def test_a_public_limit_out_of_range_is_422(quiet: Api, limit: str) -> None:
    assert quiet.ask("GET", f"{BASE}/public/list", by=None, query={"limit": limit}).status_code == 422


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_known_providers_are_told_to_everybody(quiet: Api, slash: str) -> None:
    found = {each["id"]: each for each in public(quiet, f"providers/supported{slash}")["providers"]}

    assert list(found) == [row.id for row in BUNDLED.rows]
    assert found["openai"]["default_base_url"] == "https://api.openai.com/v1"
    assert (found["openai"]["requires_base_url"], found["openai"]["compatibility"]) == (False, "openai_compatible")
    assert found["minimax-coding-plan"]["compatibility"] == "claude_compatible"
    assert found["xinference"]["requires_base_url"]
    assert "default_base_url" not in found["xinference"]
    needed = {"id", "name", "description", "requires_base_url"}
    assert all(needed <= each.keys() <= {*needed, "default_base_url", "compatibility"} for each in found.values())
    assert all(each["description"] for each in found.values())


@pytest.mark.parametrize(
    "provider",
    ["openai", "claude", "gemini", "xinference", "deepseek", "openrouter", "dashscope", "volcengine-ark",
     "byteplus-ark", "alibaba-coding-plan", "alibaba-coding-plan-cn", "zhipu", "zai-coding-plan",
     "zhipuai-coding-plan", "minimax-coding-plan", "minimax-cn-coding-plan", "kimi-for-coding"],
)  # fmt: skip
def test_every_provider_of_the_published_api_is_known(quiet: Api, provider: str) -> None:
    assert provider in {each["id"] for each in public(quiet, "providers/supported")["providers"]}


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_few_types_are_told_to_everybody(quiet: Api, slash: str) -> None:
    found = public(quiet, f"types/available{slash}")["model_providers"]

    assert "openai" in {each["type"] for each in found}
    assert all(each.keys() == {"type", "name", "description", "examples"} for each in found)
