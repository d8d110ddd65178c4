"""DELETE /models/{model_id}."""

from __future__ import annotations

import pytest

from tests.web.api import MOUNTS, SECOND, Api, read


@pytest.mark.parametrize("mount", MOUNTS)
def test_a_deleted_model_is_gone_and_deleting_it_again_is_404(api: Api, mount: str) -> None:
    api.create("a/b:1")

    gone = api.ask("DELETE", f"{mount}/v1/models/a/b:1")
    again = api.ask("DELETE", f"{mount}/v1/models/a/b:1")

    assert (gone.status_code, read(gone)["deleted"], read(gone)["model_id"]) == (200, True, "a/b:1")
    assert (again.status_code, read(again)["code"]) == (404, "MODEL_NOT_FOUND")


def test_the_first_mount_answers_openais_clients_too(api: Api) -> None:
    api.create("m")

    answer = read(api.ask("DELETE", "/v1/models/m"))

    assert answer == {"deleted": True, "model_id": "m", "id": "m", "object": "model"}


def test_the_second_mount_answers_as_published(api: Api) -> None:
    api.create("m")

    assert read(api.ask("DELETE", f"{SECOND}/v1/models/m")) == {"deleted": True, "model_id": "m"}


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("by", ["root", "mia"])
def test_what_the_second_mount_does_not_show_does_not_exist_there(api: Api, method: str, by: str) -> None:
    api.create("m", type="rerank")

    body = {"region": "eu-west"} if method == "PATCH" else None
    answers = [api.ask(method, f"{SECOND}/v1/models/{name}", by=by, body=body) for name in ("m", "x")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert read(api.ask("GET", "/v1/models/m"))["revision"] == 1


def test_who_may_not_write_an_entry_gets_403(api: Api) -> None:
    api.create("m")

    assert api.ask("DELETE", "/v1/models/m", by="ann").status_code == 403
