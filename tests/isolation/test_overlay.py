"""What an organization lays over the catalogue may name anything: what is another tenant's is as good as nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from headgate.core.json import JsonObject
from tests.isolation.compared import Told, askers
from tests.isolation.running import running
from tests.isolation.scenario import Scenario
from tests.isolation.tenants import Town, nothing

CHAT: Final[JsonObject] = {"messages": [{"role": "user", "content": "Hello"}]}
EXPLAIN: Final = "/admin/v1/routes/explain"
ASKED: Final = (
    Scenario("GET /v1/defaults", "/v1/defaults"),
    Scenario("GET /admin/v1/catalogue/effective", "/admin/v1/catalogue/effective"),
    Scenario("POST /v1/chat/completions", "/v1/chat/completions", body=CHAT),
    Scenario("POST /v1/chat/completions", "/v1/chat/completions", body={**CHAT, "model": "auto"}),
    Scenario("POST /v1/chat/completions", "/v1/chat/completions", body={**CHAT, "model": "taken-0-by-acme"}),
    Scenario("POST /v1/embeddings", "/v1/embeddings", body={"input": "Hello"}),
    *(Scenario(f"POST {EXPLAIN}", EXPLAIN, body={"body": {**CHAT, "model": name}}) for name in ("auto", "mock")),
    Scenario(f"POST {EXPLAIN}", EXPLAIN, body={"body": CHAT}),
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with running(tmp_path_factory.mktemp("overlay") / "data") as gateway:
        yield Town(gateway)


def overlays(word: str) -> dict[str, JsonObject]:
    """Every place of an overlay that names a model."""
    rule = {"messages_count": "=", "value": 1, "model": word}
    classified = {"strategy": "classifier", "classifier_model": word, "candidates": [word, "mock"]}
    return {
        "allowed models": {"allowed_models": [word]},
        "default models": {"default_models": {"completions": word, "embeddings": word}},
        "failover map": {"failover": {"taken-0-by-acme": word, word: "mock"}},
        "rules": {"routing": {"strategy": "rules", "rules": [rule]}},
        "classifier": {"routing": classified},
        "downgrade": {"quota_policy": "downgrade", "allowed_models": ["x"], "default_models": {"completions": word}},
    }


@pytest.mark.parametrize("place", overlays(""))
def test_a_name_of_another_tenant_in_an_overlay_is_a_name_of_nothing(town: Town, place: str) -> None:
    asker = askers(town)["access token"]

    def told(word: str) -> list[Told]:
        settings = {"settings": {"overlay": overlays(word)[place]}}
        town.ask("PATCH", "/admin/v1/organizations/acme", settings, by=town.mine.token)
        return [asker.told(each, "", word) for each in ASKED]

    found = [word for word in town.theirs.words["model"] if told(word) != told(nothing("model", word))]

    assert found == []
