"""What an operator decides, read once at start and frozen.

Every setting is declared in one place, as a field of `Settings`: its name, type, default, the reader that accepts or
refuses a value, and one sentence of help. The environment, the file and the reference page all follow from that.
`HEADGATE_HOST` in the environment and `host` in `headgate.toml` are the same setting; the environment wins. Nothing
is ignored: an unknown name, a value of the wrong type or a weak secret stops the start, which lists all that is wrong.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, get_type_hints

import msgspec

from headgate.core.secret import Secret
from headgate.setting_values import (
    ROLES,
    SECRET_READERS,
    Reader,
    networks,
    one_of,
    path,
    role_words,
    seconds,
    secret,
    strong_secret,
    text,
    url,
    whole,
    words,
)

PREFIX: Final = "HEADGATE_"
FILE_NAME: Final = "headgate.toml"
CLIENT_VARIABLES: Final = frozenset({"HEADGATE_TOKEN"})
"""Variables of the same prefix that programs which call Headgate use; a server finds them in the same shell."""


class StartRefused(Exception):
    """The server cannot start. The message says why and what would be accepted."""


class SettingsRefused(StartRefused):
    """The settings cannot be used. One line for each thing that is wrong; a secret's value is never shown."""


class Setting(msgspec.Struct, frozen=True):
    """How one setting is read, and what it is for."""

    read: Reader
    help: str


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one process."""

    host: Annotated[str, Setting(text, "The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Setting(whole(0, 65535), "The port to listen on; 0 takes a free one.")] = 8080
    data_dir: Annotated[
        Path, Setting(path, "The directory for databases, the master key and everything else that is kept.")
    ] = Path("headgate-data")
    database_url: Annotated[
        Secret | None,
        Setting(secret, "A PostgreSQL database instead of SQLite files in the data directory."),
    ] = None
    admin_token: Annotated[
        Secret | None,
        Setting(
            strong_secret,
            "The administrator's token, as it stands; without it the first start draws one and prints it.",
        ),
    ] = None
    master_key: Annotated[
        Secret | None,
        Setting(strong_secret, "The key under which secrets are sealed: 32 random bytes in base64 or hex."),
    ] = None
    master_key_file: Annotated[
        Path | None, Setting(path, "A file that holds the master key; by default one in the data directory.")
    ] = None
    new_master_key: Annotated[
        Secret | None,
        Setting(strong_secret, "The key that `headgate rotate-key` puts in the place of master_key; both open."),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Setting(one_of("debug", "info", "warning", "error"), "The least severe messages that are logged."),
    ] = "info"
    egress_allow: Annotated[
        tuple[str, ...],
        Setting(
            networks,
            "Private address ranges that the URL of any model may lie in, not only one that the platform wrote.",
        ),
    ] = ()
    trusted_proxies: Annotated[
        tuple[str, ...],
        Setting(networks, "Addresses of proxies whose X-Forwarded-For is believed."),
    ] = ()
    org_key_as_bearer: Annotated[
        Literal["accept", "seed", "refuse"],
        Setting(
            one_of("accept", "seed", "refuse"),
            "Whether an organization key may come as a Bearer token: always, where the published API says so, never.",
        ),
    ] = "accept"
    header_policy_enforcement: Annotated[
        Literal["enabled", "report_only", "off"],
        Setting(
            one_of("enabled", "report_only", "off"),
            "Whether header policies of organizations refuse requests, only report them, or do nothing.",
        ),
    ] = "enabled"
    max_body_bytes: Annotated[int, Setting(whole(1024, 2**31), "The longest request body that is taken, in bytes.")] = (
        32 * 1024 * 1024
    )
    connect_timeout: Annotated[
        float, Setting(seconds(0.1, 300), "Until an upstream connection stands, the name look-up included.")
    ] = 5.0
    first_byte_timeout: Annotated[
        float, Setting(seconds(0.1, 3600), "From a request's last byte to the first of the upstream's answer.")
    ] = 120.0
    idle_timeout: Annotated[float, Setting(seconds(0.1, 3600), "Between two pieces of an upstream's answer.")] = 60.0
    total_timeout: Annotated[
        float, Setting(seconds(0.1, 86400), "For one attempt at an upstream; a model's own timeout replaces it.")
    ] = 600.0
    probe_timeout: Annotated[
        float, Setting(seconds(0.1, 300), "For one question of a verification or test of a model's connection.")
    ] = 10.0
    drain_delay: Annotated[
        float, Setting(seconds(0, 600), "After a stop signal, how long new connections are still accepted.")
    ] = 0.0
    drain_grace: Annotated[
        float, Setting(seconds(0, 3600), "How long answers under way may take to finish once listening has stopped.")
    ] = 30.0
    journal_fsync: Annotated[
        Literal["interval", "always", "never"],
        Setting(
            one_of("interval", "always", "never"),
            "When the journal is forced to the disk: every second, before a request goes on, when the system likes.",
        ),
    ] = "interval"
    journal_max_bytes: Annotated[
        int, Setting(whole(2**25, 2**50), "How much the journal may hold that the ledger has not taken, in bytes.")
    ] = 2**30
    ledger_keep_months: Annotated[
        int | None, Setting(whole(1, 1200), "How many past months of requests are kept, if not all; sums by day stay.")
    ] = None
    bulk_replace_items: Annotated[int, Setting(whole(1, 100_000), "The most entries of one bulk replace.")] = 500
    bulk_replace_per_hour: Annotated[
        int, Setting(whole(1, 1_000_000), "The most bulk replaces of one caller in an hour.")
    ] = 5
    sign_in_per_email: Annotated[
        int, Setting(whole(1, 1_000_000), "How often a password may be wrong for one e-mail in a quarter of an hour.")
    ] = 10
    sign_in_per_address: Annotated[
        int, Setting(whole(1, 1_000_000), "The same for one address of a client, whatever the e-mail.")
    ] = 50
    oidc_issuer: Annotated[
        str | None,
        Setting(url, "The identity provider whose tokens are accepted as Bearer tokens, as its `iss` is written."),
    ] = None
    oidc_audience: Annotated[
        tuple[str, ...], Setting(words, "The values of `aud` that name this installation; a token needs one of them.")
    ] = ()
    oidc_jwks_url: Annotated[
        str | None, Setting(url, "Where the identity provider's keys are; without it, where its discovery says.")
    ] = None
    oidc_user_claim: Annotated[str, Setting(text, "The claim that tells users apart.")] = "sub"
    oidc_email_claim: Annotated[str, Setting(text, "The claim with the e-mail of a user who is created.")] = "email"
    oidc_organization_claim: Annotated[
        str | None,
        Setting(text, "The claim with the ids or slugs of the organizations that a token is good for."),
    ] = None
    oidc_roles_claim: Annotated[
        str | None, Setting(text, "The claim with the words that decide the role; a dot goes into an object.")
    ] = None
    oidc_roles: Annotated[
        tuple[tuple[str, str], ...],
        Setting(role_words, f"What those words mean, as `WORD=ROLE`; ROLE is one of {', '.join(ROLES)}."),
    ] = ()
    oidc_unknown_users: Annotated[
        Literal["refuse", "create"],
        Setting(one_of("refuse", "create"), "What becomes of a user whom the provider vouches for and nobody knows."),
    ] = "refuse"


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
    faults += _of_oidc(values)
    if faults:
        raise SettingsRefused("\n".join(faults))
    return msgspec.structs.replace(Settings(), **values)


def _of_oidc(values: Mapping[str, object]) -> list[str]:
    """What is set about the identity provider without that which gives it a meaning."""
    if not values.get("oidc_issuer"):
        alone = sorted(name for name, value in values.items() if name.startswith("oidc_") and value)
        return [f"{', '.join(alone)}: set without oidc_issuer; set that too"] if alone else []
    missing = []
    if not values.get("oidc_audience"):
        missing.append("oidc_issuer is set and oidc_audience is not; a token for somebody else would be accepted here")
    if bool(values.get("oidc_roles")) != bool(values.get("oidc_roles_claim")):
        missing.append("oidc_roles_claim and oidc_roles mean something together only; set both or none")
    return missing


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
                data_dir = path(one.value)
    return next((path for path in (Path(FILE_NAME), data_dir / FILE_NAME) if path.is_file()), None)


def _accepted(given: Iterable[_Given], faults: list[str]) -> dict[str, object]:
    settings, values = declared(), {}
    for name, called, value in given:
        read = settings[name].read
        try:
            values[name] = read(value)
        except ValueError as error:
            shown = "is refused" if read in SECRET_READERS else f"is {value!r}"
            faults.append(f"{called} {shown}; accepted: {error}")
    return values


def _unknown(called: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(called, known, n=1)
    return f"{called} is no setting" + (f"; did you mean {near[0]}?" if near else "")
