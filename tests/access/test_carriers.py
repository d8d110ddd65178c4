"""One reading of headers for every carrier."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.access.carriers import AUTHORIZATION, KEY_HEADERS, present
from headgate.core.errors import ContextUnknown, NotAuthenticated, TwoCredentials

EVERY_CARRIER = [(AUTHORIZATION, b"Bearer %b"), *((name, b"%b") for name in KEY_HEADERS)]
OTHERS = [(b"host", b"gateway.test"), (b"accept", b"*/*"), (b"content-type", b"application/json")]


def ids(carriers: list[tuple[bytes, bytes]]) -> list[str]:
    return [name.decode() for name, _ in carriers]


@pytest.mark.parametrize(("name", "form"), EVERY_CARRIER, ids=ids(EVERY_CARRIER))
@pytest.mark.parametrize("credential", [b"iak_acme_123", b"at:123", b"eyJ.e30.c2ln", b"any string of an administrator"])
def test_every_carrier_takes_every_kind_of_credential(name: bytes, form: bytes, credential: bytes) -> None:
    assert present([*OTHERS, (name, form % credential)]).credential == credential


@pytest.mark.parametrize(("name", "form"), EVERY_CARRIER[1:], ids=ids(EVERY_CARRIER[1:]))
def test_the_same_credential_twice_is_one(name: bytes, form: bytes) -> None:
    presented = present([(AUTHORIZATION, b"Bearer same"), (name, form % b"same")])

    assert presented.credential == b"same"
    assert not presented.bearer_only


@pytest.mark.parametrize("one", EVERY_CARRIER, ids=ids(EVERY_CARRIER))
@pytest.mark.parametrize("other", EVERY_CARRIER, ids=ids(EVERY_CARRIER))
def test_two_different_credentials_are_refused(one: tuple[bytes, bytes], other: tuple[bytes, bytes]) -> None:
    with pytest.raises(TwoCredentials) as refused:
        present([(one[0], one[1] % b"first"), (other[0], other[1] % b"second")])

    assert one[0].decode() in refused.value.message
    assert other[0].decode() in refused.value.message
    assert "first" not in refused.value.message


@pytest.mark.parametrize("scheme", [b"Bearer ", b"bearer ", b"BEARER ", b"Bearer  ", b" Bearer "])
def test_the_scheme_is_read_in_any_case_and_spacing(scheme: bytes) -> None:
    presented = present([(AUTHORIZATION, scheme + b"at:1 ")])

    assert presented.credential == b"at:1"
    assert presented.bearer_only


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="no headers"),
        pytest.param(OTHERS, id="none that carries one"),
        pytest.param([(AUTHORIZATION, b"")], id="an empty header"),
        pytest.param([(AUTHORIZATION, b"Bearer")], id="a scheme alone"),
        pytest.param([(AUTHORIZATION, b"Bearer   ")], id="a scheme and blanks"),
        pytest.param([(name, b" ") for name in KEY_HEADERS], id="blank keys"),
        pytest.param([(b"cookie", b"session=at:1")], id="a cookie"),
    ],
)
def test_a_request_without_a_credential_is_refused(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(NotAuthenticated):
        present(headers)


def test_an_empty_carrier_beside_a_credential_counts_as_absent() -> None:
    assert present([(AUTHORIZATION, b"Bearer "), (b"x-api-key", b"at:1")]).credential == b"at:1"


def test_a_credential_under_another_scheme_is_not_the_credential() -> None:
    assert present([(AUTHORIZATION, b"Basic at:1")]).credential != b"at:1"


def test_another_scheme_beside_a_credential_is_a_second_one() -> None:
    with pytest.raises(TwoCredentials):
        present([(AUTHORIZATION, b"Basic dXNlcg=="), (b"x-api-key", b"at:1")])


def test_a_text_after_another_scheme_does_not_equal_the_same_text_as_a_key() -> None:
    with pytest.raises(TwoCredentials):
        present([(AUTHORIZATION, b"at:1"), (b"x-api-key", b"at:1")])


def test_the_context_is_read_beside_the_credential() -> None:
    headers = [(b"x-organization-id", b" acme "), (AUTHORIZATION, b"Bearer at:1"), (b"x-project-id", b"web")]

    presented = present(headers)

    assert (presented.organization, presented.project) == (b"acme", b"web")


@pytest.mark.parametrize("name", [b"x-organization-id", b"x-project-id"])
def test_a_context_that_contradicts_itself_is_refused(name: bytes) -> None:
    with pytest.raises(ContextUnknown):
        present([(AUTHORIZATION, b"Bearer at:1"), (name, b"acme"), (name, b"other")])


def test_a_context_that_repeats_itself_is_one() -> None:
    headers = [(b"x-organization-id", b"acme"), (b"x-organization-id", b"acme"), (AUTHORIZATION, b"Bearer at:1")]

    assert present(headers).organization == b"acme"


@given(st.binary(max_size=40), st.sampled_from([name for name, _ in EVERY_CARRIER]))
def test_any_bytes_give_a_credential_or_a_refusal(value: bytes, name: bytes) -> None:
    try:
        presented = present([(name, value)])
    except NotAuthenticated:
        return
    assert presented.credential
