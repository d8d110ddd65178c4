"""Requests of Headgate's own management."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from headgate.core.json import JsonObject
from tests.isolation.scenario import Scenario

_SECRET: Final = "sk-isolation-asked-77c1e05b"
_PASSWORD: Final = {"password": "another horse battery staple", "former": "correct horse battery staple"}


def history() -> Iterator[Scenario]:
    """The history of the catalogue."""
    base = "/admin/v1/catalogue"
    scoped = {"scope": "<scope>"}
    body: JsonObject = {"model_id": "<fresh>", "type": "completion", "provider_config": {"provider": "mock"}}
    yield Scenario(f"GET {base}/revisions", f"{base}/revisions", query={**scoped, "model_id": "<model>"})
    yield Scenario(f"GET {base}/revisions", f"{base}/revisions", query={"model_id": "<model>"})
    yield Scenario(f"GET {base}/revisions/{{number}}", f"{base}/revisions/<revision>", query=scoped)
    yield Scenario(f"GET {base}/revisions/{{number}}", f"{base}/revisions/<revision>")
    compared = f"GET {base}/revisions/{{old}}/diff/{{new}}"
    yield Scenario(compared, f"{base}/revisions/1/diff/2", query={**scoped, "model_ids": "<model>"})
    yield Scenario(compared, f"{base}/revisions/1/diff/2", query={"model_ids": "<model>"})
    yield Scenario(f"POST {base}/rollback", f"{base}/rollback", query=scoped, body={"revision": 1, "model_ids": ["x"]})
    narrow = {"revision": 1, "model_ids": ["<model>"]}
    yield Scenario(f"POST {base}/rollback", f"{base}/rollback", query={"scope": "user"}, body=narrow)
    yield Scenario(f"POST {base}/plan", f"{base}/plan", query=scoped, body={"models": [body]})
    yield Scenario(f"POST {base}/plan", f"{base}/plan", body={"models": [{**body, "failover": "<model>"}]})
    yield Scenario(f"POST {base}/plan", f"{base}/plan", body={"models": [{**body, "org_slugs": ["<slug>"]}]})
    yield Scenario(f"POST {base}/plan", f"{base}/plan", body={"models": [{**body, "scope": "<scope>"}]})
    yield Scenario(f"GET {base}/effective", f"{base}/effective", query={"organization": "<organization>"})
    yield Scenario(f"GET {base}/effective", f"{base}/effective", query={"key": "<key>"})
    yield from _explained()


def _explained() -> Iterator[Scenario]:
    """Where a request would go."""
    path, body = "/admin/v1/routes/explain", {"model": "<model>", "messages": []}
    agent = {"agent_allowed_models": ["<model.agent>"]}
    yield Scenario(f"POST {path}", path, body={"body": {**body, "analytics_context": agent}})
    yield Scenario(f"POST {path}", path, body={"body": {**body, "model": "<upstream>"}})
    yield Scenario(f"POST {path}", path, body={"body": body, "user_id": "<user>", "organization": "<organization>"})
    yield Scenario(f"POST {path}", path, body={"body": body, "user_id": "<user>", "project": "<project>"})
    yield Scenario(f"POST {path}", path, body={"body": body, "key_id": "<key>", "organization": "<organization>"})
    yield Scenario(f"POST {path}", path, body={"body": body, "key_id": "<key>", "project": "<project>"})


def prices() -> Iterator[Scenario]:
    """Whole price lists."""
    path, price = "/admin/v1/prices", {"input_per_1m_tokens": 1, "output_per_1m_tokens": 2}
    of_model, instant = f"{path}?model=<model>", "2100-01-01T00:00:00Z"
    yield Scenario(f"GET {path}", of_model)
    yield Scenario(f"GET {path}", f"{of_model}&scope=<scope>&as_of={instant}")
    yield Scenario(f"POST {path}", f"{of_model}&scope=<scope>", body={**price, "effective_at": instant})
    yield Scenario(f"POST {path}", of_model, body=price)
    yield Scenario(f"DELETE {path}", f"{of_model}&scope=<scope>&effective_at={instant}")
    yield from _drift()
    own = f"{path}/overrides"
    whose = f"{own}?organization=<organization>&model=<model>"
    yield Scenario(f"GET {own}", whose)
    yield Scenario(f"GET {own}", f"{own}?model=<model>&scope=<scope>")
    yield Scenario(f"PUT {own}", whose, body=price)
    yield Scenario(f"PUT {own}", f"{whose}&scope=<scope>", body={**price, "effective_at": instant})
    yield Scenario(f"DELETE {own}", f"{whose}&effective_at={instant}")


def _drift() -> Iterator[Scenario]:
    """Differences from the bundled data set."""
    path = "/admin/v1/prices/drift"
    yield Scenario(f"GET {path}", f"{path}?model=<model>")
    yield Scenario(f"GET {path}", f"{path}?scope=<scope>")
    for act in (f"{path}/accept", f"{path}/ignore"):
        yield Scenario(f"POST {act}", f"{act}?model=<model>", body={"fields": ["tiers"]})
        yield Scenario(f"POST {act}", f"{act}?model=<model>&scope=<scope>")


def credentials() -> Iterator[Scenario]:
    """Named provider secrets."""
    base, one = "/admin/v1/credentials", "/admin/v1/credentials/{credential_id}"
    body = {"name": "<fresh>", "provider": "openai", "secret": _SECRET}
    yield Scenario(f"POST {base}", base, query={"scope": "<scope>"}, body=body)
    yield Scenario(f"POST {base}", base, body={**body, "name": "<label>"})
    yield Scenario(f"GET {base}", base, query={"scope": "<scope>"})
    yield Scenario(f"GET {one}", f"{base}/<credential>")
    yield Scenario(f"PATCH {one}", f"{base}/<credential>", body={"default": False})
    yield Scenario(f"DELETE {one}", f"{base}/<extra>")
    yield Scenario(f"POST {one}/rotate", f"{base}/<credential>/rotate", body={"secret": _SECRET})


def tenancy() -> Iterator[Scenario]:
    """Organizations, projects and people."""
    organizations, one = "/admin/v1/organizations", "/admin/v1/organizations/{organization}"
    yield Scenario(f"POST {organizations}", organizations, body={"slug": "<slug>"})
    yield Scenario(f"GET {organizations}", organizations)
    yield Scenario(f"GET {one}", f"{organizations}/<organization>")
    yield Scenario(f"PATCH {one}", f"{organizations}/<organization>", body={"name": "acme"})
    yield Scenario(f"DELETE {one}", f"{organizations}/<organization>")
    projects, one = "/admin/v1/projects", "/admin/v1/projects/{project}"
    yield Scenario(f"POST {projects}", projects, body={"slug": "<side>"})
    yield Scenario(f"GET {projects}", projects)
    yield Scenario(f"GET {one}", f"{projects}/<project>")
    yield Scenario(f"PATCH {one}", f"{projects}/<project>", body={"name": "main"})
    yield Scenario(f"DELETE {one}", f"{projects}/<closed>")
    yield Scenario(f"GET {one}/memberships", f"{projects}/<project>/memberships")
    member = f"{one}/memberships/{{user}}"
    yield Scenario(f"PUT {member}", f"{projects}/<project>/memberships/<user>", body={"role": "developer"})
    yield Scenario(f"DELETE {member}", f"{projects}/<project>/memberships/<user>")
    yield from _people()


def _people() -> Iterator[Scenario]:
    members, one = "/admin/v1/memberships", "/admin/v1/memberships/{user}"
    yield Scenario(f"POST {members}", members, body={"user": "<user>", "role": "viewer"})
    yield Scenario(f"POST {members}", members, body={"email": "<email>", "role": "viewer"})
    yield Scenario(f"GET {members}", members)
    yield Scenario(f"GET {one}", f"{members}/<user>")
    yield Scenario(f"PATCH {one}", f"{members}/<user>", body={"role": "owner"})
    yield Scenario(f"DELETE {one}", f"{members}/<departed>")
    users, one = "/admin/v1/users", "/admin/v1/users/{user}"
    yield Scenario(f"POST {users}", users, body={"name": "x", "email": "<email>"})
    yield Scenario(f"GET {users}", users)
    yield Scenario(f"GET {one}", f"{users}/<user>")
    yield Scenario(f"PATCH {one}", f"{users}/<user>", body={"name": "owner"})
    yield Scenario(f"PATCH {one}", f"{users}/me", body={"default_organization": "<organization>"})
    yield Scenario(f"PATCH {one}", f"{users}/me", body={"email": "<email>"})
    yield Scenario("PUT /admin/v1/users/{user_id}/password", f"{users}/<user>/password", body=_PASSWORD)
    yield Scenario("DELETE /admin/v1/users/{user_id}/sessions", f"{users}/<departed>/sessions")
    stranger = {"issuer": "https://login.example", "subject": "<fresh>"}
    yield Scenario("POST /admin/v1/users/{user_id}/identities", f"{users}/<user>/identities", body=stranger)


def grants() -> Iterator[Scenario]:
    """Keys, tokens and sessions."""
    keys, one = "/admin/v1/keys", "/admin/v1/keys/{key_id}"
    yield Scenario(f"POST {keys}", keys, body={"name": "<fresh>", "project": "<project>"})
    yield Scenario(f"POST {keys}", keys, body={"name": "<fresh>", "scopes": ["models:<handle>"]})
    yield Scenario(f"GET {keys}", keys)
    yield Scenario(f"GET {one}", f"{keys}/<key>")
    yield Scenario(f"DELETE {one}", f"{keys}/<revoked>")
    tokens = "/admin/v1/tokens"
    yield Scenario(f"POST {tokens}", tokens, body={"name": "<fresh>", "user": "<user>"})
    yield Scenario(f"GET {tokens}", tokens, query={"user": "<user>"})
    yield Scenario(f"DELETE {tokens}/{{token_id}}", f"{tokens}/<withdrawn>")
    sessions = "/admin/v1/sessions"
    yield Scenario(f"POST {sessions}", sessions, body={})
    yield Scenario(f"GET {sessions}", sessions, query={"user": "<user>"})
    yield Scenario(f"DELETE {sessions}/{{session_id}}", f"{sessions}/<ended>")
    guess = {"email": "<email>", "password": "a guess that is not right"}
    yield Scenario("POST /admin/v1/sign-in", "/admin/v1/sign-in", body=guess)
    yield Scenario("GET /admin/v1/signing-keys", "/admin/v1/signing-keys")
    yield Scenario("POST /admin/v1/signing-keys", "/admin/v1/signing-keys")


def rest() -> Iterator[Scenario]:
    """What is neither tenancy nor catalogue."""
    yield Scenario("GET /admin/v1/defaults", "/admin/v1/defaults")
    yield Scenario("PUT /admin/v1/defaults", "/admin/v1/defaults", body={"completions": "<handle>"})
    audit = "/admin/v1/audit"
    for query in (
        {"organization": "<organization>"},
        {"actor": "user:<user>"},
        {"actor": "key:<key>"},
        {"subject": "credential:<credential>"},
        {"subject": "entry:<model>"},
        {"subject": "organization:<organization>"},
    ):
        yield Scenario(f"GET {audit}", audit, query=query)
    for path in ("/metrics", "/docs", "/openapi.json"):
        yield Scenario(f"GET {path}", path)
    for path in ("/health/liveness", "/health/readiness"):
        for method in ("GET", "HEAD"):
            yield Scenario(f"{method} {path}", path)
