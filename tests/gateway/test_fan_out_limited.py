"""Requests for embeddings that the entry's own limit or a budget does not let through: another entry serves them."""

from __future__ import annotations

import json

import pytest

from headgate.core.errors import BudgetExceeded, EntryLimited
from tests.gateway.stage import Stage
from tests.gateway.test_call_refused import Limited
from tests.gateway.test_fan_out import answered, began, embedding, vectors

WHOLE = {"batch_size": 5, "parallelism": 1}


def connected(stage: Stage) -> list[object]:
    return [each[1] for each in stage.did if each[0] == "connect"]


def test_a_stand_in_serves_when_the_entry_is_asked_too_much_of() -> None:
    stage = Stage(embedding("vectors", failover="other"), embedding("other", provider_config=WHOLE))
    stage.allows = Limited(vectors=EntryLimited("busy", retry_after=1))

    began(stage)
    answered(stage, 0, vectors(1, 2, 3, 4, 5))

    assert json.loads(stage.told[0][3])["model"] == "other"
    assert connected(stage) == ["other"]


def test_an_entry_that_is_asked_too_much_of_and_has_no_stand_in_refuses() -> None:
    stage = Stage(embedding("vectors", failover="busy"), embedding("busy"))
    limited = EntryLimited("busy", retry_after=1)
    stage.allows = Limited(vectors=limited, busy=limited)

    began(stage)

    assert (stage.refusals, connected(stage), stage.settlements) == (["EntryLimited"], [], [])


@pytest.mark.parametrize(
    ("exceeded", "served"),
    [
        (BudgetExceeded("used up", retry_after=1, downgrade=True), ["small"]),
        (BudgetExceeded("used up", retry_after=1), []),
    ],
)
def test_a_budget_that_is_used_up_lets_the_default_model_serve_if_it_says_so(
    exceeded: BudgetExceeded, served: list[str]
) -> None:
    stage = Stage(embedding("vectors"), embedding("small", provider_config=WHOLE))
    stage.default = "small"
    stage.allows = Limited(vectors=exceeded)

    began(stage)

    assert connected(stage) == served
