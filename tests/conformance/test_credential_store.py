"""The CredentialStore contract: sealed secrets come back byte for byte, names and defaults are unique."""

from __future__ import annotations

import msgspec
import pytest

from headgate.catalogue.credential import StoredCredential
from headgate.catalogue.scope import organization
from headgate.core.errors import Conflict
from headgate.gateway.stores import CatalogueStore, CredentialStore
from tests.catalogue_writing import create, credential, ids


def by_id(store: CredentialStore) -> dict[str, StoredCredential]:
    return {stored.credential.id: stored for stored in store.credentials()}


def test_a_credential_comes_back_as_it_was(credentials: CredentialStore) -> None:
    named = credential("one", name="main", scope=organization("o"), default=True)

    credentials.put([named])

    assert list(credentials.credentials()) == [named]


def test_a_credential_is_replaced_by_id(credentials: CredentialStore) -> None:
    credentials.put([credential("one", name="main"), credential("two", name="other")])
    newer = credential("one", name="renamed", default=True)

    credentials.put([newer])

    assert by_id(credentials) == {"one": newer, "two": credential("two", name="other")}


def test_a_dropped_credential_is_gone(credentials: CredentialStore) -> None:
    credentials.put([credential("one", name="1"), credential("two", name="2")])

    credentials.drop(["one", "unknown"])

    assert ids(list(credentials.credentials())) == {"two"}


def test_a_name_is_unique_in_its_scope(credentials: CredentialStore) -> None:
    credentials.put([credential("one", name="main"), credential("two", name="main", scope=organization("o"))])

    with pytest.raises(Conflict):
        credentials.put([credential("three", name="main")])

    assert ids(list(credentials.credentials())) == {"one", "two"}


def test_of_several_credentials_all_are_written_or_none(credentials: CredentialStore) -> None:
    credentials.put([credential("one", name="main")])

    with pytest.raises(Conflict):
        credentials.put([credential("two", name="other"), credential("three", name="main")])

    assert ids(list(credentials.credentials())) == {"one"}


def test_credentials_of_entries_have_no_name_and_do_not_collide(
    catalogue: CatalogueStore, credentials: CredentialStore
) -> None:
    a, b = create(catalogue, "a", "b")
    own = [credential("one", entry=a.uid), credential("two", entry=b.uid)]

    credentials.put(own)

    assert by_id(credentials) == {"one": own[0], "two": own[1]}


def test_a_new_default_takes_the_mark_from_the_former_one(credentials: CredentialStore) -> None:
    elsewhere = credential("elsewhere", name="e", scope=organization("o"), default=True)
    credentials.put([credential("one", name="1", default=True), elsewhere])

    credentials.put([credential("two", name="2", default=True)])

    marks = {id_: stored.credential.default for id_, stored in by_id(credentials).items()}
    assert marks == {"one": False, "two": True, "elsewhere": True}


def test_another_provider_has_a_default_of_its_own(credentials: CredentialStore) -> None:
    first = credential("one", name="1", default=True)
    second = credential("two", name="2", default=True)
    other = msgspec.structs.replace(second, credential=msgspec.structs.replace(second.credential, provider="mistral"))

    credentials.put([first, other])

    assert all(stored.credential.default for stored in credentials.credentials())


def test_dropping_nothing_is_allowed(credentials: CredentialStore) -> None:
    credentials.drop([])
    credentials.put([])

    assert list(credentials.credentials()) == []
