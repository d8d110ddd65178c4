"""How much is measured: the full measurement, and a quick one that only shows that everything works."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Plan:
    """Counts and durations of one invocation."""

    rounds: int = 9
    seconds: int = 4
    starts: int = 5
    peer_rounds: int = 3
    peer_seconds: int = 6
    entries: int = 100_000
    keys: int = 1_000_000
    early_requests: int = 100_000
    late_requests: int = 1_000_000
    ledger_rows: int = 10_000_000
    ledger_asked: int = 20
    ledger_asked_cold: int = 3
    peers: bool = False


QUICK = Plan(
    rounds=3,
    seconds=1,
    starts=3,
    peer_rounds=1,
    peer_seconds=3,
    entries=2_000,
    keys=20_000,
    early_requests=10_000,
    late_requests=30_000,
    ledger_rows=100_000,
    ledger_asked=5,
    ledger_asked_cold=1,
)
FULL = Plan()


def plan_for(*, quick: bool, peers: bool, pairs: int | None) -> Plan:
    plan = replace(QUICK if quick else FULL, peers=peers)
    return plan if pairs is None else replace(plan, rounds=pairs)
