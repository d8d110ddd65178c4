"""Entries of a project: writing, deleting and entering secrets are three different permissions."""

from __future__ import annotations

import msgspec
import pytest

from headgate.catalogue.scope import project
from headgate.core.errors import Forbidden, ModelNotFound
from headgate.core.principal import Principal
from headgate.core.secret import Secret
from headgate.gateway.administer import Administer, Desk
from tests.gateway.writing import MANAGER, change, names, write

WEB = project("acme-id", "web")
API = project("acme-id", "api")
SECRET = Secret("a-secret-of-a-project")
DEVELOPER = msgspec.structs.replace(
    MANAGER,
    id="user:dev",
    user="dev",
    project="web",
    permissions=frozenset({"llm:models:read", "llm:models:write"}),
    scopes=("project:acme-id/web", "user:acme-id/dev", "organization:acme-id", "platform"),
)
ADMIN = msgspec.structs.replace(DEVELOPER, id="user:adm", organization_admin=True, permissions=frozenset({"llm:*"}))


def may(principal: Principal, permission: str) -> Principal:
    return msgspec.structs.replace(principal, permissions=principal.permissions | {permission})


def test_a_developer_writes_in_the_project_at_hand_and_in_no_other(desk: Desk, administer: Administer) -> None:
    administer.create(DEVELOPER, write("a"), scope=WEB)

    with pytest.raises(Forbidden):
        administer.create(DEVELOPER, write("b"), scope=API)
    assert (names(desk, WEB), names(desk, API)) == (["a"], [])


def test_an_admin_writes_in_every_project(desk: Desk, administer: Administer) -> None:
    administer.create(ADMIN, write("b"), scope=API)

    assert names(desk, API) == ["b"]


def test_who_writes_does_not_delete(desk: Desk, administer: Administer) -> None:
    administer.create(DEVELOPER, write("a"), scope=WEB)

    with pytest.raises(Forbidden):
        administer.delete(DEVELOPER, "a")
    administer.delete(may(DEVELOPER, "llm:models:delete"), "a")

    assert names(desk, WEB) == []


def test_a_rollback_deletes_nothing_for_who_may_not_delete(desk: Desk, administer: Administer) -> None:
    administer.create(DEVELOPER, write("a"), scope=WEB)
    administer.create(DEVELOPER, write("b"), scope=WEB)

    with pytest.raises(Forbidden):
        administer.rollback(DEVELOPER, WEB, number=1)
    assert names(desk, WEB) == ["a", "b"]


def test_entering_a_secret_takes_its_own_permission(desk: Desk, administer: Administer) -> None:
    with pytest.raises(Forbidden):
        administer.create(DEVELOPER, write("a", SECRET), scope=WEB)
    made = administer.create(may(DEVELOPER, "llm:secrets:manage"), write("a", SECRET), scope=WEB).offer

    assert desk.book.own(made.uid) is not None


def test_replacing_and_clearing_a_secret_takes_it_too(desk: Desk, administer: Administer) -> None:
    made = administer.create(ADMIN, write("a", SECRET), scope=WEB).offer

    for secret in (Secret("another-secret"), None):
        with pytest.raises(Forbidden):
            administer.update(DEVELOPER, "a", change=change(secret))
    own = desk.book.own(made.uid)
    assert own is not None
    assert own.credential.version == 1


def test_what_leaves_the_secret_alone_needs_no_permission_for_secrets(desk: Desk, administer: Administer) -> None:
    administer.create(DEVELOPER, write("a", None), scope=WEB)
    administer.update(DEVELOPER, "a", change=change(None, title="A"))
    administer.update(DEVELOPER, "a", change=change(title="B"))

    (held,) = names(desk, WEB)
    assert held == "a"


def test_to_another_project_an_entry_does_not_exist(administer: Administer) -> None:
    administer.create(DEVELOPER, write("a"), scope=WEB)
    elsewhere = msgspec.structs.replace(DEVELOPER, project="api", scopes=("project:acme-id/api", *DEVELOPER.scopes[1:]))

    for scope in (None, WEB):
        with pytest.raises(ModelNotFound):
            administer.update(elsewhere, "a", change=change(title="A"), scope=scope)
