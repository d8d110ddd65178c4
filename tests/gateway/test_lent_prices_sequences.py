"""Whatever is written by whomever in whatever order: a price that says who has set it was set by such a person.

The reference remembers, of each price list and model, the widest authority of anybody who wrote that price for that
model. Who changes the model takes its prices along, for as much as both they and the price are worth.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.adapters.sql.prices import SqlIgnoredDrift
from headgate.catalogue.entry import Document, Pricing
from headgate.catalogue.offer import document_of
from headgate.catalogue.price import PriceFrom
from headgate.catalogue.pricing import as_shown, of_short_form
from headgate.catalogue.scope import PLATFORM
from headgate.catalogue.standing import BUNDLED, is_wider
from headgate.core.errors import Conflict, Forbidden, NotFound
from headgate.core.principal import Principal
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.price_drift import PriceDrift
from headgate.gateway.price_lists import PriceLists
from tests.gateway.data_set import DataSet
from tests.gateway.lending import ADMIN, DEVELOPER, OPERATOR, WEB, lend
from tests.gateway.own_prices import DAY, clock, of
from tests.gateway.writing import change, database_of, desk_at, write

WRITERS = {"": DEVELOPER, "organization": ADMIN, "platform": OPERATOR}
MODELS = ("gpt-4o", "large")
ACTS = ("short_form", "whole", "plan", "withdraw", "model", "title", "rollback", "accept", "wait", "again")
STEPS = st.tuples(
    st.sampled_from(sorted(WRITERS)),
    st.sampled_from(ACTS),
    st.integers(0, 3),
)


class Story:
    """What people do to one entry, and what they have said that it costs."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.desk, self.name = desk, name
        self.administer = Administer(desk)
        self.lists = PriceLists(desk, self.administer)
        self.drift = PriceDrift(desk, SqlIgnoredDrift(database_of(desk)), administer=self.administer)
        self.said: dict[tuple[str, str | None], str] = {}
        self.first = desk.snapshot.revision + 1
        self.uid = self.administer.create(DEVELOPER, write(name, upstream_model=MODELS[0]), scope=WEB).offer.uid

    @property
    def exists(self) -> bool:
        return self.desk.snapshot.by_uid(self.uid) is not None

    @property
    def document(self) -> Document:
        offer = self.desk.snapshot.by_uid(self.uid)
        assert offer is not None
        return document_of(offer)

    def say(self, prices_id: str, authority: str, *, model: str | None = None) -> None:
        key = (prices_id, model or self.document.upstream_model)
        if is_wider(authority, self.said.get(key, "")):
            self.said[key] = authority

    def do(self, authority: str, what: str, number: int) -> None:
        by = WRITERS[authority]
        with suppress(Forbidden, NotFound, Conflict):
            # Somebody may have gone back to where it was deleted.
            getattr(self, what if self.exists else "rollback")(by, authority, number)

    def short_form(self, by: Principal, authority: str, number: int) -> None:
        pricing = {"input_per_1m_tokens": number, "output_per_1m_tokens": number}
        shown = as_shown(self.document, self.desk.clock.wall()).pricing
        self.update(by, change(pricing=pricing))
        prices = of_short_form(Pricing(Decimal(number), Decimal(number)))
        assert prices is not None
        if shown != Pricing(Decimal(number), Decimal(number)):
            self.say(prices.id, authority)

    def whole(self, by: Principal, authority: str, number: int) -> None:
        self.lists.add(by, self.name, prices=of(number), effective_at=None, scope=WEB)
        self.say(of(number).id, authority)

    def plan(self, by: Principal, authority: str, number: int) -> None:
        at = self.desk.clock.wall() + (number + 1) * DAY
        self.lists.add(by, self.name, prices=of(number), effective_at=at, scope=WEB)
        self.say(of(number).id, authority)

    def withdraw(self, by: Principal, _authority: str, number: int) -> None:
        at = self.desk.clock.wall() + (number + 1) * DAY
        self.lists.withdraw(by, self.name, effective_at=at, scope=WEB)

    def model(self, by: Principal, authority: str, number: int) -> None:
        to, former = MODELS[number % 2], dict(self.said)
        self.update(by, change(upstream_model=to))
        for (prices_id, _), said in former.items():
            self.say(prices_id, authority if is_wider(said, authority) else said, model=to)

    def title(self, by: Principal, _authority: str, number: int) -> None:
        self.update(by, change(title=str(number)))

    def again(self, by: Principal, _authority: str, _number: int) -> None:
        """Take it away and bring it back."""
        with suppress(Forbidden):
            self.administer.delete(by, self.name, scope=WEB)
            self.rollback(by, "", 0)

    def rollback(self, by: Principal, _authority: str, number: int) -> None:
        last = self.desk.snapshot.revision - 1
        target = max(self.first, last - number)
        self.administer.rollback(by, WEB, number=target, names=[self.name])

    def accept(self, by: Principal, authority: str, number: int) -> None:
        fields = [["input_per_1m_tokens"], []][number % 2]
        self.drift.accept(by, self.name, fields=fields, scope=WEB)
        for each in self.document.prices:
            if each.source != BUNDLED and each.effective_at == self.desk.clock.wall():
                self.say(each.prices.id, authority)

    def wait(self, _by: Principal, _authority: str, number: int) -> None:
        clock(self.desk).time += number * DAY

    def update(self, by: Principal, write: object) -> None:
        self.administer.update(by, self.name, change=write, scope=WEB)  # type: ignore[arg-type]

    def claims(self) -> list[PriceFrom]:
        """The lists that claim to be set by more than anybody who set them."""
        if not self.exists:
            return []
        model = self.document.upstream_model
        return [
            each
            for each in self.document.prices
            if is_wider(each.set_by, self.said.get((each.prices.id, model), ""))
            or (each.source == BUNDLED and model != MODELS[0])
        ]


@contextmanager
def lending(directory: Path) -> Iterator[Desk]:
    with desk_at(directory, bundled=DataSet()) as desk:
        lend(desk, PLATFORM)
        yield desk


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Iterator[int]]]:
    with lending(tmp_path_factory.mktemp("stories")) as desk:
        yield desk, count()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=14))
def test_no_price_claims_to_be_set_by_more_than_who_has_set_it(
    shared: tuple[Desk, Iterator[int]], steps: list[tuple[str, str, int]]
) -> None:
    desk, numbers = shared
    story = Story(desk, f"m{next(numbers)}")

    for step in steps:
        story.do(*step)
        assert story.claims() == [], step
