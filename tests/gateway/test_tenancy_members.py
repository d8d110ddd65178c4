"""Members: who may make them what, and that what a membership gave ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headgate.access.identity import ProjectRole, Role
from headgate.catalogue.revision import Action
from headgate.catalogue.scope import organization, project, user
from headgate.catalogue.share import Share
from headgate.core.errors import Conflict, ContextUnknown, Forbidden, ModelNotFound, NotFound, StoreUnavailable
from headgate.core.secret import Secret
from tests.gateway.hall import Hall, hall_at
from tests.gateway.town import NOW
from tests.gateway.writing import names, write

MIA = user("o-acme", "u-mia")


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with hall_at(tmp_path) as hall:
        yield hall


def role(hall: Hall, name: str) -> Role | None:
    found = hall.directory.membership(f"u-{name}", "o-acme")
    return found.role if found is not None else None


@pytest.mark.parametrize(
    ("giver", "given"),
    [("ann", "owner"), ("ann", "admin"), ("adam", "admin"), ("adam", "member"), ("adam", "viewer"), ("root", "owner")],
)
def test_one_gives_what_one_is_or_less(hall: Hall, giver: str, given: str) -> None:
    asyncio.run(hall.members.change(hall.person(giver, "acme"), "u-mia", role=Role(given)))

    assert role(hall, "mia") is Role(given)
    stored = hall.after_a_restart().membership("u-mia", "o-acme")
    assert stored is not None
    assert stored.role is Role(given)


def test_an_admin_makes_no_owner(hall: Hall) -> None:
    adam = hall.person("adam")

    for change in (
        hall.members.change(adam, "u-mia", role=Role.OWNER),
        hall.members.change(adam, "u-adam", role=Role.OWNER),
        hall.members.add(adam, email="gus@example.com", role=Role.OWNER),
    ):
        with pytest.raises(Forbidden):
            asyncio.run(change)


def test_an_admin_disposes_of_no_owner(hall: Hall) -> None:
    asyncio.run(hall.members.change(hall.person("ann"), "u-vic", role=Role.OWNER))
    adam = hall.person("adam")

    with pytest.raises(Forbidden):
        asyncio.run(hall.members.change(adam, "u-ann", role=Role.VIEWER))
    with pytest.raises(Forbidden):
        asyncio.run(hall.members.remove(adam, "u-ann"))


@pytest.mark.parametrize("by", ["ann", "root"])
def test_the_last_owner_stays(hall: Hall, by: str) -> None:
    principal = hall.person(by, "acme")

    with pytest.raises(Conflict):
        asyncio.run(hall.members.change(principal, "u-ann", role=Role.ADMIN))
    with pytest.raises(Conflict):
        asyncio.run(hall.members.remove(principal, "u-ann"))


def test_an_owner_who_is_disabled_keeps_no_organization(hall: Hall) -> None:
    asyncio.run(hall.members.change(hall.person("ann"), "u-adam", role=Role.OWNER))
    adam = hall.directory.user("u-adam")
    assert adam is not None
    hall.directory.put_user(msgspec.structs.replace(adam, disabled=True))

    with pytest.raises(Conflict):
        asyncio.run(hall.members.remove(hall.person("ann"), "u-ann"))


def test_of_two_owners_who_leave_at_once_one_stays(hall: Hall) -> None:
    asyncio.run(hall.members.change(hall.person("ann"), "u-adam", role=Role.OWNER))
    ann, adam = hall.person("ann"), hall.person("adam")

    async def both() -> list[object]:
        removals = hall.members.remove(ann, "u-ann"), hall.members.remove(adam, "u-adam")
        return list(await asyncio.gather(*removals, return_exceptions=True))

    outcomes = asyncio.run(both())

    assert [type(each).__name__ for each in outcomes] == ["Removed", "Conflict"]
    assert (role(hall, "ann"), role(hall, "adam")) == (None, Role.OWNER)


def test_a_key_gives_no_more_than_its_permissions_and_is_no_admin(hall: Hall) -> None:
    weak, strong = hall.key("llm:members:manage"), hall.key("llm:*")

    for principal, given in ((weak, Role.MEMBER), (weak, Role.ADMIN), (strong, Role.ADMIN), (strong, Role.OWNER)):
        with pytest.raises(Forbidden):
            asyncio.run(hall.members.change(principal, "u-vic", role=given))
    asyncio.run(hall.members.change(strong, "u-vic", role=Role.MEMBER))
    assert role(hall, "vic") is Role.MEMBER


def test_a_key_that_is_bound_to_a_project_manages_nobody(hall: Hall) -> None:
    bound = hall.key("llm:*", project="p-web")

    with pytest.raises(Forbidden):
        asyncio.run(hall.members.change(bound, "u-vic", role=Role.VIEWER))
    with pytest.raises(NotFound):
        hall.members.get(bound, "u-vic")


def test_a_user_of_another_organization_is_as_unknown_by_id_as_a_random_one(hall: Hall) -> None:
    said = []
    for unknown in ("u-gus", "u-nobody"):
        with pytest.raises(NotFound) as refused:
            asyncio.run(hall.members.add(hall.person("ann"), user=unknown, role=Role.VIEWER))
        said.append(refused.value.message.replace(unknown, "..."))

    assert said[0] == said[1]


def test_who_is_in_another_organization_is_as_unknown_by_email_as_nobody(hall: Hall) -> None:
    gus = hall.directory.user("u-gus")
    assert gus is not None
    hall.directory.put_user(msgspec.structs.replace(gus, email="gus@example.com"))
    said = []

    for email in ("gus@example.com", "hal@example.com"):
        with pytest.raises(NotFound) as refused:
            asyncio.run(hall.members.add(hall.person("adam"), email=email, role=Role.MEMBER))
        said.append(refused.value.message.replace(email, "EMAIL"))

    assert said[0] == said[1]


def test_a_platform_administrator_makes_anybody_a_member_by_email(hall: Hall) -> None:
    gus = hall.directory.user("u-gus")
    assert gus is not None
    hall.directory.put_user(msgspec.structs.replace(gus, email="gus@example.com"))

    asyncio.run(hall.members.add(hall.person("root", "acme"), email="gus@example.com", role=Role.MEMBER))

    assert role(hall, "gus") is Role.MEMBER


def test_what_a_membership_gave_ends_with_it(hall: Hall) -> None:
    mia = hall.person("mia", "acme")
    made = [hall.administer.create(mia, write(name, Secret("a-secret-of-mia")), scope=MIA).offer for name in "ab"]
    kept = hall.administer.create(hall.person("mia", "globex"), write("a"), scope=user("o-globex", "u-mia")).offer
    hall.develops("mia", "web")

    removed = asyncio.run(hall.members.remove(hall.person("adam"), "u-mia"))

    assert removed.entries == 2
    assert (names(hall.desk, MIA), names(hall.desk, kept.scope)) == ([], ["a"])
    assert [hall.desk.book.own(each.uid) for each in made] == [None, None]
    assert hall.directory.project_members("p-web") == hall.after_a_restart().project_members("p-web") == []
    with pytest.raises(ContextUnknown):
        hall.person("mia", "acme")


def test_what_a_removed_member_shared_is_unknown_to_everybody_with_the_next_request(hall: Hall) -> None:
    mia, ann = hall.person("mia", "acme"), hall.person("ann")
    offer = hall.administer.create(mia, write("shared"), scope=MIA).offer
    share = Share(uid=offer.uid, shared_at=NOW, shared_by=mia.id)
    hall.desk.current.snapshot = hall.desk.snapshot.sharing(share)
    assert hall.desk.snapshot.resolve(ann, "shared") is offer

    asyncio.run(hall.members.remove(ann, "u-mia"))

    for model in ("shared", offer.uid):
        with pytest.raises(ModelNotFound):
            hall.desk.snapshot.resolve(ann, model)


def test_the_entries_go_as_one_revision_in_the_name_of_who_removed_the_member(hall: Hall) -> None:
    mia = hall.person("mia", "acme")
    for name in "ab":
        hall.administer.create(mia, write(name), scope=MIA)

    asyncio.run(hall.members.remove(hall.person("adam"), "u-mia"))

    (last,) = hall.desk.store.revisions([MIA], before=None, limit=1, name=None)
    assert (last.action, last.by, len(last.changes)) == (Action.DELETE, "user:u-adam", 2)


def test_a_request_that_was_let_in_before_leaves_nothing_behind(hall: Hall) -> None:
    mia = hall.person("mia", "acme")
    asyncio.run(hall.members.remove(hall.person("adam"), "u-mia"))

    with pytest.raises(Forbidden):
        hall.administer.create(mia, write("late"), scope=MIA)


def test_who_comes_back_begins_anew(hall: Hall) -> None:
    hall.administer.create(hall.person("mia", "acme"), write("former"), scope=MIA)
    ann = hall.person("ann")
    asyncio.run(hall.members.remove(ann, "u-mia"))
    asyncio.run(hall.members.add(hall.person("root", "acme"), user="u-mia", role=Role.MEMBER))
    mia = hall.person("mia", "acme")

    with pytest.raises(ModelNotFound):
        hall.administer.delete(mia, "former", scope=MIA)
    hall.administer.create(mia, write("new"), scope=MIA)

    assert names(hall.desk, MIA) == ["new"]


def test_the_keys_that_a_removed_member_made_are_named(hall: Hall) -> None:
    hall.town.key("acme", "mine")
    key = hall.directory.key("o-acme", "k-mine")
    assert key is not None
    hall.directory.put_key(msgspec.structs.replace(key, created_by="user:u-mia"))

    removed = asyncio.run(hall.members.remove(hall.person("ann"), "u-mia"))

    assert [each.id for each in removed.keys] == ["k-mine"]


def test_a_removal_that_cannot_be_written_takes_nothing_from_the_member(hall: Hall) -> None:
    ann = hall.person("ann")
    asyncio.run(hall.members.change(ann, "u-vic", role=Role.VIEWER))
    hall.database.close()

    with pytest.raises(StoreUnavailable):
        asyncio.run(hall.members.remove(ann, "u-vic"))

    assert role(hall, "vic") is Role.VIEWER


def test_anybody_leaves_by_themselves(hall: Hall) -> None:
    asyncio.run(hall.members.remove(hall.person("vic"), "u-vic"))

    assert role(hall, "vic") is None


def test_a_member_without_the_permission_sees_only_the_own_membership(hall: Hall) -> None:
    mia = hall.person("mia", "acme")

    assert [each.user for each in hall.members.list(mia, offset=0, limit=9).items] == ["u-mia"]
    with pytest.raises(NotFound):
        hall.members.get(mia, "u-ann")
    with pytest.raises(NotFound):
        asyncio.run(hall.members.remove(mia, "u-vic"))


def test_only_members_of_the_organization_are_added_to_its_projects(hall: Hall) -> None:
    ann = hall.person("ann")
    asyncio.run(hall.project_members.put(ann, "web", user="u-mia", role=ProjectRole.DEVELOPER))

    assert hall.person("mia", "acme", "web").may("llm:models:write")
    for unknown in ("u-gus", "u-nobody"):
        with pytest.raises(NotFound):
            asyncio.run(hall.project_members.put(ann, "web", user=unknown, role=ProjectRole.VIEWER))


def test_a_role_in_a_project_does_not_exceed_who_gives_it(hall: Hall) -> None:
    manager = hall.key("llm:members:manage", "llm:models:read", "llm:completions:use", "llm:embeddings:use")

    asyncio.run(hall.project_members.put(manager, "web", user="u-mia", role=ProjectRole.OPERATOR))
    with pytest.raises(Forbidden):
        asyncio.run(hall.project_members.put(manager, "web", user="u-mia", role=ProjectRole.DEVELOPER))


def test_an_ended_project_takes_no_entry_and_no_credential(hall: Hall) -> None:
    adam = hall.person("adam", project="api")
    asyncio.run(hall.projects.delete(hall.person("ann"), "api"))

    with pytest.raises(Forbidden):
        hall.administer.create(adam, write("late"), scope=project("o-acme", "p-api"))


def test_an_ended_organization_takes_no_entry_in_any_scope(hall: Hall) -> None:
    gus = hall.person("gus")
    asyncio.run(hall.projects.delete(gus, "main"))
    asyncio.run(hall.organizations.delete(hall.person("root"), "globex"))

    for scope in (organization("o-globex"), user("o-globex", "u-gus")):
        with pytest.raises(Forbidden):
            hall.administer.create(gus, write("late"), scope=scope)
