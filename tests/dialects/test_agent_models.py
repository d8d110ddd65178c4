"""The list of models that a request's context may carry for the agent behind it."""

from __future__ import annotations

import json

import pytest

from headgate.catalogue.operations import Operation
from headgate.core.errors import InvalidBody
from headgate.core.json import Json
from headgate.dialects.openai import MODEL_LIMIT, MOST_AGENT_MODELS
from headgate.dialects.openai_chat import ChatRequest
from headgate.dialects.pairs import PARSERS

BODIES: dict[Operation, dict[str, Json]] = {
    Operation.CHAT: {"messages": []},
    Operation.COMPLETION: {"prompt": "x"},
    Operation.EMBEDDING: {"input": "x"},
    Operation.IMAGE: {"prompt": "x"},
    Operation.RERANK: {"query": "x", "documents": ["y"]},
}


def chat(context: Json) -> ChatRequest:
    return ChatRequest(json.dumps({"messages": [], "analytics_context": context}).encode())


@pytest.mark.parametrize("operation", BODIES)
def test_every_request_keeps_the_list_and_sends_the_context_nowhere(operation: Operation) -> None:
    context = {"agent_allowed_models": ["a", "b", "a"], "agent_id": "x"}

    request = PARSERS[operation](json.dumps({**BODIES[operation], "analytics_context": context}).encode())

    assert request.agent_models == {"a", "b"}
    assert "analytics_context" not in request.fields  # type: ignore[attr-defined]


@pytest.mark.parametrize("context", [None, "x", [], {}, {"agent_allowed_models": None}, {"agent_allowed_models": []}])
def test_a_context_without_a_list_allows_any_model(context: Json) -> None:
    assert chat(context).agent_models == frozenset()


@pytest.mark.parametrize(
    "names",
    [
        pytest.param("a", id="a string"),
        pytest.param({"a": True}, id="an object"),
        pytest.param(["a", 1], id="a number in it"),
        pytest.param(["a", ""], id="an empty name"),
        pytest.param(["x" * (MODEL_LIMIT + 1)], id="a name that is too long"),
        pytest.param(["a"] * (MOST_AGENT_MODELS + 1), id="too many names"),
    ],
)
def test_a_list_of_anything_else_is_refused_with_its_path(names: Json) -> None:
    with pytest.raises(InvalidBody, match="agent_allowed_models") as refused:
        chat({"agent_allowed_models": names})

    assert refused.value.details == [
        {
            "path": "analytics_context.agent_allowed_models",
            "message": "a list of at most 1000 names of models, of 1 to 256 characters each",
        }
    ]
