"""What a request to a management API leads to is found by the id in its answer."""

from __future__ import annotations

from contextvars import copy_context

import pytest

from headgate.core.ids import RequestIds
from headgate.gateway.row_id import answer_with, row_id


@pytest.fixture
def ids() -> RequestIds:
    return RequestIds(b"12345678")


def test_the_first_row_has_the_id_of_the_request_and_the_others_have_their_own(ids: RequestIds) -> None:
    def answers() -> list[str]:
        answer_with(ids.next())
        return [row_id(ids) for _ in range(3)]

    assert copy_context().run(answers) == [f"{'req_' + b'12345678'.hex()}{number:011x}" for number in (1, 2, 3)]


def test_every_request_has_its_own(ids: RequestIds) -> None:
    def answers() -> str:
        answer_with(ids.next())
        return row_id(ids)

    assert copy_context().run(answers) != copy_context().run(answers)


def test_what_nobody_asked_for_has_an_id_of_its_own(ids: RequestIds) -> None:
    assert copy_context().run(row_id, ids) != copy_context().run(row_id, ids)
