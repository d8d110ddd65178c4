"""What a tenant can read at all is the same, byte for byte, before another tenant comes and after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest

from tests.isolation.running import running
from tests.isolation.scenario import Scenario, kind_of
from tests.isolation.scenarios import management
from tests.isolation.tenants import Town, carriers

_OF_REQUEST: Final = re.compile(rb'"(request_id|trace_id)":"[^"]*"')
OF_THE_PROCESS: Final = frozenset({"/metrics"})
READS: Final = [each for each in management() if each.method == "GET" and each.path not in OF_THE_PROCESS]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with running(tmp_path_factory.mktemp("lists") / "data") as gateway:
        yield Town(gateway)


def read(town: Town, scenario: Scenario, credential: dict[str, str]) -> tuple[int, bytes]:
    """What acme reads of its own."""
    asked = scenario.filled(lambda slot: town.mine.word(kind_of(slot)))
    answer = town.gateway.ask("GET", asked.path, query=asked.query or None, headers={**credential, **asked.headers})
    return answer.status_code, _OF_REQUEST.sub(b"", answer.content)


def test_no_list_count_or_summary_changes_when_another_tenant_comes(town: Town) -> None:
    def everything() -> dict[tuple[str, str, int], tuple[int, bytes]]:
        return {
            (name, each.path, number): read(town, each, credential)
            for name, credential in carriers(town.mine).items()
            for number, each in enumerate(READS)
        }

    before = everything()
    town.settle("nimbus")
    town.gateway.comes_to_rest()
    after = everything()

    assert [key for key, answer in before.items() if answer != after[key]] == []
    assert sum(status == 200 for status, _ in before.values()) > len(before) / 2


def test_nothing_that_a_tenant_reads_has_a_word_of_another(town: Town) -> None:
    words = [
        word.encode()
        for kind, words in town.theirs.words.items()
        for word in words
        if kind not in {"number", "revision"}
    ]

    shown = {
        (name, each.path): read(town, each, credential)[1]
        for name, credential in carriers(town.mine).items()
        for each in READS
    }

    assert [key for key, content in shown.items() for word in words if word in content] == []
