"""The arithmetic of the audit trail: hashes that depend on every value, differences that show no secret."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.access.audit import GENESIS, AuditEntry, AuditEvent, Break, Proof, chained, difference, masked, verified
from headgate.core.json import Json

EVENT = AuditEvent(
    at=1_800_000_000.25,
    actor="user:u",
    credential="t",
    source="203.0.113.7",
    organization="o",
    action="key.created",
    subject="key:k",
    difference="[]",
)


def trail(count: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(1, count + 1):
        head = entries[-1].hash if entries else GENESIS
        event = msgspec.structs.replace(EVENT, subject=f"key:{number}")
        entries.append(chained(number, event, before_hash=head))
    return entries


def test_the_hash_of_a_row_is_what_the_documentation_says() -> None:
    assert chained(1, EVENT, before_hash=GENESIS).hash.hex() == (
        "864c23ae08c039ee0ea51684299a3f4ca7252a04bb4d79e12f50e1bbcb796f75"
    )


@pytest.mark.parametrize("field", AuditEvent.__struct_fields__)
def test_every_value_of_a_row_is_hashed(field: str) -> None:
    other = msgspec.structs.replace(EVENT, **{field: 1.0 if field == "at" else "other"})

    assert chained(1, EVENT, before_hash=GENESIS).hash != chained(1, other, before_hash=GENESIS).hash


def test_number_and_former_hash_are_hashed() -> None:
    hashes = {chained(number, EVENT, before_hash=former).hash for number in (1, 2) for former in (GENESIS, b"x" * 32)}

    assert len(hashes) == 4


def test_a_value_cannot_pass_into_the_next_one() -> None:
    one = msgspec.structs.replace(EVENT, actor='a","b', credential="c")
    other = msgspec.structs.replace(EVENT, actor="a", credential='b","c')

    assert chained(1, one, before_hash=GENESIS).hash != chained(1, other, before_hash=GENESIS).hash


@given(st.integers(0, 6))
def test_a_whole_trail_is_proved(count: int) -> None:
    entries = trail(count)

    assert verified(entries, counted=count) == Proof(count, entries[-1].hash if entries else GENESIS)


@given(st.data())
def test_a_trail_from_which_anything_is_missing_is_broken(data: st.DataObject) -> None:
    entries = trail(5)
    del entries[data.draw(st.integers(0, 4))]

    assert isinstance(verified(entries, counted=5), Break)


@given(st.permutations(trail(4)))
def test_rows_in_another_order_are_broken(entries: list[AuditEntry]) -> None:
    assert isinstance(verified(entries, counted=4), Proof) == (entries == trail(4))


def test_a_trail_that_was_written_anew_is_told_by_a_hash_that_is_known() -> None:
    known = verified(trail(3), counted=3)
    assert isinstance(known, Proof)
    anew = [chained(1, msgspec.structs.replace(EVENT, actor="nobody"), before_hash=GENESIS)]
    for number in (2, 3, 4):
        anew.append(chained(number, EVENT, before_hash=anew[-1].hash))

    assert isinstance(verified(anew, counted=4), Proof)
    found = verified(anew, counted=4, known=known)
    assert isinstance(found, Break)
    assert found.number == 3
    assert verified(trail(4), counted=4, known=known) == Proof(4, trail(4)[-1].hash)


def test_a_trail_that_ends_before_what_is_known_is_broken() -> None:
    known = Proof(3, trail(3)[-1].hash)

    assert verified(trail(2), counted=2, known=known) == Break(3, "3 rows were written, and the trail ends with row 2")


def test_a_difference_names_what_differs_in_order() -> None:
    found = difference({"b": 1, "a": "x", "same": [1]}, {"b": True, "c": None, "same": [1]}, secrets={})

    assert found == [{"path": "a", "before": "x", "after": None}, {"path": "b", "before": 1, "after": True}]


@pytest.mark.parametrize(
    ("before", "after", "change"), [(None, b"1", "set"), (b"1", b"2", "replaced"), (b"1", None, "cleared")]
)
def test_a_secret_is_told_by_name_only(before: Json, after: Json, change: str) -> None:
    assert difference({"digest": before}, {"digest": after}, secrets={"digest": "key"}) == [
        {"path": "key", "change": change}
    ]


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "API-Key",
        "apikey",
        "client_secret",
        "secret",
        "password",
        "access_token",
        "x-api-key",
        "Authorization",
    ],
)
def test_what_is_called_a_secret_in_a_free_field_is_masked(name: str) -> None:
    value = {"outer": [{name: "canary", "max_tokens": "5"}]}

    assert masked(value) == {"outer": [{name: "[redacted]", "max_tokens": "5"}]}
    assert masked("canary", f"document.{name}") == "[redacted]"


@pytest.mark.parametrize("name", ["max_tokens", "token_limit", "credential", "key", "secretary", "input_per_1m_tokens"])
def test_what_only_sounds_like_one_is_not(name: str) -> None:
    assert masked({name: "shown"}) == {name: "shown"}
