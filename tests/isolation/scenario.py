"""A request of one route, with a word in each place that can hold one.

`<kind>` stands for the asker's own word of that kind, `<kind.label>` for the same in a second place of the request.
A test puts somebody else's words there, one place at a time. A text that is nothing but a row's or revision's number
is sent as a number. `<fresh>` is a name that nobody has had before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from headgate.core.json import Json

_SLOT: Final = re.compile(r"<([a-z]+)(?:\.[a-z]+)?>")
_NUMBERS: Final = frozenset({"number", "revision"})
FRESH: Final = "fresh"


class Scenario(msgspec.Struct, frozen=True):
    """`route` is the application's, `path` what is asked, with a query if it has one."""

    route: str
    path: str
    body: Json = None
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    def slots(self) -> Sequence[str]:
        """The places that hold words, as they are written."""
        texts = "\n".join((self.path, *self.query.values(), *self.headers.values(), *_texts(self.body)))
        found = (each[0] for each in _SLOT.finditer(texts))
        return [slot for slot in dict.fromkeys(found) if kind_of(slot) != FRESH]

    def filled(self, word: Callable[[str], str]) -> Scenario:
        """The request with these words in its places."""
        return msgspec.structs.replace(
            self,
            path=_filled(self.path, word),
            query={name: _filled(text, word) for name, text in self.query.items()},
            headers={name: _filled(text, word) for name, text in self.headers.items()},
            body=_body(self.body, word),
        )


def kind_of(slot: str) -> str:
    found = _SLOT.fullmatch(slot)
    assert found is not None
    return found[1]


def _filled(text: str, word: Callable[[str], str]) -> str:
    return _SLOT.sub(lambda found: word(found[0]), text)


def _body(value: Json, word: Callable[[str], str]) -> Json:
    if isinstance(value, dict):
        return {_filled(key, word): _body(each, word) for key, each in value.items()}
    if isinstance(value, list):
        return [_body(each, word) for each in value]
    if not isinstance(value, str):
        return value
    found = _SLOT.fullmatch(value)
    text = _filled(value, word)
    return int(text) if found is not None and found[1] in _NUMBERS else text


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
