"""No object of ours shows a secret when it is written out: not in a log, a debugger or a failed assertion."""

from __future__ import annotations

import gc
from pathlib import Path

from headgate.adapters.sealing.envelope import KeyRing, SecretOpener, SecretSealer
from headgate.adapters.sealing.key_ring import KeySource
from headgate.adapters.sealing.master_key import MasterKey
from headgate.adapters.upstream.auth import Heads
from headgate.catalogue.scope import PLATFORM
from headgate.core.secret import Secret
from headgate.gateway.administer import Write
from headgate.gateway.credentials_named import NewCredential
from headgate.gateway.grant import Granted
from headgate.settings import read_settings
from tests.canaries import canary
from tests.gateway.writing import document
from tests.web.api import Api


def written_out() -> list[str]:
    """Every object of ours that is alive, as `repr` writes it."""
    ours = (each for each in gc.get_objects() if str(getattr(type(each), "__module__", "")).startswith("headgate."))
    return [repr(each) for each in ours]


def test_nothing_that_lives_in_a_server_shows_a_secret(api: Api) -> None:
    secrets = {each: canary(each) for each in ("entry", "changed", "named", "rotated")}
    config = {"provider": "openai", "base_url": "https://up.example/v1"}
    api.create("a", provider_config={**config, "api_key": secrets["entry"]})
    api.ask("PATCH", "/v1/models/a", body={"provider_config": {"api_key": secrets["changed"]}})
    given = {"name": "main", "provider": "openai", "secret": secrets["named"]}
    made = api.ask("POST", "/admin/v1/credentials", body=given).json()
    api.ask("POST", f"/admin/v1/credentials/{made['id']}/rotate", body={"secret": secrets["rotated"]})
    heads = Heads(api.desk.book, SecretOpener(KeyRing([MasterKey(bytes(range(32)))])))
    kept = [heads.head(each) for each in api.desk.snapshot.offers()]

    shown = written_out()

    assert len(kept) == 1
    assert len(shown) > 100
    assert [slot for slot, secret in secrets.items() if any(secret in text for text in shown)] == []


def test_no_value_that_carries_a_secret_shows_it() -> None:
    text = canary("carried")
    secret, key = Secret(text), MasterKey(text.encode()[:32])
    environment = {f"HEADGATE_{name}": text for name in ("ADMIN_TOKEN", "MASTER_KEY", "NEW_MASTER_KEY")}
    carriers = [
        secret,
        key,
        KeyRing([key]),
        SecretSealer(KeyRing([key])),
        KeySource(file=Path("k"), given=secret, heir=secret),
        Write(document("a"), secret),
        NewCredential(name="n", provider="openai", secret=secret),
        Granted(record=PLATFORM, text=secret),
        read_settings({**environment, "HEADGATE_DATABASE_URL": f"postgresql://u:{text}@h/d"}),
    ]

    assert [type(each) for each in carriers if text in f"{each!r} {each}"] == []
