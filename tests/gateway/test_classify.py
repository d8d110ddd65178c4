"""`auto` where a classifier chooses: asked first, billed with the call, and never in the way of an answer."""

from __future__ import annotations

import json

import msgspec
import pytest

from headgate.core.failure import Failure, FailureKind
from headgate.core.json import JsonObject
from headgate.core.overlay import AutoRouting, Comparison, DefaultModels, Overlay, RoutingRule, Strategy
from headgate.dialects.classifying import MAX_TOKENS
from headgate.gateway.call import Call
from headgate.gateway.classify import SECONDS
from headgate.gateway.ports import Outcome
from tests.gateway.stage import PRINCIPAL, Stage, entry, head, own

FAILED = Failure(kind=FailureKind.SERVER_ERROR, message="it broke", status=500)
ROUTING = AutoRouting(strategy=Strategy.CLASSIFIER, classifier_model="judge", candidates=("big", "small"))
OVERLAY = Overlay(routing=ROUTING, default_models=DefaultModels(completions="plain"))
BODY = b'{"model":"auto","messages":[{"role":"user","content":"Prove it"},{"role":"assistant","content":"Why?"}]}'


def staged(overlay: Overlay = OVERLAY, *names: str) -> Stage:
    stage = Stage(*(entry(name) for name in names or ("judge", "big", "small", "plain")))
    stage.principal = msgspec.structs.replace(PRINCIPAL, overlay=overlay)
    stage.default = overlay.default_models.completions
    return stage


def connected(stage: Stage) -> list[str]:
    return [each[1] for each in stage.did if each[0] == "connect"]


def sent(stage: Stage, number: int) -> JsonObject:
    bodies = [each[3] for each in stage.did if each[0] == "send"]
    body: JsonObject = json.loads(bodies[number])
    return body


def says(text: str | None) -> bytes:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 100, "completion_tokens": 2, "total_tokens": 102}
    return json.dumps({"id": "c", "choices": [{"index": 0, "message": message}], "usage": usage}).encode()


def answered(stage: Stage, number: int, body: bytes, *, attempt: int = 1) -> None:
    stage.events[number].upstream_whole(attempt, 200, headers=(), body=body)


def test_the_classifier_is_asked_first_and_its_word_is_followed() -> None:
    stage = staged()
    stage.begun(BODY)
    assert connected(stage) == ["judge"]

    answered(stage, 0, says("big"))

    assert connected(stage) == ["judge", "big"]
    assert sent(stage, 1)["messages"] == json.loads(BODY)["messages"]


def test_a_classifier_whose_format_may_refuse_a_temperature_is_asked_without_one() -> None:
    stage = Stage(entry("judge", provider="claude"), entry("big"))
    stage.principal = msgspec.structs.replace(PRINCIPAL, overlay=OVERLAY)

    stage.begun(BODY)

    assert sent(stage, 0)["max_tokens"] == MAX_TOKENS
    assert "temperature" not in sent(stage, 0)


def test_what_is_asked_is_small_and_quotes_what_the_user_said_last() -> None:
    stage = staged()

    stage.begun(BODY)

    question = sent(stage, 0)
    (message,) = question["messages"]
    assert (question["model"], question["temperature"], question["max_tokens"]) == ("judge-upstream", 0, MAX_TOKENS)
    assert "- big\n- small" in message["content"]
    assert "Prove it" in message["content"]
    assert "stream" not in question


def test_a_call_and_its_question_are_one_settlement() -> None:
    stage = staged()
    stage.begun(BODY)
    answered(stage, 0, says("small"))
    answered(stage, 1, says("the answer"), attempt=2)

    ((_, status, headers, body),) = stage.told
    (settlement,) = stage.settlements
    assert (json.loads(body)["usage"]["cost"], json.loads(body)["usage"]["prompt_tokens"]) == (0.000208, 100)
    assert b"x-headgate-cost: 0.000208000000\r\n" in headers
    assert (status, settlement.offer.name, settlement.outcome) == (200, "small", Outcome.ANSWERED)
    assert b"x-headgate-attempts: 2\r\n" in headers
    assert settlement.attempts == 2
    assert settlement.usage is not None
    assert (settlement.usage.input, settlement.usage.output) == (200, 4)
    assert settlement.cost == 2 * (100 * 1_000_000 + 2 * 2_000_000)


def test_a_classifier_without_a_price_leaves_the_cost_unknown() -> None:
    stage = Stage(own(entry("judge", pricing=None)), entry("big"))
    stage.principal = msgspec.structs.replace(PRINCIPAL, overlay=OVERLAY)
    stage.begun(BODY)
    answered(stage, 0, says("big"))
    answered(stage, 1, says("the answer"), attempt=2)

    assert json.loads(stage.told[0][3])["usage"]["cost"] is None
    assert stage.settlements[0].cost is None


def test_what_the_question_cost_is_settled_when_nobody_answers() -> None:
    stage = staged(Overlay(routing=ROUTING))
    call = stage.begun(BODY)
    answered(stage, 0, says("big"))
    call.upstream_failed(2, FAILED)

    (settlement,) = stage.settlements
    assert (settlement.outcome, settlement.attempts, settlement.cost) == (Outcome.FAILED, 2, 104_000_000)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("neither of them", id="no candidate"),
        pytest.param("big or small", id="several candidates"),
        pytest.param("plain", id="a model that is no candidate"),
        pytest.param("", id="nothing"),
        pytest.param(None, id="null"),
    ],
)
def test_an_answer_that_names_no_candidate_leaves_the_call_to_the_default(said: str | None) -> None:
    stage = staged()
    stage.begun(BODY)

    answered(stage, 0, says(said))

    assert connected(stage) == ["judge", "plain"]


@pytest.mark.parametrize("body", [b"not json", b"{}", b'{"choices":[]}', b'{"error":{"message":"no"}}'])
def test_an_answer_that_cannot_be_read_leaves_the_call_to_the_default(body: bytes) -> None:
    stage = staged()
    stage.begun(BODY)

    answered(stage, 0, body)

    assert connected(stage) == ["judge", "plain"]


def test_a_classifier_that_fails_leaves_the_call_to_the_default() -> None:
    stage = staged()
    stage.begun(BODY)

    stage.events[0].upstream_failed(1, FAILED)
    answered(stage, 1, says("the answer"), attempt=2)

    (settlement,) = stage.settlements
    assert connected(stage) == ["judge", "plain"]
    assert stage.failures == ["server_error"]
    assert (settlement.outcome, settlement.attempts) == (Outcome.ANSWERED, 2)


def test_a_classifier_that_takes_too_long_is_waited_for_no_longer() -> None:
    stage = staged()
    call = stage.begun(BODY)

    stage.time += SECONDS
    call.tick(stage.time)

    assert ("drop", 1) in stage.did
    assert connected(stage) == ["judge", "plain"]


def test_a_candidate_that_the_organization_does_not_allow_is_not_taken() -> None:
    overlay = msgspec.structs.replace(OVERLAY, allowed_models=frozenset({"judge", "small", "plain"}))
    stage = staged(overlay)
    stage.begun(BODY)

    answered(stage, 0, says("big"))

    assert connected(stage) == ["judge", "plain"]


def test_a_classifier_that_the_organization_does_not_allow_is_not_asked() -> None:
    stage = staged(msgspec.structs.replace(OVERLAY, allowed_models=frozenset({"plain", "big"})))

    stage.begun(BODY)

    assert connected(stage) == ["plain"]


def test_hybrid_asks_only_where_no_rule_holds() -> None:
    rule = RoutingRule(messages_count=Comparison.MORE, value=2, model="small")
    routing = msgspec.structs.replace(ROUTING, strategy=Strategy.HYBRID, rules=(rule,))
    stage = staged(msgspec.structs.replace(OVERLAY, routing=routing))

    stage.begun(BODY)
    stage.client.over = False
    stage.begun(b'{"model":"auto","messages":[{},{},{}]}')

    assert connected(stage) == ["judge", "small"]


def test_headers_are_judged_once_and_before_the_classifier_is_asked() -> None:
    asking = Overlay(routing=ROUTING, header_policy={"user": {"mode": "block", "headers": ["x-team"]}})
    stage = staged(asking)

    stage.begun(BODY)

    assert connected(stage) == []
    assert stage.refusals == ["HeaderPolicyViolation"]


def test_headers_that_are_only_reported_are_told_of_once() -> None:
    policy = {"user": {"mode": "report_only", "headers": ["x-team"]}}
    stage = staged(msgspec.structs.replace(OVERLAY, header_policy=policy))
    stage.begun(BODY)

    answered(stage, 0, says("big"))

    assert connected(stage) == ["judge", "big"]
    assert len(stage.happened) == 1


def test_without_a_default_an_answer_that_names_nothing_ends_the_call_and_is_billed() -> None:
    stage = staged(Overlay(routing=ROUTING))
    stage.begun(BODY)

    answered(stage, 0, says("neither"))

    (settlement,) = stage.settlements
    assert stage.told[0][3] == b"InvalidBody"
    assert (settlement.outcome, settlement.offer.name, settlement.attempts) == (Outcome.FAILED, "judge", 1)
    assert settlement.cost == 104_000_000


def test_a_model_that_cannot_chat_is_no_classifier_and_nothing_is_billed_for_it() -> None:
    stage = Stage(entry("judge", provider="vllm"), entry("plain"))
    stage.principal = msgspec.structs.replace(PRINCIPAL, overlay=OVERLAY)
    stage.default = "plain"

    stage.begun(BODY)

    assert connected(stage) == ["plain"]


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        (Call.client_gone, Outcome.CLIENT_GONE),
        (Call.drain, Outcome.DRAINED),
        (Call.abandon, Outcome.ABANDONED),
    ],
)
def test_a_call_that_ends_while_it_asks_ends_the_question_and_is_settled_once(ending: object, outcome: Outcome) -> None:
    stage = staged()
    call = stage.begun(BODY)

    ending(call)  # type: ignore[operator]
    answered(stage, 0, says("big"))

    (settlement,) = stage.settlements
    assert ("drop", 1) in stage.did
    assert connected(stage) == ["judge"]
    assert (settlement.outcome, settlement.attempts) == (outcome, 1)


def test_the_call_fails_over_from_the_model_that_was_chosen() -> None:
    stage = staged(msgspec.structs.replace(OVERLAY, failover={"big": "small"}))
    call = stage.begun(BODY)
    answered(stage, 0, says("big"))

    call.upstream_failed(2, FAILED)

    assert connected(stage) == ["judge", "big", "small"]


def test_a_stream_is_answered_by_the_model_that_was_chosen() -> None:
    stage = staged()
    call = stage.call()
    call.whole(head(), BODY[:-1] + b',"stream":true}')
    answered(stage, 0, says("big"))

    call.upstream_head(2, 200, ())
    call.upstream_bytes(2, b'data: {"id":"1","model":"up","choices":[{"delta":{"content":"x"}}]}\n\n')

    assert [each[0] for each in stage.told] == ["start", "write"]
    assert b'"big"' in stage.told[1][1]
