"""The directory: credentials in force, tenancy by id and slug, changes that count at once."""

from __future__ import annotations

import math

import msgspec
import pytest

from headgate.access.identity import AccessToken, OrganizationKey, ProjectMembership, ProjectRole, Session
from headgate.access.keys import digest
from headgate.gateway.directory import Directory
from tests.gateway.town import NOW, Town, contents


@pytest.fixture
def town() -> Town:
    return Town()


def revoked(record: OrganizationKey) -> OrganizationKey:
    return msgspec.structs.replace(record, revoked_at=NOW)


def test_a_key_is_found_by_its_digest(town: Town) -> None:
    text = town.key("acme")

    assert town.directory.authenticate(digest(text), NOW) == town.directory.key("o-acme", "k-key")
    assert town.directory.authenticate(digest(b"another"), NOW) is None


def test_a_credential_ends_at_the_second_that_it_says(town: Town) -> None:
    key, token = digest(town.key("acme", expires_at=NOW + 10)), digest(town.token("mia", expires_at=NOW + 10))

    for each in (key, token):
        assert town.directory.authenticate(each, NOW + 9.999) is not None
        assert town.directory.authenticate(each, NOW + 10) is None


def test_a_revoked_key_is_refused_from_the_next_question_on(town: Town) -> None:
    found = digest(town.key("acme"))
    key = town.directory.key("o-acme", "k-key")
    assert key is not None
    before = town.directory.generation

    town.directory.put_key(revoked(key))

    assert town.directory.authenticate(found, NOW) is None
    assert town.directory.generation > before


def test_a_revoked_key_is_still_listed(town: Town) -> None:
    town.key("acme")
    key = town.directory.key("o-acme", "k-key")
    assert key is not None
    town.directory.put_key(revoked(key))

    page = town.directory.keys_of("o-acme", offset=0, limit=10)

    assert [each.revoked_at for each in page.items] == [NOW]


def test_a_new_key_makes_nobody_forget_what_they_know(town: Town) -> None:
    before = town.directory.generation

    town.key("acme")

    assert town.directory.generation == before


def test_a_disabled_user_has_no_credential_in_force(town: Town) -> None:
    found = digest(town.token("mia"))
    town.session("mia")
    user = town.directory.user("u-mia")
    assert user is not None

    town.directory.put_user(msgspec.structs.replace(user, disabled=True))

    assert town.directory.authenticate(found, NOW) is None
    assert town.directory.session("s-mia", NOW) is None


def test_a_token_or_key_of_nobody_is_not_in_force(town: Town) -> None:
    town.directory.put_token(AccessToken(id="t", user="u-gone", name="x", digest=b"d1", last4="", created_at=NOW))
    town.directory.put_key(
        OrganizationKey(id="k", organization="o-gone", name="x", digest=b"d2", last4="", created_at=NOW, created_by="")
    )

    assert town.directory.authenticate(b"d1", NOW) is None
    assert town.directory.authenticate(b"d2", NOW) is None


def test_a_session_lives_as_long_as_its_token(town: Town) -> None:
    town.token("mia", expires_at=NOW + 60)
    town.session("mia", seconds=3600)

    assert town.directory.session("s-mia", NOW + 59) is not None
    assert town.directory.session("s-mia", NOW + 60) is None
    assert town.directory.ends_at("s-mia") == NOW + 60


def test_a_session_ends_when_its_token_is_revoked(town: Town) -> None:
    town.token("mia")
    town.session("mia")
    token = town.directory.token("t-mia")
    assert token is not None

    town.directory.put_token(msgspec.structs.replace(token, revoked_at=NOW))

    assert town.directory.session("s-mia", NOW) is None


def test_a_session_ends_by_itself_and_by_revocation(town: Town) -> None:
    town.token("mia")
    town.session("mia", seconds=60)
    session = town.directory.session("s-mia", NOW + 59)
    assert session is not None
    assert town.directory.session("s-mia", NOW + 60) is None

    town.directory.put_session(msgspec.structs.replace(session, revoked_at=NOW))

    assert town.directory.session("s-mia", NOW) is None


def test_a_session_without_a_token_is_not_in_force(town: Town) -> None:
    town.session("mia")

    assert town.directory.session("s-mia", NOW) is None


def test_a_token_without_an_end_has_no_end(town: Town) -> None:
    town.token("mia")

    assert town.directory.ends_at("t-mia") == math.inf


def test_organizations_and_projects_answer_to_id_and_slug(town: Town) -> None:
    directory = town.directory

    assert directory.organization("acme") == directory.organization("o-acme") is not None
    assert directory.project("o-acme", "web") == directory.project("o-acme", "p-web") is not None


def test_a_project_of_another_organization_is_not_found(town: Town) -> None:
    assert town.directory.project("o-acme", "main") is None
    assert town.directory.project("o-acme", "p-main") is None
    assert town.directory.project("o-nobody", "web") is None


def test_an_organization_that_changes_its_slug_leaves_the_former_one(town: Town) -> None:
    acme = town.directory.organization("acme")
    assert acme is not None

    town.directory.put_organization(msgspec.structs.replace(acme, slug="apex"))

    assert town.directory.organization("acme") is None
    assert town.directory.organization("apex") is not None


def test_the_projects_of_an_organization_come_in_the_order_of_creation(town: Town) -> None:
    assert [each.slug for each in town.directory.projects_of("o-acme")] == ["web", "api"]
    assert town.directory.projects_of("o-nobody") == []


def test_the_first_joined_organization_comes_first(town: Town) -> None:
    joined = town.directory.first_joined("u-mia")

    assert joined is not None
    assert joined.organization == "o-acme"
    assert town.directory.first_joined("u-root") is None


def test_lists_are_newest_first_and_in_pages(town: Town) -> None:
    for number in range(5):
        town.key("acme", f"{number}")

    page = town.directory.keys_of("o-acme", offset=1, limit=2)

    assert [key.id for key in page.items] == ["k-3", "k-2"]
    assert page.total == 5
    assert town.directory.keys_of("o-globex", offset=0, limit=2).total == 0
    assert town.directory.keys_of("o-acme", offset=9, limit=2).items == []


def test_what_the_store_held_is_there_after_loading() -> None:
    token = AccessToken(id="t", user="u-mia", name="x", digest=b"d1", last4="", created_at=NOW)
    key = OrganizationKey(
        id="k", organization="o-acme", name="x", digest=b"d2", last4="", created_at=NOW, created_by="user:u-ann"
    )
    session = Session(id="s", user="u-mia", token="t", organization="o-acme", created_at=NOW, expires_at=NOW + 60)

    directory = Directory.of(contents(tokens=[token], keys=[key], sessions=[session]))

    assert directory.authenticate(b"d1", NOW) == token
    assert directory.authenticate(b"d2", NOW) == key
    assert directory.session("s", NOW) == session


def test_sessions_that_are_over_are_forgotten_as_new_ones_come(town: Town) -> None:
    token = AccessToken(id="t-mia", user="u-mia", name="x", digest=b"d1", last4="", created_at=NOW)
    town.directory.put_token(token)

    for number in range(5000):
        start = NOW + number * 60
        town.directory.put_session(
            Session(
                id=f"s{number}", user="u-mia", token="t-mia", organization="", created_at=start, expires_at=start + 90
            )
        )

    assert town.directory.sessions_of("u-mia", offset=0, limit=1).total < 1200
    assert town.directory.session("s4999", NOW + 4999 * 60) is not None


def test_with_an_organization_end_its_keys_its_projects_and_the_memberships_in_it(town: Town) -> None:
    text = town.key("acme", project="p-web")
    town.directory.put_project_membership(in_web("mia"))
    acme = town.directory.organization("acme")
    assert acme is not None

    town.directory.drop_organization(acme)

    assert town.directory.authenticate(digest(text), NOW) is None
    assert (town.directory.organization("o-acme"), town.directory.projects_of("o-acme")) == (None, [])
    assert [each.organization for each in town.directory.memberships_of("u-mia")] == ["o-globex"]
    assert town.directory.project_members("p-web") == []
    assert town.directory.first_joined("u-ann") is None


def test_with_a_project_end_its_keys_and_no_others(town: Town) -> None:
    bound, free = town.key("acme", "bound", project="p-web"), town.key("acme", "free")
    web = town.directory.project("o-acme", "web")
    assert web is not None

    town.directory.drop_project(web)

    assert town.directory.authenticate(digest(bound), NOW) is None
    assert town.directory.authenticate(digest(free), NOW) is not None
    assert [each.slug for each in town.directory.projects_of("o-acme")] == ["api"]


def test_members_are_in_the_order_in_which_they_joined(town: Town) -> None:
    assert [each.user for each in town.directory.members("o-acme")] == ["u-ann", "u-adam", "u-mia", "u-vic"]
    assert town.directory.members("o-nowhere") == []


def test_with_a_membership_end_those_in_the_organizations_projects(town: Town) -> None:
    town.directory.put_project_membership(in_web("mia"))
    mia = town.directory.membership("u-mia", "o-acme")
    assert mia is not None

    town.directory.drop_membership(mia)

    assert town.directory.project_membership("u-mia", "p-web") is None
    assert [each.user for each in town.directory.members("o-globex")] == ["u-gus", "u-mia"]


@pytest.mark.parametrize("change", ["drop_organization", "drop_project", "drop_membership", "drop_project_membership"])
def test_whatever_ends_makes_those_who_remember_forget(town: Town, change: str) -> None:
    joined = in_web("mia")
    town.directory.put_project_membership(joined)
    ending = {
        "drop_organization": town.directory.organization("acme"),
        "drop_project": town.directory.project("o-acme", "web"),
        "drop_membership": town.directory.membership("u-mia", "o-acme"),
        "drop_project_membership": joined,
    }[change]
    before = town.directory.generation

    getattr(town.directory, change)(ending)

    assert town.directory.generation > before


def in_web(person: str) -> ProjectMembership:
    return ProjectMembership(
        user=f"u-{person}", organization="o-acme", project="p-web", role=ProjectRole.DEVELOPER, created_at=NOW
    )
