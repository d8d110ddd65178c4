"""What is sealed opens where it belongs, under the key that sealed it, unaltered; and nowhere else."""

from __future__ import annotations

import pickle

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.adapters.sealing.envelope import KeyRing, SealBroken, SecretOpener, SecretRewrapper, SecretSealer
from headgate.adapters.sealing.master_key import MasterKey
from headgate.catalogue.credential import Credential, Sealed, StoredCredential
from headgate.catalogue.scope import PLATFORM, organization
from headgate.core.secret import Secret
from headgate.gateway.ports import Opener
from headgate.gateway.stores import Sealer

KEY = MasterKey(bytes(range(100, 132)))
OTHER_KEY = MasterKey(bytes(range(50, 82)))
RING = KeyRing([KEY])
CREDENTIAL = Credential(
    id="c1", scope=organization("o1"), provider="openai", origins=("https://api.openai.com",), name="main", version=2
)
TEXT = "sk-proj-0123456789"


def sealed(secret: str = TEXT) -> StoredCredential:
    return SecretSealer(RING).seal(CREDENTIAL, Secret(secret))


def with_parts(stored: StoredCredential, **parts: bytes) -> StoredCredential:
    return StoredCredential(stored.credential, msgspec.structs.replace(stored.sealed, **parts))


def test_the_adapter_fulfils_both_ports() -> None:
    sealer: Sealer = SecretSealer(RING)
    opener: Opener = SecretOpener(RING)

    assert opener.open(sealer.seal(CREDENTIAL, Secret(TEXT))).reveal() == TEXT


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_text_opens_to_what_was_sealed(text: str) -> None:
    assert SecretOpener(RING).open(sealed(text)).reveal() == text


def test_the_credential_itself_is_stored_unchanged() -> None:
    assert sealed().credential == CREDENTIAL


def test_sealing_twice_gives_nothing_in_common() -> None:
    first, second = sealed().sealed, sealed().sealed

    assert first.key_id == second.key_id == KEY.id
    assert first.nonce != second.nonce
    assert first.ciphertext != second.ciphertext
    assert first.wrapped_key != second.wrapped_key


def test_what_is_sealed_does_not_show_the_secret() -> None:
    stored = sealed()

    assert TEXT.encode() not in msgspec.msgpack.encode(stored.sealed)
    assert TEXT not in repr(stored)


@pytest.mark.parametrize("part", ["wrapped_key", "nonce", "ciphertext"])
def test_no_bit_can_be_flipped(part: str) -> None:
    stored = sealed()
    value: bytes = getattr(stored.sealed, part)

    for position in range(len(value) * 8):
        flipped = bytearray(value)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(SealBroken):
            SecretOpener(RING).open(with_parts(stored, **{part: bytes(flipped)}))


@pytest.mark.parametrize("part", ["wrapped_key", "nonce", "ciphertext"])
def test_no_part_can_be_shortened_or_lengthened(part: str) -> None:
    stored = sealed()
    value: bytes = getattr(stored.sealed, part)

    for changed in (b"", value[:1], value[:-1], value[1:], value + b"\x00", b"\x00" + value, value * 2):
        with pytest.raises(SealBroken):
            SecretOpener(RING).open(with_parts(stored, **{part: changed}))


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param(msgspec.structs.replace(CREDENTIAL, id="c2"), id="another row"),
        pytest.param(msgspec.structs.replace(CREDENTIAL, scope=organization("o2")), id="another tenant"),
        pytest.param(msgspec.structs.replace(CREDENTIAL, scope=PLATFORM), id="a wider scope"),
        pytest.param(msgspec.structs.replace(CREDENTIAL, version=1), id="an earlier version"),
        pytest.param(msgspec.structs.replace(CREDENTIAL, entry="e1"), id="an entry"),
        pytest.param(msgspec.structs.replace(CREDENTIAL, origins=("https://evil.example",)), id="another origin"),
        pytest.param(
            msgspec.structs.replace(CREDENTIAL, origins=(*CREDENTIAL.origins, "https://evil.example")),
            id="an origin more",
        ),
    ],
)
def test_a_sealed_secret_does_not_open_elsewhere(elsewhere: Credential) -> None:
    with pytest.raises(
        SealBroken, match=f"credential '{elsewhere.id}' does not open: .*another row, tenant, entry, origin or version"
    ):
        SecretOpener(RING).open(StoredCredential(elsewhere, sealed().sealed))


def test_parts_of_two_secrets_of_one_row_do_not_mix() -> None:
    first, second = sealed("one"), sealed("two")

    with pytest.raises(SealBroken):
        SecretOpener(RING).open(with_parts(first, ciphertext=second.sealed.ciphertext, nonce=second.sealed.nonce))


def test_a_change_that_does_not_concern_the_secret_leaves_it_readable() -> None:
    renamed = msgspec.structs.replace(CREDENTIAL, name="renamed", default=True, updated_at=5.0)

    assert SecretOpener(RING).open(StoredCredential(renamed, sealed().sealed)).reveal() == TEXT


def test_another_master_key_is_told_from_damage() -> None:
    with pytest.raises(SealBroken, match=f"sealed under master key '{KEY.id}'; this installation has {OTHER_KEY.id}"):
        SecretOpener(KeyRing([OTHER_KEY])).open(sealed())


def test_another_master_key_that_pretends_to_be_the_right_one_opens_nothing() -> None:
    stored = sealed()
    pretended = StoredCredential(CREDENTIAL, msgspec.structs.replace(stored.sealed, key_id=OTHER_KEY.id))

    with pytest.raises(SealBroken):
        SecretOpener(KeyRing([OTHER_KEY])).open(pretended)


def test_a_ring_seals_with_its_first_key_and_opens_with_all() -> None:
    before = sealed()
    ring = KeyRing([OTHER_KEY, KEY])

    after = SecretSealer(ring).seal(CREDENTIAL, Secret("newer"))

    assert after.sealed.key_id == OTHER_KEY.id
    assert [SecretOpener(ring).open(each).reveal() for each in (before, after)] == [TEXT, "newer"]


SUCCESSION = KeyRing([OTHER_KEY, KEY])


def test_a_secret_that_is_rewrapped_opens_under_the_newest_key_alone() -> None:
    before = sealed()

    after = SecretRewrapper(SUCCESSION).rewrap(before)

    assert SecretOpener(KeyRing([OTHER_KEY])).open(after).reveal() == TEXT
    assert (after.credential, after.sealed.ciphertext) == (before.credential, before.sealed.ciphertext)
    with pytest.raises(SealBroken):
        SecretOpener(KeyRing([KEY])).open(after)


def test_bytes_that_are_rewrapped_open_under_the_newest_key_alone() -> None:
    blob = SecretRewrapper(SUCCESSION).rewrap_bytes(
        "signing key g1", SecretSealer(RING).seal_bytes("signing key g1", b"x")
    )

    assert SecretOpener(KeyRing([OTHER_KEY])).open_bytes("signing key g1", blob) == b"x"


def test_what_is_under_the_newest_key_already_is_left_as_it_is() -> None:
    once = SecretRewrapper(SUCCESSION).rewrap(sealed())

    assert SecretRewrapper(SUCCESSION).rewrap(once) == once


def test_what_does_not_open_cannot_be_rewrapped() -> None:
    moved = StoredCredential(msgspec.structs.replace(CREDENTIAL, id="c2"), sealed().sealed)

    with pytest.raises(SealBroken, match="credential 'c2'"):
        SecretRewrapper(SUCCESSION).rewrap(moved)
    with pytest.raises(SealBroken, match="not a sealed value"):
        SecretRewrapper(SUCCESSION).rewrap_bytes("signing key g1", b"nonsense")


def test_a_ring_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one master key"):
        KeyRing([])


@given(st.binary(max_size=200))
def test_bytes_open_to_what_was_sealed(data: bytes) -> None:
    blob = SecretSealer(RING).seal_bytes("signing key g1", data)

    assert SecretOpener(RING).open_bytes("signing key g1", blob) == data


def test_bytes_open_for_their_own_purpose_only() -> None:
    blob = SecretSealer(RING).seal_bytes("signing key g1", b"private")

    with pytest.raises(SealBroken, match="'signing key g2' does not open"):
        SecretOpener(RING).open_bytes("signing key g2", blob)


def test_a_provider_secret_is_no_sealed_bytes() -> None:
    blob = msgspec.msgpack.encode(sealed().sealed)

    for purpose in ("", "credential", "c1"):
        with pytest.raises(SealBroken):
            SecretOpener(RING).open_bytes(purpose, blob)


@given(st.binary(max_size=100))
def test_bytes_that_were_never_sealed_do_not_open(blob: bytes) -> None:
    with pytest.raises(SealBroken):
        SecretOpener(RING).open_bytes("signing key g1", blob)


@given(st.builds(Sealed, key_id=st.just(KEY.id), wrapped_key=st.binary(), nonce=st.binary(), ciphertext=st.binary()))
def test_a_row_of_nonsense_is_broken_and_no_crash(nonsense: Sealed) -> None:
    with pytest.raises(SealBroken):
        SecretOpener(RING).open(StoredCredential(CREDENTIAL, nonsense))


def test_no_representation_shows_key_material() -> None:
    shown = [*map(repr, (KEY, RING, SecretSealer(RING), SecretOpener(RING))), f"{KEY}", str(vars(SecretSealer(RING)))]

    for text in shown:
        assert KEY.reveal().hex() not in text
        assert repr(KEY.reveal()) not in text
    assert repr(KEY) == f"MasterKey(id={KEY.id!r}, [redacted])"


def test_a_master_key_is_not_serialised() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(KEY)
