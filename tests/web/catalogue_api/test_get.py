"""GET /models/{model_id}."""

from __future__ import annotations

import pytest

from tests.web.api import MOUNTS, Api, read


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(
    ("name", "path"),
    [
        pytest.param("bedrock/anthropic.claude-3-haiku", "bedrock/anthropic.claude-3-haiku", id="a slash as it is"),
        pytest.param("bedrock/anthropic.claude-3-haiku", "bedrock%2Fanthropic.claude-3-haiku", id="a slash as %2F"),
        pytest.param("eu.anthropic.claude-v1:0", "eu.anthropic.claude-v1:0", id="a colon as it is"),
        pytest.param("eu.anthropic.claude-v1:0", "eu.anthropic.claude-v1%3A0", id="a colon as %3A"),
        pytest.param("a b+c%d?e#f", "a%20b+c%25d%3Fe%23f", id="characters that a path cannot have"),
        pytest.param("modèle", "mod%C3%A8le", id="letters beyond ASCII"),
    ],
)
def test_an_id_is_the_decoded_rest_of_the_path(api: Api, mount: str, name: str, path: str) -> None:
    api.create(name)

    answer = api.ask("GET", f"{mount}/v1/models/{path}")

    assert (answer.status_code, read(answer)["model_id"]) == (200, name)


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("path", ["nothing", "m/", "", "M", "m%252F", "..%2Fm"])
def test_an_id_that_names_nothing_is_404_model_not_found(api: Api, mount: str, path: str) -> None:
    api.create("m")

    answer = api.ask("GET", f"{mount}/v1/models/{path}")

    assert (answer.status_code, read(answer)["code"], read(answer)["error"]) == (
        404,
        "MODEL_NOT_FOUND",
        "ModelNotFound",
    )


def test_another_organizations_entry_is_the_same_404_as_nothing(api: Api) -> None:
    api.create("theirs", by="gus")

    foreign, unknown = api.ask("GET", "/v1/models/theirs", by="ann"), api.ask("GET", "/v1/models/nobody", by="ann")

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.text.replace("theirs", "nobody") == unknown.text


def test_an_entry_open_to_other_organizations_only_is_404(api: Api) -> None:
    api.create("m", org_slugs=["globex"])

    assert api.ask("GET", "/v1/models/m", by="ann").status_code == 404
    assert api.ask("GET", "/v1/models/m", by="gus").status_code == 200


def test_the_narrower_entry_hides_the_wider_one_unless_a_scope_is_pinned(api: Api) -> None:
    api.create("m", by="ann")
    api.create("m", by="root")

    assert read(api.ask("GET", "/v1/models/m", by="ann"))["scope"] == "organization:o-acme"
    assert read(api.ask("GET", "/v1/models/m?scope=platform", by="ann"))["scope"] == "platform"


def test_a_uid_is_accepted_as_an_id(api: Api) -> None:
    etag = api.ask("POST", "/v1/models", body={"model_id": "m", "type": "completion"}).headers["etag"]

    uid = etag.strip('"').rpartition("-")[0]

    assert read(api.ask("GET", f"/v1/models/{uid}"))["model_id"] == "m"


def test_a_disabled_entry_is_shown_to_those_who_may_write_it_and_403_to_others(api: Api) -> None:
    api.create("m", by="ann", enabled=False)

    assert read(api.ask("GET", "/v1/models/m", by="ann"))["enabled"] is False
    refused = api.ask("GET", "/v1/models/m", by="mia")
    assert (refused.status_code, read(refused)["code"]) == (403, "MODEL_NOT_ALLOWED")


def test_an_entry_outside_the_models_of_a_key_is_403(api: Api) -> None:
    api.create("mine")
    api.create("other")
    key = api.town.key("acme", scopes=("models:mine",))

    assert api.ask("GET", "/v1/models/mine", by=key).status_code == 200
    assert api.ask("GET", "/v1/models/other", by=key).status_code == 403


def test_the_first_mount_adds_what_openais_clients_read(api: Api) -> None:
    api.create("m")

    first, second = (read(api.ask("GET", f"{mount}/v1/models/m")) for mount in MOUNTS)

    assert {key: first[key] for key in first.keys() - second.keys()} == {
        "id": "m",
        "object": "model",
        "created": 1_763_600_000,
        "owned_by": "platform",
    }


def test_a_client_that_has_the_version_gets_304_without_a_body(api: Api) -> None:
    api.create("m")
    etag = api.ask("GET", "/v1/models/m").headers["etag"]

    for given in (etag, f'"other", W/{etag}', "*"):
        answer = api.ask("GET", "/v1/models/m", headers={"if-none-match": given})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert api.ask("GET", "/v1/models/m", headers={"if-none-match": '"other"'}).status_code == 200


def test_a_type_that_the_second_mount_has_no_word_for_does_not_exist_there(api: Api) -> None:
    api.create("m", type="rerank")

    assert api.ask("GET", "/v1/models/m").status_code == 200
    for method in ("GET", "DELETE"):
        assert read(api.ask(method, f"{MOUNTS[1]}/v1/models/m"))["code"] == "MODEL_NOT_FOUND"
    assert api.ask("PATCH", f"{MOUNTS[1]}/v1/models/m", body={}).status_code == 404
