"""A server that is started on secrets which do not open: it serves, lists, calls everything else, and says which
entries must be given their secrets again."""

from __future__ import annotations

import base64
import secrets
import sqlite3
from pathlib import Path

import pytest

from tests.end_to_end.chat import whole
from tests.end_to_end.gateway import UPSTREAM_KEY, visited
from tests.end_to_end.program import start
from tests.origin.script import answering
from tests.origin.server import Origin

TOKEN = secrets.token_urlsafe(32)
UNREADABLE = "the credential must be entered again: it cannot be read"
KEY, ANOTHER = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))


def altered(data: Path, name: str) -> None:
    """Flip a bit of the secret of an entry."""
    with sqlite3.connect(data / "headgate.sqlite3") as database:
        (uid,) = database.execute("SELECT uid FROM entry WHERE name = ?", [name]).fetchone()
        (ciphertext,) = database.execute("SELECT ciphertext FROM credential WHERE entry_uid = ?", [uid]).fetchone()
        flipped = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
        database.execute("UPDATE credential SET ciphertext = ? WHERE entry_uid = ?", [flipped, uid])
    database.close()


def marked(data: Path) -> set[str]:
    """The entries that are known to have a secret which does not open."""
    with sqlite3.connect(data / "headgate.sqlite3") as database:
        rows = database.execute(
            "SELECT entry.name FROM verification JOIN entry USING (uid) WHERE state = 'failed' AND message = ?",
            [UNREADABLE],
        ).fetchall()
    database.close()
    return {name for (name,) in rows}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory sealed under KEY."""
    return tmp_path / "data"


@pytest.mark.parametrize(
    "wrong", [pytest.param(False, id="one is altered"), pytest.param(True, id="another master key")]
)
def test_secrets_that_do_not_open_are_a_state_of_their_entries(data: Path, *, wrong: bool) -> None:
    settings = {"HEADGATE_ADMIN_TOKEN": TOKEN, "HEADGATE_MASTER_KEY": KEY}
    with Origin(answering(whole())) as origin:
        program = start(data, settings)
        with visited(program, TOKEN) as gateway:
            sound, broken = gateway.add(origin.url), gateway.add(origin.url)
            session = gateway.ask("POST", "/admin/v1/sessions", {})["token"]
        program.end()
        if not wrong:
            altered(data, broken)

        program = start(data, {**settings, "HEADGATE_MASTER_KEY": ANOTHER if wrong else KEY})
        with visited(program, TOKEN) as gateway:
            listed = gateway.http.get("/v1/models").json()["items"]
            refused = gateway.chat(broken)
            served = gateway.chat("mock" if wrong else sound)
            known = gateway.http.get("/admin/v1/sessions", headers={"authorization": f"Bearer {session}"})
        program.end()

    assert {sound, broken} <= {each["model_id"] for each in listed}
    assert (refused.status, served.status) == (424, 200)
    assert refused.error["message"] == UNREADABLE
    assert UPSTREAM_KEY not in refused.body.decode()
    assert marked(data) == ({sound, broken} if wrong else {broken})
    # What was signed before is verified with the public half, which is not sealed.
    assert known.status_code == 200
    assert "provider secrets do not open" in program.log.read_text()
