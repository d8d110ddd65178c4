"""Requests of the three management APIs of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from headgate.core.json import Json, JsonObject
from headgate.gateway.user_defaults import CONFIG_TYPES
from tests.isolation.scenario import Scenario


def catalogue(mount: str) -> Iterator[Scenario]:
    """The catalogue API on a mount."""
    models, one = f"{mount}/v1/models", f"{mount}/v1/models/{{model_id:path}}"
    body: JsonObject = {"model_id": "<fresh>", "type": "completion", "provider_config": {"provider": "mock"}}
    named = {"provider": "openai", "credential": "<name>"}
    yield Scenario(f"GET {models}", models, query={"scope": "<scope>"})
    yield Scenario(f"GET {models}", models, query={"model_ids": "<model>,mock", "search": "<model.search>"})
    yield Scenario(f"GET {models}", models, query={"orgSlug": "<slug>"})
    if not mount:
        yield Scenario(f"GET {models}", models, query={"after_id": "<model>"})
        yield Scenario(f"GET {models}", models, query={"before_id": "<model>"})
    yield Scenario(f"POST {models}", models, body=body, query={"scope": "<scope>"})
    yield Scenario(f"POST {models}", models, body={**body, "failover": "<handle>"})
    yield Scenario(f"POST {models}", models, body={**body, "org_slugs": ["<slug>"]})
    yield Scenario(f"POST {models}", models, body={**body, "provider_config": named})
    yield Scenario(f"PUT {models}", models, body={"models": [body]})
    for method in ("GET", "DELETE"):
        # A name that nobody has, so that nothing is deleted when the scope is one's own.
        yield Scenario(f"{method} {one}", f"{models}/<absent>", query={"scope": "<scope>"})
        yield Scenario(f"{method} {one}", f"{models}/<gone>")
    yield Scenario(f"GET {one}", f"{models}/<model>")
    yield Scenario(f"PATCH {one}", f"{models}/<model>", body={"region": "here"}, query={"scope": "<scope>"})
    yield Scenario(f"PATCH {one}", f"{models}/<model>", body={"region": "there"})
    yield Scenario(f"PATCH {one}", f"{models}/catalogue-of-acme", body={"failover": "<handle>"})
    yield Scenario(f"PATCH {one}", f"{models}/catalogue-of-acme", body={"org_slugs": ["<slug>"]})
    yield Scenario(f"PATCH {one}", f"{models}/catalogue-of-acme", body={"provider_config": named})
    yield Scenario(f"GET {mount}/v1/defaults", f"{mount}/v1/defaults")
    yield Scenario(f"POST {mount}/v1/test", f"{mount}/v1/test", body={"modelId": "<model>"})
    yield Scenario(f"POST {mount}/v1/test", f"{mount}/v1/test", body={"modelId": "<model>", "type": "embedding"})


def assets() -> Iterator[Scenario]:
    """The assets API."""
    models, one = "/assets/models", "/assets/models/{resource_uri:path}"
    project = {"x-project-id": "<project>"}
    body: JsonObject = {"name": "<fresh>", "litellm_model": "mock/echo", "credentials": {}}
    yield Scenario(f"GET {models}", models, headers=project, query={"owner_id": "user:<user>", "search": "<model>"})
    yield Scenario(
        f"GET {models}", models, headers=project, query={"created_by": "user:<user>", "tags": "tag-of-<slug>"}
    )
    yield Scenario(f"POST {models}", models, headers=project, body={**body, "litellm_model": "mock/<stock>"})
    yield Scenario(f"POST {models}", models, headers=project, body={**body, "resource_uri": "<handle>"})
    yield Scenario(
        f"POST {models}",
        models,
        headers=project,
        body={**body, "project_id": "<project.body>", "organization_id": "<organization>", "owner_id": "user:<user>"},
    )
    yield Scenario(f"POST {models}/verify", f"{models}/verify", headers=project, body={**body, "name": None})
    probed = {"litellm_model": "mock/<upstream>", "credentials": {}}
    yield Scenario(f"POST {models}/verify", f"{models}/verify", headers=project, body=probed)
    yield Scenario(f"POST {one}/verify", f"{models}/<asset>/verify", headers=project)
    yield Scenario(f"GET {one}", f"{models}/<asset>", headers=project)
    yield Scenario(f"PUT {one}", f"{models}/<asset>", headers=project, body={"description": "<fresh>"})
    yield Scenario(f"PUT {one}", f"{models}/asset-of-acme", headers=project, body={"project_id": "<project.body>"})
    yield Scenario(f"DELETE {one}", f"{models}/<gone>", headers=project)


def registry() -> Iterator[Scenario]:
    """The registry API."""
    base = "/api/models"
    body: JsonObject = {"model_id": "<fresh>", "model_provider": "mock", "model_name": "<stock>", "api_key": ""}
    for path in (f"{base}/register", base):
        yield from _slashed("POST", path, body=body)
        yield from _slashed("POST", path, body={**body, "model_id": "<handle>", "model_name": "echo"})
    yield from _slashed("GET", base, query={"model_provider": "mock", "category": "llm"})
    for word in ("categories", "providers", "abilities", "summary"):
        yield from _slashed("GET", f"{base}/{word}")
        if word != "abilities":
            yield from _slashed("GET", f"{base}/public/{word}")
    yield from _slashed("GET", f"{base}/public/list", query={"provider": "mock"})
    for word in ("providers/supported", "types/available"):
        yield from _slashed("GET", f"{base}/{word}")
    yield from _slashed("GET", f"{base}/user-default")
    for type_ in CONFIG_TYPES:
        choice = {"model_id": "<number>", "config_type": type_}
        yield from _slashed("POST", f"{base}/user-default", body=choice)
    for method in ("GET", "DELETE"):
        yield from _slashed(method, f"{base}/user-default/{{config_type}}", f"{base}/user-default/image")
        yield from _slashed(method, f"{base}/user-default/{{config_type}}", f"{base}/user-default/<number>")
    for word in ("llm", "small-fast", "<model>"):
        yield from _slashed("GET", f"{base}/default/{{model_provider}}", f"{base}/default/{word}")
    connection = {"model_provider": "mock", "model_name": "<upstream>"}
    yield from _slashed("POST", f"{base}/test-connection", body=connection)
    yield from _slashed("POST", f"{base}/test", body={"model_ids": ["<model>", "<digits>", "<upstream>"]})
    yield from _slashed("POST", f"{base}/providers/fetch", body=["<slug>", "mock"])
    listing = f"{base}/providers/{{provider}}/models"
    yield from _slashed("POST", listing, f"{base}/providers/<slug>/models", body={"api_key": ""})
    for prefix in (f"{base}/by-id", base):
        yield from _registered(prefix)


def _registered(prefix: str) -> Iterator[Scenario]:
    one = f"{prefix}/{{model_id:path}}"
    for word in ("<model>", "<number>", "<upstream>"):
        yield Scenario(f"GET {one}", f"{prefix}/{word}")
        yield Scenario(f"GET {one}", f"{prefix}/{word}/")
        yield Scenario(f"PUT {one}", f"{prefix}/{word}", body={"description": "<fresh>"})
        yield Scenario(f"PUT {one}", f"{prefix}/{word}", body={"share_with_users": True})
    yield Scenario(f"PUT {one}", f"{prefix}/own-of-acme", body={"model_id": "<handle>", "description": "<fresh>"})
    for word in ("<gone>", "<missing>", "<elsewhere>"):
        yield Scenario(f"DELETE {one}", f"{prefix}/{word}")


def _slashed(
    method: str, route: str, path: str | None = None, *, body: Json = None, query: Mapping[str, str] | None = None
) -> Iterator[Scenario]:
    """With and without a slash at the end."""
    for slash in ("", "/"):
        yield Scenario(f"{method} {route}{slash}", f"{path or route}{slash}", body=body, query=query or {})
