"""What everybody may know: the providers that models can be registered of."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Response

from headgate.catalogue.provider import Provider
from headgate.catalogue.providers import Providers
from headgate.core.json import JsonObject
from headgate.web.answers import json_response
from headgate.web.registry_api import described
from headgate.web.registry_api.routing import add_route

_COMPATIBILITY: Final = {"openai": "openai_compatible", "anthropic": "claude_compatible"}
_EXAMPLES: Final = {
    "openai": ["gpt-4o", "gpt-4o-mini", "text-embedding-3-small"],
    "claude": ["claude-sonnet-4-5", "claude-haiku-4-5"],
    "zhipu": ["glm-4.6", "glm-4.5-air"],
    "deepseek": ["deepseek-chat", "deepseek-reasoner"],
}


class Offering:
    """The handlers of what is public about providers."""

    def __init__(self, providers: Providers) -> None:
        self._supported = {"providers": [_shown(row) for row in providers.rows]}
        examples = ((providers.find(name), words) for name, words in _EXAMPLES.items())
        self._types = {
            "model_providers": [
                {"type": row.id, "name": row.name, "description": _description(row), "examples": words}
                for row, words in examples
                if row is not None
            ]
        }

    def add_to(self, router: APIRouter) -> None:
        for path, handler, name, said in (
            ("/providers/supported", self.supported, "listSupportedProviders", described.SUPPORTED),
            ("/types/available", self.types, "listModelTypes", described.TYPES),
        ):
            add_route(router, f"GET {path}", handler=handler, name=name, said=said)

    async def supported(self) -> Response:
        return json_response(self._supported)

    async def types(self) -> Response:
        return json_response(self._types)


def can_list(row: Provider) -> bool:
    """Whether the provider has a list of models that can be asked for."""
    return bool(row.models_path) and row.dialect != "mock"


def _shown(row: Provider) -> JsonObject:
    shown: JsonObject = {
        "id": row.id,
        "name": row.name,
        "description": _description(row),
        "requires_base_url": row.base_url is None and row.dialect != "mock",
    }
    if row.base_url is not None:
        shown["default_base_url"] = row.base_url
    if row.dialect in _COMPATIBILITY:
        shown["compatibility"] = _COMPATIBILITY[row.dialect]
    return shown


def _description(row: Provider) -> str:
    return row.description or f"Models of {row.name}."
