"""Secrets that are written with an entry: sealed, bound to where its calls go, detached when it goes elsewhere."""

from __future__ import annotations

import pytest
from msgspec import UNSET

from headgate.adapters.sealing.envelope import KeyRing, SecretOpener
from headgate.adapters.sealing.master_key import MasterKey
from headgate.catalogue.credential import StoredCredential
from headgate.catalogue.offer import Offer, document_of
from headgate.catalogue.scope import PLATFORM
from headgate.core.errors import Forbidden, InvalidBody
from headgate.core.failure import Failure, FailureKind
from headgate.core.secret import Secret
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.credentials_named import NamedCredentials, NewCredential
from headgate.gateway.stores import Verification, VerificationState
from tests.gateway.writing import ACME, KEEPER, MANAGER, ROOT, change, write

KEY = Secret("sk-0123456789abcdefghij")
OTHER_KEY = Secret("sk-another-0123456789")
OPENER = SecretOpener(KeyRing([MasterKey(bytes(range(32)))]))
AGAIN = "credential must be entered again"


def applicable(desk: Desk, offer: Offer) -> StoredCredential | Failure | None:
    return desk.book.applicable(offer)


def secret_of(desk: Desk, offer: Offer) -> str:
    stored = desk.book.applicable(offer)
    assert isinstance(stored, StoredCredential)
    return OPENER.open(stored).reveal()


def proven(desk: Desk, offer: Offer) -> None:
    """The entry has answered a call."""
    desk.board.served(offer.uid, 1.0)


def state(desk: Desk, offer: Offer) -> VerificationState:
    return desk.board.of(offer.uid).state


def test_a_secret_is_sealed_and_bound_to_where_calls_go(desk: Desk, administer: Administer) -> None:
    made = administer.create(ROOT, write("a", KEY, api_base="https://one.example/v1"), scope=PLATFORM).offer

    (stored,) = desk.credential_store.credentials()
    assert OPENER.open(stored) == KEY
    assert stored.credential.origins == ("https://one.example",)
    assert (stored.credential.entry, stored.credential.scope, stored.credential.last4) == (made.uid, PLATFORM, "ghij")
    assert KEY.reveal().encode() not in made.document


def test_the_end_of_a_short_secret_is_not_shown(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a", Secret("hunter2")), scope=PLATFORM)

    (stored,) = desk.credential_store.credentials()
    assert stored.credential.last4 == ""


def test_a_secret_that_would_break_a_header_is_refused(desk: Desk, administer: Administer) -> None:
    with pytest.raises(InvalidBody, match="api_key"):
        administer.create(ROOT, write("a", Secret("a\r\nb: c")), scope=PLATFORM)

    assert desk.store.head() == 0


def test_another_secret_replaces_the_first_for_the_next_call(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a", KEY), scope=PLATFORM)

    offer = administer.update(ROOT, "a", change=change(OTHER_KEY)).offer

    assert secret_of(desk, offer) == OTHER_KEY.reveal()
    assert len(list(desk.credential_store.credentials())) == 1


def test_null_takes_the_secret_away(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a", KEY), scope=PLATFORM)

    offer = administer.update(ROOT, "a", change=change(None)).offer

    assert isinstance(applicable(desk, offer), Failure)
    assert list(desk.credential_store.credentials()) == []


def test_a_change_of_anything_else_leaves_the_secret_alone(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a", KEY), scope=PLATFORM)

    wish = change(title="A", upstream_model="m", api_base="https://api.openai.com/v2")
    offer = administer.update(ROOT, "a", change=wish).offer

    assert secret_of(desk, offer) == KEY.reveal()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"api_base": "https://evil.example/v1"}, id="another host"),
        pytest.param({"api_base": "http://api.openai.com/v1"}, id="another scheme"),
        pytest.param({"api_base": "https://api.openai.com:8443/v1"}, id="another port"),
        pytest.param({"provider": "groq"}, id="another provider"),
        pytest.param({"provider": "vllm"}, id="nowhere"),
    ],
)
def test_going_to_another_origin_detaches_the_secret(
    desk: Desk, administer: Administer, fields: dict[str, str]
) -> None:
    administer.create(ROOT, write("a", KEY), scope=PLATFORM)

    written = administer.update(ROOT, "a", change=change(UNSET, **fields))

    assert isinstance(applicable(desk, written.offer), Failure)
    assert desk.board.of(written.offer.uid) == Verification(
        uid=written.offer.uid, state=VerificationState.FAILED, message=AGAIN, at=desk.clock.wall()
    )
    assert any(AGAIN in warning for warning in written.warnings)


def test_a_detached_secret_gives_way_to_no_default(desk: Desk, administer: Administer) -> None:
    credentials = NamedCredentials(desk)
    given = NewCredential(name="d", provider="groq", secret=OTHER_KEY, default=True)
    credentials.create(ROOT, given, scope=PLATFORM)
    administer.create(ROOT, write("a", KEY), scope=PLATFORM)

    offer = administer.update(ROOT, "a", change=change(provider="groq")).offer

    missing = applicable(desk, offer)
    assert isinstance(missing, Failure)
    assert (missing.kind, missing.message) == (FailureKind.CREDENTIAL_MISSING, AGAIN)


def test_entering_the_secret_again_binds_it_to_the_new_origin(desk: Desk, administer: Administer) -> None:
    administer.create(ROOT, write("a", KEY), scope=PLATFORM)

    offer = administer.update(ROOT, "a", change=change(OTHER_KEY, api_base="https://two.example")).offer

    assert secret_of(desk, offer) == OTHER_KEY.reveal()
    assert state(desk, offer) is VerificationState.PENDING


def test_a_secret_without_anywhere_to_go_is_told_of(administer: Administer) -> None:
    written = administer.create(ROOT, write("a", KEY, provider="vllm"), scope=PLATFORM)

    assert any("no origin" in warning for warning in written.warnings)


@pytest.mark.parametrize(
    "fields",
    [
        {"provider": "groq"},
        {"upstream_model": "other"},
        {"api_base": "https://two.example"},
        {"credential": "named"},
    ],
)
def test_a_change_of_the_upstream_makes_verification_pending(
    desk: Desk, administer: Administer, fields: dict[str, str]
) -> None:
    NamedCredentials(desk).create(ROOT, NewCredential(name="named", provider="openai", secret=KEY), scope=PLATFORM)
    proven(desk, administer.create(ROOT, write("a"), scope=PLATFORM).offer)

    offer = administer.update(ROOT, "a", change=change(UNSET, **fields)).offer

    assert state(desk, offer) is VerificationState.PENDING


def test_a_change_of_anything_else_keeps_verification(desk: Desk, administer: Administer) -> None:
    proven(desk, administer.create(ROOT, write("a"), scope=PLATFORM).offer)

    offer = administer.update(ROOT, "a", change=change(title="A", rpm=5)).offer

    assert state(desk, offer) is VerificationState.OK


def test_verification_ends_with_the_entry(desk: Desk, administer: Administer) -> None:
    offer = administer.create(ROOT, write("a"), scope=PLATFORM).offer
    proven(desk, offer)

    administer.delete(ROOT, "a")

    assert state(desk, offer) is VerificationState.PENDING


def test_a_named_credential_is_found_in_the_scope_of_the_entry_first(desk: Desk, administer: Administer) -> None:
    credentials = NamedCredentials(desk)
    credentials.create(ROOT, NewCredential(name="n", provider="openai", secret=KEY), scope=PLATFORM)
    credentials.create(ROOT, NewCredential(name="n", provider="openai", secret=OTHER_KEY), scope=ACME)

    mine = administer.create(MANAGER, write("mine", credential="n"), scope=ACME).offer
    shared = administer.create(ROOT, write("shared", credential="n"), scope=PLATFORM).offer

    assert (secret_of(desk, mine), secret_of(desk, shared)) == (OTHER_KEY.reveal(), KEY.reveal())


def test_what_names_no_credential_and_what_may_not_be_known_read_the_same(desk: Desk, administer: Administer) -> None:
    NamedCredentials(desk).create(
        ROOT, NewCredential(name="secret-name", provider="openai", secret=KEY), scope=PLATFORM
    )
    told = []

    for name in ("secret-name", "nobody-name"):
        with pytest.raises(InvalidBody) as raised:
            administer.create(MANAGER, write("a", credential=name), scope=ACME)
        told.append(str(raised.value).replace(name, "NAME"))

    assert told[0] == told[1]


def test_a_credential_of_the_organization_needs_the_permission_to_use_it(desk: Desk, administer: Administer) -> None:
    NamedCredentials(desk).create(ROOT, NewCredential(name="n", provider="openai", secret=KEY), scope=ACME)

    with pytest.raises(Forbidden, match="llm:credentials:use"):
        administer.create(KEEPER, write("a", credential="n"), scope=ACME)


def test_who_changes_something_else_needs_no_permission_for_the_credential_that_is_named(
    desk: Desk, administer: Administer
) -> None:
    NamedCredentials(desk).create(ROOT, NewCredential(name="n", provider="openai", secret=KEY), scope=ACME)
    administer.create(MANAGER, write("a", credential="n"), scope=ACME)

    written = administer.update(KEEPER, "a", change=change(title="A"))

    assert document_of(written.offer).credential == "n"


def test_a_named_credential_goes_nowhere_else_either(desk: Desk, administer: Administer) -> None:
    NamedCredentials(desk).create(ROOT, NewCredential(name="n", provider="openai", secret=KEY), scope=ACME)

    written = administer.create(MANAGER, write("a", credential="n", api_base="https://evil.example"), scope=ACME)

    assert isinstance(applicable(desk, written.offer), Failure)
    assert any("may not be sent to https://evil.example" in warning for warning in written.warnings)


@pytest.mark.parametrize(
    ("fields", "private"),
    [
        pytest.param({"title": "A"}, True, id="something else keeps it"),
        pytest.param({"api_base": "http://10.0.0.1/other"}, False, id="another path ends it"),
        pytest.param({"api_base": "http://10.0.0.2/v1"}, False, id="another host ends it"),
        pytest.param({"provider": "vllm"}, True, id="another provider at the same URL keeps it"),
    ],
)
def test_private_addresses_stay_allowed_while_the_url_is_the_administrators(
    administer: Administer, fields: dict[str, str], *, private: bool
) -> None:
    made = administer.create(ROOT, write("a", api_base="http://10.0.0.1/v1"), scope=ACME).offer
    assert made.private_egress

    assert administer.update(MANAGER, "a", change=change(UNSET, **fields)).offer.private_egress is private


def test_nobody_but_an_administrator_allows_private_addresses(administer: Administer) -> None:
    made = administer.create(MANAGER, write("a", api_base="http://10.0.0.1"), scope=ACME).offer
    assert not made.private_egress
    assert not administer.update(ROOT, "a", change=change(title="A")).offer.private_egress

    assert administer.update(ROOT, "a", change=change(api_base="http://10.0.0.1/v1")).offer.private_egress
