"""What may be called, and everything that keeps an entry out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import pytest

from headgate.catalogue.offer import Offer
from headgate.catalogue.scope import user
from headgate.catalogue.share import Share
from headgate.catalogue.snapshot import Snapshot
from headgate.core.errors import NotFound
from headgate.core.overlay import Overlay
from headgate.core.principal import Principal
from headgate.gateway.credentials import CredentialBook
from headgate.gateway.effective import Verdicts, Word, effective, of_organization
from tests.catalogue.offers import made
from tests.gateway.writing import ACME, CALLER, MANAGER, ROOT, STRANGER

SUBJECT = of_organization("acme-id", "acme")
MIA = user("acme-id", "mia")


def verdicts(
    offers: list[Offer],
    *,
    by: Principal = ROOT,
    subject: Principal = SUBJECT,
    shared: Sequence[Offer] = (),
    offset: int = 0,
    limit: int = 100,
) -> Verdicts:
    found: list[Verdicts] = []

    def steps() -> Iterator[None]:
        shares = [Share(uid=each.uid, shared_at=float(each.number), shared_by="user:mia") for each in shared]
        snapshot = Snapshot.of(offers, 1, shares=shares)
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


def test_what_people_share_with_the_organization_is_told_behind_its_scopes() -> None:
    own = made("b", number=1, scope=ACME, provider="mock")
    given = [made(name, number=number, scope=MIA, provider="mock") for number, name in ((3, "b"), (2, "a"))]
    private, foreign = made("c", number=4, scope=MIA), made("d", number=5, scope=user("other-id", "gus"))
    every = [own, *given, private, foreign]

    found = verdicts(every, shared=[*given, foreign], by=MANAGER).items

    assert [each.offer for each in found] == [own, given[1], given[0]]
    assert [[reason.word for reason in each.reasons] for each in found] == [[], [], [Word.SHADOWED]]


def test_what_is_shared_is_bound_by_what_the_organization_allows() -> None:
    subject = of_organization("acme-id", "acme", overlay=Overlay(allowed_models=frozenset({"b"})))
    given = made("a", scope=MIA, provider="mock")

    (verdict,) = verdicts([given], shared=[given], subject=subject).items

    assert [reason.word for reason in verdict.reasons] == [Word.ALLOWED_MODELS]
