"""Two tenants that know each other's every word: each is answered as if the other did not exist.

Of every route, with a word of the other tenant in every place that can hold one: status, body and the statements that
the database is sent are those of a word that stands for nothing, whatever carries the credential.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import pytest
from fastapi.routing import iter_route_contexts

from headgate.gateway.endpoint import ENDPOINTS
from tests.isolation.compared import Asker, context_differences, differences
from tests.isolation.scenario import Scenario
from tests.isolation.scenarios import inference, management
from tests.isolation.tenants import Town

SCENARIOS: Final[dict[str, list[Scenario]]] = defaultdict(list)
for each in (*management(), *inference()):
    SCENARIOS[each.route].append(each)


def test_there_is_a_scenario_for_every_route(town: Town) -> None:
    routes = {
        f"{method} {context.path}"
        for context in iter_route_contexts(town.gateway.app.routes)
        for method in context.methods or {"ANY"}
    }
    endpoints = {f"{each.method.decode()} {each.path.decode()}" for each in ENDPOINTS}

    assert routes | endpoints == SCENARIOS.keys()


@pytest.mark.parametrize("route", SCENARIOS)
def test_the_other_tenants_words_say_nothing(town: Town, by_carrier: dict[str, Asker], route: str) -> None:
    found = [
        f"{carrier}: {difference}"
        for carrier, asker in by_carrier.items()
        for scenario in SCENARIOS[route]
        for difference in differences(town, scenario, asker, every=carrier == "access token")
    ]

    assert not found, "\n".join(found)


@pytest.mark.parametrize("route", SCENARIOS)
def test_the_other_tenants_context_is_none(town: Town, by_carrier: dict[str, Asker], route: str) -> None:
    found = [
        f"{carrier}: {difference}"
        for carrier, asker in by_carrier.items()
        for difference in context_differences(town, SCENARIOS[route][0], asker)
    ]

    assert not found, "\n".join(found)


def test_a_revision_of_the_other_tenant_is_a_moment_and_nothing_else(town: Town) -> None:
    # Numbers are everybody's, so a scope can be compared at any of them: at these nothing of acme's changed.
    numbers = sorted(map(int, town.theirs.words["revision"]))
    credential = {"authorization": f"Bearer {town.mine.token}"}
    base = "/admin/v1/catalogue/revisions"

    answers = [
        town.gateway.ask("GET", f"{base}/{numbers[0] - 1}/diff/{number}?scope={scope}", headers=credential)
        for number in numbers
        for scope in town.mine.words["scope"]
    ]

    assert {(each.status_code, each.content) for each in answers} == {(200, b'{"differences":[]}')}
