"""What may be called, and everything that keeps an entry out."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from headgate.catalogue.offer import Offer
from headgate.catalogue.snapshot import Snapshot
from headgate.core.errors import NotFound
from headgate.core.principal import Principal
from headgate.gateway.credentials import CredentialBook
from headgate.gateway.effective import Verdicts, Word, effective, of_organization
from tests.catalogue.offers import made
from tests.gateway.writing import ACME, CALLER, MANAGER, ROOT, STRANGER

SUBJECT = of_organization("acme-id", "acme")


def verdicts(
    offers: list[Offer], *, by: Principal = ROOT, subject: Principal = SUBJECT, offset: int = 0, limit: int = 100
) -> Verdicts:
    found: list[Verdicts] = []

    def steps() -> Iterator[None]:
        snapshot = Snapshot.of(offers, 1)
        each = effective(snapshot, CredentialBook(), by=by, subject=subject, offset=offset, limit=limit)
        found.append((yield from each))

    list(steps())
    return found[0]


def words(offer: Offer, *others: Offer, subject: Principal = SUBJECT) -> list[Word]:
    every = verdicts([offer, *others], subject=subject).items
    return [reason.word for each in every if each.offer is offer for reason in each.reasons]


def test_an_entry_that_nothing_keeps_out_is_callable() -> None:
    (verdict,) = verdicts([made("a", provider="mock")]).items

    assert verdict.callable


@pytest.mark.parametrize(
    ("offer", "word"),
    [
        (made("a", provider="mock", org_slugs=["blue"]), Word.ORGANIZATION),
        (made("a", provider="mock", enabled=False), Word.DISABLED),
        (made("a", provider="vllm"), Word.NOT_ROUTABLE),
        (made("a", provider="openai"), Word.CREDENTIAL),
    ],
)
def test_what_keeps_an_entry_out(offer: Offer, word: Word) -> None:
    assert words(offer) == [word]


def test_every_reason_is_told() -> None:
    offer = made("a", provider="gemini", enabled=False)

    assert words(offer) == [Word.DISABLED, Word.DIALECT, Word.CREDENTIAL]


def test_an_entry_of_the_same_name_in_a_narrower_scope_comes_first() -> None:
    wide, narrow = made("a", number=1, provider="mock"), made("a", number=2, scope=ACME, provider="mock")

    assert (words(wide, narrow), words(narrow, wide)) == ([Word.SHADOWED], [])


def test_a_key_is_judged_by_its_permissions_and_models() -> None:
    key = msgspec.structs.replace(CALLER, model_scopes=frozenset({"a"}))

    assert words(made("a", provider="mock"), subject=key) == []
    assert words(made("b", provider="mock"), subject=key) == [Word.MODEL_SCOPES]
    assert words(made("a", provider="mock", kind="embedding"), subject=key) == [Word.PERMISSION]


@pytest.mark.parametrize("by", [CALLER, STRANGER])
def test_who_does_not_administer_the_organization_is_not_told(by: Principal) -> None:
    with pytest.raises(NotFound):
        verdicts([], by=by)


def test_an_organizations_manager_is_not_told_of_entries_that_are_open_to_others() -> None:
    hidden = made("a", number=1, provider="mock", org_slugs=["blue"])

    assert verdicts([hidden], by=MANAGER).total == 0
    assert verdicts([hidden], by=ROOT).total == 1


def test_verdicts_come_by_scope_and_name_in_parts() -> None:
    offers = [made("b", number=1), made("a", number=2), made("z", number=3, scope=ACME)]

    part = verdicts(offers, offset=1, limit=1)

    assert [each.offer.name for each in verdicts(offers).items] == ["z", "a", "b"]
    assert ([each.offer.name for each in part.items], part.total) == (["a"], 3)
