"""What an organization lays over the catalogue decides where its calls go, on the road that serves them."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec
import pytest

from headgate.catalogue.scope import user
from headgate.core.failure import Failure, FailureKind
from headgate.core.overlay import (
    AutoRouting,
    Comparison,
    DefaultModels,
    Overlay,
    OwnModels,
    QuotaPolicy,
    RoutingRule,
    Strategy,
    StreamUsage,
    Tier,
)
from tests.gateway.stage import PRINCIPAL, Stage, entry

FAILED = Failure(kind=FailureKind.SERVER_ERROR, message="it broke", status=500)


def governed(*names: str, overlay: Overlay, **principal: object) -> Stage:
    stage = Stage(*(entry(name) for name in names))
    stage.principal = msgspec.structs.replace(PRINCIPAL, overlay=overlay, **principal)
    return stage


def body(model: str | None, messages: int = 1, *, fields: Mapping[str, object] | None = None) -> bytes:
    named = {} if model is None else {"model": model}
    said = [{"role": "user", "content": "hello"}] * messages
    return json.dumps({**named, "messages": said, **(fields or {})}).encode()


def connected(stage: Stage) -> list[str]:
    return [each[1] for each in stage.did if each[0] == "connect"]


def test_a_model_that_the_organization_does_not_allow_is_refused() -> None:
    stage = governed("a", "b", overlay=Overlay(allowed_models=frozenset({"a"})))

    stage.begun(body("b"))

    assert connected(stage) == []
    assert stage.refusals == ["ModelNotAllowed"]


def test_a_refused_model_is_served_by_the_default_where_the_organization_downgrades() -> None:
    overlay = Overlay(
        allowed_models=frozenset({"a"}),
        quota_policy=QuotaPolicy.DOWNGRADE,
        default_models=DefaultModels(completions="a"),
    )
    stage = governed("a", "b", overlay=overlay)
    stage.default = "a"

    stage.begun(body("b"))

    assert connected(stage) == ["a"]


def test_a_default_that_is_not_allowed_either_downgrades_nothing() -> None:
    overlay = Overlay(allowed_models=frozenset({"a"}), quota_policy=QuotaPolicy.DOWNGRADE)
    stage = governed("a", "b", "c", overlay=overlay)
    stage.default = "c"

    stage.begun(body("b"))

    assert stage.refusals == ["ModelNotAllowed"]


def test_a_model_that_does_not_exist_is_not_downgraded() -> None:
    stage = governed("a", overlay=Overlay(quota_policy=QuotaPolicy.DOWNGRADE))
    stage.default = "a"

    stage.begun(body("nobody"))

    assert stage.refusals == ["ModelNotFound"]


@pytest.mark.parametrize(
    ("own_models", "whose"),
    [
        (OwnModels.ALLOW, "everybody"),
        (OwnModels.ADMINS, "administrators"),
        (OwnModels.DENY, "nobody"),
    ],
)
def test_own_models_are_governed_by_their_own_setting(own_models: OwnModels, whose: str) -> None:
    mine = user("o1", "u1")
    overlay = Overlay(allowed_models=frozenset({"elsewhere"}), own_models=own_models)
    served = []
    for admin in (False, True):
        stage = Stage(msgspec.structs.replace(entry("mine"), scope=mine))
        stage.principal = msgspec.structs.replace(
            PRINCIPAL,
            user="u1",
            organization="o1",
            overlay=overlay,
            organization_admin=admin,
            scopes=(mine.key, "platform"),
        )
        stage.begun(body("mine"))
        served.append(bool(connected(stage)))

    assert served == {"everybody": [True, True], "administrators": [False, True], "nobody": [False, False]}[whose]


# The list of the agent


def of_agent(*names: str) -> dict[str, object]:
    return {"analytics_context": {"agent": "a-1", "agent_allowed_models": list(names)}}


def test_a_model_outside_the_list_of_the_agent_is_refused() -> None:
    stage = governed("a", "b", overlay=Overlay())

    stage.begun(body("b", fields=of_agent("a")))
    stage.client.over = False
    stage.begun(body("a", fields=of_agent("a")))

    assert stage.refusals == ["ModelNotAllowed"]
    assert connected(stage) == ["a"]


def test_an_empty_list_of_the_agent_is_no_list() -> None:
    stage = governed("a", overlay=Overlay())

    stage.begun(body("a", fields=of_agent()))

    assert connected(stage) == ["a"]


def test_the_list_of_the_agent_counts_without_an_organization_too() -> None:
    stage = Stage(entry("a"), entry("b"))

    stage.begun(body("b", fields=of_agent("a")))

    assert stage.refusals == ["ModelNotAllowed"]


def test_a_model_outside_the_list_of_the_agent_is_downgraded_like_any_refused_one() -> None:
    overlay = Overlay(quota_policy=QuotaPolicy.DOWNGRADE, default_models=DefaultModels(completions="a"))
    stage = governed("a", "b", overlay=overlay)
    stage.default = "a"

    stage.begun(body("b", fields=of_agent("a")))

    assert connected(stage) == ["a"]


def test_no_entry_outside_the_list_of_the_agent_stands_in() -> None:
    stage = governed("a", "b", "c", overlay=Overlay(failover={"a": "b"}, default_models=DefaultModels(completions="c")))
    call = stage.begun(body("a", fields=of_agent("a", "c")))

    call.upstream_failed(1, FAILED)

    assert connected(stage) == ["a", "c"]


# The usage of streams


def usage_events(overlay: Overlay, **fields: object) -> int:
    stage = governed("a", overlay=overlay)
    call = stage.begun(body("a", fields={"stream": True, **fields}))
    call.upstream_head(1, 200, ())
    choice = {"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}
    call.upstream_bytes(1, b"data: %b\n\ndata: [DONE]\n\n" % json.dumps({"choices": [choice]}).encode())
    call.upstream_done(1, framed=True)
    return sum(b'"prompt_tokens"' in each[1] for each in stage.told if each[0] == "write")


def test_a_stream_ends_with_its_usage_for_everybody_where_the_organization_says_always() -> None:
    always = Overlay(stream_usage=StreamUsage.ALWAYS)

    assert usage_events(always) == 1
    assert usage_events(always, stream_options={"include_usage": False}) == 1
    assert usage_events(Overlay()) == 0


# Failover


def test_the_organization_names_a_stand_in_where_the_entry_names_none() -> None:
    stage = governed("a", "b", overlay=Overlay(failover={"a": "b"}))
    call = stage.begun(body("a"))

    call.upstream_failed(1, FAILED)

    assert connected(stage) == ["a", "b"]


def test_the_default_of_the_organization_is_the_last_stand_in() -> None:
    stage = governed("a", "b", "c", overlay=Overlay(failover={"a": "b"}, default_models=DefaultModels(completions="c")))
    call = stage.begun(body("a"))

    call.upstream_failed(1, FAILED)
    call.upstream_failed(2, FAILED)
    call.upstream_failed(3, FAILED)

    assert connected(stage) == ["a", "b", "c"]


def test_a_stand_in_is_checked_like_any_model() -> None:
    overlay = Overlay(allowed_models=frozenset({"a"}), failover={"a": "b"})
    stage = governed("a", "b", overlay=overlay)
    call = stage.begun(body("a"))

    call.upstream_failed(1, FAILED)

    assert connected(stage) == ["a"]


# `auto`


def rule(comparison: Comparison, value: int, model: str) -> RoutingRule:
    return RoutingRule(messages_count=comparison, value=value, model=model)


def test_auto_takes_the_first_rule_that_holds() -> None:
    rules = (rule(Comparison.MORE, 3, "long"), rule(Comparison.AT_LEAST, 1, "short"))
    stage = governed("long", "short", overlay=Overlay(routing=AutoRouting(strategy=Strategy.RULES, rules=rules)))

    stage.begun(body("auto", messages=4))
    stage.begun(body("auto", messages=3))

    assert connected(stage) == ["long", "short"]


def test_auto_goes_to_the_default_where_the_routing_says_nothing_callable() -> None:
    rules = (rule(Comparison.AT_LEAST, 0, "gone"),)
    stage = governed("a", overlay=Overlay(routing=AutoRouting(strategy=Strategy.RULES, rules=rules)))
    stage.default = "a"

    stage.begun(body("auto"))

    assert connected(stage) == ["a"]


def test_auto_by_capability_takes_a_model_with_every_tag() -> None:
    stage = Stage(entry("plain", tags=("code",)), entry("seeing", tags=("code", "vision")))
    routing = AutoRouting(strategy=Strategy.CAPABILITIES, tags=frozenset({"code", "vision"}))
    stage.principal = msgspec.structs.replace(PRINCIPAL, overlay=Overlay(routing=routing))

    stage.begun(body("auto"))

    assert connected(stage) == ["seeing"]


def test_auto_by_cost_takes_the_first_callable_model_of_the_tier() -> None:
    routing = AutoRouting(
        strategy=Strategy.COST, tier=Tier.LOW, tiers={Tier.LOW: ("gone", "cheap"), Tier.HIGH: ("dear",)}
    )
    stage = governed("cheap", "dear", overlay=Overlay(routing=routing))

    stage.begun(body("auto"))

    assert connected(stage) == ["cheap"]


def test_auto_without_a_routing_and_without_a_default_says_that_there_is_no_model() -> None:
    stage = governed("a", overlay=Overlay())

    stage.begun(body("auto"))

    assert stage.refusals == ["InvalidBody"]
