"""One entry through several APIs: a write through one loses nothing that another wrote, whatever is written."""

from __future__ import annotations

from typing import Final

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import CATEGORIES, CATEGORY_WORDS, TYPES, Kind
from headgate.catalogue.merge import written
from headgate.catalogue.providers import BUNDLED
from headgate.core.errors import GatewayError
from headgate.core.json import Json, JsonObject
from headgate.web.catalogue_api.reading import read
from headgate.web.catalogue_api.view import shown_document as shown_by_catalogue
from headgate.web.registry_api.changing import changed
from headgate.web.registry_api.fields import TABLE
from headgate.web.registry_api.reading import read_change
from headgate.web.registry_api.view import shown_document
from tests.catalogue.json_values import JSON

TEXTS: Final = st.text("abc -", min_size=1, max_size=8).map(str.strip).filter(bool)
FIELDS: Final[dict[str, st.SearchStrategy[Json]]] = {
    "title": TEXTS,
    "description": TEXTS,
    "provider": st.sampled_from(["openai", "OpenAI", "claude", "mistral", "nobody", "mock"]),
    "upstream_model": TEXTS,
    "litellm_model": st.sampled_from(["openai/gpt-4o", "gpt-4o", "x/y"]),
    "api_base": st.sampled_from(["https://example.org/v1", "https://api.openai.com/v1"]),
    "abilities": st.lists(st.sampled_from(["chat", "vision", "asr", "edit", "x"]), unique=True),
    "capabilities": st.just({"vision": True, "own": 1}),
    "context_window": st.integers(0, 9999),
    "temperature": st.floats(0, 2),
    "max_tokens": st.integers(0, 99),
    "dimensions": st.one_of(st.integers(0, 9999), st.just("many"), st.just({"small": 8})),
    "limits": st.just({"own": 2}),
    "defaults": st.just({"top_p": 0.5}),
    "provider_config": st.just({"batch_size": 3}),
    "tags": st.just(["t"]),
    "region": TEXTS,
    "failover": TEXTS,
    "hidden": st.booleans(),
    "enabled": st.booleans(),
}
BODIES: Final = {
    "model_provider": st.sampled_from(["openai", "anthropic", "nobody", ""]),
    "model_name": TEXTS,
    "base_url": st.sampled_from(["https://example.com/v2", ""]),
    "temperature": st.floats(0, 2),
    "context_window": st.integers(0, 9999),
    "dimension": st.integers(0, 9999),
    "description": TEXTS,
    "voice": TEXTS,
}


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document as any of the APIs may have left it."""
    fields = draw(st.fixed_dictionaries({}, optional=FIELDS))
    by = draw(st.sampled_from(["catalogue", "registry", "assets"]))
    return written(None, {"name": "m", "kind": draw(st.sampled_from(list(Kind))), **fields}, by=by)


def bodies() -> st.SearchStrategy[JsonObject]:
    nullable = {key: st.none() | values for key, values in BODIES.items()}
    return st.fixed_dictionaries({}, optional={**nullable, "category": st.none() | st.sampled_from(CATEGORY_WORDS)})


def put(document: Document, body: JsonObject) -> Document:
    return changed(document, read_change(body), providers=BUNDLED)


@settings(deadline=None)
@given(documents())
def test_what_is_shown_can_be_sent_back_and_changes_nothing(document: Document) -> None:
    assert put(document, shown_document(document)) == document


@settings(deadline=None)
@given(documents(), bodies())
def test_a_change_reads_as_it_was_written_and_leaves_what_it_does_not_name(
    document: Document, body: JsonObject
) -> None:
    after = put(document, body)

    shown = shown_document(after)
    for key in ("temperature", "context_window", "dimension", "description"):
        if key in body and body[key] != shown_document(document)[key]:
            assert shown[key] == body[key]
    named = {TABLE[key] for key in body if key in TABLE} | {"upstream_by"}
    # What calls go to is one thing: naming a part of it may spell out the rest.
    named |= {"provider", "upstream_model", "api_base"} if named & {"provider", "upstream_model"} else set()
    named |= {"kind"} if body.get("category") else set()
    named |= {"provider_config"} if "voice" in body else set()
    before, now = msgspec.structs.asdict(document), msgspec.structs.asdict(after)
    assert {key: now[key] for key in now if key not in named} == {
        key: before[key] for key in before if key not in named
    }
    assert {key: value for key, value in after.provider_config.items() if key != "voice"} == {
        key: value for key, value in document.provider_config.items() if key != "voice"
    }


@settings(deadline=None)
@given(documents(), bodies())
def test_what_the_catalogue_api_shows_after_it_can_be_sent_back_there_too(document: Document, body: JsonObject) -> None:
    after = put(document, body)
    reading = read(shown_by_catalogue(after), [*TYPES])

    assert reading.problems == ()
    assert written(after, reading.with_kind(after.kind), by="catalogue") == after


@given(documents(), st.sampled_from(CATEGORY_WORDS))
def test_writing_the_category_that_is_shown_keeps_the_kind(document: Document, category: str) -> None:
    after = put(document, {"category": category})

    if category == CATEGORIES[document.kind]:
        assert after == document
    assert CATEGORIES[after.kind] == category


@settings(deadline=None)
@given(documents(), st.dictionaries(st.sampled_from([*BODIES, "abilities", "category", "zip"]), JSON))
def test_any_body_is_taken_or_refused(document: Document, body: JsonObject) -> None:
    try:
        after = put(document, body)
    except GatewayError:
        return
    assert put(after, shown_document(after)) == after
