"""The requests of the published pages, sent with real values to both mounts, and every field that they document."""

from __future__ import annotations

from decimal import Decimal

import pytest

from headgate.core.json import JsonObject
from headgate.web.bodies import decode_object
from tests.web.api import MOUNTS, Api

WHOLE: JsonObject = {
    "model_id": "bedrock/anthropic.claude-3-haiku",
    "type": "completion",
    "display": {"name": "Claude 3 Haiku", "brand": "Anthropic", "hidden": True},
    "capabilities": {"vision": True, "audio": False, "text": True, "image": False},
    "limits": {"context_window": 200000, "max_output_tokens": 4096, "requests_per_day": 10000},
    "failover": "mock",
    "region": "eu-west",
    "dimensions": 1536,
    "supported_dimensions": [256, 1536],
    "metrics": {"energy_per_token": 0.000012, "latency": ["p50", 0.4]},
    "provider_config": {"provider": "openai", "model": "claude-3-haiku", "batch_size": 10, "parallelism": 4},
    "pricing": {"input_per_1m_tokens": Decimal("0.25"), "output_per_1m_tokens": Decimal("1.25")},
    "tags": ["fast", "cheap"],
    "org_slugs": ["acme", "globex"],
    "enabled": True,
}


@pytest.mark.parametrize("mount", MOUNTS)
def test_creating_with_every_documented_field_returns_every_one(api: Api, mount: str) -> None:
    answer = api.ask("POST", f"{mount}/v1/models", body=WHOLE)

    assert answer.status_code == 200
    body = decode_object(answer.content)
    assert {key: body[key] for key in WHOLE} == {**WHOLE, "metrics": {"energy_per_token": Decimal("0.000012"),
                                                                     "latency": ["p50", Decimal("0.4")]}}  # fmt: skip


@pytest.mark.parametrize("mount", MOUNTS)
def test_the_smallest_request_of_the_page_creates_a_model(api: Api, mount: str) -> None:
    answer = api.ask("POST", f"{mount}/v1/models", body={"model_id": "small", "type": "completion"})

    assert answer.status_code == 200
    body = decode_object(answer.content)
    assert {key: body[key] for key in ("model_id", "type", "display", "tags", "enabled", "dimensions")} == {
        "model_id": "small",
        "type": "completion",
        "display": {},
        "tags": [],
        "enabled": True,
        "dimensions": None,
    }


@pytest.mark.parametrize("mount", MOUNTS)
def test_every_documented_field_can_be_changed(api: Api, mount: str) -> None:
    name = WHOLE["model_id"]
    api.create(name, mount=mount)
    change = {key: value for key, value in WHOLE.items() if key != "model_id"}

    answer = api.ask("PATCH", f"{mount}/v1/models/{name}", body=change)

    assert answer.status_code == 200
    assert decode_object(answer.content)["limits"] == WHOLE["limits"]
    assert decode_object(answer.content)["display"] == WHOLE["display"]
    assert decode_object(answer.content)["pricing"] == WHOLE["pricing"]


@pytest.mark.parametrize("mount", MOUNTS)
def test_getting_returns_what_was_created(api: Api, mount: str) -> None:
    made = decode_object(api.ask("POST", f"{mount}/v1/models", body=WHOLE).content)

    answer = api.ask("GET", f"{mount}/v1/models/{WHOLE['model_id']}")

    made.pop("warnings", None)
    assert answer.status_code == 200
    assert decode_object(answer.content) == made
