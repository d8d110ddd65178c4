"""A budget as its administrator and an application meet it: set over HTTP, spent, refused, found again after a restart.

The application is the official openai package.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Final

import openai

from tests.end_to_end.chat import whole
from tests.end_to_end.gateway import Gateway, serving
from tests.origin.script import answering
from tests.origin.server import Origin

COST: Final = Decimal("0.000075")
"""Of each call, as the upstream of these tests answers it."""
AMOUNT: Final = Decimal("0.0006")


def test_a_spent_budget_refuses_before_and_after_a_restart_and_until_it_is_raised(tmp_path: Path) -> None:
    with Origin(answering(whole())) as origin:
        with serving(tmp_path / "data") as gateway, application(gateway, gateway.key()) as client:
            model, budget = gateway.add(origin.url), made(gateway)
            served = spend(client, model)
            assert 1 <= served == len(origin.requests) < AMOUNT / COST
            assert spent(gateway, budget) == served * COST
            key = client.api_key

        with serving(tmp_path / "data") as gateway, application(gateway, key) as client:
            assert spend(client, model) == 0
            assert spent(gateway, budget) == served * COST
            gateway.ask("PATCH", f"/admin/v1/budgets/{budget}", {"amount": 1})
            assert ask(client, model) == "Hello"
            assert len(origin.requests) == served + 1
            assert spent(gateway, budget) == (served + 1) * COST


@contextmanager
def application(gateway: Gateway, key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{gateway.address}/v1", api_key=key, max_retries=0) as client:
        yield client


def made(gateway: Gateway) -> str:
    """The id of a hard budget of the organization that the key is of."""
    document = {"subject_kind": "organization", "subject_id": "default", "unit": "usd", "amount": float(AMOUNT)}
    return str(gateway.ask("POST", "/admin/v1/budgets", document)["id"])


def spend(client: openai.OpenAI, model: str) -> int:
    """Call until the budget refuses, as the package tells it; how many calls were served."""
    served, refused = 0, None
    while refused is None:
        try:
            ask(client, model)
            served += 1
        except openai.RateLimitError as error:
            refused = error
    assert (refused.status_code, refused.code, refused.type) == (429, "insufficient_quota", "insufficient_quota")
    assert int(refused.response.headers["retry-after"]) >= 1
    return served


def ask(client: openai.OpenAI, model: str) -> str | None:
    # What is held is more than what it costs: each byte counts as a token.
    answer = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Hello"}], max_completion_tokens=5
    )
    return answer.choices[0].message.content


def spent(gateway: Gateway, budget: str) -> Decimal:
    """What the list of budgets says has been spent, when nothing is under way."""
    page = gateway.ask("GET", "/admin/v1/budgets")["items"]
    assert isinstance(page, list)
    current = next(each["current"] for each in page if each["id"] == budget)
    assert current["held"] == current["exposure"] == 0
    return Decimal(str(current["spent"]))
