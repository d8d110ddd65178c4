"""The audit trail of a running server: who did what through which road, proved whole by another process beside it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.canaries import canary
from tests.end_to_end.gateway import Gateway, serving
from tests.end_to_end.program import HEADGATE, PATIENCE, surroundings

PASSWORD = canary("password")


def rows(gateway: Gateway, **wanted: str) -> list[dict[str, object]]:
    items = gateway.http.get("/admin/v1/audit", params={"limit": "1000", **wanted}).json()["items"]
    found: list[dict[str, object]] = items
    return found


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """The trail of a server in which a model was made, changed and deleted, and somebody signed in, after a failure."""
    data = tmp_path_factory.mktemp("audited") / "data"
    with serving(data) as gateway:
        model = gateway.add("https://up.example")
        gateway.ask("PATCH", f"/v1/models/{model}", {"region": "eu-west"})
        gateway.ask("DELETE", f"/v1/models/{model}")
        mia = gateway.ask("POST", "/admin/v1/users", {"name": "Mia", "email": "mia@acme.example"})
        gateway.ask("PUT", f"/admin/v1/users/{mia['id']}/password", {"password": PASSWORD})
        for password in (canary("wrong"), PASSWORD):
            gateway.http.post("/admin/v1/sign-in", json={"email": "mia@acme.example", "password": password})
        found = rows(gateway)
        assert verified(data) == f"the audit trail is whole: {len(found)} rows"
    return found


def verified(data: Path) -> str:
    done = subprocess.run(
        [HEADGATE, "audit", "verify", "--data-dir", data],
        env=surroundings(None),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return done.stdout.splitlines()[0]


def about(trail: list[dict[str, object]], action: str) -> dict[str, object]:
    """The newest row of an action."""
    return next(row for row in trail if row["action"] == action)


def test_the_trail_begins_with_the_first_start(audited: list[dict[str, object]]) -> None:
    first = audited[-1]

    assert (first["number"], first["actor"], first["action"]) == (1, "system", "organization.created")
    assert [row["number"] for row in audited] == list(range(len(audited), 0, -1))


@pytest.mark.parametrize("action", ["model.created", "model.updated", "model.deleted", "user.updated"])
def test_what_a_person_does_is_recorded_with_the_address(audited: list[dict[str, object]], action: str) -> None:
    row = about(audited, action)

    assert str(row["actor"]).startswith("user:")
    assert row["credential"]
    assert row["source"] == "127.0.0.1"


def test_a_change_is_recorded_with_its_fields(audited: list[dict[str, object]]) -> None:
    assert {"path": "document.region", "before": None, "after": "eu-west"} in differences(
        about(audited, "model.updated")
    )


def test_a_password_is_recorded_by_name_only(audited: list[dict[str, object]]) -> None:
    assert differences(about(audited, "user.updated")) == [{"path": "password", "change": "set"}]


def test_a_sign_in_that_failed_is_recorded_without_what_was_typed(audited: list[dict[str, object]]) -> None:
    row = about(audited, "sign_in.failed")

    assert (row["actor"], row["source"], row["organization"]) == ("anonymous", "127.0.0.1", None)
    assert "mia" not in str(row)


def test_a_session_is_recorded_as_its_users_doing(audited: list[dict[str, object]]) -> None:
    mia = about(audited, "user.created")["subject"]

    assert about(audited, "session.created")["actor"] == mia


def differences(row: dict[str, object]) -> list[object]:
    found = row["difference"]
    assert isinstance(found, list)
    return found
