"""What tests of the registry API have in common: bodies, and what comes back.

ann     owner of acme: shares her models
mia     member of acme, where only admins share until the settings say otherwise
gus     owner of globex
root    platform administrator, who has no models of his own outside of an organization
"""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.access.identity import OrganizationSettings, Sharing
from headgate.core.json import Json, JsonObject
from tests.web.api import Api, read

BASE: Final = "/api/models"
SECRET: Final = "sk-registry-canary-0123456789"

KEYS: Final = (
    "id", "model_id", "category", "model_provider", "model_name", "base_url", "temperature", "context_window",
    "dimension", "abilities", "description", "created_at", "updated_at", "is_active", "is_owner", "can_edit",
    "can_delete", "is_shared",
)  # fmt: skip


def body(name: str = "m", **fields: Json) -> JsonObject:
    """The smallest body of the page, and what a test says."""
    needed = {"model_id": name, "model_provider": "openai", "model_name": "gpt-4o", "api_key": SECRET}
    return {**needed, **fields}


def register(api: Api, name: str = "m", *, by: str | bytes = "ann", **fields: Json) -> JsonObject:
    """A model, as the answer to its registration shows it."""
    made = api.ask("POST", f"{BASE}/register", by=by, body=body(name, **fields))
    assert made.status_code == 200, made.text
    shown: JsonObject = read(made)
    return shown


def get(api: Api, name: Json = "m", *, by: str | bytes = "ann") -> JsonObject:
    found = api.ask("GET", f"{BASE}/{name}", by=by)
    assert found.status_code == 200, found.text
    shown: JsonObject = read(found)
    return shown


def put(api: Api, name: Json = "m", *, by: str | bytes = "ann", **fields: Json) -> JsonObject:
    made = api.ask("PUT", f"{BASE}/{name}", by=by, body=fields)
    assert made.status_code == 200, made.text
    shown: JsonObject = read(made)
    return shown


def settle(api: Api, slug: str = "acme", *, sharing: Sharing = Sharing.ADMINS, public_models: bool = False) -> None:
    """Give an organization other settings."""
    organization = api.town.directory.organization(slug)
    assert organization is not None
    settings = OrganizationSettings(sharing=sharing, public_models=public_models)
    api.town.directory.put_organization(msgspec.structs.replace(organization, settings=settings))


def names(answer: Json) -> list[str]:
    return [each["model_id"] for each in answer]
