"""Where an entry's calls go: provider, upstream model and URL, derived from its document."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import Kind
from headgate.catalogue.provider import Provider
from headgate.catalogue.providers import Providers
from headgate.catalogue.url import BaseUrl, parse_base_url
from headgate.core.json import encode

ASSETS: str = "assets"
RERANK: str = "rerank"
"""The wire format in which services order documents: the one that Cohere and Jina began."""


class Route(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Where and how one entry is reached. `url` is None for the built-in mock, which is no place."""

    provider: Provider
    model: str
    url: BaseUrl | None
    api_version: str
    dialect: str = ""
    """The provider's, or `rerank` for an entry that orders documents where the provider has a path for that."""
    chat_path: str = ""
    """The whole path of chat completions, worked out once."""
    json_model: msgspec.Raw = msgspec.Raw(b'""')
    """`model` as a JSON string."""

    @property
    def origin(self) -> str:
        return self.url.origin if self.url is not None else "mock:"

    def path(self, template: str) -> str:
        """A path of the provider's row under the base URL, with the model and API version filled in."""
        return _path(template, self.url, self.model, self.api_version)


def _path(template: str, url: BaseUrl | None, model: str, version: str) -> str:
    filled = template
    if "{" in template:
        filled = template.replace("{model}", quote(model, safe="")).replace("{api_version}", quote(version, safe=""))
    return (url.path if url is not None else "") + filled


class Unroutable(msgspec.Struct, frozen=True, gc=False):
    """Why an entry cannot be called: the field that is missing or wrong, and a sentence about it."""

    field: str
    message: str


def named_provider(document: Document, providers: Providers) -> tuple[Provider | None, str, str]:
    """The provider of a document, the upstream model, and the word that named an unknown provider ("" if none did)."""
    routed = document.litellm_model if document.upstream_by == ASSETS else None
    if routed:
        known, rest = _known_prefix(routed, providers)
        if known is not None:
            return known, rest, ""
    model = routed or document.upstream_model
    if document.provider:
        return providers.find(document.provider), model or document.litellm_model or document.name, document.provider
    if routed and (family := providers.of_family(routed)) is not None:
        return family, routed, ""
    known, rest = _known_prefix(document.name, providers)
    if known is not None:
        return known, model or rest, ""
    return providers.of_family(document.name), model or document.name, ""


def _known_prefix(text: str, providers: Providers) -> tuple[Provider | None, str]:
    """The provider that the part before the first slash names, and the rest."""
    prefix, slash, rest = text.partition("/")
    return (providers.find(prefix) if slash and rest else None), rest


def route(document: Document, providers: Providers) -> Route | Unroutable:
    """Where calls of a document go, or which field keeps them from going anywhere."""
    provider, model, word = named_provider(document, providers)
    if provider is None:
        if word:
            return Unroutable("provider_config.provider", f"provider {word!r} is not known")
        return Unroutable("provider_config.provider", "the entry names no provider, and its name implies none")
    version = document.api_version or provider.api_version or ""
    json_model = msgspec.Raw(encode(model))
    if provider.dialect == "mock":
        return Route(
            provider=provider,
            model=model,
            url=None,
            api_version=version,
            dialect=provider.dialect,
            chat_path=provider.chat_path,
            json_model=json_model,
        )
    text = document.api_base or provider.base_url
    if not text:
        return Unroutable("provider_config.base_url", f"provider {provider.id!r} has no base URL of its own")
    try:
        url = parse_base_url(text)
    except ValueError as error:
        # The rules let no such URL in; an older rule may have, and one entry must not keep a catalogue from loading.
        return Unroutable("provider_config.base_url", str(error))
    return Route(
        provider=provider,
        model=model,
        url=url,
        api_version=version,
        dialect=RERANK if document.kind is Kind.RERANK and provider.rerank_path else provider.dialect,
        chat_path=_path(provider.chat_path, url, model, version),
        json_model=json_model,
    )
