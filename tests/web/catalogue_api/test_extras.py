"""GET /defaults and POST /test."""

from __future__ import annotations

import pytest

from headgate.core.json import Json
from tests.web.api import MOUNTS, Api, read


@pytest.mark.parametrize("mount", MOUNTS)
def test_defaults_are_those_that_the_caller_can_see(api: Api, mount: str) -> None:
    api.create("chat")
    api.create("vectors", type="embeddings", dimensions=1536, supported_dimensions=[256, 1536])
    api.create("painter", type="image_generation", org_slugs=["globex"])
    given = {
        "completions": {"model_id": "chat"},
        "embeddings": {"model_id": "vectors"},
        "image_generation": {"model_id": "painter"},
        "file_parsing": {"image": {"model_id": "chat"}},
    }
    api.ask("PUT", "/admin/v1/defaults", body=given)

    assert read(api.ask("GET", f"{mount}/v1/defaults", by="mia")) == {
        "completions": {"model_id": "chat"},
        "embeddings": {"model_id": "vectors", "dimensions": 1536, "supported_dimensions": [256, 1536]},
        "file_parsing": {"image": {"model_id": "chat"}},
    }


@pytest.mark.parametrize("mount", MOUNTS)
def test_without_defaults_there_is_an_empty_object(quiet: Api, mount: str) -> None:
    answer = quiet.ask("GET", f"{mount}/v1/defaults", by="mia")

    assert (answer.status_code, read(answer)) == (200, {})


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("body", [{"modelId": "m"}, {"modelId": "m", "type": "completions"},
                                  {"modelId": "m", "type": "completion"}])  # fmt: skip
def test_a_smoke_test_is_a_completion_unless_told(api: Api, mount: str, body: Json) -> None:
    api.create("m")

    answer = api.ask("POST", f"{mount}/v1/test", body=body)

    assert (answer.status_code, read(answer)) == (200, {"ok": True, "response": {"model": "m"}})


@pytest.mark.parametrize("word", ["embeddings", "embedding"])
def test_a_smoke_test_of_embeddings_tells_their_size(api: Api, word: str) -> None:
    api.create("m", type="embeddings")

    answer = api.ask("POST", "/v1/test", body={"modelId": "m", "type": word})

    assert read(answer) == {"ok": True, "dimensions": 3, "response": {"model": "m"}}


@pytest.mark.parametrize("mount", MOUNTS)
def test_a_failure_of_the_provider_is_200_with_ok_false(api: Api, mount: str) -> None:
    api.create("broken")

    answer = api.ask("POST", f"{mount}/v1/test", body={"modelId": "broken"})

    assert (answer.status_code, read(answer)["ok"]) == (200, False)


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(
    "body",
    [{}, {"modelId": None}, {"modelId": ""}, {"modelId": 7}, {"modelId": "x" * 257}, {"modelId": "m", "type": "chat"},
     {"modelId": "m", "type": 7}, {"modelId": "m", "nonsense": 1}, b"{"],
)  # fmt: skip
def test_a_wrong_body_is_400_invalid_body(quiet: Api, mount: str, body: Json) -> None:
    answer = quiet.ask("POST", f"{mount}/v1/test", body=body)

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_BODY")


def test_an_unknown_model_is_404(quiet: Api) -> None:
    assert quiet.ask("POST", "/v1/test", body={"modelId": "nothing"}).status_code == 404


def test_a_smoke_test_needs_the_permission_of_the_call_that_it_makes(api: Api) -> None:
    api.create("m", type="embeddings")
    key = api.town.key("acme", permissions=("llm:completions:use",))

    refused = api.ask("POST", "/v1/test", by=key, body={"modelId": "m", "type": "embeddings"})

    assert (refused.status_code, read(refused)["code"]) == (403, "FORBIDDEN")
