"""What is stored as it was written and will not work as it stands."""

from __future__ import annotations

import pytest

from headgate.catalogue.offer import Offer
from headgate.catalogue.price import PriceFrom, PriceList, Rates
from headgate.catalogue.scope import Scope, organization, user
from headgate.catalogue.snapshot import Snapshot
from headgate.catalogue.warn import warnings
from tests.catalogue.offers import made

HOME = organization("a")


def told(subject: Offer, *others: Offer) -> list[str]:
    return list(warnings(Snapshot.of([subject, *others], 1), subject, organization_slug="acme"))


def subject(failover: str | None = "b", *, scope: Scope = HOME) -> Offer:
    return made("a", number=1, scope=scope, failover=failover)


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(made("b", number=2, scope=HOME), id="of the same scope"),
        pytest.param(made("b", number=2), id="of the platform"),
        pytest.param(made("b", number=2, org_slugs=["acme"]), id="open to the organization"),
    ],
)
def test_a_stand_in_that_can_be_called_is_nothing_to_tell(target: Offer) -> None:
    assert told(subject(), target) == []


@pytest.mark.parametrize(
    ("target", "words"),
    [
        pytest.param(made("c", number=2), "'b' does not exist", id="it does not exist"),
        pytest.param(made("b", number=2, scope=user("a", "u")), "'b' does not exist", id="of a narrower scope"),
        pytest.param(made("b", number=2, scope=organization("x")), "'b' does not exist", id="of another organization"),
        pytest.param(made("b", number=2, org_slugs=["blue"]), "'b' does not exist", id="open to others only"),
        pytest.param(made("b", number=2, enabled=False), "'b' is disabled", id="disabled"),
        pytest.param(made("b", number=2, provider="nobody"), "'b' go nowhere", id="without an upstream"),
        pytest.param(made("b", number=2, kind="embedding"), "another type", id="of another kind"),
        pytest.param(made("b", number=2, scope=HOME, failover="a"), "in a circle", id="back to the entry"),
    ],
)
def test_a_stand_in_that_cannot_be_called_is_told_of(target: Offer, words: str) -> None:
    (line,) = told(subject(), target)

    assert words in line


def test_an_entry_that_stands_in_for_itself_is_told_of() -> None:
    assert told(subject("a")) == ["'failover' names the entry itself"]


def test_an_entry_without_an_upstream_is_told_of_with_the_field() -> None:
    (line,) = told(made("a", provider="vllm"))

    assert "provider_config.base_url" in line


@pytest.mark.parametrize(
    ("kind", "rates", "words"),
    [
        pytest.param("chat", Rates(input=1), ["nothing of output tokens"], id="answers"),
        pytest.param("chat", Rates(output=1), ["nothing of input tokens"], id="questions"),
        pytest.param("chat", Rates(input=0, output=0), [], id="free was said"),
        pytest.param("chat", Rates(request=1), [], id="tokens are not what is paid for"),
        pytest.param("embedding", Rates(input=1), [], id="there are no answers"),
    ],
)
def test_tokens_that_a_price_gives_away_are_told_of(kind: str, rates: Rates, words: list[str]) -> None:
    prices = (PriceFrom(effective_at=1.0, prices=PriceList(rates=rates)),)

    lines = told(made("a", kind=kind, prices=prices))

    assert [word for line, word in zip(lines, words, strict=True) if word in line] == words
