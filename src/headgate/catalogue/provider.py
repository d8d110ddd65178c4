"""A provider: a row of data about an upstream service. The rows are in `providers`."""

from __future__ import annotations

import enum

import msgspec


class AuthScheme(enum.StrEnum):
    """How a secret is presented to the upstream."""

    NONE = "none"
    BEARER = "bearer"
    """`Authorization: Bearer SECRET`."""
    HEADER = "header"
    """The secret alone in the header that the row names."""


class Provider(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What differs between upstream services is data.

    `chat_path` is appended to the base URL; `{model}` and `{api_version}` in it are filled in, for services that put
    the model into the path. `needs_key` false: a call without a credential is sent without one.
    `stream_usage` false: the service refuses `stream_options`. `dialect` names its wire format.

    `models_path` lists the provider's models, "" if nothing does. `probe_path` is a page that costs nothing and shows
    whether a key works, and with `{model}` in it whether the model does; "" leaves that to the list.
    `lists_all_models`: a model that is not in the list cannot be called.
    """

    id: str
    name: str
    description: str = ""
    aliases: tuple[str, ...] = ()
    dialect: str = "openai"
    base_url: str | None = None
    auth: AuthScheme = AuthScheme.BEARER
    auth_header: str = "authorization"
    headers: tuple[tuple[str, str], ...] = ()
    """What every request to the service carries besides, such as the version of its format."""
    needs_key: bool = True
    stream_usage: bool = True
    chat_path: str = "/chat/completions"
    completions_path: str = "/completions"
    embeddings_path: str = "/embeddings"
    images_path: str = "/images/generations"
    image_edits_path: str = "/images/edits"
    transcriptions_path: str = "/audio/transcriptions"
    translations_path: str = "/audio/translations"
    speech_path: str = "/audio/speech"
    rerank_path: str = ""
    """Where documents are ordered for a query, "" if the service has nothing of the kind."""
    sized_embeddings: tuple[str, ...] = ()
    """Prefixes of the embedding models that take `dimensions`; others refuse a request that has it."""
    models_path: str = "/models"
    probe_path: str = ""
    lists_all_models: bool = False
    api_version: str | None = None
    families: tuple[str, ...] = ()
    """Prefixes of model names that are this provider's when an entry names none: `gpt-`, `claude-`."""
