"""Who may do what with a project's models."""

from __future__ import annotations

import msgspec
import pytest

from headgate.access.identity import ProjectSettings
from headgate.core.json import Json
from tests.web.assets_api.project import SEED, Assets, told

SMALLEST = {"name": "New", "litellm_model": "mock/x", "credentials": {}}
KEY = {"api_key": "sk-0123456789abcdef"}
# Deleting comes last: the others need the model.
ACTS: dict[str, tuple[str, str, Json]] = {
    "list": ("GET", "", None),
    "get": ("GET", "/m", None),
    "create": ("POST", "", SMALLEST),
    "create with credentials": ("POST", "", SEED),
    "update": ("PUT", "/m", {"description": "x"}),
    "disable": ("PUT", "/m", {"status": "DISABLED"}),
    "enter credentials": ("PUT", "/m", {"credentials": KEY}),
    "verify": ("POST", "/m/verify", None),
    "verify before save": ("POST", "/verify", {"litellm_model": "mock/x", "credentials": {}}),
    "verify credentials": ("POST", "/verify", {"litellm_model": "mock/x", "credentials": KEY}),
    "delete": ("DELETE", "/m", None),
}
LOOKING = {"list", "get"}
SECRETS = {"create with credentials", "enter credentials", "verify credentials"}
ALL = set(ACTS)
MAY = {
    "ann": ALL,
    "adam": ALL,
    "dev": ALL - {"delete"},
    "ops": LOOKING,
    "eye": LOOKING,
    "mia": set(),
    "gus": set(),
}


def may(assets: Assets, by: str | bytes, act: str) -> bool:
    method, path, body = ACTS[act]
    answer = assets.ask(method, path, by=by, body=body)
    if answer.status_code < 300:
        return True
    assert (answer.status_code, told(answer)["code"]) == (403, "INSUFFICIENT_PERMISSIONS"), answer.text
    return False


@pytest.mark.parametrize("person", MAY)
def test_a_role_may_do_what_it_says(assets: Assets, person: str) -> None:
    assets.create()

    assert {act for act in ACTS if may(assets, person, act)} == MAY[person]


def test_a_project_may_keep_its_secrets_from_developers(assets: Assets) -> None:
    assets.create()
    directory = assets.api.town.directory
    project = directory.project("o-acme", "p-web")
    assert project is not None
    settings = ProjectSettings(developers_manage_secrets=False)
    directory.put_project(msgspec.structs.replace(project, settings=settings))

    assert {act for act in ACTS if may(assets, "dev", act)} == MAY["dev"] - SECRETS


@pytest.mark.parametrize(
    ("permissions", "acts"),
    [
        (("llm:completions:use",), set()),
        (("llm:models:read",), LOOKING),
        (("llm:models:read", "llm:models:write"), ALL - SECRETS - {"delete"}),
        (("llm:models:write", "llm:secrets:manage"), ALL - LOOKING - {"delete"}),
        (("llm:models:*",), ALL - SECRETS),
        (("llm:*",), ALL),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_key_may_do_what_its_permissions_say(assets: Assets, permissions: tuple[str, ...], acts: set[str]) -> None:
    assets.create()
    key = assets.api.town.key("acme", permissions=permissions)

    assert {act for act in ACTS if may(assets, key, act)} == acts


def test_a_change_without_a_new_secret_needs_no_leave_to_enter_secrets(assets: Assets) -> None:
    made = assets.create(credentials=KEY, litellm_model="openai/x")
    key = assets.api.town.key("acme", permissions=("llm:models:read", "llm:models:write"))

    assert assets.put("m", by=key, **{**made, "description": "x"})["description"] == "x"


def test_removing_a_secret_needs_leave_to_enter_secrets(assets: Assets) -> None:
    assets.create(credentials=KEY, litellm_model="openai/x")
    key = assets.api.town.key("acme", permissions=("llm:models:read", "llm:models:write"))

    assert assets.ask("PUT", "/m", by=key, body={"credentials": None}).status_code == 403
