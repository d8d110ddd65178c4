"""Scopes, kinds, URLs and upstreams: the small words that entries are made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.carbon import estimate, profile
from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import CATALOGUE_TYPES, TYPES, Kind, kind_of_type
from headgate.catalogue.providers import BUNDLED
from headgate.catalogue.scope import PLATFORM, Scope, organization, parse, project, user, wider
from headgate.catalogue.upstream import Route, Unroutable, route
from headgate.catalogue.url import parse_base_url
from headgate.core.usage import Usage

IDS = st.text("abc-019", min_size=1, max_size=8)


def document(name: str = "m", **fields: str) -> Document:
    return Document(name=name, kind=Kind.CHAT, **fields)  # type: ignore[arg-type]  # all of them are texts


@given(IDS, IDS)
def test_every_scope_is_read_from_its_key(one: str, other: str) -> None:
    for scope in (PLATFORM, organization(one), project(one, other), user(one, other)):
        assert parse(scope.key) == scope


@pytest.mark.parametrize(
    "key", ["", "organization:", "organization:a/b", "project:a", "user:/u", "team:a", "platform:"]
)
def test_what_is_no_scope_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="is not a scope"):
        parse(key)


@pytest.mark.parametrize("scope", [PLATFORM, organization("a"), project("a", "p"), user("a", "u")])
def test_wider_scopes_begin_with_the_scope_and_end_with_the_platform(scope: Scope) -> None:
    assert (wider(scope)[0], wider(scope)[-1]) == (scope, PLATFORM)


@pytest.mark.parametrize("kind", list(Kind))
def test_writing_the_type_that_an_entry_shows_changes_nothing(kind: Kind) -> None:
    assert kind_of_type(CATALOGUE_TYPES[kind], shown_by=kind) is kind


def test_writing_another_type_sets_the_first_kind_of_it() -> None:
    assert kind_of_type("completion", shown_by=Kind.EMBEDDING) is Kind.CHAT


def test_an_unknown_type_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match=", ".join(TYPES)):
        kind_of_type("chat")


@pytest.mark.parametrize(
    ("text", "origin", "path"),
    [
        ("https://Host.Example/v1/", "https://host.example", "/v1"),
        ("http://host:80", "http://host", ""),
        ("HTTPS://host:8443/a/b", "https://host:8443", "/a/b"),
        ("http://[::1]:9/v1", "http://[::1]:9", "/v1"),
        ("https://[::1]", "https://[::1]", ""),
    ],
)
def test_a_base_url_is_taken_apart(text: str, origin: str, path: str) -> None:
    url = parse_base_url(text)

    assert (url.origin, url.path) == (origin, path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host.example",
        "ftp://host",
        "https://",
        "https://user@host",
        "https://user:password@host",
        "https://host?x=1",
        "https://host#x",
        "https://host/ path",
        "https://host\\@other",
        "https://host:0",
        "https://host:99999",
        "https://host:²",
        "https://ho_st!",
        "https://host\r\nx: y",
        "https://[::1",
        "https://[zz]",
        "https://" + "h" * 1000,
    ],
)
def test_what_is_no_base_url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_base_url(text)


@given(st.text(st.characters(), max_size=40))
def test_a_base_url_is_read_or_refused_and_nothing_else(rest: str) -> None:
    try:
        url = parse_base_url("https://" + rest)
    except ValueError:
        return
    assert parse_base_url(url.origin).origin == url.origin
    assert not set(url.host) & set("/@?#\\ ")


@pytest.mark.parametrize(
    ("entry", "provider", "model"),
    [
        pytest.param(
            document(provider="openai", upstream_model="a/b"), "openai", "a/b", id="what it says, as it says it"
        ),
        pytest.param(document("team/x", provider="anthropic"), "claude", "team/x", id="its name is the model"),
        pytest.param(document("groq/llama-3"), "groq", "llama-3", id="a provider's prefix of the name"),
        pytest.param(document("gpt-4o"), "openai", "gpt-4o", id="the family of the name"),
        pytest.param(
            document(provider="openai", litellm_model="groq/llama", upstream_by="assets"),
            "groq",
            "llama",
            id="the prefix wins if the assets API wrote last",
        ),
        pytest.param(
            document(provider="openai", litellm_model="groq/llama", upstream_by="catalogue"),
            "openai",
            "groq/llama",
            id="the provider wins if another API wrote last",
        ),
        pytest.param(
            document(provider="groq", litellm_model="meta/llama", upstream_model="x", upstream_by="assets"),
            "groq",
            "meta/llama",
            id="what the assets API wrote last is the model, whatever another wrote before",
        ),
        pytest.param(
            document(provider="groq", litellm_model="openai/", upstream_by="assets"),
            "groq",
            "openai/",
            id="a prefix with nothing behind it is none",
        ),
        pytest.param(
            document("mine", litellm_model="gpt-4o", upstream_by="assets"),
            "openai",
            "gpt-4o",
            id="the family of what the assets API wrote",
        ),
        pytest.param(
            document("groq/x", litellm_model="mine", upstream_by="assets"),
            "groq",
            "mine",
            id="the name's provider for a model of the assets API",
        ),
    ],
)
def test_where_calls_of_an_entry_go(entry: Document, provider: str, model: str) -> None:
    found = route(entry, BUNDLED)

    assert isinstance(found, Route)
    assert (found.provider.id, found.model) == (provider, model)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        pytest.param(document("my-model"), "provider_config.provider", id="no provider"),
        pytest.param(document(provider="nobody"), "provider_config.provider", id="an unknown provider"),
        pytest.param(document(provider="vllm"), "provider_config.base_url", id="no URL"),
        pytest.param(document(provider="vllm", api_base="x"), "provider_config.base_url", id="no URL that is one"),
    ],
)
def test_an_entry_whose_calls_go_nowhere_names_the_field(entry: Document, field: str) -> None:
    found = route(entry, BUNDLED)

    assert isinstance(found, Unroutable)
    assert found.field == field


def test_a_model_in_a_path_cannot_leave_its_place() -> None:
    found = route(
        document(provider="azure", api_base="https://a.example", upstream_model="../x?y", api_version="v&z"), BUNDLED
    )

    assert isinstance(found, Route)
    assert found.chat_path == "/openai/deployments/..%2Fx%3Fy/chat/completions?api-version=v%26z"


@pytest.mark.parametrize("metrics", [None, 5, {}, {"energy_per_token": "1"}, {"energy_per_token": True}])
def test_without_energy_per_token_there_is_no_carbon(metrics: object) -> None:
    assert profile(metrics, "eu-west") is None


def test_carbon_follows_the_published_formula() -> None:
    entry = profile({"energy_per_token": 1e-6, "pue_profile": "efficient"}, "eu-west")
    assert entry is not None

    carbon = estimate(entry, Usage(input=51, output=18))

    gpu, server = (51 * 0.33 + 18) * 1e-6, 0.1 * 69 * 0.02 / 3600
    assert carbon["energy"]["value"] == pytest.approx((gpu + server) * 1.1)
    assert carbon["gwp"]["value"] == pytest.approx((gpu + server) * 1.1 * 0.276)


def test_an_unknown_region_counts_as_the_world() -> None:
    entry = profile({"energy_per_token": 0}, "moon")

    assert entry is not None
    assert (entry.region, entry.factor, entry.pue) == ("world", 0.475, 1.58)
