"""Giving and taking organization keys: what is told has been written, and counts at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from headgate.access.identity import ProjectMembership, ProjectRole
from headgate.access.keys import digest, parse
from headgate.core.errors import Forbidden, InvalidBody, InvalidQuery, NotAuthenticated, NotFound, StoreUnavailable
from headgate.core.principal import Principal
from headgate.gateway.grant import Grants
from headgate.gateway.key_reach import keys_seen
from headgate.gateway.tenancy import Changes
from tests import databases
from tests.gateway.counter import Counter, Signs, wish
from tests.gateway.town import NOW, Randomness, SetClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with databases.database("sqlite", tmp_path) as database:
        yield Counter(database)


def join(counter: Counter, person: str, project: str) -> None:
    counter.town.directory.put_project_membership(
        ProjectMembership(
            user=f"u-{person}",
            organization="o-acme",
            project=f"p-{project}",
            role=ProjectRole.DEVELOPER,
            created_at=NOW,
        )
    )


def seen(counter: Counter, by: Principal) -> set[str]:
    work = keys_seen(counter.town.directory, by, offset=0, limit=9)
    while True:
        try:
            next(work)
        except StopIteration as ended:
            return {key.id for key in ended.value.items}


async def test_a_new_key_works_at_once_and_after_a_restart(counter: Counter) -> None:
    granted = await counter.grants.create_key(counter.person("ann"), wish(scopes=("models:gpt-4o",), project="web"))

    principal = counter.who(granted.text)
    assert principal.id == f"key:{granted.record.id}"
    assert principal.project == "p-web"
    assert principal.model_scopes == {"gpt-4o"}
    found = counter.after_a_restart().authenticate(digest(granted.text.reveal().encode()), NOW)
    assert found == granted.record


async def test_a_new_key_is_well_formed_and_kept_without_its_text(counter: Counter) -> None:
    granted = await counter.grants.create_key(counter.person("ann"), wish())

    text = granted.text.reveal()
    form = parse(text)
    assert form is not None
    assert form.slug == "acme"
    assert granted.record.last4 == text[-4:]
    assert text not in repr(granted)
    assert granted.record.created_by == "user:u-ann"


async def test_a_revoked_key_is_refused_from_the_next_request_on_and_after_a_restart(counter: Counter) -> None:
    ann = counter.person("ann")
    granted = await counter.grants.create_key(ann, wish())
    counter.who(granted.text)

    revoked = await counter.grants.revoke_key(ann, granted.record.id)

    assert revoked.revoked_at == NOW
    with pytest.raises(NotAuthenticated):
        counter.who(granted.text)
    assert counter.after_a_restart().authenticate(granted.record.digest, NOW) is None


async def test_revoking_again_changes_nothing(counter: Counter) -> None:
    ann = counter.person("ann")
    granted = await counter.grants.create_key(ann, wish())
    first = await counter.grants.revoke_key(ann, granted.record.id)
    counter.town.clock.time += 60

    assert await counter.grants.revoke_key(ann, granted.record.id) == first


async def test_a_key_of_another_organization_is_as_unknown_as_a_random_one(counter: Counter) -> None:
    granted = await counter.grants.create_key(counter.person("ann"), wish())
    gus = counter.person("gus")

    for key_id in (granted.record.id, "k-nothing"):
        with pytest.raises(NotFound) as refused:
            await counter.grants.revoke_key(gus, key_id)
        assert refused.value.message == f"key {key_id!r} does not exist"
    counter.who(granted.text)


async def test_a_key_gives_no_more_than_it_has(counter: Counter) -> None:
    text = counter.town.key(
        "acme",
        permissions=("llm:governance:manage", "llm:completions:use"),
        scopes=("models:a",),
        expires_at=NOW + 100,
    )
    grantor = counter.who(text)

    for beyond in (
        wish(permissions=("llm:*",), scopes=("models:a",), expires_at=NOW + 50),
        wish(permissions=("llm:embeddings:use",), scopes=("models:a",), expires_at=NOW + 50),
        wish(scopes=("models:b",), expires_at=NOW + 50),
        wish(expires_at=NOW + 50),
        wish(scopes=("models:a",), expires_at=NOW + 101),
        wish(scopes=("models:a",)),
    ):
        with pytest.raises(Forbidden):
            await counter.grants.create_key(grantor, beyond)
    granted = await counter.grants.create_key(grantor, wish(scopes=("models:a",), expires_at=NOW + 100))
    assert granted.record.created_by == "key:k-key"


async def test_a_key_that_is_bound_to_a_project_gives_keys_of_that_project_only(counter: Counter) -> None:
    grantor = counter.who(counter.town.key("acme", permissions=("llm:*",), project="p-web"))

    assert (await counter.grants.create_key(grantor, wish())).record.project == "p-web"
    assert (await counter.grants.create_key(grantor, wish(project="web"))).record.project == "p-web"
    with pytest.raises(InvalidBody):
        await counter.grants.create_key(grantor, wish(project="api"))


async def test_a_member_who_manages_nothing_makes_no_key(counter: Counter) -> None:
    mia = counter.person("mia", organization="acme")

    with pytest.raises(Forbidden):
        await counter.grants.create_key(mia, wish())
    with pytest.raises(InvalidBody) as refused:
        await counter.grants.create_key(mia, wish(project="web"))

    assert refused.value.message == "project: 'web' is no project that this key can be bound to"


async def test_a_developer_makes_keys_of_the_project_at_hand_and_not_beyond_own_rights(counter: Counter) -> None:
    join(counter, "mia", "web")
    mia = counter.person("mia", organization="acme")

    granted = await counter.grants.create_key(mia, wish(permissions=("llm:models:write",)))

    assert (granted.record.project, counter.who(granted.text).project) == ("p-web", "p-web")
    with pytest.raises(Forbidden) as refused:
        await counter.grants.create_key(mia, wish(permissions=("llm:models:delete",)))
    assert refused.value.details == [{"path": "permissions[0]", "message": "'llm:models:delete' is not yours to give"}]


async def test_a_project_that_a_developer_may_not_enter_is_as_unknown_as_a_random_one(counter: Counter) -> None:
    join(counter, "mia", "web")
    mia = counter.person("mia", organization="acme")

    for project in ("api", "p-api", "main", "nowhere"):
        with pytest.raises(InvalidBody) as refused:
            await counter.grants.create_key(mia, wish(project=project))
        assert refused.value.message == f"project: {project!r} is no project that this key can be bound to"


async def test_a_developer_sees_and_revokes_the_keys_that_they_made_for_the_project(counter: Counter) -> None:
    join(counter, "mia", "web")
    mia, ann = counter.person("mia", organization="acme"), counter.person("ann")
    own = await counter.grants.create_key(mia, wish())
    others = [await counter.grants.create_key(ann, wish(project=project)) for project in ("web", "api", "")]

    assert seen(counter, mia) == {own.record.id}
    for other in others:
        with pytest.raises(NotFound):
            await counter.grants.revoke_key(mia, other.record.id)
    assert (await counter.grants.revoke_key(mia, own.record.id)).revoked_at == NOW


async def test_who_manages_members_has_the_keys_of_projects_and_no_other(counter: Counter) -> None:
    ann = counter.person("ann")
    manager = counter.who(counter.town.key("acme", permissions=("llm:members:manage", "llm:completions:use")))
    of_project = await counter.grants.create_key(ann, wish(project="api"))
    await counter.grants.create_key(ann, wish())

    assert seen(counter, manager) == {of_project.record.id}
    assert (await counter.grants.create_key(manager, wish(project="web"))).record.project == "p-web"
    with pytest.raises(Forbidden):
        await counter.grants.create_key(manager, wish())


async def test_a_key_that_is_bound_to_a_project_sees_keys_of_that_project_only(counter: Counter) -> None:
    bound = counter.who(counter.town.key("acme", permissions=("llm:*",), project="p-web"))
    made = [await counter.grants.create_key(counter.person("ann"), wish(project=each)) for each in ("web", "api", "")]

    assert seen(counter, bound) == {"k-key", made[0].record.id}


async def test_what_a_person_gives_the_organization_may_outlast_the_persons_token(counter: Counter) -> None:
    ann = counter.person("ann", expires_at=NOW + 60)

    assert (await counter.grants.create_key(ann, wish())).record.expires_at is None


@pytest.mark.parametrize("project", ["main", "p-main", "nowhere"])
async def test_a_foreign_project_is_as_unknown_as_a_random_one(counter: Counter, project: str) -> None:
    with pytest.raises(InvalidBody) as refused:
        await counter.grants.create_key(counter.person("ann"), wish(project=project))

    assert refused.value.message == f"project: {project!r} is no project that this key can be bound to"


async def test_a_faulty_wish_is_refused_before_anything_is_made(counter: Counter) -> None:
    ann = counter.person("ann")

    with pytest.raises(InvalidBody):
        await counter.grants.create_key(ann, wish("", permissions=("llm",)))

    assert counter.town.directory.keys_of("o-acme", offset=0, limit=9).total == 0


async def test_an_administrator_of_the_platform_names_the_organization_of_a_key(counter: Counter) -> None:
    with pytest.raises(InvalidQuery, match="X-Organization-ID"):
        await counter.grants.create_key(counter.person("root"), wish())

    granted = await counter.grants.create_key(counter.person("root", organization="globex"), wish(permissions=("*",)))
    assert granted.record.organization == "o-globex"


async def test_what_could_not_be_written_does_not_count(counter: Counter) -> None:
    ann = counter.person("ann")
    granted = await counter.grants.create_key(ann, wish())
    counter.database.close()

    with pytest.raises(StoreUnavailable):
        await counter.grants.create_key(ann, wish("another"))
    with pytest.raises(StoreUnavailable):
        await counter.grants.revoke_key(ann, granted.record.id)

    assert counter.town.directory.keys_of("o-acme", offset=0, limit=9).total == 1
    counter.who(granted.text)


class Slow:
    """A writer thread that has begun, and ends when it is told to."""

    def __init__(self) -> None:
        self.begun: Future[None] = Future()
        self.begun.set_running_or_notify_cancel()
        self.work: list[Callable[[], None]] = []

    def submit(self, work: Callable[[], None]) -> Future[None]:
        self.work.append(work)
        return self.begun


async def test_a_request_that_is_given_up_still_revokes_what_it_revoked(counter: Counter) -> None:
    slow = Slow()
    text, ann = counter.town.key("acme"), counter.person("ann")
    grants = Grants(
        counter.town.directory,
        counter.store,
        changes=Changes(slow),
        signer=Signs(),
        clock=SetClock(),
        randomness=Randomness(),
    )
    request = asyncio.ensure_future(grants.revoke_key(ann, "k-key"))
    await asyncio.sleep(0)

    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    counter.database.writer.submit(slow.work[0]).result()
    slow.begun.set_result(None)
    # The result of another thread comes by a callback of the loop, and is acted on by a second one.
    for _ in range(3):
        await asyncio.sleep(0)

    with pytest.raises(NotAuthenticated):
        counter.who(text)
