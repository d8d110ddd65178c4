"""`/admin/v1/routes/explain`: where a request would go, and why."""

from __future__ import annotations

import pytest

from headgate.core.json import JsonObject
from headgate.gateway.explain_walk import MOST_DROPPED
from tests.web.admin_api.routes import chain, chat, dropped, explained, fails, governed, uid_of
from tests.web.api import Api

# Which entry, and why


def test_a_named_model_serves_and_nothing_is_sent(hall: Api) -> None:
    hall.create("fine")

    found = explained(hall, chat("fine"))

    entry = {"model_id": "fine", "uid": uid_of(hall, "fine"), "scope": "platform", "provider": "mock"}
    assert (found["entry"], found["why"]["reason"], chain(found)) == (entry, "named", ["fine"])
    assert found["subject"] == {"id": "user:u-ann", "organization": "acme", "project": None}
    assert (found["refusal"], found["headers"], found["auto"], found["dropped"]) == (None, None, None, [])


def test_without_a_model_the_default_serves(hall: Api) -> None:
    hall.create("fine")
    governed(hall, default_models={"completions": "fine"})

    found = explained(hall, chat(None))

    assert (found["model"], found["entry"]["model_id"], found["why"]["reason"]) == (None, "fine", "default")


def test_a_downgrade_shows_what_was_refused(hall: Api) -> None:
    hall.create("dear")
    hall.create("cheap")
    governed(hall, allowed_models=["cheap"], quota_policy="downgrade", default_models={"completions": "cheap"})

    found = explained(hall, chat("dear"))

    assert (found["entry"]["model_id"], found["why"]["reason"]) == ("cheap", "downgraded")
    assert dropped(found) == {"dear": ["allowed_models"]}


def test_auto_shows_the_rule_that_held(hall: Api) -> None:
    hall.create("long")
    rules = [
        {"messages_count": ">", "value": 3, "model": "short"},
        {"messages_count": ">=", "value": 1, "model": "long"},
    ]
    governed(hall, routing={"strategy": "rules", "rules": rules})

    found = explained(hall, chat("auto"))

    assert (found["entry"]["model_id"], found["why"]["reason"]) == ("long", "routed")
    assert found["auto"] == {"strategy": "rules", "rule": rules[1], "classifier": None, "candidates": []}


def test_auto_shows_what_was_passed_over(hall: Api) -> None:
    hall.create("off", enabled=False)
    hall.create("fine")
    governed(hall, routing={"strategy": "cost", "tier": "low", "tiers": {"low": ["gone", "off", "fine"]}})

    found = explained(hall, chat("auto"))

    assert (found["entry"]["model_id"], dropped(found)) == ("fine", {"gone": ["unknown"], "off": ["disabled"]})


def test_of_a_whole_catalogue_that_is_passed_over_the_first_are_told(hall: Api) -> None:
    for name in range(MOST_DROPPED + 1):
        hall.create(f"m{name:03}", tags=["code"])
    governed(hall, allowed_models=["other"], routing={"strategy": "capabilities", "tags": ["code"]})

    assert len(explained(hall, chat("auto"))["dropped"]) == MOST_DROPPED


def test_a_classifier_is_named_and_not_asked(hall: Api) -> None:
    for name in ("judge", "big", "plain"):
        hall.create(name)
    routing = {"strategy": "classifier", "classifier_model": "judge", "candidates": ["big", "gone"]}
    governed(hall, routing=routing, default_models={"completions": "plain"})

    found = explained(hall, chat("auto"))

    auto = found["auto"]
    assert (found["entry"]["model_id"], found["why"]["reason"]) == ("plain", "classified")
    assert auto["classifier"]["model_id"] == "judge"
    assert [(each["model_id"], len(each["reasons"])) for each in auto["candidates"]] == [("big", 0), ("gone", 1)]


# The chain


def test_the_chain_is_every_stand_in_in_order(hall: Api) -> None:
    hall.create("a", failover="b")
    hall.create("b")
    hall.create("c")
    governed(hall, failover={"b": "c"})

    assert chain(explained(hall, chat("a"))) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"enabled": False}, "disabled"),
        ({"provider_config": {}}, "not_routable"),
        ({"provider_config": {"provider": "openai"}}, "credential"),
        ({"type": "embeddings"}, "endpoint"),
    ],
)
def test_a_stand_in_that_cannot_serve_is_dropped_with_its_reason(hall: Api, entry: JsonObject, reason: str) -> None:
    hall.create("a", failover="b")
    hall.create("b", **entry)

    found = explained(hall, chat("a"))

    assert (chain(found), dropped(found)) == (["a"], {"b": [reason]})


def test_a_stand_in_whose_verification_failed_is_dropped_and_the_one_behind_it_stands_in(hall: Api) -> None:
    hall.create("a", failover="b")
    hall.create("b", failover="c")
    hall.create("c")
    fails(hall, "b")

    found = explained(hall, chat("a"))

    assert (chain(found), dropped(found)) == (["a", "c"], {"b": ["verification"]})


def test_an_entry_that_is_asked_for_is_tried_whatever_is_known_of_it(hall: Api) -> None:
    hall.create("a")
    fails(hall, "a")

    assert chain(explained(hall, chat("a"))) == ["a"]


def test_a_stand_in_that_cannot_be_seen_is_as_unknown_as_one_that_does_not_exist(hall: Api) -> None:
    hall.create("a", failover="theirs")
    hall.create("theirs", by="gus")
    hall.create("b", failover="nobody")

    seen, gone = (explained(hall, chat(name))["dropped"] for name in ("a", "b"))

    assert [{**each, "model_id": ""} for each in seen] == [{**each, "model_id": ""} for each in gone]


# What would refuse the call


@pytest.mark.parametrize(
    ("entry", "code", "status", "reason"),
    [
        ({"enabled": False}, "MODEL_NOT_ALLOWED", 403, "disabled"),
        ({"provider_config": {}}, "MODEL_NOT_ROUTABLE", 424, "not_routable"),
        ({"provider_config": {"provider": "openai"}}, "CREDENTIAL_MISSING", 424, "credential"),
        ({"type": "embeddings"}, "WRONG_ENDPOINT", 400, "endpoint"),
    ],
)
def test_what_the_caller_would_be_told_is_part_of_the_answer(
    hall: Api, entry: JsonObject, code: str, status: int, reason: str
) -> None:
    hall.create("a", **entry)

    found = explained(hall, chat("a"))

    assert (found["refusal"]["code"], found["refusal"]["status"]) == (code, status)
    assert (found["entry"], chain(found), dropped(found)) == (None, [], {"a": [reason]})


def test_a_model_that_does_not_exist_is_told_as_the_call_would_tell_it(hall: Api) -> None:
    assert explained(hall, chat("nobody"))["refusal"] == {
        "status": 404,
        "code": "MODEL_NOT_FOUND",
        "message": "model 'nobody' does not exist",
    }


@pytest.mark.parametrize("body", [{}, {"model": 1, "messages": []}, chat("a", stream="yes")])
def test_a_body_that_the_endpoint_would_refuse_is_a_refusal(hall: Api, body: JsonObject) -> None:
    assert explained(hall, body)["refusal"]["code"] == "INVALID_BODY"


def test_a_field_that_the_upstreams_format_cannot_say_refuses_the_call(hall: Api) -> None:
    hall.create("claude", provider_config={"provider": "anthropic", "api_key": "sk-ant-0"})

    found = explained(hall, chat("claude", n=2))

    assert (found["refusal"]["code"], found["chain"]) == ("INVALID_BODY", [])


def test_the_models_of_the_agent_behind_the_request_count(hall: Api) -> None:
    hall.create("a")

    found = explained(hall, chat("a", analytics_context={"agent_allowed_models": ["b"]}))

    assert (found["refusal"]["code"], dropped(found)) == ("MODEL_NOT_ALLOWED", {"a": ["agent_models"]})


@pytest.mark.parametrize(("mode", "blocked"), [("block", True), ("report_only", False)])
def test_the_headers_that_the_request_would_lack_are_told(hall: Api, mode: str, blocked: bool) -> None:  # noqa: FBT001
    hall.create("a")
    governed(hall, header_policy={"user": {"mode": mode, "headers": ["X-Team", "X-Centre"]}})

    found = explained(hall, chat("a"), headers={"x-team": "search"})

    assert found["headers"] == {"missing": ["x-centre"], "blocked": blocked}
    assert (found["refusal"] or {}).get("code") == ("HEADER_POLICY_VIOLATION" if blocked else None)
    assert explained(hall, chat("a"), headers={"X-Team": "s", "X-CENTRE": "7"})["headers"] is None


# What it would cost


def test_the_cost_lies_between_what_is_used_at_least_and_what_would_be_held(hall: Api) -> None:
    hall.create("priced", pricing={"input_per_1m_tokens": 1, "output_per_1m_tokens": 2})
    body = chat("priced", max_tokens=100, n=3)
    size = len(b'{"messages":[{"role":"user","content":"hello"}],"model":"priced","max_tokens":100,"n":3}')

    cost = explained(hall, body)["cost"]

    assert cost["least"] == pytest.approx((-(-size // 4) + 2) / 1_000_000)
    assert cost["most"] == pytest.approx((size + 2 * 300) / 1_000_000)


def test_without_a_limit_the_entrys_own_counts_and_then_a_usual_one(hall: Api) -> None:
    price = {"input_per_1m_tokens": 0, "output_per_1m_tokens": 1}
    hall.create("short", pricing=price, limits={"max_output_tokens": 10})
    hall.create("usual", pricing=price)

    most = {name: explained(hall, chat(name))["cost"]["most"] for name in ("short", "usual")}

    assert most == pytest.approx({"short": 0.00001, "usual": 0.004096})


def test_an_entry_without_a_price_has_no_cost(hall: Api) -> None:
    hall.create("a", provider_config={"provider": "openai", "api_key": "sk-1", "base_url": "https://up.example/v1"})

    found = explained(hall, chat("a"))

    assert (chain(found), found["cost"]) == (["a"], None)
