"""From headers to a principal: contexts, carriers, sessions, and what is forgotten when something changes."""

from __future__ import annotations

import msgspec
import pytest

from headgate.access.identity import Role
from headgate.core.errors import ContextUnknown, NotAuthenticated
from headgate.core.overlay import NO_OVERLAY
from headgate.core.principal import Principal, PrincipalKind
from tests.gateway.door import Door
from tests.gateway.town import NOW


@pytest.fixture
def door() -> Door:
    return Door()


def test_a_key_acts_for_its_organization_and_for_no_user(door: Door) -> None:
    principal = door.bearer(door.town.key("globex", permissions=("llm:*",), scopes=("models:gpt-4o",)))

    assert principal == Principal(
        id="key:k-key",
        kind=PrincipalKind.KEY,
        credential="k-key",
        organization="o-globex",
        organization_slug="globex",
        project="p-main",
        permissions=frozenset({"llm:*"}),
        model_scopes=frozenset({"gpt-4o"}),
        scopes=("project:o-globex/p-main", "organization:o-globex", "platform"),
        overlay=NO_OVERLAY,
    )


def test_a_user_has_the_permissions_of_the_role_in_the_organization_of_the_request(door: Door) -> None:
    text = door.town.token("ann")

    principal = door.bearer(text, project="web")

    assert principal.id == "user:u-ann"
    assert principal.credential == "t-ann"
    assert principal.organization == "o-acme"
    assert principal.permissions == {"llm:*"}
    assert not principal.platform_admin
    assert principal.scopes == ("project:o-acme/p-web", "user:o-acme/u-ann", "organization:o-acme", "platform")


def test_a_user_of_several_organizations_is_in_the_first_joined_unless_another_is_named(door: Door) -> None:
    text = door.town.token("mia")

    assert door.bearer(text).organization == "o-acme"
    assert door.bearer(text, organization="globex").organization == "o-globex"
    assert "user:o-globex/u-mia" in door.bearer(text, organization="o-globex").scopes


def test_the_only_project_is_taken_and_of_several_none(door: Door) -> None:
    ann = door.town.token("ann")

    assert door.bearer(door.town.token("gus")).project == "p-main"
    assert door.bearer(ann).project == ""
    assert door.bearer(ann, project="p-api").project == "p-api"


def test_a_key_may_name_a_project_of_its_organization(door: Door) -> None:
    text = door.town.key("acme")

    assert door.bearer(text, project="api").project == "p-api"
    assert door.bearer(text, organization="acme").project == ""


def test_a_key_that_is_bound_to_a_project_is_in_it_and_in_no_other(door: Door) -> None:
    text = door.town.key("acme", project="p-web")

    assert door.bearer(text).project == "p-web"
    assert door.bearer(text, project="web").project == "p-web"
    with pytest.raises(ContextUnknown):
        door.bearer(text, project="api")


@pytest.mark.parametrize("organization", ["globex", "o-globex", "nowhere", "\N{SNOWMAN}", "acme\0"])
@pytest.mark.parametrize("kind", ["key", "token"])
def test_an_organization_that_is_foreign_or_unknown_is_refused_with_the_same_words(
    door: Door, organization: str, kind: str
) -> None:
    text = door.town.key("acme") if kind == "key" else door.town.token("ann")

    with pytest.raises(ContextUnknown) as refused:
        door.bearer(text, organization=organization)

    assert refused.value.message == ContextUnknown().message


@pytest.mark.parametrize("project", ["main", "p-main", "nowhere"])
def test_a_project_that_is_foreign_or_unknown_is_refused_with_the_same_words(door: Door, project: str) -> None:
    with pytest.raises(ContextUnknown) as refused:
        door.bearer(door.town.token("ann"), project=project)

    assert refused.value.message == ContextUnknown().message


def test_a_platform_administrator_has_every_permission_in_every_organization(door: Door) -> None:
    text = door.town.token("root")

    principal = door.bearer(text, organization="globex")

    assert principal.platform_admin
    assert principal.may("llm:governance:manage")
    assert principal.scopes[-2:] == ("organization:o-globex", "platform")


def test_a_user_of_no_organization_sees_the_platform_only(door: Door) -> None:
    principal = door.bearer(door.town.token("root"))

    assert (principal.organization, principal.project) == ("", "")
    assert principal.scopes == ("platform",)
    with pytest.raises(ContextUnknown):
        door.bearer(door.town.token("root"), project="web")


def test_a_session_keeps_the_organization_that_it_was_opened_in(door: Door) -> None:
    door.town.token("mia")
    text = door.town.session("mia", organization="o-globex")

    assert door.bearer(text).organization == "o-globex"
    assert door.bearer(text).credential == "s-mia"
    assert door.bearer(text, organization="acme").organization == "o-acme"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"at:" + b"0" * 49, id="an unknown token"),
        pytest.param(b"iak_acme_" + b"0" * 49, id="an unknown key"),
        pytest.param(b"x.s-nobody.x", id="a session of nobody"),
        pytest.param(b"x..x", id="no session"),
        pytest.param(b"x.s-mia.x.x", id="too many parts"),
        pytest.param(b"x.s-mia", id="too few parts"),
        pytest.param(b"x.s-mia." + b"x" * 20_000, id="too long for a token"),
        pytest.param(b"x.s-mia.\xff", id="not ASCII"),
        pytest.param(b"\xff\xfe", id="no text at all"),
        pytest.param(b"' OR 1=1 --", id="hopeful SQL"),
    ],
)
def test_a_credential_that_is_not_in_force_is_refused_with_the_same_words(door: Door, text: bytes) -> None:
    door.town.token("mia")
    door.town.session("mia")

    with pytest.raises(NotAuthenticated) as refused:
        door.bearer(text)

    assert refused.value.message == NotAuthenticated().message


def test_a_credential_in_force_is_remembered_and_still_ends_in_time(door: Door) -> None:
    key, token = door.town.key("acme", expires_at=NOW + 10), door.town.token("mia", expires_at=NOW + 10)
    door.town.session("mia")
    door.bearer(key)
    door.bearer(token)
    door.bearer(b"x.s-mia.x")

    door.town.clock.time = NOW + 10

    for text in (key, token, b"x.s-mia.x"):
        with pytest.raises(NotAuthenticated):
            door.bearer(text)


def test_a_session_is_verified_once_while_nothing_changes(door: Door) -> None:
    door.town.token("mia")
    text = door.town.session("mia")

    for _ in range(3):
        door.bearer(text)

    assert door.sessions.asked == 1


def test_a_remembered_key_is_refused_as_soon_as_it_is_revoked(door: Door) -> None:
    text = door.town.key("acme")
    door.bearer(text)
    key = door.town.directory.key("o-acme", "k-key")
    assert key is not None

    door.town.directory.put_key(msgspec.structs.replace(key, revoked_at=NOW))

    with pytest.raises(NotAuthenticated):
        door.bearer(text)


def test_a_remembered_session_ends_with_its_token(door: Door) -> None:
    door.town.token("mia")
    text = door.town.session("mia")
    door.bearer(text)
    token = door.town.directory.token("t-mia")
    assert token is not None

    door.town.directory.put_token(msgspec.structs.replace(token, revoked_at=NOW))

    with pytest.raises(NotAuthenticated):
        door.bearer(text)


def test_a_change_of_role_counts_for_the_next_request(door: Door) -> None:
    text = door.town.token("adam")
    assert door.bearer(text).may("llm:governance:manage")
    membership = door.town.directory.membership("u-adam", "o-acme")
    assert membership is not None

    door.town.directory.put_membership(msgspec.structs.replace(membership, role=Role.VIEWER))

    assert not door.bearer(text).permissions


def test_a_context_is_remembered_apart_from_another(door: Door) -> None:
    text = door.town.token("mia")

    for organization in ("acme", "globex", "acme"):
        assert door.bearer(text, organization=organization).organization_slug == organization
