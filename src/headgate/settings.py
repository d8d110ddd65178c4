"""What an operator decides, read once at start and frozen.

Every setting is declared in one place, as a field of `Settings`: its name, type, default, the reader that accepts or
refuses a value, and one sentence of help. The environment, the file and the reference page all follow from that.
`HEADGATE_HOST` in the environment and `host` in `headgate.toml` are the same setting; the environment wins. Nothing
is ignored: a name that means nothing, a value of the wrong type or a weak secret stops the start, and the message
lists everything that is wrong at once.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from ipaddress import ip_network
from math import nan
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, get_type_hints

import msgspec

from headgate.core.secret import Secret

PREFIX: Final = "HEADGATE_"
FILE_NAME: Final = "headgate.toml"
CLIENT_VARIABLES: Final = frozenset({"HEADGATE_TOKEN"})
"""Variables of the same prefix that programs which call Headgate use; a server finds them in the same shell."""

SECRET_LENGTH: Final = 32
_FEW_CHARACTERS: Final = 8
_SAMPLE_WORDS: Final = ("example", "sample", "changeme", "change-me", "change_me", "placeholder", "password", "your-")

Reader = Callable[[object], object]
"""Turns text of the environment or a value of the file into the setting's value. ValueError says what is accepted."""


class StartRefused(Exception):
    """The server cannot start. The message says why and what would be accepted."""


class SettingsRefused(StartRefused):
    """The settings cannot be used. One line for each thing that is wrong; a secret's value is never shown."""


class Setting(msgspec.Struct, frozen=True):
    """How one setting is read, and what it is for."""

    read: Reader
    help: str


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError("a text that is not empty and has no control characters")
    return value


def _whole(least: int, most: int) -> Reader:
    def read(value: object) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return value

    return read


def _seconds(least: float, most: float) -> Reader:
    def read(value: object) -> float:
        try:
            number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else nan
        except (ValueError, OverflowError):
            number = nan
        if not least <= number <= most:
            raise ValueError(f"a number of seconds from {least:g} to {most:g}")
        return number

    return read


def _one_of(*accepted: str) -> Reader:
    def read(value: object) -> str:
        if not isinstance(value, str) or value.lower() not in accepted:
            raise ValueError(f"one of {', '.join(accepted)}")
        return value.lower()

    return read


def _path(value: object) -> Path:
    text = _text(value)
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"a path; {text.partition('/')[0]} has no home directory") from None


def _networks(value: object) -> tuple[str, ...]:
    accepted = "address ranges such as 10.0.0.0/8, in the environment separated by commas"
    listed = [part for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(part, str) for part in listed):
        raise ValueError(accepted)
    try:
        return tuple(str(ip_network(part.strip())) for part in listed)
    except ValueError as error:
        raise ValueError(f"{accepted}; {error}") from None


def _secret(value: object) -> Secret:
    return Secret(_text(value))


def _strong_secret(value: object) -> Secret:
    text = value if isinstance(value, str) else ""
    if len(text) < SECRET_LENGTH or text.strip() != text or not text.isprintable():
        raise ValueError(f"{SECRET_LENGTH} or more printable characters without spaces at either end")
    if len(set(text)) < _FEW_CHARACTERS:
        raise ValueError("a random value; this one repeats a few characters")
    if any(word in text.lower() for word in _SAMPLE_WORDS):
        raise ValueError("a random value of your own; this one is a sample")
    return Secret(text)


_SECRET_READERS: Final = (_secret, _strong_secret)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one process."""

    host: Annotated[str, Setting(_text, "The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Setting(_whole(0, 65535), "The port to listen on; 0 takes a free one.")] = 8080
    data_dir: Annotated[
        Path, Setting(_path, "The directory for databases, the master key and everything else that is kept.")
    ] = Path("headgate-data")
    database_url: Annotated[
        Secret | None,
        Setting(_secret, "A PostgreSQL database instead of SQLite files in the data directory."),
    ] = None
    admin_token: Annotated[
        Secret | None,
        Setting(
            _strong_secret,
            "The administrator's token, as it stands; without it the first start draws one and prints it.",
        ),
    ] = None
    master_key: Annotated[
        Secret | None,
        Setting(_strong_secret, "The key under which secrets are sealed: 32 random bytes in base64 or hex."),
    ] = None
    master_key_file: Annotated[
        Path | None, Setting(_path, "A file that holds the master key; by default one in the data directory.")
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Setting(_one_of("debug", "info", "warning", "error"), "The least severe messages that are logged."),
    ] = "info"
    egress_allow: Annotated[
        tuple[str, ...],
        Setting(
            _networks,
            "Private address ranges that the URL of any model may lie in, not only one that the platform wrote.",
        ),
    ] = ()
    trusted_proxies: Annotated[
        tuple[str, ...],
        Setting(_networks, "Addresses of proxies whose X-Forwarded-For is believed."),
    ] = ()
    org_key_as_bearer: Annotated[
        Literal["accept", "seed", "refuse"],
        Setting(
            _one_of("accept", "seed", "refuse"),
            "Whether an organization key may come as a Bearer token: always, where the published API says so, never.",
        ),
    ] = "accept"
    max_body_bytes: Annotated[
        int, Setting(_whole(1024, 2**31), "The longest request body that is taken, in bytes.")
    ] = 32 * 1024 * 1024
    connect_timeout: Annotated[
        float, Setting(_seconds(0.1, 300), "Until an upstream connection stands, the name look-up included.")
    ] = 5.0
    first_byte_timeout: Annotated[
        float, Setting(_seconds(0.1, 3600), "From a request's last byte to the first of the upstream's answer.")
    ] = 120.0
    idle_timeout: Annotated[float, Setting(_seconds(0.1, 3600), "Between two pieces of an upstream's answer.")] = 60.0
    total_timeout: Annotated[
        float, Setting(_seconds(0.1, 86400), "For one attempt at an upstream; a model's own timeout replaces it.")
    ] = 600.0
    probe_timeout: Annotated[
        float, Setting(_seconds(0.1, 300), "For one question of a verification or test of a model's connection.")
    ] = 10.0
    drain_delay: Annotated[
        float, Setting(_seconds(0, 600), "After a stop signal, how long new connections are still accepted.")
    ] = 0.0
    drain_grace: Annotated[
        float, Setting(_seconds(0, 3600), "How long answers under way may take to finish once listening has stopped.")
    ] = 30.0
    bulk_replace_items: Annotated[int, Setting(_whole(1, 100_000), "The most entries of one bulk replace.")] = 500
    bulk_replace_per_hour: Annotated[
        int, Setting(_whole(1, 1_000_000), "The most bulk replaces of one caller in an hour.")
    ] = 5


def declared() -> Mapping[str, Setting]:
    """Every setting, by the name of its field."""
    hints = get_type_hints(Settings, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


def read_settings(
    environment: Mapping[str, str], *, options: Mapping[str, str] | None = None, file: Path | None = None
) -> Settings:
    """The settings of `environment` over those of a file; `options` are a command line's and win over both.

    Without `file`, `headgate.toml` is looked for in the working directory and then in the data directory. Raises
    SettingsRefused.
    """
    faults: list[str] = []
    upper = [*_of_environment(environment, faults), *_of_options(options or {})]
    found = file or _found_file(upper)
    lower = _of_file(found, faults) if found else []
    values = _accepted([*lower, *upper], faults)
    if "master_key" in values and "master_key_file" in values:
        faults.append("master_key and master_key_file are both set; set one of them")
    if faults:
        raise SettingsRefused("\n".join(faults))
    return msgspec.structs.replace(Settings(), **values)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


class _Given(NamedTuple):
    """A value before it is read. `called` is what its author calls the setting."""

    name: str
    called: str
    value: object


def _of_environment(environment: Mapping[str, str], faults: list[str]) -> list[_Given]:
    known = {variable(name): name for name in declared()}
    given = []
    for called, value in environment.items():
        if not called.startswith(PREFIX) or called in CLIENT_VARIABLES:
            continue
        if called in known:
            given.append(_Given(known[called], called, value))
        else:
            faults.append(_unknown(called, known))
    return given


def _of_options(options: Mapping[str, str]) -> list[_Given]:
    return [_Given(name, f"--{name.replace('_', '-')}", value) for name, value in options.items()]


def _of_file(path: Path, faults: list[str]) -> list[_Given]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(f"{path}: cannot be read: {error.strerror}")
        return []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{path}: is not TOML: {error}")
        return []
    known = declared()
    faults += [f"{path}: {_unknown(name, known)}" for name in table if name not in known]
    return [_Given(name, f"{path}: {name}", value) for name, value in table.items() if name in known]


def _found_file(given: Iterable[_Given]) -> Path | None:
    data_dir = Settings().data_dir
    for one in given:
        if one.name == "data_dir":
            # A value that is no path is refused later, by name.
            with suppress(ValueError):
                data_dir = _path(one.value)
    return next((path for path in (Path(FILE_NAME), data_dir / FILE_NAME) if path.is_file()), None)


def _accepted(given: Iterable[_Given], faults: list[str]) -> dict[str, object]:
    settings, values = declared(), {}
    for name, called, value in given:
        read = settings[name].read
        try:
            values[name] = read(value)
        except ValueError as error:
            shown = "is refused" if read in _SECRET_READERS else f"is {value!r}"
            faults.append(f"{called} {shown}; accepted: {error}")
    return values


def _unknown(called: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(called, known, n=1)
    return f"{called} is no setting" + (f"; did you mean {near[0]}?" if near else "")
