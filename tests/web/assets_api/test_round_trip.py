"""What GET returned can be sent back: it changes nothing, whatever the entry holds and whichever API wrote it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.json import Json, JsonObject
from headgate.gateway.stores import Verification, VerificationState
from tests.web.api import Api, api_at, read
from tests.web.assets_api.project import Assets
from tests.web.catalogue_api.documents import LABELS

COUNTS = st.none() | st.integers(0, 2**53 - 1)
TEXTS = st.none() | st.just("") | LABELS
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name": LABELS,
        "litellm_model": st.sampled_from(["openai/gpt-4o", "groq/meta/llama", "gpt-4o", "nobody/x", "mock/echo"]),
        "description": TEXTS,
        "tags": st.none() | st.lists(LABELS, unique=True, max_size=3),
        "provider": st.none() | st.sampled_from(["openai", "mock", "Some Other"]),
        "api_base": st.none() | st.sampled_from(["https://api.example.com/v1", "http://10.0.0.1:8000"]),
        "api_version": st.none() | st.just("2024-10-21"),
        "mode": st.none() | st.sampled_from(["chat", "completion", "embedding", "image_generation"]),
        "max_input_tokens": COUNTS,
        "max_output_tokens": COUNTS,
        "rpm": COUNTS,
        "tpm": COUNTS,
        "default_temperature": st.none() | st.integers(0, 9) | st.floats(0, 9.99),
        "default_max_tokens": COUNTS,
        "timeout": st.none() | st.integers(0, 86_400),
    },
)
STATUSES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.none() | st.sampled_from(["PENDING", "ACTIVE", "ERROR", "DEPRECATED", "DISABLED"]),
        "status_message": TEXTS,
    },
)
# What the other API writes, values that this one's types cannot hold among them.
OTHERS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["completion", "rerank", "audio_speech", "video"]),
        "display": st.just({"name": "n" * 256, "brand": "b"}),
        "limits": st.fixed_dictionaries({"timeout": st.sampled_from([0.5, 30, 2.25])}),
        "provider_config": st.just({"provider": "openai", "model": "gpt", "batch_size": 3}),
        "description": st.just("d" * 5000),
        "enabled": st.booleans(),
        "tags": st.lists(LABELS, unique=True, max_size=2),
    },
)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with api_at(tmp_path_factory.mktemp("round")) as api:
        yield api


Written = tuple[dict[str, Json], dict[str, Json], dict[str, Json]]
WRITTEN = st.tuples(FIELDS, OTHERS, st.builds(lambda fields, status: {**fields, **status}, FIELDS, STATUSES))


@given(written=WRITTEN, state=st.sampled_from(list(VerificationState)))
def test_what_was_shown_changes_nothing_when_it_is_sent_back(
    one: Api, written: Written, state: VerificationState
) -> None:
    first, other, second = written
    assets = Assets(one)
    made = assets.create(**{"name": "N", **first})
    handle, uid = made["resource_uri"], made["id"]
    scope = {"x-project-id": "web"}
    patched = one.ask("PATCH", f"/v1/models/{handle}", by="ann", body=other, headers=scope)
    assert patched.status_code == 200, patched.text
    assets.put(handle, **second)
    message = "no answer" if state is VerificationState.FAILED else ""
    one.desk.board.pin(Verification(uid=uid, state=state, message=message, at=1.0))
    shown, revision = assets.get(handle), assets.revision
    elsewhere = read(one.ask("GET", f"/v1/models/{handle}", by="ann", headers=scope))

    again = assets.put(handle, **shown)

    assert again == shown
    assert assets.revision == revision
    assert one.desk.board.of(uid).state is state
    assert read(one.ask("GET", f"/v1/models/{handle}", by="ann", headers=scope)) == elsewhere
    assert assets.ask("DELETE", f"/{handle}").status_code == 204


@given(first=FIELDS, second=FIELDS)
def test_a_write_loses_nothing_that_the_other_api_wrote(
    one: Api, first: dict[str, Json], second: dict[str, Json]
) -> None:
    assets = Assets(one)
    handle = assets.create(**{"name": "N", **first})["resource_uri"]
    scope = {"x-project-id": "web"}
    own: JsonObject = {
        "display": {"brand": "b", "mine": 1},
        "capabilities": {"vision": True},
        "limits": {"requests_per_day": 5},
        "failover": "mock",
        "region": "eu",
        "metrics": {"a": [1]},
        "pricing": {"input_per_1m_tokens": 1.5, "output_per_1m_tokens": 2},
        "provider_config": {"batch_size": 3, "defaults": {"top_p": 0.5}},
    }
    assert one.ask("PATCH", f"/v1/models/{handle}", by="ann", body=own, headers=scope).status_code == 200

    assets.put(handle, **second)

    shown = read(one.ask("GET", f"/v1/models/{handle}", by="ann", headers=scope))
    for key in ("display", "limits"):
        assert own[key].items() <= shown[key].items()
    for key in ("capabilities", "failover", "region", "metrics", "pricing"):
        assert shown[key] == own[key]
    assert shown["provider_config"]["batch_size"] == 3
    assert shown["provider_config"]["defaults"]["top_p"] == 0.5
    assert assets.ask("DELETE", f"/{handle}").status_code == 204
