"""The command line, as a person at a terminal meets it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from headgate import __version__
from headgate.cli.serving import announce
from headgate.core.secret import Secret
from headgate.web.server import Started

HEAVY = {"alembic", "cryptography", "fastapi", "genai_prices", "httptools", "httpx2", "pydantic", "rich", "sqlalchemy"}
"""What takes long to import, and help has no need of."""


def headgate(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "headgate.cli.main", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_version_is_printed() -> None:
    done = headgate("--version")

    assert (done.returncode, done.stdout, done.stderr) == (0, f"headgate {__version__}\n", "")


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from headgate.cli.main import main\n"
        "sys.argv = ['headgate', '--help']\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    sys.stderr.write(' '.join(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert "Usage: " in done.stdout
    assert HEAVY & set(done.stderr.split()) == set()


def test_a_wrong_option_is_told_on_stderr() -> None:
    done = headgate("serve", "--prot", "1")

    assert (done.returncode, done.stdout) == (2, "")
    assert "--prot" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "told"),
    [
        pytest.param([], {"HEADGATE_ADMIN_TOKEN": "short"}, "HEADGATE_ADMIN_TOKEN is refused", id="a weak secret"),
        pytest.param([], {"HEADGATE_PROT": "1"}, "did you mean HEADGATE_PORT?", id="an unknown variable"),
        pytest.param(["--port", "eighty"], {}, "--port is 'eighty'; accepted: a whole number", id="a wrong option"),
        pytest.param(["--config", "missing.toml"], {}, "missing.toml: cannot be read", id="a missing file"),
    ],
)
def test_settings_that_cannot_be_used_stop_the_start(
    arguments: list[str], environment: dict[str, str], told: str
) -> None:
    done = headgate("serve", *arguments, environment=environment)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("headgate cannot start with these settings:\n")
    assert told in done.stderr


def test_a_first_start_tells_the_token_and_a_first_call(capsys: pytest.CaptureFixture[str]) -> None:
    announce(Started(address="http://127.0.0.1:1", first=True, token=Secret("at:drawn")))

    output = capsys.readouterr().out
    assert "Headgate serves on http://127.0.0.1:1\n" in output
    assert "\n    at:drawn\n" in output
    assert "curl http://127.0.0.1:1/v1/chat/completions" in output
    assert '"Authorization: Bearer at:drawn"' in output


def test_a_first_start_with_a_token_of_ones_own_does_not_print_it(capsys: pytest.CaptureFixture[str]) -> None:
    announce(Started(address="http://127.0.0.1:1", first=True))

    assert '"Authorization: Bearer $HEADGATE_ADMIN_TOKEN"' in capsys.readouterr().out


def test_a_later_start_tells_the_address_only(capsys: pytest.CaptureFixture[str]) -> None:
    announce(Started(address="http://127.0.0.1:1"))

    assert capsys.readouterr().out == "Headgate serves on http://127.0.0.1:1\n"
