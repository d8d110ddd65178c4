"""What of an answer in OpenAI's wire format is output: words, thoughts, calls of tools, sound.

Source: OpenAI's API reference, "The chat completion object", "The chat completion chunk object" and "The completion
object". Servers that copy the format add members of their own to a delta (`reasoning_content`, `reasoning`), so
whatever a delta says besides its role counts.
"""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.core.json import JSON_FAULTS
from headgate.dialects.counting import tokens_of
from headgate.dialects.sse import data_of

_NULL: Final = msgspec.Raw(b"null")
_EMPTY: Final = frozenset({b"null", b'""', b"[]", b"{}"})
_QUOTES: Final = 2

_Members = dict[str, msgspec.Raw]


class _Choice(msgspec.Struct, gc=False):
    delta: _Members | None = None
    message: _Members | None = None
    text: msgspec.Raw = _NULL


class _Answer(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None


_answer = msgspec.json.Decoder(_Answer).decode
_members = msgspec.json.Decoder(_Members | None).decode


def may_be_empty(data: bytes) -> bool:
    """Whether there may be an event among `data` that carries no output; quick, and never wrong where it says no."""
    return b'""' in data or b"{}" in data or b'"role"' in data


def outputs(data: bytes) -> int:
    """How many of some whole events carry output."""
    return sum([_carries(event + b"\n\n") for event in data.split(b"\n\n") if event])


def _carries(event: bytes) -> bool:
    data = data_of(event)
    if data is None:
        return False
    try:
        choices = _answer(data).choices or ()
    except JSON_FAULTS:
        # Something came, if in a shape of its own.
        return True
    return any(_said(choice.delta) or bytes(choice.text) not in _EMPTY for choice in choices)


def speaks(delta: msgspec.Raw, text: msgspec.Raw) -> bool:
    """Whether a choice of an event carries output."""
    if bytes(text) not in _EMPTY:
        return True
    try:
        members: _Members | None = _members(delta)
    except JSON_FAULTS:
        # Something came, if in a shape of its own.
        return True
    return bool(_said(members))


def _said(members: _Members | None) -> int:
    """How many bytes a delta or a message says."""
    if not members:
        return 0
    return sum(
        len(said) - _QUOTES for name, raw in members.items() if name != "role" and (said := bytes(raw)) not in _EMPTY
    )


def output_tokens(body: bytes) -> int:
    """Tokens of a whole answer whose upstream has not counted them, by the bytes of what it says."""
    try:
        choices = _answer(body).choices or ()
    except JSON_FAULTS:
        return tokens_of(len(body))
    return tokens_of(sum(_said({"text": choice.text, **(choice.message or {})}) for choice in choices))
