"""Many calls at once against a budget that pays for ten, at a gateway in a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tests.clients.wire import Answer, connected, request
from tests.end_to_end.chat import PRICING, UPSTREAM_MODEL
from tests.end_to_end.gateway import CHAT, MESSAGES, Gateway
from tests.end_to_end.program import HEADGATE, PATIENCE, surroundings
from tests.money.site import booked
from tests.origin.script import answer, answering
from tests.origin.server import Origin

AT_ONCE: Final = 500
PAID: Final = 10
MOST_OUTPUT: Final = 7


@dataclass
class Purse:
    """A key with a budget that pays for ten calls, and a model whose every call costs the same."""

    gateway: Gateway
    body: bytes
    cost: Decimal
    key: str
    text: str
    budget: str

    async def call(self) -> Answer:
        """A call on a connection of its own."""
        authorization = f"authorization: Bearer {self.text}".encode()
        async with connected(self.gateway.program.port) as wire:
            await wire.send(request(self.body, path=CHAT.encode(), headers=[authorization]))
            return await wire.answer()

    async def at_once(self) -> int:
        """How many of many calls at once are served. The others are refused for the budget's sake."""
        return self._served(await asyncio.gather(*(self.call() for _ in range(AT_ONCE))))

    async def one_after_another(self) -> int:
        """How many calls are served until one is refused."""
        served = 0
        while self._served([await self.call()]):
            served += 1
        return served

    def comes_to(self, served: int) -> None:
        """See that the budget, the ledger and `served` calls agree, and that nothing is held."""
        booked(self.gateway.http, served, key=self.key)
        shown = self._page(f"/admin/v1/budgets/{self.budget}")["current"]
        ledger = self._page("/admin/v1/usage/summary", group_by="key", key=self.key)["totals"]
        assert (shown["spent"], shown["held"], shown["exposure"]) == (served * self.cost, 0, 0)
        assert (ledger["requests"], ledger["cost"]) == (served, served * self.cost)

    def _served(self, answers: list[Answer]) -> int:
        codes = Counter(json.loads(each.body)["error"]["code"] for each in answers if each.status != 200)
        assert set(codes) <= {"insufficient_quota"}, codes
        return len(answers) - codes.total()

    def _page(self, path: str, **parameters: str) -> dict[str, dict[str, object]]:
        page: dict[str, dict[str, object]] = json.loads(
            self.gateway.http.get(path, params=parameters).text, parse_float=Decimal
        )
        return page


@contextmanager
def purse(gateway: Gateway, model: str, *, used: tuple[int, int] | None = None) -> Iterator[Purse]:
    """`used` tokens are told of every call; without it as many as were held."""
    body = json.dumps({"model": model, "messages": MESSAGES, "max_tokens": MOST_OUTPUT}).encode()
    held = _cost(len(body), MOST_OUTPUT)
    tokens = used or (len(body), MOST_OUTPUT)
    cost = _cost(*tokens)
    with Origin(answering(answer(_answer(*tokens)))) as origin:
        gateway.add(origin.url, {"model_id": model})
        made = gateway.ask("POST", "/admin/v1/keys", {"name": model})
        # The last call that is paid for still finds room for its hold, and the next one does not.
        amount = PAID * cost + (held - cost)
        terms = f'{{"subject_kind":"key","subject_id":"{made["id"]}","unit":"usd","amount":{amount:f}}}'
        headers = {"content-type": "application/json"}
        budget = gateway.http.post("/admin/v1/budgets", content=terms, headers=headers)
        assert budget.is_success, budget.text
        yield Purse(gateway, body, cost, str(made["id"]), str(made["key"]), budget.json()["id"])


def _cost(prompt: int, completion: int) -> Decimal:
    each = {name: Decimal(str(amount)).scaleb(-6) for name, amount in PRICING.items()}
    return prompt * each["input_per_1m_tokens"] + completion * each["output_per_1m_tokens"]


def _answer(prompt: int, completion: int) -> bytes:
    message = {"role": "assistant", "content": "Hello"}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": UPSTREAM_MODEL}
    return json.dumps({**head, "choices": [choice], "usage": usage}).encode()


def test_of_many_calls_at_once_exactly_those_are_served_that_the_budget_pays_for(gateway: Gateway) -> None:
    with purse(gateway, "costs-its-hold") as own:
        served = asyncio.run(own.at_once())

        assert served == PAID
        own.comes_to(PAID)


def test_where_more_is_held_than_spent_they_are_served_one_after_another(gateway: Gateway) -> None:
    with purse(gateway, "costs-less", used=(3, 1)) as own:
        served = asyncio.run(own.one_after_another())

        assert served == PAID
        own.comes_to(PAID)


def test_many_at_once_leave_to_the_next_what_they_have_not_spent(gateway: Gateway) -> None:
    with purse(gateway, "gives-back", used=(3, 1)) as own:
        at_once = asyncio.run(own.at_once())
        later = asyncio.run(own.one_after_another())

        assert 1 <= at_once <= PAID
        assert at_once + later == PAID
        own.comes_to(PAID)


def test_the_counters_of_budgets_agree_with_the_ledger(gateway: Gateway) -> None:
    with purse(gateway, "verified", used=(3, 1)) as own:
        served = asyncio.run(own.at_once())
        own.comes_to(served)

        done = subprocess.run(
            [HEADGATE, "ledger", "verify", "--data-dir", gateway.program.log.with_suffix("")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=surroundings(None),
            timeout=PATIENCE,
            check=False,
        )

    assert done.returncode == 0, done.stdout.decode()
