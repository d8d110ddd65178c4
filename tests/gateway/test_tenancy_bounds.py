"""What one hands out in an organization is bounded by the request, and nobody is drawn in who is not free to come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headgate.access.identity import Role
from headgate.core.errors import Forbidden, NotFound
from tests.gateway.hall import Hall, hall_at


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with hall_at(tmp_path) as hall:
        yield hall


def test_an_owner_whose_token_means_admin_hands_out_no_more_than_an_admin(hall: Hall) -> None:
    bounded = msgspec.structs.replace(hall.person("ann"), organization_owner=False)

    for change in (
        hall.members.change(bounded, "u-mia", role=Role.OWNER),
        hall.members.change(bounded, "u-ann", role=Role.ADMIN),
    ):
        with pytest.raises(Forbidden):
            asyncio.run(change)
    asyncio.run(hall.members.change(bounded, "u-mia", role=Role.ADMIN))


def test_whoever_is_a_member_no_more_hands_out_nothing(hall: Hall) -> None:
    adam = hall.person("adam")
    asyncio.run(hall.members.remove(hall.person("ann"), "u-adam"))

    with pytest.raises(Forbidden):
        asyncio.run(hall.members.change(adam, "u-vic", role=Role.VIEWER))


def test_who_is_in_no_organization_is_made_a_member_by_email(hall: Hall) -> None:
    new = asyncio.run(hall.users.create(hall.person("root"), name="New", email="new@example.com"))

    made = asyncio.run(hall.members.add(hall.person("adam"), email=" New@Example.com", role=Role.MEMBER))

    assert made.user == new.id
    assert hall.directory.membership(new.id, "o-acme") == made


def test_a_platform_administrator_is_as_unknown_by_email_as_nobody(hall: Hall) -> None:
    root = hall.directory.user("u-root")
    assert root is not None
    hall.directory.put_user(msgspec.structs.replace(root, email="root@example.com"))
    said = []

    for email in ("root@example.com", "hal@example.com"):
        with pytest.raises(NotFound) as refused:
            asyncio.run(hall.members.add(hall.person("ann"), email=email, role=Role.MEMBER))
        said.append(refused.value.message.replace(email, "EMAIL"))

    assert said[0] == said[1]
    assert hall.directory.memberships_of("u-root") == []
