"""Every event in every state again, for each other pair of formats that a call goes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.kinds import Kind
from headgate.gateway.call import Call
from headgate.gateway.call_state import State
from tests.gateway.stage import Stage, endpoint_at, entry, head
from tests.gateway.test_call_lives import EVENTS, PREFIXES

RERANK = b'{"model":"m0","query":"q","documents":["a","b"]}'


@dataclass(frozen=True)
class Pair:
    """What is asked at which path, and what an upstream answers."""

    path: str
    body: bytes
    answer: bytes
    fields: Mapping[str, object] = field(default_factory=dict)

    @property
    def events(self) -> dict[str, Any]:
        return EVENTS | {
            "body": lambda call, _: call.body(self.body),
            "whole body": lambda call, _: call.body(self.body),
            "all at once": lambda call, _: call.whole(head(), self.body),
            "answer": lambda call, n: call.upstream_bytes(n, self.answer),
            "whole answer": lambda call, n: call.upstream_whole(n, 200, headers=[], body=self.answer),
        }


PAIRS = {
    "a text that goes on": Pair(
        "/v1/completions",
        b'{"model":"m0","prompt":"hi"}',
        b'{"id":"c","choices":[{"index":0,"text":"you","finish_reason":"stop"}]}',
    ),
    "a text that goes on in a stream": Pair(
        "/v1/completions", b'{"model":"m0","prompt":"hi","stream":true}', b'data: {"choices":[{"text":"you"}]}\n\n'
    ),
    "an image": Pair(
        "/v1/images/generations",
        b'{"model":"m0","prompt":"a cat"}',
        b'{"created":1,"data":[{"url":"https://images.test/1.png"}]}',
        {"kind": Kind.IMAGE},
    ),
    "an order by a service": Pair(
        "/v1/rerank",
        RERANK,
        b'{"results":[{"index":1,"relevance_score":0.5},{"index":0,"relevance_score":0.25}]}',
        {"kind": Kind.RERANK, "provider": "cohere"},
    ),
    "an order by a chat model": Pair(
        "/v2/rerank",
        RERANK,
        b'{"choices":[{"message":{"content":"{\\"results\\":[{\\"index\\":1,\\"relevance_score\\":1}]}"}}]}',
    ),
    "an order by a chat model in another format": Pair(
        "/v1/rerank",
        RERANK,
        b'{"id":"m","type":"message","role":"assistant","model":"x","content":[{"type":"text","text":"no"}],'
        b'"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}',
        {"provider": "claude"},
    ),
}


def play(pair: Pair, names: list[str]) -> tuple[Stage, Call]:
    """Tell a call the named events, as the driver of its connection would."""
    following = {"m0": "m1", "m1": "m2", "m2": None}
    stage = Stage(*(entry(name, failover=to, **pair.fields) for name, to in following.items()), ready=False)
    stage.endpoint = endpoint_at(pair.path)
    call = stage.call()
    events = pair.events
    for name in names:
        if name in ("head", "bad head", "all at once") and call.state is not State.HEAD:
            continue
        attempt = max((each[2] for each in stage.did if each[0] == "connect"), default=0)
        events[name](call, attempt)
    return stage, call


def is_settled_once_if_tried(stage: Stage, call: Call) -> None:
    call.drain()
    tried = any(each[0] == "connect" for each in stage.did)
    assert call.state is State.ENDED
    assert len(stage.settlements) == (1 if tried else 0)


STATES = [state for state in PREFIXES if state is not State.STREAM]


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("state", STATES)
def test_every_event_in_every_state_leaves_at_most_one_settlement(pair: str, state: State) -> None:
    prefix = [*PREFIXES[state][:-2], "gone"] if state is State.ENDED else PREFIXES[state]
    for event in EVENTS:
        is_settled_once_if_tried(*play(PAIRS[pair], [*prefix, event]))


@given(st.sampled_from(sorted(PAIRS)), st.lists(st.sampled_from(sorted(EVENTS)), max_size=25))
def test_any_life_of_a_call_is_settled_once_if_it_was_tried(pair: str, names: list[str]) -> None:
    is_settled_once_if_tried(*play(PAIRS[pair], ["head", "body", "body complete", *names]))


@pytest.mark.parametrize("pair", [name for name in PAIRS if "stream" not in name and "another" not in name])
def test_a_whole_life_ends_with_an_answer(pair: str) -> None:
    names = ["head", "body", "body complete", "connected", "whole answer"]

    stage, call = play(PAIRS[pair], names)

    assert call.state is State.ENDED
    assert stage.told[0][:2] == ("answer", 200)
    assert [each.outcome for each in stage.settlements] == ["answered"]
