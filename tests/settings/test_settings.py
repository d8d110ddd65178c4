"""Settings from the environment, a file and a command line; and everything that stops the start."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import string
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.secret import REDACTED, Secret
from headgate.settings import (
    CLIENT_VARIABLES,
    Settings,
    SettingsRefused,
    StartRefused,
    declared,
    read_settings,
    variable,
)
from tools.settings_page import PAGE, page
from tools.sources import ROOT, sources

TOKEN = "mK3vT9qLz8WcR2nHx5BdY7pJfGs4AeUt"


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(environment: dict[str, str], *, file: Path | None = None) -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        read_settings(environment, file=file)
    return str(refused.value).splitlines()


def test_without_anything_the_defaults_hold() -> None:
    assert read_settings({"PATH": "/usr/bin"}) == Settings()


def test_every_kind_of_value_is_read_from_the_environment() -> None:
    settings = read_settings(
        {
            "HEADGATE_HOST": "::1",
            "HEADGATE_PORT": "9000",
            "HEADGATE_DATA_DIR": "elsewhere",
            "HEADGATE_ADMIN_TOKEN": TOKEN,
            "HEADGATE_DATABASE_URL": "postgresql://localhost/headgate",
            "HEADGATE_LOG_LEVEL": "DEBUG",
            "HEADGATE_EGRESS_ALLOW": "10.0.0.0/8, fd00::/8",
            "HEADGATE_ORG_KEY_AS_BEARER": "seed",
            "HEADGATE_TOTAL_TIMEOUT": "2.5",
        }
    )

    assert settings == Settings(
        host="::1",
        port=9000,
        data_dir=Path("elsewhere"),
        admin_token=Secret(TOKEN),
        database_url=Secret("postgresql://localhost/headgate"),
        log_level="debug",
        egress_allow=("10.0.0.0/8", "fd00::/8"),
        org_key_as_bearer="seed",
        total_timeout=2.5,
    )


def test_the_same_settings_are_read_from_a_file(empty_directory: Path) -> None:
    (empty_directory / "headgate.toml").write_text(
        'host = "::1"\nport = 9000\negress_allow = ["10.0.0.0/8"]\ntotal_timeout = 3\nlog_level = "error"\n'
    )

    assert read_settings({}) == Settings(
        host="::1", port=9000, egress_allow=("10.0.0.0/8",), total_timeout=3.0, log_level="error"
    )


def test_the_environment_wins_over_the_file_and_an_option_over_both(empty_directory: Path) -> None:
    (empty_directory / "headgate.toml").write_text('host = "file"\nport = 1\nlog_level = "error"\n')

    settings = read_settings({"HEADGATE_HOST": "environment", "HEADGATE_PORT": "2"}, options={"port": "3"})

    assert (settings.host, settings.port, settings.log_level) == ("environment", 3, "error")


def test_a_file_in_the_data_directory_is_found(empty_directory: Path) -> None:
    (empty_directory / "data").mkdir()
    (empty_directory / "data" / "headgate.toml").write_text("port = 5")

    assert read_settings({"HEADGATE_DATA_DIR": "data"}).port == 5
    assert read_settings({}, options={"data_dir": "data"}).port == 5
    assert read_settings({}).port == 8080


def test_a_file_that_is_named_is_the_one_that_is_read(empty_directory: Path) -> None:
    (empty_directory / "headgate.toml").write_text("port = 5")
    (empty_directory / "other.toml").write_text("port = 6")

    assert read_settings({}, file=Path("other.toml")).port == 6


def test_a_file_that_is_named_must_exist() -> None:
    assert refusal({}, file=Path("missing.toml")) == ["missing.toml: cannot be read: No such file or directory"]


def test_a_file_that_is_no_toml_is_refused(empty_directory: Path) -> None:
    (empty_directory / "headgate.toml").write_text("port: 5")

    assert refusal({})[0].startswith("headgate.toml: is not TOML: ")


def test_an_unknown_variable_is_refused_with_the_nearest() -> None:
    assert refusal({"HEADGATE_ADMIN_TOKN": TOKEN}) == [
        "HEADGATE_ADMIN_TOKN is no setting; did you mean HEADGATE_ADMIN_TOKEN?"
    ]


def test_an_unknown_name_in_the_file_is_refused_with_the_nearest(empty_directory: Path) -> None:
    (empty_directory / "headgate.toml").write_text("prot = 5")

    assert refusal({}) == ["headgate.toml: prot is no setting; did you mean port?"]


def test_a_variable_that_clients_use_is_left_alone() -> None:
    assert read_settings(dict.fromkeys(CLIENT_VARIABLES, "at:x")) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("PORT", "eighty", "a whole number from 0 to 65535"),
        ("PORT", "65536", "a whole number from 0 to 65535"),
        ("PORT", "-1", "a whole number from 0 to 65535"),
        ("PORT", "80.0", "a whole number from 0 to 65535"),
        ("PORT", "", "a whole number from 0 to 65535"),
        ("PORT", "²", "a whole number from 0 to 65535"),
        ("HOST", " ", "a text that is not empty"),
        ("DATA_DIR", "", "a text that is not empty"),
        ("DATA_DIR", "data\0", "a text that is not empty and has no control characters"),
        ("DATA_DIR", "~nobody-of-that-name/data", "a path; ~nobody-of-that-name has no home directory"),
        ("LOG_LEVEL", "loud", "one of debug, info, warning, error"),
        ("ORG_KEY_AS_BEARER", "maybe", "one of accept, seed, refuse"),
        ("TOTAL_TIMEOUT", "soon", "a number of seconds from 0.1 to 86400"),
        ("TOTAL_TIMEOUT", "nan", "a number of seconds from 0.1 to 86400"),
        ("TOTAL_TIMEOUT", "inf", "a number of seconds from 0.1 to 86400"),
        ("EGRESS_ALLOW", "10.0.0.0/33", "address ranges such as 10.0.0.0/8"),
        ("EGRESS_ALLOW", "10.0.0.1/8", "address ranges such as 10.0.0.0/8"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_what_is_accepted(name: str, value: str, accepted: str) -> None:
    (line,) = refusal({f"HEADGATE_{name}": value})

    assert line.startswith(f"HEADGATE_{name} is {value!r}; accepted: {accepted}")


@pytest.mark.parametrize(
    "line", ['port = "80"x', "host = 5", "port = true", "port = 8.5", 'total_timeout = "x"', "egress_allow = [5]"]
)  # fmt: skip
def test_a_value_of_the_wrong_type_in_the_file_is_refused(line: str, empty_directory: Path) -> None:
    (empty_directory / "headgate.toml").write_text(line)

    assert refusal({})[0].startswith("headgate.toml: ")


@pytest.mark.parametrize("name", ["ADMIN_TOKEN", "MASTER_KEY"])
@pytest.mark.parametrize(
    "weak",
    [
        pytest.param("", id="empty"),
        pytest.param(TOKEN[:31], id="short"),
        pytest.param("a" * 40, id="one character"),
        pytest.param("abc123" * 8, id="few characters"),
        pytest.param(f" {TOKEN}", id="a space before it"),
        pytest.param(f"{TOKEN}\n", id="a line end after it"),
        pytest.param("your-admin-token-with-32-characters", id="a sample"),
        pytest.param("changeme-CHANGEME-1234567890abcdef", id="a well-known word"),
        pytest.param("Example0123456789example0123456789", id="an example"),
    ],
)
def test_a_weak_secret_is_refused_and_not_shown(name: str, weak: str) -> None:
    (line,) = refusal({f"HEADGATE_{name}": weak})

    assert line.startswith(f"HEADGATE_{name} is refused; accepted: ")
    assert not weak or weak.strip() not in line


def test_a_secret_that_our_documentation_prints_is_refused() -> None:
    """Whoever pastes a documented command must not run with a key that everybody knows."""
    assigned = re.compile(r"HEADGATE_(ADMIN_TOKEN|MASTER_KEY)[\"']?\s*[=:]\s*[\"']?([^\s\"'`]+)")
    printed = {
        (name, value)
        for source in sources()
        if source.path.endswith((".md", "Makefile"))
        for name, value in assigned.findall(source.text)
    }

    for name, value in printed:
        assert refusal({f"HEADGATE_{name}": value}), value


def test_both_forms_of_the_master_key_are_one_too_many() -> None:
    assert refusal({"HEADGATE_MASTER_KEY": TOKEN, "HEADGATE_MASTER_KEY_FILE": "key"}) == [
        "master_key and master_key_file are both set; set one of them"
    ]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    lines = refusal({"HEADGATE_PORT": "x", "HEADGATE_ADMIN_TOKEN": "short", "HEADGATE_WHAT": "1"})

    assert len(lines) == 3


def test_a_refusal_of_settings_is_a_refusal_to_start() -> None:
    assert issubclass(SettingsRefused, StartRefused)


def test_secrets_are_not_printed() -> None:
    settings = read_settings({"HEADGATE_ADMIN_TOKEN": TOKEN, "HEADGATE_DATABASE_URL": "postgresql://u:p@h/d"})

    assert TOKEN not in repr(settings)
    assert "u:p" not in repr(settings)
    assert repr(settings).count(REDACTED) == 2


def test_settings_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]


def test_every_setting_has_one_sentence_of_help() -> None:
    assert set(declared()) == set(msgspec.structs.asdict(Settings()))
    for name, setting in declared().items():
        assert setting.help.endswith("."), name
        assert setting.help.count(". ") == 0, name


def test_every_default_is_a_value_that_its_reader_accepts() -> None:
    for name, setting in declared().items():
        default = getattr(Settings(), name)
        given = list(default) if isinstance(default, tuple) else str(default) if isinstance(default, Path) else default

        assert default is None or setting.read(given) == default, name


def test_the_reference_page_is_the_one_that_the_declarations_give() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page(), "run python -m tools.settings_page"


@given(st.dictionaries(st.sampled_from([variable(name) for name in declared()]), st.text(max_size=50), max_size=4))
def test_no_value_is_anything_but_accepted_or_refused_by_name(environment: dict[str, str]) -> None:
    try:
        read_settings(environment, file=Path(os.devnull))
    except SettingsRefused as refused:
        lines = str(refused).splitlines()
        assert any(
            name in line or name.removeprefix("HEADGATE_").lower() in line for line in lines for name in environment
        )


@given(st.text(alphabet=string.ascii_uppercase + "_", min_size=1, max_size=20))
def test_every_unknown_variable_is_refused(suffix: str) -> None:
    called = f"HEADGATE_{suffix}"
    if suffix.lower() in declared() or called in CLIENT_VARIABLES:
        return
    with pytest.raises(SettingsRefused, match=re.escape(f"{called} is no setting")):
        read_settings({called: "x"}, file=Path(os.devnull))


@given(st.integers())
def test_random_secrets_are_taken(seed: int) -> None:
    token = base64.urlsafe_b64encode(hashlib.sha256(str(seed).encode()).digest()).decode()

    assert read_settings({"HEADGATE_ADMIN_TOKEN": token}, file=Path(os.devnull)).admin_token == Secret(token)
