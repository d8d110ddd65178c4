"""Which credential an entry is called with."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.credential import StoredCredential
from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import PLATFORM, Scope, organization, project, user
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import Json
from headgate.gateway.credentials import CredentialBook
from tests.catalogue.offers import made
from tests.catalogue_writing import credential

HOME = organization("a")


def entry(scope: Scope = HOME, **fields: Json) -> Offer:
    return made("m", number=1, scope=scope, **fields)


def stored(
    id_: str, *, scope: Scope = HOME, name: str = "", own: bool = False, default: bool = False
) -> StoredCredential:
    return credential(id_, scope=scope, name=name, entry=entry().uid if own else None, default=default)


OWN = stored("own", own=True)
NAMED = stored("named", name="n")
DEFAULT = stored("default", name="d", default=True)
PLATFORM_DEFAULT = stored("wide", scope=PLATFORM, name="w", default=True)


def test_its_own_comes_before_the_one_it_names_and_that_before_a_default() -> None:
    every = [OWN, NAMED, DEFAULT, PLATFORM_DEFAULT]

    assert CredentialBook(every).applicable(entry(credential="n")) is OWN
    assert CredentialBook(every[1:]).applicable(entry(credential="n")) is NAMED
    assert CredentialBook(every[1:]).applicable(entry()) is DEFAULT
    assert CredentialBook(every[3:]).applicable(entry()) is PLATFORM_DEFAULT


@pytest.mark.parametrize("scope", [project("a", "p"), user("a", "u"), HOME])
def test_defaults_of_the_organization_and_the_platform_serve_narrower_entries(scope: Scope) -> None:
    assert CredentialBook([DEFAULT, PLATFORM_DEFAULT]).applicable(entry(scope)) is DEFAULT
    assert CredentialBook([PLATFORM_DEFAULT]).applicable(entry(scope)) is PLATFORM_DEFAULT


def test_credentials_of_narrower_and_other_scopes_serve_nobody_else() -> None:
    book = CredentialBook([DEFAULT, NAMED])

    for scope in (PLATFORM, organization("b")):
        assert isinstance(book.applicable(entry(scope)), Failure)
        assert isinstance(book.applicable(entry(scope, credential="n")), Failure)


def test_a_default_of_another_provider_does_not_serve() -> None:
    assert isinstance(CredentialBook([DEFAULT]).applicable(entry(provider="groq")), Failure)


@pytest.mark.parametrize("which", [OWN, NAMED, DEFAULT])
def test_no_credential_goes_to_an_origin_that_it_is_not_bound_to(which: StoredCredential) -> None:
    offer = entry(api_base="https://evil.example/v1", credential="n" if which is NAMED else None)

    found = CredentialBook([which]).applicable(offer)

    assert isinstance(found, Failure)
    assert found.kind is FailureKind.CREDENTIAL_MISSING


def test_a_provider_that_needs_no_key_is_called_without_one() -> None:
    assert CredentialBook().applicable(entry(provider="vllm", api_base="http://127.0.0.1:9")) is None
    assert CredentialBook().applicable(entry(provider="mock")) is None


def test_a_provider_that_needs_no_key_gets_one_that_is_given() -> None:
    named = msgspec.structs.replace(NAMED, credential=msgspec.structs.replace(NAMED.credential, provider="vllm"))

    offer = entry(provider="vllm", api_base="http://127.0.0.1:9/v1", credential="n")

    assert CredentialBook([named]).applicable(offer) is named


def test_an_entry_whose_calls_go_nowhere_needs_no_credential() -> None:
    found = CredentialBook([OWN]).applicable(entry(provider="vllm"))

    assert isinstance(found, Failure)
    assert found.kind is FailureKind.UNROUTABLE


def test_the_answer_is_the_same_object_until_the_credential_changes() -> None:
    book = CredentialBook([OWN])
    other = stored("own", own=True)

    assert book.applicable(entry()) is book.applicable(entry()) is OWN
    book.put([other])
    assert book.applicable(entry()) is other


STEPS = st.lists(
    st.tuples(st.sampled_from(["p", "q", "r"]), st.sampled_from([PLATFORM, HOME]), st.booleans(), st.booleans()),
    max_size=12,
)


@given(STEPS)
def test_one_default_at_most_for_a_scope_and_provider(steps: list[tuple[str, Scope, bool, bool]]) -> None:
    book, plain = CredentialBook(), dict[str, StoredCredential]()
    for name, scope, default, drop in steps:
        each = stored(f"{scope.key}/{name}", scope=scope, name=name, default=default)
        if drop:
            book.drop([each.credential.id])
            plain.pop(each.credential.id, None)
            continue
        book.put([each])
        if default:
            plain = {key: without_mark(held) if held.credential.scope == scope else held for key, held in plain.items()}
        plain[each.credential.id] = each

    assert {held.credential.id: held for held in book.all_named()} == plain
    for scope in (PLATFORM, HOME):
        marked = [each for each in plain.values() if each.credential.default and each.credential.scope == scope]
        assert book.default(scope, "openai") == (marked[0] if marked else None)
        assert all(
            book.at(scope, each.credential.name) == each for each in plain.values() if each.credential.scope == scope
        )


def without_mark(held: StoredCredential) -> StoredCredential:
    return msgspec.structs.replace(held, credential=msgspec.structs.replace(held.credential, default=False))
