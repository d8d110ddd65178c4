"""The watch for secrets sees what it is there to see: one that sees nothing would pass every suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.access.keys import mint_key, mint_token
from headgate.core.secret import Secret
from tests import databases
from tests.canaries import WATCH, Watch, canary, formed
from tools.sources import ROOT

pytest_plugins = ["pytester"]

TOKEN = b"at:" + b"0" * 49
SESSION = b".".join([b"eyJhbGciOiJFZERTQSIsImtpZCI6IjEifQ", b"eyJpc3MiOiJoZWFkZ2F0ZTp4In0", b"s" * 86])


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(canary("slot").encode(), id="a canary"),
        pytest.param(mint_token(bytes(32)).reveal().encode(), id="a token"),
        pytest.param(mint_key("acme", bytes(32)).reveal().encode(), id="a key"),
        pytest.param(SESSION, id="a session"),
    ],
)
def test_what_has_the_form_of_a_secret_is_seen_in_the_middle_of_anything(watch: Watch, text: bytes) -> None:
    watch.look("a place", b"\x00\xff,at:" + text + b'"\x00')

    assert len(watch.leaks) == 1
    assert text.decode() not in watch.leaks[0]


def test_what_only_looks_like_one_is_not(watch: Watch) -> None:
    watch.look("a place", b"at: noon, iak_acme_short, eyJ.eyJ.x, finch-bird " + TOKEN)

    assert watch.leaks == []


def test_every_secret_that_is_made_is_known_whatever_its_form(watch: Watch) -> None:
    watch.note("AKIA-some-secret-0123456789")
    watch.note("short")
    watch.note("a phrase that is long and has blanks")

    watch.look("a place", b"short a phrase that is long and has blanks")
    assert watch.leaks == []
    watch.look("a place", b"x AKIA-some-secret-0123456789 y")
    assert len(watch.leaks) == 1


def test_secrets_tell_the_watch_of_this_run() -> None:
    text = canary("made")
    before = len(WATCH.leaks)

    Secret(f"{text}-of-another-form")
    WATCH.look("a place", f"{text}-of-another-form".encode())

    del WATCH.leaks[before + 2 :]
    assert len(WATCH.leaks) - before == 2
    del WATCH.leaks[before:]


def test_an_answer_gives_a_credential_out_once(watch: Watch) -> None:
    token = mint_token(bytes(32)).reveal().encode()

    watch.look_at_answer("an answer", b'{"id":"x","token":"' + token + b'"}')
    assert watch.leaks == []
    watch.look_at_answer("an answer", b'{"id":"x","token":"' + token + b'"}')
    assert len(watch.leaks) == 1


def test_an_answer_never_gives_out_what_was_put_in(watch: Watch) -> None:
    watch.look_at_answer("an answer", f'{{"key":"{canary("slot")}"}}'.encode())

    assert len(watch.leaks) == 1


def test_files_are_looked_at_and_those_that_hold_a_key_are_not(watch: Watch, tmp_path: Path) -> None:
    for name in ("headgate.sqlite3", "data.log", "master.key", "master.key.next"):
        (tmp_path / name).write_text(canary("slot"))

    watch.look_at_files(tmp_path.rglob("*"))
    for each in tmp_path.iterdir():
        each.unlink()

    assert sorted(Path(each.partition(":")[0]).name for each in watch.leaks) == ["data.log", "headgate.sqlite3"]


def test_rows_of_postgresql_are_looked_at_bytes_included(watch: Watch) -> None:
    import psycopg  # noqa: PLC0415 - the server starts when it is needed

    before = len(WATCH.leaks)
    with databases.postgresql_database() as url, psycopg.connect(url.reveal()) as connection:
        connection.execute("CREATE TABLE kept (a text, b bytea)")
        connection.execute("INSERT INTO kept VALUES (%s, %s)", [canary("text"), canary("bytes").encode()])
        watch.look_at_postgresql(connection)
        connection.rollback()

    assert len(watch.leaks) == 2
    assert len(WATCH.leaks) == before


def test_a_canary_is_found_by_its_form_alone() -> None:
    text = canary("slot")

    assert list(formed(text.encode())) == [text.removeprefix("sk-").encode()]


def test_what_is_seen_in_any_process_of_the_suite_fails_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest(
        """
        from tests import canaries

        def pytest_configure(config):
            config.pluginmanager.register(canaries.begin())
        """
    )
    pytester.makepyfile(
        """
        from tests.canaries import WATCH, canary

        def test_it():
            WATCH.look("a place", canary("slot").encode())
        """
    )

    result = pytester.runpytest_subprocess("--numprocesses=1")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["a secret was seen in a place: finch-slot*"])
