"""Sharing a model: who sees it, what they see, what they may do, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import TextClause, text

from headgate.access.identity import Sharing
from headgate.catalogue.scope import user
from tests.gateway.writing import database_of
from tests.web.api import Api, read
from tests.web.registry_api.office import BASE, body, get, names, put, register, settle

SHARING = text("CREATE TRIGGER forbidden BEFORE INSERT ON share BEGIN SELECT RAISE(ABORT, 'no'); END")
FORGETTING = text("CREATE TRIGGER forbidden BEFORE DELETE ON user_default BEGIN SELECT RAISE(ABORT, 'no'); END")


@contextmanager
def forbidden(api: Api, statement: TextClause) -> Iterator[None]:
    """Let the database refuse one kind of statement."""
    database = database_of(api.desk)
    with database.importing() as connection:
        connection.execute(statement)
    yield
    with database.importing() as connection:
        connection.execute(text("DROP TRIGGER forbidden"))


def test_a_shared_model_is_seen_by_the_members_of_the_organization_only(api: Api) -> None:
    register(api, share_with_users=True)

    found = {by: names(read(api.ask("GET", BASE, by=by))) for by in ("mia", "vic", "adam", "gus")}

    assert found == {"mia": ["m"], "vic": ["m"], "adam": ["m"], "gus": []}


def test_a_person_who_is_in_two_organizations_sees_it_in_the_one_where_it_was_registered(api: Api) -> None:
    register(api, share_with_users=True)

    found = [
        names(read(api.ask("GET", BASE, by="mia", headers={"x-organization-id": slug}))) for slug in ("acme", "globex")
    ]

    assert found == [["m"], []]


def test_recipients_see_it_as_one_that_is_not_theirs(api: Api) -> None:
    made = register(api, share_with_users=True, base_url="https://example.org/v1")

    assert get(api, by="mia") == {**made, "is_owner": False, "can_edit": False, "can_delete": False}
    assert made["is_shared"]


def test_sharing_can_be_turned_on_and_off(api: Api) -> None:
    register(api)

    assert put(api, share_with_users=True)["is_shared"]
    assert get(api, by="mia")["is_shared"]
    assert put(api, share_with_users=True)["is_shared"]
    assert not put(api, share_with_users=False)["is_shared"]
    assert api.ask("GET", f"{BASE}/m", by="mia").status_code == 404
    assert not put(api, share_with_users=False)["is_shared"]


def test_sharing_makes_no_revision(api: Api) -> None:
    register(api)
    before = api.desk.snapshot.revision

    put(api, share_with_users=True)
    put(api, share_with_users=False)

    assert api.desk.snapshot.revision == before


def test_members_share_where_the_organization_lets_them(api: Api) -> None:
    settle(api, sharing=Sharing.MEMBERS)

    register(api, by="mia", share_with_users=True)

    assert get(api, by="vic")["is_shared"]


def test_who_has_lost_the_right_can_still_unshare(api: Api) -> None:
    settle(api, sharing=Sharing.MEMBERS)
    register(api, by="mia", share_with_users=True)
    settle(api, sharing=Sharing.ADMINS)

    assert not put(api, by="mia", share_with_users=False)["is_shared"]


def test_unsharing_ends_what_others_chose(api: Api) -> None:
    made = register(api, share_with_users=True)
    api.ask("POST", f"{BASE}/user-default", by="mia", body={"model_id": made["id"], "config_type": "general"})

    put(api, share_with_users=False)
    put(api, share_with_users=True)

    assert read(api.ask("GET", f"{BASE}/user-default", by="mia")) == []


def test_what_is_not_one_persons_own_is_neither_shared_nor_unshared(api: Api) -> None:
    api.create("m", by="ann")

    assert put(api, share_with_users=True)["is_shared"]
    answer = api.ask("PUT", f"{BASE}/m", by="ann", body={"share_with_users": False})

    assert answer.status_code == 409
    assert list(api.desk.snapshot.shared.shares()) == []


def test_a_shared_model_is_in_the_catalogues_list_too(api: Api) -> None:
    register(api, share_with_users=True)

    assert names(read(api.ask("GET", "/v1/models", by="mia"))["items"]) == ["m"]
    assert read(api.ask("GET", "/v1/models", by="gus"))["items"] == []
    key = api.town.key("acme")
    assert names(read(api.ask("GET", "/v1/models", by=key))["items"]) == ["m"]


def test_of_two_with_one_id_the_one_that_was_shared_first_is_seen(api: Api) -> None:
    settle(api, sharing=Sharing.MEMBERS)
    register(api, by="vic", share_with_users=True, description="of vic")
    api.wait(1)
    register(api, by="ann", share_with_users=True, description="of ann")

    assert get(api, by="mia")["description"] == "of vic"
    assert get(api, by="ann")["description"] == "of ann"


def test_a_rollback_restores_no_sharing(api: Api) -> None:
    register(api, share_with_users=True)
    number = api.desk.snapshot.revision
    assert api.ask("DELETE", f"{BASE}/m", by="ann").status_code == 200

    scope = user("o-acme", "u-ann").key
    rolled = api.ask(
        "POST", "/admin/v1/catalogue/rollback", by="ann", query={"scope": scope}, body={"revision": number}
    )

    assert rolled.status_code == 200, rolled.text
    assert not get(api)["is_shared"]
    assert api.ask("GET", f"{BASE}/m", by="mia").status_code == 404


def test_nobody_registers_a_name_in_front_of_a_shared_model_of_others(api: Api) -> None:
    register(api, share_with_users=True)

    own = api.ask("POST", f"{BASE}/register", by="mia", body=body())

    assert own.status_code == 200
    assert get(api, by="vic")["id"] == 1


def test_an_unshared_model_cannot_be_called_from_the_next_request_on(api: Api) -> None:
    register(api, share_with_users=True)
    member = api.town.key("acme")
    assert api.ask("GET", "/v1/models/m", by=member).status_code == 200

    put(api, share_with_users=False)

    assert api.ask("GET", "/v1/models/m", by=member).status_code == 404


def test_a_model_that_cannot_be_shared_is_not_registered_either(api: Api) -> None:
    wanted = body("m", share_with_users=True)
    with forbidden(api, SHARING):
        assert api.ask("POST", f"{BASE}/register", by="ann", body=wanted).status_code == 409

    assert api.ask("GET", f"{BASE}/m", by="ann").status_code == 404
    assert api.ask("POST", f"{BASE}/register", by="ann", body=wanted).status_code == 200
    assert get(api, by="mia")["is_shared"]


def test_unsharing_again_ends_what_others_chose_where_the_first_attempt_broke_off(api: Api) -> None:
    made = register(api, share_with_users=True)
    api.ask("POST", f"{BASE}/user-default", by="mia", body={"model_id": made["id"], "config_type": "general"})
    with forbidden(api, FORGETTING):
        assert api.ask("PUT", f"{BASE}/m", by="ann", body={"share_with_users": False}).status_code == 409

    put(api, share_with_users=False)
    put(api, share_with_users=True)

    assert read(api.ask("GET", f"{BASE}/user-default", by="mia")) == []
