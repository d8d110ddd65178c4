"""Chat requests as Anthropic's Messages API takes them."""

from __future__ import annotations

import json

import pytest

from headgate.core.errors import InvalidBody
from tests.dialects.messages import CODEC, chat, route, sent

SCHEMA = {"type": "object", "properties": {"a": {"type": "number", "maximum": 1.5}}, "additionalProperties": False}


def test_a_request_goes_to_the_path_of_messages() -> None:
    assert CODEC.path(route(), chat()) == "/v1/messages"


def test_a_plain_request_says_the_same_and_sets_the_limit_that_anthropic_asks_for() -> None:
    assert sent() == {
        "model": "claude-up",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
    }


@pytest.mark.parametrize(
    ("fields", "member", "value"),
    [
        pytest.param({"max_tokens": 7}, "max_tokens", 7, id="a limit"),
        pytest.param({"max_completion_tokens": 7}, "max_tokens", 7, id="a limit by its newer name"),
        pytest.param({"max_tokens": 7, "max_completion_tokens": 7}, "max_tokens", 7, id="a limit by both names"),
        pytest.param({"temperature": 0.2}, "temperature", 0.2, id="a temperature"),
        pytest.param({"top_p": 0.9}, "top_p", 0.9, id="nucleus sampling"),
        pytest.param({"top_k": 5}, "top_k", 5, id="a field of Anthropic's own"),
        pytest.param({"stop": "END"}, "stop_sequences", ["END"], id="a text to stop at"),
        pytest.param({"stop": ["a", "b"]}, "stop_sequences", ["a", "b"], id="texts to stop at"),
        pytest.param({"user": "u1"}, "metadata", {"user_id": "u1"}, id="a user"),
        pytest.param({"safety_identifier": "u1"}, "metadata", {"user_id": "u1"}, id="a user by the newer name"),
        pytest.param({"metadata": {"user_id": "u1"}}, "metadata", {"user_id": "u1"}, id="a user by Anthropic's name"),
        pytest.param({"reasoning_effort": "xhigh"}, "output_config", {"effort": "xhigh"}, id="effort"),
        pytest.param({"reasoning_effort": "low"}, "thinking", {"type": "adaptive"}, id="effort is for thinking"),
        pytest.param({"reasoning_effort": "none"}, "thinking", {"type": "disabled"}, id="no effort"),
        pytest.param(
            {"reasoning_effort": "low", "thinking": {"type": "enabled", "budget_tokens": 1024}},
            "thinking",
            {"type": "enabled", "budget_tokens": 1024},
            id="thinking in Anthropic's own words wins",
        ),
        pytest.param({"service_tier": "auto"}, "service_tier", "auto", id="a tier"),
        pytest.param({"service_tier": "default"}, "service_tier", "standard_only", id="the ordinary tier"),
        pytest.param({"stream": True}, "stream", True, id="a stream"),
        pytest.param(
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
            "output_config",
            {"format": {"type": "json_schema", "schema": SCHEMA}},
            id="a schema",
        ),
    ],
)
def test_a_field_is_translated(fields: dict[str, object], member: str, value: object) -> None:
    assert sent(fields)[member] == value


def test_effort_and_a_schema_do_not_displace_each_other() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "n", "description": "why", "schema": {"type": "object"}}}

    config = sent({"reasoning_effort": "low", "response_format": schema})["output_config"]

    assert config == {
        "effort": "low",
        "format": {"type": "json_schema", "schema": {"type": "object", "description": "why"}},
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 1},
        {"n": None},
        {"frequency_penalty": 0},
        {"presence_penalty": 0.0},
        {"logit_bias": {}},
        {"logprobs": False},
        {"store": False},
        {"modalities": ["text"]},
        {"temperature": 1},
        {"top_p": 1.0},
        {"response_format": {"type": "text"}},
        {"parallel_tool_calls": True},
        {"tools": []},
        {"tool_choice": "none"},
        {"stream_options": {"include_usage": True}},
        {"seed": None},
    ],
    ids=json.dumps,
)
def test_a_value_that_says_what_happens_anyway_is_left_out(fields: dict[str, object]) -> None:
    assert sent(fields) == sent()


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 2},
        {"n": True},
        {"frequency_penalty": 0.5},
        {"presence_penalty": -1},
        {"logit_bias": {"50256": -100}},
        {"logprobs": True},
        {"top_logprobs": 3},
        {"seed": 0},
        {"store": True},
        {"metadata": {"trace": "t"}},
        {"modalities": ["text", "audio"]},
        {"audio": {"voice": "alloy", "format": "mp3"}},
        {"prediction": {"type": "content", "content": "x"}},
        {"web_search_options": {}},
        {"verbosity": "low"},
        {"functions": [{"name": "f"}]},
        {"function_call": "auto"},
        {"response_format": {"type": "json_object"}},
        {"temperature": 1.5},
        {"temperature": -0.1},
        {"temperature": "hot"},
        {"top_p": 2},
        {"max_tokens": 0},
        {"max_tokens": 1.5},
        {"reasoning_effort": "minimal"},
        {"service_tier": "flex"},
        {"stop": 5},
        {"tool_choice": "required"},
        {"stream_options": {"include_obfuscation": True}},
        {"no_such_field": 1},
        {"messages": {}},
        {"messages": None},
        {"messages": []},
    ],
    ids=json.dumps,
)
def test_what_cannot_be_said_is_refused_by_name(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidBody) as caught:
        sent(fields)

    assert next(iter(fields)) in caught.value.message
    assert caught.value.details


@pytest.mark.parametrize(
    "fields",
    [{"max_tokens": 5, "max_completion_tokens": 6}, {"user": "a", "safety_identifier": "b"}],
    ids=["limits", "users"],
)
def test_two_names_of_one_thing_that_differ_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidBody):
        sent(fields)


def test_an_entrys_defaults_fill_what_the_caller_left_out() -> None:
    defaults = {"temperature": 0.9, "max_tokens": 5}

    body = sent({"temperature": 0.1}, defaults)

    assert (body["temperature"], body["max_tokens"]) == (0.1, 5)
    assert sent({"max_completion_tokens": 9}, defaults)["max_tokens"] == 9
