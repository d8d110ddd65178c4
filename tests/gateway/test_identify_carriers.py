"""In which header a credential may come, and that a refusal never tells it."""

from __future__ import annotations

import msgspec
import pytest

from headgate.access.carriers import KEY_HEADERS, OrgKeyAsBearer
from headgate.access.keys import digest
from headgate.core.errors import GatewayError, NotAuthenticated, TwoCredentials
from headgate.core.principal import PrincipalKind
from tests.gateway.door import Door


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.mark.parametrize("carrier", KEY_HEADERS)
@pytest.mark.parametrize("setting", OrgKeyAsBearer)
def test_in_its_own_headers_a_key_is_always_accepted(carrier: bytes, setting: OrgKeyAsBearer) -> None:
    door = Door(setting)

    assert door.identify.identify([(carrier, door.town.key("acme"))]).kind is PrincipalKind.KEY


@pytest.mark.parametrize(
    ("setting", "in_seed", "accepted"),
    [
        (OrgKeyAsBearer.ACCEPT, True, True),
        (OrgKeyAsBearer.ACCEPT, False, True),
        (OrgKeyAsBearer.SEED, True, True),
        (OrgKeyAsBearer.SEED, False, False),
        (OrgKeyAsBearer.REFUSE, True, False),
        (OrgKeyAsBearer.REFUSE, False, False),
    ],
)
def test_as_a_bearer_token_a_key_is_accepted_where_the_setting_says_so(
    setting: OrgKeyAsBearer, *, in_seed: bool, accepted: bool
) -> None:
    door = Door(setting)
    headers = [(b"authorization", b"Bearer " + door.town.key("acme"))]

    for _ in range(2):
        if accepted:
            assert door.identify.identify(headers, seed_takes_bearer_key=in_seed).kind is PrincipalKind.KEY
        else:
            with pytest.raises(NotAuthenticated):
                door.identify.identify(headers, seed_takes_bearer_key=in_seed)


def test_the_setting_does_not_touch_the_tokens_of_users() -> None:
    door = Door(OrgKeyAsBearer.REFUSE)

    assert door.bearer(door.town.token("mia")).kind is PrincipalKind.USER


def test_a_key_that_comes_in_its_own_header_too_is_accepted_where_bearer_is_not() -> None:
    door = Door(OrgKeyAsBearer.REFUSE)
    text = door.town.key("acme")

    principal = door.identify.identify([(b"authorization", b"Bearer " + text), (b"x-api-key", text)])

    assert principal.kind is PrincipalKind.KEY


def test_two_keys_are_refused_even_if_both_are_good(door: Door) -> None:
    one, other = door.town.key("acme", "one"), door.town.key("acme", "other")

    with pytest.raises(TwoCredentials):
        door.identify.identify([(b"x-api-key", one), (b"api-key", other)])


def test_a_token_of_any_form_is_found_if_it_stands_in_the_directory(door: Door) -> None:
    given = b"an administrator chose these words"
    door.town.token("ann")
    token = door.town.directory.token("t-ann")
    assert token is not None
    door.town.directory.put_token(msgspec.structs.replace(token, digest=digest(given)))

    assert door.bearer(given).id == "user:u-ann"


def test_no_refusal_tells_the_credential(door: Door) -> None:
    text = door.town.key("acme")
    for headers in (
        [(b"authorization", b"Bearer " + text[:-1])],
        [(b"authorization", b"Bearer " + text), (b"x-api-key", text[:-1])],
        [(b"authorization", b"Bearer " + text), (b"x-project-id", b"nowhere")],
    ):
        with pytest.raises(GatewayError) as refused:
            door.identify.identify(headers)
        assert text[:-1].decode() not in f"{refused.value!r} {refused.value.details}"
