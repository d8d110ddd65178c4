"""Installations with secrets in them, for tests of what seals them: every kind of credential, and a signing key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from headgate.adapters.sealing.envelope import KeyRing, SecretOpener, SecretSealer
from headgate.adapters.sealing.key_ring import KeySource, key_ring
from headgate.adapters.sealing.master_key import FILE_NAME
from headgate.adapters.sessions import new_signing_key, purpose_of
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.credentials import SqlCredentials
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.catalogue.credential import Credential
from headgate.catalogue.scope import PLATFORM, Scope, organization, project, user
from headgate.core.secret import Secret
from tests.catalogue_writing import create

SCOPES: Sequence[Scope] = (PLATFORM, organization("o-1"), project("o-1", "p-1"), user("o-1", "u-1"))


def source(directory: Path) -> KeySource:
    """Keys in files, as an installation has them that was told nothing."""
    return KeySource(file=directory / FILE_NAME)


def texts() -> dict[str, str]:
    """The secret of every credential that `fill` makes, by id."""
    own = {f"own-{scope.kind}": f"sk-own-of-{scope.kind}-0123456789" for scope in SCOPES}
    return {**own, "named": "sk-named-of-organization-0123456789"}


def fill(database: Database, ring: KeyRing) -> None:
    """An entry with a credential of its own in each scope, a named credential, a signing key."""
    sealer, store = SecretSealer(ring), SqlCredentials(database)
    for scope in SCOPES:
        (entry,) = create(SqlCatalogue(database), f"model-{scope.kind}", scope=scope)
        own = Credential(
            id=f"own-{scope.kind}",
            scope=scope,
            provider="openai",
            origins=("https://api.openai.com",),
            entry=entry.uid,
            last4="6789",
        )
        store.put([sealer.seal(own, Secret(texts()[own.id]))])
    named = Credential(
        id="named", scope=organization("o-1"), provider="openai", origins=("https://api.openai.com",), name="main"
    )
    store.put([sealer.seal(named, Secret(texts()["named"]))])
    key = new_signing_key("signing", sealer, now=1.0)
    SqlDirectory(database).put_signing_key(key)


def opened(database: Database, ring: KeyRing) -> dict[str, str]:
    """Every credential's secret, by id; the signing key is opened on the way."""
    opener = SecretOpener(ring)
    for key in SqlDirectory(database).load().signing_keys:
        assert len(opener.open_bytes(purpose_of(key.id), key.sealed_private)) == 32
    return {each.credential.id: opener.open(each).reveal() for each in SqlCredentials(database).credentials()}


def ring_in_force(directory: Path) -> KeyRing:
    """The keys that a server would have which is started on a directory."""
    return key_ring(source(directory), may_create=False)
