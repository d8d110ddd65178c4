"""The assets API as the people of a project ask it.

In acme's project `web`, ann is the organization's owner and adam its administrator; dev is a developer, ops an
operator, eye a viewer of the project, all of them mere members of the organization. mia is in no project.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx2

from headgate.access.identity import Membership, ProjectMembership, ProjectRole, Role, User
from headgate.core.json import Json, JsonObject
from tests.gateway.town import NOW
from tests.web.api import Api, read

SEED: JsonObject = {
    "credentials": {"api_key": "sk-proj-canary-0123456789"},
    "litellm_model": "openai/gpt-4o",
    "mode": "chat",
    "name": "GPT-4o",
    "provider": "openai",
    "tags": ["production", "openai"],
}
WHOLE: JsonObject = {
    **SEED,
    "resource_uri": "gpt-4o-production",
    "description": "The model of\nall models.",
    "api_base": "https://api.openai.com/v1",
    "api_version": "2024-10-21",
    "max_input_tokens": 128000,
    "max_output_tokens": 16384,
    "rpm": 500,
    "tpm": 30000,
    "default_temperature": 0.7,
    "default_max_tokens": 1024,
    "timeout": 60,
}
FIELDS = (
    "id", "resource_uri", "name", "litellm_model", "status", "organization_id", "project_id", "owner_id",
    "created_at", "updated_at", "created_by", "updated_by", "description", "tags", "provider", "api_base",
    "api_version", "mode", "max_input_tokens", "max_output_tokens", "rpm", "tpm", "default_temperature",
    "default_max_tokens", "timeout", "status_message",
)  # fmt: skip
"""The published response, in its order."""

ROLES = {"dev": ProjectRole.DEVELOPER, "ops": ProjectRole.OPERATOR, "eye": ProjectRole.VIEWER}


class Assets:
    """Asks for models of one project; `web` unless it is told otherwise."""

    def __init__(self, api: Api) -> None:
        self.api = api
        directory = api.town.directory
        for name, role in ROLES.items():
            directory.put_user(User(id=f"u-{name}", name=name, created_at=NOW))
            directory.put_membership(
                Membership(user=f"u-{name}", organization="o-acme", role=Role.MEMBER, created_at=NOW)
            )
            directory.put_project_membership(
                ProjectMembership(user=f"u-{name}", organization="o-acme", project="p-web", role=role, created_at=NOW)
            )

    def ask(
        self,
        method: str,
        path: str = "",
        *,
        by: str | bytes | None = "ann",
        body: Json = None,
        project: str | None = "web",
        query: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        headers = {} if project is None else {"x-project-id": project}
        return self.api.ask(method, f"/assets/models{path}", by=by, body=body, headers=headers, query=query)

    def create(self, name: str = "M", **fields: Json) -> JsonObject:
        """A new model, as the answer to its creation shows it."""
        answer = self.ask("POST", body={"name": name, "litellm_model": "mock/echo", "credentials": {}, **fields})
        assert answer.status_code == 201, answer.text
        shown: JsonObject = read(answer)
        return shown

    def get(self, handle: str, *, by: str | bytes = "ann") -> JsonObject:
        answer = self.ask("GET", f"/{handle}", by=by)
        assert answer.status_code == 200, answer.text
        shown: JsonObject = read(answer)
        return shown

    def put(self, handle: str, *, by: str | bytes = "ann", **fields: Json) -> JsonObject:
        answer = self.ask("PUT", f"/{handle}", by=by, body=fields)
        assert answer.status_code == 200, answer.text
        shown: JsonObject = read(answer)
        return shown

    def handles(self, *, by: str | bytes = "ann", **query: str) -> list[str]:
        """The models of one page, by their handles."""
        answer = self.ask("GET", by=by, query=query)
        assert answer.status_code == 200, answer.text
        return [row["resource_uri"] for row in read(answer)["data"]]

    @property
    def revision(self) -> int:
        return self.api.desk.snapshot.revision


def faults(answer: httpx2.Response) -> set[str]:
    """The paths of what a refused body has wrong."""
    error = told(answer)
    assert (answer.status_code, error["code"]) == (422, "VALIDATION_ERROR"), answer.text
    return {each["path"] for each in error["details"]["errors"]}


def told(answer: httpx2.Response) -> JsonObject:
    """The error of an answer, with what holds for every one of them."""
    body = read(answer)
    assert body.keys() == {"error"}
    error: JsonObject = body["error"]
    assert error.keys() == {"code", "message", "status", "details", "request_id", "trace_id"}
    assert error["status"] == answer.status_code
    assert error["request_id"] == answer.headers["x-request-id"]
    assert isinstance(error["details"], dict)
    return error
