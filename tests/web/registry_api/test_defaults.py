"""What people choose for a purpose, and what stands in where they chose nothing."""

from __future__ import annotations

import httpx2
import pytest

from headgate.core.json import Json, JsonObject
from tests.web.api import Api, read
from tests.web.registry_api.office import BASE, KEYS, get, put, register

ROW = ("id", "user_id", "model_id", "config_type", "created_at", "updated_at")


def choose(api: Api, number: Json, config_type: str = "general", *, by: str = "ann") -> httpx2.Response:
    return api.ask("POST", f"{BASE}/user-default", by=by, body={"model_id": number, "config_type": config_type})


def chosen(api: Api, *, by: str = "ann") -> dict[str, JsonObject]:
    return {each["config_type"]: each for each in read(api.ask("GET", f"{BASE}/user-default", by=by))}


def in_force(api: Api, word: str, *, by: str = "ann") -> str | None:
    found = read(api.ask("GET", f"{BASE}/default/{word}", by=by))
    return found["model_id"] if found is not None else None


def test_a_choice_is_told_and_read_again(api: Api) -> None:
    made = register(api)

    answer = choose(api, made["id"])

    row = read(answer)
    assert answer.status_code == 200
    assert tuple(row) == ROW
    assert (row["user_id"], row["model_id"], row["config_type"], row["updated_at"]) == ("u-ann", 1, "general", None)
    assert isinstance(row["id"], int)
    assert read(api.ask("GET", f"{BASE}/user-default/general", by="ann")) == row
    assert read(api.ask("GET", f"{BASE}/user-default", by="ann")) == [{**row, "model": made}]


def test_there_is_one_choice_of_each_user_and_type(api: Api) -> None:
    first, second = register(api, "a"), register(api, "b")
    before = read(choose(api, first["id"]))
    api.wait(1)

    after = read(choose(api, second["id"]))

    assert (after["id"], after["model_id"], after["created_at"]) == (before["id"], second["id"], before["created_at"])
    assert after["updated_at"] is not None
    assert len(chosen(api)) == 1


def test_types_are_listed_in_their_order(api: Api) -> None:
    speech = register(api, "s", category="speech")
    video = register(api, "v", category="video")
    chat = register(api, "c", abilities=["vision"])
    rerank = register(api, "r", category="rerank")
    for made, config_type in (
        (rerank, "rerank"), (video, "video"), (speech, "speech"), (speech, "tts"), (chat, "visual"), (chat, "general"),
    ):  # fmt: skip
        assert choose(api, made["id"], config_type).status_code == 200

    assert list(chosen(api)) == ["general", "visual", "tts", "speech", "video", "rerank"]


@pytest.mark.parametrize(
    ("config_type", "category", "abilities", "fits"),
    [
        ("general", "llm", None, True),
        ("general", "embedding", None, False),
        ("small_fast", "llm", None, True),
        ("compact", "image", None, False),
        ("visual", "llm", ["vision"], True),
        ("visual", "llm", ["chat"], False),
        ("embedding", "embedding", None, True),
        ("embedding", "llm", None, False),
        ("image", "image", ["generate"], True),
        ("image_edit", "image", ["edit"], True),
        ("image_edit", "image", ["generate"], False),
        ("image_edit", "image", None, True),
        ("asr", "speech", ["asr"], True),
        ("asr", "speech", ["tts"], False),
        ("asr", "speech", None, True),
        ("tts", "speech", ["tts"], True),
        ("tts", "speech", ["asr"], False),
        ("speech", "speech", ["asr", "tts"], True),
        ("speech", "speech", ["asr"], False),
        ("speech", "llm", None, False),
        ("video", "video", ["generate"], True),
        ("video", "image", None, False),
        ("rerank", "rerank", None, True),
        ("rerank", "llm", None, False),
    ],
)
def test_a_type_takes_only_models_that_fit_it(
    api: Api, *, config_type: str, category: str, abilities: Json, fits: bool
) -> None:
    made = register(api, category=category, abilities=abilities)

    answer = choose(api, made["id"], config_type)

    assert answer.status_code == (200 if fits else 400)
    if not fits:
        assert config_type in read(answer)["detail"]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"model_id": 1, "config_type": "nonsense"}, "config_type"),
        ({"model_id": 1}, "config_type"),
        ({"config_type": "general"}, "model_id"),
        ({"model_id": "m", "config_type": "general"}, "model_id"),
        ({"model_id": True, "config_type": "general"}, "model_id"),
        ({"model_id": 1, "config_type": "general", "user_id": "u-mia"}, "user_id"),
    ],
)
def test_a_mistake_is_422_where_it_stands(quiet: Api, given: JsonObject, place: str) -> None:
    answer = quiet.ask("POST", f"{BASE}/user-default", by="ann", body=given)

    assert (answer.status_code, [each["loc"] for each in read(answer)["detail"]]) == (422, [["body", place]])


def test_another_persons_model_is_the_same_404_as_nothing(api: Api) -> None:
    made = register(api, by="gus")

    answer, nothing = choose(api, made["id"]), choose(api, 99)

    assert (answer.status_code, nothing.status_code) == (404, 404)
    assert answer.text.replace("'1'", "X") == nothing.text.replace("'99'", "X")


def test_outside_of_an_organization_nothing_is_chosen(quiet: Api) -> None:
    assert choose(quiet, 1, by="root").status_code == 400


def test_where_nothing_is_chosen_it_is_null(quiet: Api) -> None:
    for path in ("user-default/general", "user-default/nonsense", "default/general", "default/nonsense"):
        answer = quiet.ask("GET", f"{BASE}/{path}", by="ann")
        assert (answer.status_code, answer.content) == (200, b"null")


def test_a_choice_is_deleted_once(api: Api) -> None:
    choose(api, register(api)["id"])

    first, second = [api.ask("DELETE", f"{BASE}/user-default/general", by="ann") for _ in range(2)]

    assert (first.status_code, read(first)) == (200, {"message": "the default was deleted"})
    assert (second.status_code, list(read(second))) == (404, ["detail"])
    assert chosen(api) == {}


def test_an_admins_choice_stands_in_if_the_model_is_shared(api: Api) -> None:
    made = register(api, share_with_users=True)
    private = register(api, "private", category="embedding")
    choose(api, made["id"])
    choose(api, private["id"], "embedding")

    found = chosen(api, by="mia")

    assert list(found) == ["general"]
    assert found["general"]["user_id"] == "u-ann"
    model = found["general"]["model"]
    assert tuple(model) == KEYS
    assert (model["is_owner"], model["can_edit"], model["can_delete"], model["is_shared"]) == (False,) * 3 + (True,)
    assert read(api.ask("GET", f"{BASE}/user-default/general", by="mia")) is None
    assert in_force(api, "general", by="mia") == "m"
    assert chosen(api, by="gus") == {}


def test_ones_own_choice_comes_before_an_admins(api: Api) -> None:
    choose(api, register(api, share_with_users=True)["id"])
    own = register(api, "own", by="mia")
    choose(api, own["id"], by="mia")

    assert chosen(api, by="mia")["general"]["model"] == own


def test_a_members_choice_stands_in_for_nobody(api: Api) -> None:
    api.create("m", by="ann")
    choose(api, 1, by="mia")

    assert list(chosen(api, by="mia")) == ["general"]
    assert chosen(api, by="vic") == {}


def test_a_choice_counts_only_while_its_model_is_seen_and_active(api: Api) -> None:
    made = register(api, share_with_users=True)
    choose(api, made["id"], by="mia")
    assert list(chosen(api, by="mia")) == ["general"]

    uid = next(api.desk.snapshot.offers()).uid
    disabled = api.ask("PATCH", f"/v1/models/{uid}", by="ann", body={"enabled": False})

    assert disabled.status_code == 200
    assert chosen(api, by="mia") == {}
    assert read(api.ask("GET", f"{BASE}/user-default/general", by="mia")) is None


def test_default_takes_types_in_either_spelling_and_other_words_mean_general(api: Api) -> None:
    for name, config_type in (("g", "general"), ("f", "small_fast"), ("v", "visual"), ("c", "compact")):
        choose(api, register(api, name, abilities=["vision"])["id"], config_type)
    choose(api, register(api, "e", category="embedding")["id"], "embedding")

    words = ("llm", "general", "openai", "small-fast", "small_fast", "visual", "compact", "embedding", "image")
    found = {word: in_force(api, word) for word in words}

    assert found == {
        "llm": "g", "general": "g", "openai": "g", "small-fast": "f", "small_fast": "f", "visual": "v",
        "compact": "c", "embedding": "e", "image": None,
    }  # fmt: skip


@pytest.mark.parametrize("word", ["small-fast", "visual", "compact"])
def test_where_a_smaller_one_is_missing_the_general_model_is_used(api: Api, word: str) -> None:
    choose(api, register(api)["id"])

    assert in_force(api, word) == "m"


def test_default_answers_with_the_whole_object(api: Api) -> None:
    choose(api, register(api)["id"])

    assert read(api.ask("GET", f"{BASE}/default/llm", by="ann")) == get(api)


def test_a_choice_follows_its_model(api: Api) -> None:
    choose(api, register(api)["id"])

    changed = put(api, description="changed")

    assert chosen(api)["general"]["model"] == changed
