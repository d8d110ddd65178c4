"""What every kind of answer tells of the caller's limits: as they are once the call is over, or refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from headgate.catalogue.kinds import Kind
from headgate.core.errors import GatewayError
from headgate.core.failure import FailureKind
from headgate.core.subject import SubjectKind
from headgate.gateway.call_media import MediaCall
from headgate.gateway.endpoint import Shape
from headgate.gateway.road import Refusal
from headgate.ledger.budget import Unit
from headgate.web.errors import ErrorShapes
from tests.gateway.acts import STREAMED, WHOLE, answered, chunk, failure
from tests.gateway.purse import Purse
from tests.gateway.stage import RecordingClient, Stage, endpoint_at, entry, head
from tests.gateway.test_call_media import ASKED, SOUND
from tests.gateway.test_fan_out import answered as part_answered
from tests.gateway.test_fan_out import began, embedding, vectors

TPM = 1_000_000


class Worded(Stage):
    """A stage whose errors are told in words, as to anybody."""

    def answer(self, error: GatewayError, _shape: Shape) -> Refusal:
        return ErrorShapes().answer(error, _shape)


def limited(stage: Stage, *, budget: int | None = None) -> None:
    purse = Purse()
    purse.limit(SubjectKind.USER, "u1", organization="o1", rpm=60, tpm=TPM)
    if budget is not None:
        purse.budget(SubjectKind.USER, "u1", organization="o1", unit=Unit.TOKENS, amount=budget)
    stage.allows = purse.allowance


def told(stage: Stage) -> dict[str, int]:
    """How much the first head says is left."""
    lines = [line.split(b": ") for line in stage.told[0][2].splitlines()]
    names = [name for name, _ in lines]
    assert len(names) == len(set(names))
    start = b"x-ratelimit-remaining-"
    return {name.removeprefix(start).decode(): int(value) for name, value in lines if name.startswith(start)}


def whole(stage: Stage) -> None:
    answered(stage.begun(WHOLE), 1)


def streamed(stage: Stage) -> None:
    call = stage.begun(STREAMED)
    call.upstream_head(1, 200, [])
    call.upstream_bytes(1, chunk("Hel"))


def spoken(stage: Stage) -> None:
    stage.endpoint = endpoint_at("/v1/audio/speech")
    call = MediaCall(stage.road(), stage.client, stage.endpoint)
    call.whole(head(), ASKED)
    call.upstream_whole(1, 200, headers=SOUND, body=b"ID3")


def asked(stage: Stage) -> None:
    stage.begun(WHOLE)


def asked_in_parts(stage: Stage) -> None:
    began(stage)


def in_parts(stage: Stage) -> None:
    began(stage)
    for number, body in enumerate([vectors(1, 2), vectors(3, 4), vectors(5)]):
        part_answered(stage, number, body)


@pytest.mark.parametrize("call", [whole, streamed, spoken, in_parts])
def test_an_answer_tells_what_is_left_of_requests_and_tokens(call: Callable[[Stage], None]) -> None:
    stage = Worded(entry("gpt-4o"), entry("say", kind=Kind.SPEECH), embedding("vectors"))
    limited(stage)

    call(stage)

    left = told(stage)
    assert left["requests"] == 59
    assert 0 < left["tokens"] < TPM


def test_a_whole_answer_tells_the_tokens_that_it_used() -> None:
    stage = Worded()
    limited(stage)
    whole(stage)

    assert told(stage) == {"requests": 59, "tokens": TPM - 15}


@pytest.mark.parametrize("call", [asked, asked_in_parts])
def test_a_budget_that_refuses_takes_nothing_of_the_limits(call: Callable[[Stage], None]) -> None:
    stage = Worded(entry("gpt-4o"), embedding("vectors"))
    limited(stage, budget=3)

    call(stage)

    assert stage.told[0][1] == 429
    assert told(stage) == {"requests": 60, "tokens": TPM}


@pytest.mark.parametrize("call", [asked, asked_in_parts])
def test_an_entry_that_is_asked_too_much_of_tells_the_callers_limits(call: Callable[[Stage], None]) -> None:
    busy = {"parallel": 1}
    stage = Worded(entry("gpt-4o", limits=busy), embedding("vectors", limits=busy))
    limited(stage)
    call(stage)
    stage.client = RecordingClient(stage.did)

    call(stage)

    assert stage.told[0][1] == 429
    assert told(stage)["requests"] == 59
    assert told(stage)["tokens"] < TPM


@pytest.mark.parametrize("call", [asked, asked_in_parts])
def test_an_unpriced_entry_that_is_refused_takes_nothing_of_the_limits(call: Callable[[Stage], None]) -> None:
    stage = Worded(entry("gpt-4o", pricing=None), embedding("vectors", pricing=None))
    limited(stage)

    call(stage)

    assert stage.told[0][1] == 402
    assert told(stage) == {"requests": 60, "tokens": TPM}


def test_a_request_that_failed_tells_what_is_left() -> None:
    stage = Worded(entry("gpt-4o"))
    limited(stage)
    stage.begun(WHOLE).upstream_failed(1, failure(FailureKind.SERVER_ERROR))

    assert stage.told[0][1] == 502
    assert told(stage) == {"requests": 59, "tokens": TPM}


def test_parts_that_failed_tell_what_is_left() -> None:
    stage = Worded(embedding("vectors"))
    limited(stage)
    began(stage)
    stage.events[0].upstream_failed(1, failure(FailureKind.REFUSED))

    assert told(stage)["requests"] == 59
