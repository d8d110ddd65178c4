"""Named credentials: who may, where they may go, and that the secret never comes back."""

from __future__ import annotations

import pytest

from headgate.adapters.sealing.envelope import KeyRing, SecretOpener
from headgate.adapters.sealing.master_key import MasterKey
from headgate.catalogue.credential import Credential
from headgate.catalogue.scope import PLATFORM, Scope, user
from headgate.core.errors import Conflict, Forbidden, InvalidBody, NotFound
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.credentials import CredentialBook
from headgate.gateway.credentials_named import NamedCredentials, NewCredential
from headgate.gateway.stores import Verification, VerificationState
from tests.gateway.writing import ACME, CALLER, KEEPER, MANAGER, ROOT, STRANGER, write

KEY = Secret("sk-0123456789abcdefghij")
OTHER_KEY = Secret("sk-another-0123456789")
OPENER = SecretOpener(KeyRing([MasterKey(bytes(range(32)))]))


@pytest.fixture
def credentials(desk: Desk) -> NamedCredentials:
    return NamedCredentials(desk)


def given(name: str = "n", *, provider: str = "openai", default: bool = False, secret: Secret = KEY) -> NewCredential:
    return NewCredential(name=name, provider=provider, secret=secret, default=default)


def opened(desk: Desk, credential: Credential) -> Secret:
    """What the store gives out for a credential after a start."""
    stored = CredentialBook(desk.credential_store.credentials()).by_id(credential.id)
    assert stored is not None
    assert stored.credential == credential
    return OPENER.open(stored)


def test_a_credential_goes_to_its_providers_own_origin(desk: Desk, credentials: NamedCredentials) -> None:
    made = credentials.create(MANAGER, given(), scope=ACME)

    assert (made.name, made.provider, made.origins, made.last4) == ("n", "openai", ("https://api.openai.com",), "ghij")
    assert opened(desk, made) == KEY


def test_an_alias_of_a_provider_is_stored_as_its_id(credentials: NamedCredentials) -> None:
    assert credentials.create(ROOT, given(provider="anthropic"), scope=PLATFORM).provider == "claude"


def test_origins_may_be_given_as_urls(credentials: NamedCredentials) -> None:
    wish = NewCredential(
        name="n",
        provider="vllm",
        secret=KEY,
        origins=("http://One.example:80/v1", "https://two.example", "http://one.example"),
    )

    assert credentials.create(ROOT, wish, scope=PLATFORM).origins == ("http://one.example", "https://two.example")


@pytest.mark.parametrize(
    ("wish", "paths"),
    [
        (NewCredential(name="", provider="openai", secret=KEY), ["name"]),
        (NewCredential(name="n", provider="nobody", secret=KEY), ["provider"]),
        (NewCredential(name="n", provider="openai", secret=Secret("a\nb")), ["secret"]),
        (NewCredential(name="n", provider="vllm", secret=KEY), ["origins"]),
        (NewCredential(name="n", provider="openai", secret=KEY, origins=()), ["origins"]),
        (
            NewCredential(name="n", provider="openai", secret=KEY, origins=("https://a", "b", "https://u:p@c")),
            ["origins.1", "origins.2"],
        ),
    ],
)
def test_a_wish_that_breaks_a_rule_is_refused_with_its_paths(
    desk: Desk, credentials: NamedCredentials, wish: NewCredential, paths: list[str]
) -> None:
    with pytest.raises(InvalidBody) as raised:
        credentials.create(ROOT, wish, scope=PLATFORM)

    assert isinstance(raised.value.details, list)
    assert [each["path"] for each in raised.value.details] == paths
    assert list(desk.credential_store.credentials()) == []


def test_a_name_is_unique_in_its_scope_only(credentials: NamedCredentials) -> None:
    credentials.create(ROOT, given(), scope=PLATFORM)
    credentials.create(MANAGER, given(), scope=ACME)

    with pytest.raises(Conflict):
        credentials.create(MANAGER, given(), scope=ACME)


@pytest.mark.parametrize(
    ("by", "scope"),
    [(MANAGER, PLATFORM), (CALLER, ACME), (KEEPER, ACME), (STRANGER, ACME), (ROOT, user("acme-id", "root"))],
)
def test_who_may_not_manage_a_scopes_credentials(credentials: NamedCredentials, by: Principal, scope: Scope) -> None:
    with pytest.raises(Forbidden):
        credentials.create(by, given(), scope=scope)
    with pytest.raises(Forbidden):
        credentials.list(by, scope)


def test_a_foreign_credential_does_not_exist(credentials: NamedCredentials) -> None:
    made = credentials.create(MANAGER, given(), scope=ACME)

    with pytest.raises(NotFound):
        credentials.get(STRANGER, made.id)
    with pytest.raises(NotFound):
        credentials.rotate(STRANGER, made.id, secret=OTHER_KEY)
    with pytest.raises(NotFound):
        credentials.set_default(STRANGER, made.id, default=True)
    with pytest.raises(NotFound):
        credentials.delete(STRANGER, made.id)


def test_the_secret_of_an_entry_is_none_of_the_named_ones(
    desk: Desk, administer: Administer, credentials: NamedCredentials
) -> None:
    offer = administer.create(ROOT, write("a", KEY), scope=PLATFORM).offer
    own = desk.book.own(offer.uid)
    assert own is not None

    assert credentials.list(ROOT) == []
    with pytest.raises(NotFound):
        credentials.get(ROOT, own.credential.id)


def test_credentials_are_listed_by_name_and_scope(credentials: NamedCredentials) -> None:
    for name in ("b", "a"):
        credentials.create(MANAGER, given(name), scope=ACME)
    credentials.create(ROOT, given("c"), scope=PLATFORM)

    assert [each.name for each in credentials.list(MANAGER)] == ["a", "b"]
    assert [each.name for each in credentials.list(ROOT)] == ["c"]
    assert [each.name for each in credentials.list(ROOT, ACME)] == ["a", "b"]


def test_a_rotated_secret_is_in_force_for_the_next_call(
    desk: Desk, administer: Administer, credentials: NamedCredentials
) -> None:
    made = credentials.create(MANAGER, given(), scope=ACME)
    offer = administer.create(MANAGER, write("a", credential="n"), scope=ACME).offer
    desk.board.served(offer.uid, 1.0)

    rotated = credentials.rotate(MANAGER, made.id, secret=OTHER_KEY)

    assert (rotated.id, rotated.version, rotated.last4, rotated.origins) == (made.id, 2, "6789", made.origins)
    assert desk.book.applicable(offer) == desk.book.by_id(made.id)
    assert opened(desk, rotated) == OTHER_KEY
    assert desk.board.of(offer.uid).state is VerificationState.PENDING


def test_an_entry_that_is_called_with_another_default_is_to_be_verified_again(
    desk: Desk, administer: Administer, credentials: NamedCredentials
) -> None:
    waits = administer.create(MANAGER, write("a", provider="openai"), scope=ACME).offer
    other = administer.create(MANAGER, write("b", provider="groq"), scope=ACME).offer
    own = administer.create(MANAGER, write("c", KEY, provider="openai"), scope=ACME).offer
    found: list[list[VerificationState]] = []

    def then() -> None:
        found.append([desk.board.of(offer.uid).state for offer in (waits, other, own)])
        for offer in (waits, other, own):
            desk.board.pin(Verification(uid=offer.uid, state=VerificationState.FAILED, message="no", at=1.0))

    then()
    made = credentials.create(MANAGER, given(default=True), scope=ACME)
    then()
    credentials.rotate(MANAGER, made.id, secret=OTHER_KEY)
    then()
    credentials.set_default(MANAGER, made.id, default=True)
    then()
    credentials.delete(MANAGER, made.id)
    then()

    pending, failed = VerificationState.PENDING, VerificationState.FAILED
    assert [each[0] for each in found[1:]] == [pending, pending, failed, pending]
    assert [each[1:] for each in found[1:]] == [[failed, failed]] * 4


def test_origins_change_only_together_with_the_secret(credentials: NamedCredentials) -> None:
    made = credentials.create(MANAGER, given(), scope=ACME)

    rotated = credentials.rotate(MANAGER, made.id, secret=OTHER_KEY, origins=["https://proxy.example"])

    assert rotated.origins == ("https://proxy.example",)


def test_a_default_takes_the_mark_from_the_one_before_it(desk: Desk, credentials: NamedCredentials) -> None:
    one = credentials.create(MANAGER, given("a", default=True), scope=ACME)
    other = credentials.create(MANAGER, given("b", default=True), scope=ACME)
    assert not credentials.get(MANAGER, one.id).default

    credentials.set_default(MANAGER, one.id, default=True)

    assert not credentials.get(MANAGER, other.id).default
    marks = {each.credential.name: each.credential.default for each in desk.credential_store.credentials()}
    assert marks == {"a": True, "b": False}


def test_the_mark_of_a_default_can_be_taken_away(desk: Desk, credentials: NamedCredentials) -> None:
    made = credentials.create(MANAGER, given(default=True), scope=ACME)

    unmarked = credentials.set_default(MANAGER, made.id, default=False)

    assert desk.book.default(ACME, "openai") is None
    assert opened(desk, unmarked) == KEY


def test_a_credential_that_entries_name_is_not_deleted(administer: Administer, credentials: NamedCredentials) -> None:
    made = credentials.create(MANAGER, given(), scope=ACME)
    administer.create(MANAGER, write("a", credential="n"), scope=ACME)

    with pytest.raises(Conflict) as raised:
        credentials.delete(MANAGER, made.id)
    assert raised.value.details == ["a"]

    administer.delete(MANAGER, "a")
    credentials.delete(MANAGER, made.id)
    with pytest.raises(NotFound):
        credentials.get(MANAGER, made.id)


def test_entries_that_name_a_credential_of_another_scope_do_not_keep_this_one(
    administer: Administer, credentials: NamedCredentials
) -> None:
    credentials.create(MANAGER, given(), scope=ACME)
    wide = credentials.create(ROOT, given(), scope=PLATFORM)
    administer.create(MANAGER, write("a", credential="n"), scope=ACME)

    assert credentials.delete(ROOT, wide.id) == wide
