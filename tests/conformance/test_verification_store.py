"""The VerificationStore contract."""

from __future__ import annotations

from headgate.gateway.stores import Verification, VerificationState, VerificationStore

FAILED = Verification(uid="a", state=VerificationState.FAILED, message="401 from the provider", at=1.5)
OK = Verification(uid="a", state=VerificationState.OK, at=2.5)
PENDING = Verification(uid="b", state=VerificationState.PENDING, at=3.5)


def test_a_batch_comes_back_as_it_was(verifications: VerificationStore) -> None:
    verifications.put([FAILED, PENDING])

    assert list(verifications.verifications()) == [FAILED, PENDING]


def test_a_later_batch_replaces(verifications: VerificationStore) -> None:
    verifications.put([FAILED, PENDING])

    verifications.put([OK])

    assert list(verifications.verifications()) == [OK, PENDING]


def test_of_several_findings_about_one_entry_the_last_counts(verifications: VerificationStore) -> None:
    verifications.put([OK, FAILED, OK])

    assert list(verifications.verifications()) == [OK]


def test_what_is_dropped_is_forgotten(verifications: VerificationStore) -> None:
    verifications.put([OK, PENDING])

    verifications.drop(["a", "unknown"])
    verifications.drop([])

    assert list(verifications.verifications()) == [PENDING]


def test_an_empty_batch_writes_nothing(verifications: VerificationStore) -> None:
    verifications.put([])

    assert list(verifications.verifications()) == []
