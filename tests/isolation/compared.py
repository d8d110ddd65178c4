"""Asks the same twice, with words of somebody else's and with words that stand for nothing, and holds both together."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

import httpx2
import msgspec

from headgate.core.json import JsonObject
from tests.isolation.scenario import FRESH, Scenario, kind_of
from tests.isolation.tenants import STORED, Tenant, Town, carriers, nothing

_VARIES: Final = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z"), "TIME"),
    (
        re.compile(
            r'"(id|number|revision|created|last4|token|key|etag|latency_ms|response_time|duration_ms)":[^,}\]]+'
        ),
        r'"\1":V',
    ),
    (re.compile(r'"(request_id|trace_id)":"[^"]*"'), r'"\1":V'),
    (re.compile(r"headgate_\S+(\{[^}]*\})? [-+.\de]+"), "METRIC"),
)
_PAGE: Final = 200_000
"""A body of this size is a document that is the same for everybody."""
_OF_HEADERS: Final = ("content-type", "allow", "www-authenticate", "retry-after", "connection", "cache-control")


class Told(msgspec.Struct, frozen=True):
    """What one request was answered with, without what differs between any two requests."""

    status: int
    headers: tuple[str, ...]
    body: str
    statements: tuple[str, ...]


class Asker:
    """One tenant's requests, by one carrier of its credential."""

    def __init__(self, town: Town, credential: JsonObject, fresh: Iterator[int]) -> None:
        self._town = town
        self._credential = credential
        self._fresh = fresh

    def told(self, scenario: Scenario, slot: str, word: str, headers: Mapping[str, str] | None = None) -> Told:
        """The answer to the scenario with `word` in the place `slot`."""
        made = f"made-{next(self._fresh):08}"

        def say(each: str) -> str:
            kind = kind_of(each)
            if kind == FRESH:
                return made
            return word if each == slot else self._town.mine.word(kind)

        asked = scenario.filled(say)
        gateway = self._town.gateway
        gateway.comes_to_rest()
        gateway.statements()
        answer = gateway.ask(
            asked.method,
            asked.path,
            body=asked.body.encode() if isinstance(asked.body, str) else asked.body,
            query=asked.query or None,
            headers={**self._credential, **asked.headers, **(headers or {})},
        )
        gateway.comes_to_rest()
        return _told(answer, gateway.statements(), words=(word, made))


def _told(answer: httpx2.Response, statements: list[str], words: tuple[str, str]) -> Told:
    headers = tuple(answer.headers.get(name, "") for name in _OF_HEADERS)
    body = answer.text if len(answer.content) > _PAGE else _plain(answer.text, words)
    return Told(answer.status_code, headers, body, tuple(statements))


def _plain(body: str, words: tuple[str, str]) -> str:
    """Without what differs between any two requests."""
    for text, instead in zip(words, ("WORD", "MADE"), strict=True):
        for form in dict.fromkeys((text, quote(text, safe=""), text[:64])):
            body = re.sub(rf"(?<![\w-]){re.escape(form)}(?![\w-])", instead, body) if form else body
    for pattern, instead in _VARIES:
        body = pattern.sub(instead, body)
    return body


def differences(town: Town, scenario: Scenario, asker: Asker, *, every: bool) -> Iterator[str]:
    """In what the other tenant's words are told from words for nothing. `every`: in every form that they have."""
    for slot in scenario.slots():
        kind = kind_of(slot)
        forms = town.theirs.forms(kind)
        for word in forms if every else forms[:1]:
            theirs = asker.told(scenario, slot, word)
            yield from _difference(
                scenario, f"{slot} = {word}", theirs, asker.told(scenario, slot, nothing(kind, word))
            )
            yield from _leaks(scenario, theirs, town.theirs)


def context_differences(town: Town, scenario: Scenario, asker: Asker) -> Iterator[str]:
    """The same of the headers that name a context."""
    for header, kind in (("x-organization-id", "organization"), ("x-project-id", "project")):
        for word in town.theirs.forms(kind):
            theirs = asker.told(scenario, "", word, {header: word})
            nobodys = nothing(kind, word)
            yield from _difference(
                scenario, f"{header}: {word}", theirs, asker.told(scenario, "", nobodys, {header: nobodys})
            )
            yield from _leaks(scenario, theirs, town.theirs)


def _difference(scenario: Scenario, said: str, theirs: Told, nobodys: Told) -> Iterator[str]:
    if theirs != nobodys:
        for name in Told.__struct_fields__:
            one, other = getattr(theirs, name), getattr(nobodys, name)
            if one != other:
                yield f"{scenario.method} {scenario.path}, {said}, {name}:\n  {one}\n  {other}"


def _leaks(scenario: Scenario, told: Told, tenant: Tenant) -> Iterator[str]:
    known = (word for kind, words in tenant.words.items() if kind not in {"slug", *STORED} for word in words)
    found = [word for word in known if len(word) > 3 and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", told.body)]
    if found:
        yield f"{scenario.method} {scenario.path} tells {found}: {told.body[:300]}"


def askers(town: Town, fresh: Iterator[int] | None = None) -> dict[str, Asker]:
    """acme's requests, by what carries its credential."""
    numbers = fresh or itertools.count()
    return {name: Asker(town, credential, numbers) for name, credential in carriers(town.mine).items()}
