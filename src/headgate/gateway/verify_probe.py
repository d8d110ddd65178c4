"""What a probe asks, cheapest first, and what the answers mean."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from headgate.catalogue.upstream import Route
from headgate.core.failure import Failure, FailureKind
from headgate.core.json import Json
from headgate.dialects.openai import read_error
from headgate.gateway.verify_exchange import Answered, Question

MESSAGE_LIMIT: Final = 300

_NO_SUCH_PAGE: Final = frozenset({404, 405, 501})
_TITLE: Final = re.compile(rb"<title[^>]*>([^<]*)", re.IGNORECASE)
_HTML: Final = re.compile(rb"\s*(<!doctype|<html|<head|<body)", re.IGNORECASE)


def unbilled_question(route: Route) -> Question | None:
    """The page of the provider that tells whether an entry works and costs nothing, if its row names one."""
    path = route.provider.probe_path or route.provider.models_path
    return Question(route.path(path)) if path and route.url is not None else None


def list_question(route: Route) -> Question | None:
    """The page that lists the provider's models, if its row names one."""
    return Question(route.path(route.provider.models_path)) if route.provider.models_path else None


def is_no_page(answered: Answered, route: Route) -> bool:
    """Whether the provider does not serve the page that was asked for, which says nothing about the entry."""
    if isinstance(answered.result, Failure):
        return answered.result.status in _NO_SUCH_PAGE
    if route.provider.probe_path:
        return False
    value = read(answered)
    return not isinstance(value, Failure) and model_names(value) is None


def read(answered: Answered) -> Json | Failure:
    """The JSON of a good answer. What is none, or tells of an error with a good status, is a failure."""
    if isinstance(answered.result, Failure):
        return answered.result
    try:
        value: Json = msgspec.json.decode(answered.result)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return malformed("the upstream's answer is not JSON", answered.result)
    if isinstance(value, dict) and value.get("error"):
        return malformed("the upstream answered with an error", answered.result)
    return value


def model_names(value: Json) -> list[str] | None:
    """The names in a list of models, in the shapes that providers give it; None if it is none."""
    rows = value
    if isinstance(value, dict):
        rows = value.get("data", value.get("models"))
    if not isinstance(rows, list):
        return None
    names = [_name(row) for row in rows]
    return list(dict.fromkeys(name for name in names if name))


def _name(row: Json) -> str:
    if isinstance(row, dict):
        row = next((row[key] for key in ("id", "name", "model") if isinstance(row.get(key), str)), "")
    return row.removeprefix("models/") if isinstance(row, str) else ""


def malformed(message: str, body: bytes = b"") -> Failure:
    return Failure(kind=FailureKind.MALFORMED, message=message, body=body)


def sentence(failure: Failure, answered: Answered | None) -> str:
    """What a failure is, in our words and the upstream's: short, on one line, without the secret."""
    text = failure.message
    said = _said(failure.body)
    if said and said not in text:
        text = f"{text}: {said}"
    if answered is not None:
        # Once more: the words may have been written with escapes.
        text = answered.told(text)
    text = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return text if len(text) <= MESSAGE_LIMIT else f"{text[: MESSAGE_LIMIT - 1]}…"


def _said(body: bytes) -> str:
    """The upstream's own words: its error's message, the title of a page, or plain text as it stands."""
    error = read_error(body)
    if error is not None:
        return error.message
    if _HTML.match(body):
        title = _TITLE.search(body)
        return title[1].decode(errors="replace").strip() if title else ""
    text = body.decode(errors="replace").strip()
    return "" if text.startswith(("{", "[", "<")) else text
