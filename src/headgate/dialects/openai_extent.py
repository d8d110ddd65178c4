"""How large a request in OpenAI's wire format can be at most, for what is reserved before it is sent.

Source: OpenAI's API reference, Chat Completions ("messages", "max_completion_tokens", "n"), Completions ("best_of") and
its page on images and vision; Anthropic's page on vision.

Pictures and sound in messages come in base64, whose length says little of tokens: they count apart from the text. The
bytes searched for contain quotes, which JSON escapes inside strings, so no text can pass for a picture.
"""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.core.json import JSON_FAULTS
from headgate.dialects.openai import Fields

SOUND_BYTES: Final = 1_000
"""Of one second: 8 kbit/s, as little as encoders of speech are set to."""

_IMAGE: Final = b'"image_url"'
_SOUND: Final = b'"input_audio"'
_BRACKET: Final = b"["
_PLAIN: Final = (0, 0, 0)

_count = msgspec.json.Decoder(int).decode
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


def number(raw: msgspec.Raw | bytes | None) -> int | None:
    """A whole number of at least 1, None for anything else."""
    if raw is None:
        return None
    try:
        value: int = _count(raw)
    except JSON_FAULTS:
        return None
    return value if value > 0 else None


def longest(fields: Fields) -> int | None:
    """The longest answer in tokens, None if the request does not limit it. Which of two limits counts is the
    upstream's affair."""
    limit = number(fields.get("max_tokens"))
    if "max_completion_tokens" not in fields:
        return limit
    newer = number(fields["max_completion_tokens"])
    return newer if limit is None or newer is None else max(limit, newer)


def prompts(raw: msgspec.Raw) -> int:
    """How many texts a completion is asked to go on with. A list of numbers is one: its tokens."""
    if bytes(memoryview(raw)[:1]) != _BRACKET:
        return 1
    items = _items(raw)
    several = bool(items) and bytes(memoryview(items[0])[:1]) in (b'"', _BRACKET)
    return len(items) if several else 1


def media(raw: msgspec.Raw | None) -> tuple[int, int, int]:
    """Of messages: the bytes of pictures and sound, how many pictures there are, and how many seconds of sound."""
    if raw is None:
        return _PLAIN
    messages = bytes(raw)
    # Parts are a list in the list, and both keys have an underscore. One byte is found many times as fast as several.
    if messages.find(_BRACKET, 1) < 0 or messages.find(b"_") < 0:
        return _PLAIN
    size = pictures = heard = 0
    for key in (_IMAGE, _SOUND):
        at = messages.find(key)
        while at >= 0:
            at += len(key)
            end = messages.find(b"}", at)
            if messages[at : at + 8].lstrip().startswith(b":"):
                data = _data(messages, at, end=end, key=key)
                size += data
                if key is _IMAGE:
                    pictures += 1
                else:
                    heard += data
            at = messages.find(key, at)
    return size, pictures, -(-heard * 3 // (4 * SOUND_BYTES))


def _data(messages: bytes, start: int, *, end: int, key: bytes) -> int:
    """How long the data in the object that begins there is; 0 if there is none, but an address."""
    if key is _IMAGE:
        begin = messages.find(b'"data:', start, end)
    else:
        name = messages.find(b'"data"', start, end)
        begin = messages.find(b'"', name + len(b'"data"'), end) if name >= 0 else -1
    if begin < 0:
        return 0
    close = messages.find(b'"', begin + 1, end)
    return max(close - begin - 1, 0)
