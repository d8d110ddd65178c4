"""What a token of an identity provider lets its user be."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from headgate.access.identity import ExternalIdentity, Role
from headgate.core.errors import ContextUnknown, IdentityPending, NotAuthenticated
from headgate.core.json import Json, JsonObject
from headgate.gateway.external import CREDENTIAL, ClaimRules, claim, texts
from tests.gateway.frontier import ISSUER, RULES, Frontier
from tests.gateway.town import NOW


@pytest.mark.parametrize(
    ("words", "permissions", "admin"),
    [
        (["users"], {"llm:completions:use", "llm:embeddings:use", "llm:credentials:use"}, False),
        (["admins"], {"llm:*"}, True),
        (["users", "bosses", "eyes"], {"llm:*"}, True),
        (["eyes"], set(), False),
        (["strangers"], set(), False),
        ([], set(), False),
        (None, set(), False),
        ("users admins", {"llm:*"}, True),
        ({"admins": {}}, {"llm:*"}, True),
        (7, set(), False),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
)
def test_the_words_of_a_token_decide_the_role(words: Json, permissions: set[str], *, admin: bool) -> None:
    principal = Frontier().comes(org="acme", groups=words)

    assert (principal.user, principal.organization) == ("u-mia", "o-acme")
    assert principal.permissions == permissions
    assert (principal.organization_admin, principal.platform_admin) == (admin, False)


def test_a_word_for_it_makes_a_platform_administrator_and_nothing_else_does() -> None:
    frontier = Frontier()
    root = frontier.town.directory.user("u-root")
    assert root is not None
    frontier.town.directory.put_identity(ExternalIdentity(issuer=ISSUER, subject="root", user="u-root", created_at=NOW))

    assert frontier.comes(org="acme", groups=["ops"]).platform_admin
    frontier.tokens.subject = "root"
    assert not frontier.comes(groups=["bosses"], platform_admin=True).platform_admin


def test_without_a_claim_for_roles_the_directory_decides_and_no_token_administers_the_platform() -> None:
    frontier = Frontier(ClaimRules(organization_claim="org"))
    frontier.town.directory.put_identity(ExternalIdentity(issuer=ISSUER, subject="ann", user="u-ann", created_at=NOW))
    frontier.town.directory.put_identity(ExternalIdentity(issuer=ISSUER, subject="root", user="u-root", created_at=NOW))
    frontier.tokens.subject = "ann"

    assert frontier.comes(org="acme", groups=["eyes"]).permissions == {"llm:*"}
    frontier.tokens.subject = "root"
    assert not frontier.comes(groups=["ops"]).platform_admin


def test_a_token_is_good_for_the_organizations_that_it_names_and_for_no_other() -> None:
    frontier = Frontier()

    assert frontier.comes(org=["nowhere", "globex", "acme"], groups=["users"]).organization == "o-globex"
    assert frontier.comes(organization="acme", org=["globex", "acme"], groups=["users"]).organization == "o-acme"
    assert frontier.comes(org="nowhere", groups=["admins"]).organization == ""
    assert frontier.comes(groups=["admins"]).permissions == frozenset()
    with pytest.raises(ContextUnknown):
        frontier.comes(organization="acme", org="globex", groups=["admins"])
    with pytest.raises(ContextUnknown):
        frontier.comes(organization="acme", groups=["admins"])


def test_a_token_makes_nobody_a_member_again() -> None:
    frontier = Frontier()
    membership = frontier.town.directory.membership("u-mia", "o-acme")
    assert membership is not None
    assert frontier.comes(org="acme", groups=["admins"]).permissions == {"llm:*"}

    frontier.town.directory.drop_membership(membership)

    with pytest.raises(ContextUnknown):
        frontier.comes(org="acme", groups=["admins"])


def test_a_disabled_user_is_refused_with_the_next_request() -> None:
    frontier = Frontier()
    mia = frontier.town.directory.user("u-mia")
    assert mia is not None
    frontier.comes(org="acme", groups=["users"])

    frontier.town.directory.put_user(msgspec.structs.replace(mia, disabled=True))

    with pytest.raises(NotAuthenticated):
        frontier.comes(org="acme", groups=["users"])


def test_a_token_is_read_again_after_a_minute_and_not_beyond_its_end() -> None:
    frontier = Frontier()
    frontier.tokens.ends_at = NOW + 90
    claims: JsonObject = {"org": "acme", "groups": ["users"]}
    assert frontier.comes(**claims).user == "u-mia"

    frontier.town.clock.time += 60
    frontier.tokens.withdrawn = True

    with pytest.raises(NotAuthenticated):
        frontier.comes(**claims)


def test_whoever_is_unknown_is_refused_unless_the_settings_say_otherwise() -> None:
    frontier = Frontier()
    frontier.tokens.subject = "new"

    with pytest.raises(NotAuthenticated):
        frontier.comes(org="acme", groups=["users"])
    assert frontier.store.put == []


CREATING = msgspec.structs.replace(RULES, create=True)


def test_whoever_is_new_is_made_a_member_in_the_role_that_the_words_mean() -> None:
    frontier = Frontier(CREATING)

    principal = frontier.new(org=["acme", "nowhere"], groups=["users"], email="New@Acme.test", name="New Person")

    user = frontier.town.directory.user(principal.user)
    assert user is not None
    assert (user.name, user.email, user.platform_admin, user.password) == ("New Person", "new@acme.test", False, "")
    membership = frontier.town.directory.membership(user.id, "o-acme")
    assert membership is not None
    assert membership.role is Role.MEMBER
    assert principal.credential == f"{CREDENTIAL}{user.id}"
    assert [type(each).__name__ for each in frontier.store.put] == ["User", "Membership", "ExternalIdentity"]


@pytest.mark.parametrize(
    ("rules", "role"),
    [
        pytest.param(CREATING, None, id="no word that means anything"),
        pytest.param(
            ClaimRules(organization_claim="org", create=True), Role.VIEWER, id="no claim: as little as can be"
        ),
    ],
)
def test_whoever_is_new_gets_no_role_that_nobody_gave(rules: ClaimRules, role: Role | None) -> None:
    frontier = Frontier(rules)

    async def begun() -> None:
        frontier.tokens.subject = "new"
        with pytest.raises(IdentityPending):
            frontier.comes(org="acme", groups=["strangers"])
        await frontier.identify.settled()

    asyncio.run(begun())

    user = frontier.town.directory.user_by_identity(ISSUER, "new")
    assert user is not None
    membership = frontier.town.directory.membership(user.id, "o-acme")
    assert (membership.role if membership is not None else None) is role


def test_whoever_asks_twice_at_once_is_made_once() -> None:
    frontier = Frontier(CREATING)

    async def asked() -> None:
        frontier.tokens.subject = "new"
        for _ in range(3):
            with pytest.raises(IdentityPending):
                frontier.comes(org="acme", groups=["users"])
        await frontier.identify.settled()

    asyncio.run(asked())

    assert len(frontier.store.put) == 3


def test_nobody_is_made_in_memory_whom_the_store_did_not_take() -> None:
    frontier = Frontier(CREATING)
    frontier.store.broken = True

    async def asked() -> None:
        frontier.tokens.subject = "new"
        with pytest.raises(IdentityPending):
            frontier.comes(org="acme", groups=["users"])
        await frontier.identify.settled()

    asyncio.run(asked())

    assert frontier.town.directory.user_by_identity(ISSUER, "new") is None
    frontier.store.broken = False
    assert frontier.new(org="acme", groups=["users"]).organization == "o-acme"


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "mia@acme.test"},
        {"email": "x@acme.test", "email_verified": False},
        {"email": "x@acme.test", "email_verified": "true"},
        {"email": "no address"},
        {"email": ["x@acme.test"]},
        {},
    ],
    ids=str,
)
def test_an_email_that_is_not_certainly_theirs_is_not_kept(claims: JsonObject) -> None:
    frontier = Frontier(CREATING)
    mia = frontier.town.directory.user("u-mia")
    assert mia is not None
    frontier.town.directory.put_user(msgspec.structs.replace(mia, email="mia@acme.test"))

    principal = frontier.new(org="acme", groups=["users"], **claims)

    user = frontier.town.directory.user(principal.user)
    assert user is not None
    assert (user.email, user.id == "u-mia") == ("", False)


def test_a_claim_is_found_by_its_name_and_then_by_its_way() -> None:
    claims = {"a.b": 1, "a": {"b": 2, "c": {"d": 3}}, "https://x.test/roles": ["r"]}

    assert [claim(claims, name) for name in ("a.b", "a.c.d", "a.c.e", "b", "a.b.c", "https://x.test/roles")] == [
        1, 3, None, None, None, ["r"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "words"),
    [("a b", ("a", "b")), (["a b", 1, None], ("a b",)), ({"a": 1}, ("a",)), (None, ()), (True, ()), (1.5, ())],
    ids=str,
)
def test_the_words_of_a_claim(value: Json, words: tuple[str, ...]) -> None:
    assert texts(value) == words


@pytest.mark.parametrize(("words", "owner"), [(["admins"], False), (["users"], False), (["bosses"], True)], ids=str)
def test_words_that_mean_less_than_the_membership_make_less_of_an_owner(words: Json, *, owner: bool) -> None:
    frontier = Frontier()
    frontier.town.directory.put_identity(ExternalIdentity(issuer=ISSUER, subject="ann", user="u-ann", created_at=NOW))
    frontier.tokens.subject = "ann"

    assert frontier.comes(org="acme", groups=words).organization_owner is owner
