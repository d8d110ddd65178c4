"""Deleting a model."""

from __future__ import annotations

import pytest

from tests.web.api import Api, read
from tests.web.registry_api.office import BASE, register


@pytest.mark.parametrize("place", ["", "/by-id"])
def test_a_deleted_model_is_gone_and_deleting_it_again_is_404(api: Api, place: str) -> None:
    register(api, "team/m")

    first, second = [api.ask("DELETE", f"{BASE}{place}/team/m", by="ann") for _ in range(2)]

    assert (first.status_code, read(first)) == (200, {"message": "the model was deleted"})
    assert (second.status_code, list(read(second))) == (404, ["detail"])


def test_it_is_deleted_by_the_key_of_its_row_too(api: Api) -> None:
    made = register(api)

    assert api.ask("DELETE", f"{BASE}/{made['id']}", by="ann").status_code == 200
    assert len(api.desk.snapshot) == 0


def test_what_is_not_seen_is_404_and_what_is_not_ones_own_403(api: Api) -> None:
    register(api, share_with_users=True)

    assert [api.ask("DELETE", f"{BASE}/m", by=by).status_code for by in ("gus", "mia", "adam")] == [404, 403, 403]


@pytest.mark.parametrize("config_type", ["general", "compact"])
def test_ones_own_default_is_409(api: Api, config_type: str) -> None:
    made = register(api)
    api.ask("POST", f"{BASE}/user-default", by="ann", body={"model_id": made["id"], "config_type": config_type})

    answer = api.ask("DELETE", f"{BASE}/m", by="ann")

    assert (answer.status_code, list(read(answer))) == (409, ["detail"])


def test_it_takes_its_share_and_others_defaults_along(api: Api) -> None:
    made = register(api, share_with_users=True)
    api.ask("POST", f"{BASE}/user-default", by="mia", body={"model_id": made["id"], "config_type": "general"})

    assert api.ask("DELETE", f"{BASE}/m", by="ann").status_code == 200

    assert read(api.ask("GET", f"{BASE}/user-default", by="mia")) == []
    assert read(api.ask("GET", BASE, by="mia")) == []
    register(api, "n")
    assert read(api.ask("GET", f"{BASE}/user-default/general", by="mia")) is None
