"""The town's budgets and limits in memory, and calls that take of them."""

from __future__ import annotations

from headgate.access.limits import Limits, SetLimits
from headgate.catalogue.offer import Offer
from headgate.core.events import EventName
from headgate.core.json import JsonObject
from headgate.core.overlay import Overlay
from headgate.core.principal import Principal, PrincipalKind
from headgate.core.subject import Subject, SubjectKind
from headgate.gateway.allowance import Admitted, Allowance, Claim, FreeClaim
from headgate.gateway.bindings import Bindings
from headgate.gateway.budget_book import Budget, BudgetBook, Running
from headgate.gateway.limit_book import LimitBook
from headgate.ledger.budget import OnExceeded, Terms, Unit, Window
from headgate.ledger.records import Account
from tests.catalogue.offers import made
from tests.gateway.town import NOW, Town

MIA = Account("o-acme", "p-web", "u-mia", "")
KEY = Account("o-acme", "", "", "k-ci")
OFFER = made("gpt-4o")
LIFETIME = Window()


class Told:
    """Remembers events."""

    def __init__(self) -> None:
        self.events: list[JsonObject] = []

    def tell(self, name: EventName, fields: JsonObject) -> None:
        assert name is EventName.BUDGET_THRESHOLD
        self.events.append(fields)


class Purse:
    """`now` is the time, monotonic and of the wall at once."""

    def __init__(self) -> None:
        self.now = NOW
        self.town = Town()
        self.told = Told()
        self.budgets = BudgetBook(self.told)
        self.budgets.load({}, wall=NOW)
        self.limits = LimitBook()
        self.bindings = Bindings(self.budgets, self.limits, directory=self.town.directory)
        self.allowance = Allowance(self.bindings)
        self._made = 0

    def budget(
        self,
        kind: SubjectKind,
        subject: str,
        *,
        amount: int,
        unit: Unit = Unit.USD,
        window: Window = LIFETIME,
        hard: bool = True,
        on_exceeded: OnExceeded | None = None,
        organization: str = "o-acme",
        counted: bool = True,
    ) -> Running:
        """A budget that is in force, unless it is still to be counted."""
        self._made += 1
        running = Running(
            Budget(
                id=f"b-{self._made}",
                subject=Subject(organization, kind, subject),
                terms=Terms(unit=unit, amount=amount, window=window, hard=hard, on_exceeded=on_exceeded),
                by_platform=False,
                created_at=NOW,
                created_by="user:u-ann",
                updated_at=NOW,
            )
        )
        self.budgets.put(running)
        if counted:
            running.add({}, wall=self.now)
        self.bindings.changed(running.budget.subject)
        return running

    def limit(
        self,
        kind: SubjectKind,
        subject: str,
        *,
        organization: str = "o-acme",
        rpm: int | None = None,
        tpm: int | None = None,
        parallel: int | None = None,
    ) -> Subject:
        found = Subject(organization, kind, subject)
        self.limits.put(
            SetLimits(
                subject=found,
                limits=Limits(rpm=rpm, tpm=tpm, parallel=parallel),
                by_platform=False,
                created_at=NOW,
                created_by="user:u-ann",
                updated_at=NOW,
            )
        )
        self.bindings.changed(found)
        return found

    def admit(self, account: Account = MIA, *, overlay: Overlay | None = None) -> Admitted:
        return self.allowance.admit(_principal(account, overlay), account, now=self.now, wall=self.now)

    def claim(
        self, admitted: Admitted, *, amount: int = 0, tokens: int = 0, priced: bool = True, offer: Offer = OFFER
    ) -> Claim | FreeClaim:
        return admitted.claim(offer, amount=amount, tokens=tokens, priced=priced, now=self.now, wall=self.now)

    def call(self, account: Account = MIA, *, cost: int, hold: int | None = None, tokens: int = 0) -> None:
        """A whole call: what it raises is why it was refused."""
        admitted = self.admit(account)
        try:
            claim = self.claim(admitted, amount=cost if hold is None else hold, tokens=tokens)
            claim.settle(cost=cost, exposure=0, tokens=tokens, now=self.now)
        finally:
            admitted.release()


def _principal(account: Account, overlay: Overlay | None) -> Principal:
    kind = PrincipalKind.USER if account.user else PrincipalKind.KEY
    return Principal(
        id=f"{kind}:{account.user or account.key}",
        kind=kind,
        credential=account.key,
        user=account.user,
        organization=account.organization,
        overlay=overlay,
    )
