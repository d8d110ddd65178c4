"""Whatever a chat request says, Anthropic is sent what it takes, or nothing."""

from __future__ import annotations

import contextlib
import itertools
import json

from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import InvalidBody, InvalidJson
from headgate.dialects.openai_chat import ChatRequest
from tests.dialects.messages import CODEC, HELLO, route, sent

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_NAMES = st.sampled_from(
    [
        "temperature",
        "stop",
        "tools",
        "tool_choice",
        "user",
        "metadata",
        "response_format",
        "max_tokens",
        "n",
        "thinking",
    ]
)
_TEXT = st.text(max_size=4)
_PART = (
    st.builds(lambda text: {"type": "text", "text": text}, _TEXT)
    | st.sampled_from(
        [
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
            {"type": "image_url", "image_url": {"url": "https://images.example/a.png", "detail": "auto"}},
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
        ]
    )
    | _JSON
)
_CALL = st.builds(
    lambda name, arguments: {"id": "c", "type": "function", "function": {"name": name, "arguments": arguments}},
    _TEXT,
    st.sampled_from(["", "{}", '{"a":1.50}', "[]", "{", '"x"']) | _TEXT,
)
_MESSAGE = (
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "developer", "user", "assistant", "tool"])},
        optional={
            "content": _TEXT | st.lists(_PART, max_size=3) | _JSON,
            "tool_calls": st.lists(_CALL, max_size=2),
            "tool_call_id": _TEXT,
        },
    )
    | _JSON
)


@given(st.lists(_MESSAGE, max_size=5) | _JSON, st.dictionaries(_NAMES, _JSON, max_size=2))
def test_any_request_becomes_one_that_anthropics_types_accept_or_is_refused(messages: object, fields: object) -> None:
    assert isinstance(fields, dict)
    with contextlib.suppress(InvalidBody):
        sent({**fields, "messages": messages})


@given(st.lists(_MESSAGE, max_size=5))
def test_the_sides_of_a_conversation_alternate_and_no_turn_is_empty(messages: list[object]) -> None:
    with contextlib.suppress(InvalidBody):
        turns = sent({"messages": messages})["messages"]
        roles = [turn["role"] for turn in turns]
        assert all(before != after for before, after in itertools.pairwise(roles))
        assert all(turn["content"] for turn in turns)
        assert not [block for turn in turns for block in turn["content"] if block.get("text") == ""]


@given(st.text(max_size=8), _JSON)
def test_an_unknown_field_is_never_dropped_in_silence(name: str, value: object) -> None:
    body = json.dumps({"messages": HELLO, f"x_{name}": value}).encode()
    refused = False
    try:
        CODEC.outbound(ChatRequest(body), route(), {})
    except (InvalidBody, InvalidJson):
        refused = True

    assert refused is (value is not None)
