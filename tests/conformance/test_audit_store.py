"""The audit trail: whatever a store commits is in it, secrets are not, and a row that is tampered with is found."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import delete, update

from headgate.access.audit import AuditEntry, AuditEvent, Break, Proof
from headgate.access.identity import (
    AccessToken,
    Membership,
    Organization,
    OrganizationKey,
    OrganizationSettings,
    Role,
    Session,
    Sharing,
    User,
)
from headgate.adapters.sql.audit import SqlAudit, verify_trail
from headgate.adapters.sql.audited import AUDITED, LEFT_OUT
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.credentials import SqlCredentials
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.defaults import SqlDefaults
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.money_tables import METADATA
from headgate.adapters.sql.tables import membership, share, user_account
from headgate.adapters.sql.upsert import Values, upsert
from headgate.catalogue.revision import Change
from headgate.catalogue.scope import organization
from headgate.core.errors import Conflict
from headgate.core.json import JsonObject
from headgate.gateway.acting import SYSTEM, Acting, act
from headgate.gateway.audit import AuditFilter
from tests.catalogue_writing import create, created, credential, deleted, entry, revision, titled

ACME = Organization(id="o-acme", slug="acme", name="Acme", created_at=1.0)
MIA = User(id="u-mia", name="Mia", created_at=1.0)


def rows(database: Database) -> list[AuditEntry]:
    """Oldest first."""
    return SqlAudit(database).entries(AuditFilter(), limit=1000)[::-1]


def told(database: Database) -> list[tuple[str, str]]:
    return [(each.event.action, each.event.subject) for each in rows(database)]


def last(database: Database) -> AuditEvent:
    return rows(database)[-1].event


def differences(database: Database) -> list[JsonObject]:
    found: list[JsonObject] = msgspec.json.decode(last(database).difference)
    return found


def proof(database: Database) -> Proof | Break:
    with database.reading() as connection:
        return verify_trail(connection)


def test_every_table_is_either_followed_or_left_out_for_a_reason() -> None:
    assert AUDITED.keys() & LEFT_OUT.keys() == set()
    assert AUDITED.keys() | LEFT_OUT.keys() == METADATA.tables.keys()


def test_a_trail_begins_empty(database: Database) -> None:
    assert proof(database) == Proof(0, bytes(32))


def test_a_row_says_who_from_where_what_and_whose(database: Database) -> None:
    act(Acting("user:u-ann", "t-ann", "203.0.113.7"))
    try:
        SqlDirectory(database).put_organization(ACME)
    finally:
        act(SYSTEM)

    event = last(database)
    assert (event.actor, event.credential, event.source) == ("user:u-ann", "t-ann", "203.0.113.7")
    assert (event.organization, event.action, event.subject) == (
        "o-acme",
        "organization.created",
        "organization:o-acme",
    )


def test_a_change_names_the_fields_that_differ(database: Database) -> None:
    settings = OrganizationSettings(sharing=Sharing.MEMBERS)
    for each in (ACME, msgspec.structs.replace(ACME, name="ACME", settings=settings)):
        SqlDirectory(database).put_organization(each)

    assert last(database).action == "organization.updated"
    assert differences(database) == [
        {"path": "name", "before": "Acme", "after": "ACME"},
        {"path": "settings.sharing", "before": None, "after": "members"},
    ]


def test_what_changes_nothing_leaves_no_row(database: Database) -> None:
    for _ in range(2):
        SqlDirectory(database).put_organization(ACME)

    assert len(told(database)) == 1


def test_every_change_of_the_directory_is_told(database: Database) -> None:
    store = SqlDirectory(database)
    store.put_organization(ACME)
    store.put_user(MIA)
    joined = Membership(user=MIA.id, organization=ACME.id, role=Role.MEMBER, created_at=1.0)
    store.put_membership(joined)
    token = AccessToken(id="t", user=MIA.id, name="ci", digest=b"d" * 32, last4="abcd", created_at=1.0)
    store.put_token(token)
    store.put_session(Session(id="s", user=MIA.id, token="t", organization=ACME.id, created_at=1.0, expires_at=2.0))
    key = OrganizationKey(
        id="k", organization=ACME.id, name="k", digest=b"k" * 32, last4="1", created_at=1.0, created_by="u"
    )
    store.put_key(key)
    store.put_key(msgspec.structs.replace(key, revoked_at=5.0))
    store.drop_membership(joined)

    assert told(database) == [
        ("organization.created", "organization:o-acme"),
        ("user.created", "user:u-mia"),
        ("membership.created", "membership:u-mia/o-acme"),
        ("token.created", "token:t"),
        ("session.created", "session:s"),
        ("key.created", "key:k"),
        ("key.revoked", "key:k"),
        ("membership.deleted", "membership:u-mia/o-acme"),
    ]
    assert [each.event.organization for each in rows(database)] == ["o-acme", "", "o-acme", "", *["o-acme"] * 4]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [("", "$argon2id$1", "set"), ("$argon2id$1", "$argon2id$2", "replaced"), ("$argon2id$2", "", "cleared")],
)
def test_of_a_secret_only_what_happened_to_it_is_told(database: Database, before: str, after: str, change: str) -> None:
    store = SqlDirectory(database)
    store.put_user(msgspec.structs.replace(MIA, password=before))
    store.put_user(msgspec.structs.replace(MIA, password=after))

    assert differences(database) == [{"path": "password", "change": change}]
    assert "argon2id" not in str(rows(database))


def test_sessions_that_are_forgotten_after_their_end_are_no_news(database: Database) -> None:
    store = SqlDirectory(database)
    store.put_user(MIA)
    store.put_session(Session(id="s", user=MIA.id, token="", organization="", created_at=1.0, expires_at=2.0))

    store.forget_sessions(ended_before=3.0)

    assert [action for action, _ in told(database)] == ["user.created", "session.created"]


def test_a_revision_is_told_entry_by_entry_with_their_credentials(database: Database) -> None:
    catalogue = SqlCatalogue(database)
    a, b = create(catalogue, "a", "b")
    own = credential("c-own", entry=b.uid)

    catalogue.commit(revision(2, *deleted(a), Change(b, titled(b, "B", revision=2))), put=[own])

    assert told(database)[2:] == [
        ("model.deleted", f"model:{a.uid}"),
        ("model.updated", f"model:{b.uid}"),
        ("credential.created", "credential:c-own"),
    ]
    changed = msgspec.json.decode(rows(database)[3].event.difference)
    assert changed == [
        {"path": "document.title", "before": None, "after": "B"},
        {"path": "revision", "before": 1, "after": 2},
    ]
    sealed = msgspec.json.decode(rows(database)[4].event.difference)
    assert {"path": "secret", "change": "set"} in sealed
    assert {"path": "last4", "before": None, "after": "wxyz"} in sealed
    assert not {"ciphertext", "nonce", "wrapped_key", "key_id"} & {each["path"] for each in sealed}


def test_a_replaced_secret_is_told_and_one_that_is_wrapped_anew_is_none(database: Database) -> None:
    store = SqlCredentials(database)
    named = credential("c", name="main")
    store.put([named])
    again = msgspec.structs.replace(named.sealed, key_id="other", wrapped_key=b"again")
    store.put([msgspec.structs.replace(named, sealed=again)])
    assert len(told(database)) == 1

    other = msgspec.structs.replace(named.sealed, ciphertext=b"other")
    store.put([msgspec.structs.replace(named, sealed=other)])

    assert differences(database) == [{"path": "secret", "change": "replaced"}]


def test_a_default_that_passes_to_another_credential_is_told_of_both(database: Database) -> None:
    store = SqlCredentials(database)
    store.put([credential("one", name="one", scope=organization("o"), default=True)])

    store.put([credential("two", name="two", scope=organization("o"), default=True)])

    assert sorted(told(database)) == [
        ("credential.created", "credential:one"),
        ("credential.created", "credential:two"),
        ("credential.updated", "credential:one"),
    ]


def test_the_platforms_defaults_are_told_by_field(database: Database) -> None:
    store = SqlDefaults(database)
    store.put_defaults(msgspec.structs.replace(store.defaults(), completions="a"))
    store.put_defaults(msgspec.structs.replace(store.defaults(), completions="b"))

    assert last(database).subject == "defaults:platform"
    assert differences(database) == [{"path": "value.completions", "before": "a", "after": "b"}]


def test_sharing_belongs_to_the_trail_of_the_entrys_organization(database: Database) -> None:
    (shared,) = create(SqlCatalogue(database), "a", scope=organization("o-1"))
    with database.writing() as connection:
        upsert(connection, share, rows=[{"uid": shared.uid, "shared_at": 1.0, "shared_by": "u"}])
    with database.writing() as connection:
        connection.execute(delete(share).where(share.c.uid == shared.uid))

    assert [(each.event.action, each.event.organization) for each in rows(database)[1:]] == [
        ("share.created", "o-1"),
        ("share.deleted", "o-1"),
    ]


def test_a_change_that_is_not_committed_leaves_no_row(database: Database) -> None:
    catalogue = SqlCatalogue(database)
    create(catalogue, "a")

    with pytest.raises(Conflict):
        catalogue.commit(revision(2, *created(entry("b", number=2, revision=2), entry("a", number=3, revision=2))))

    assert len(told(database)) == 1
    assert isinstance(proof(database), Proof)


def test_thousands_of_rows_in_one_transaction_are_all_told(database: Database) -> None:
    SqlDirectory(database).put_organization(ACME)
    ids = [f"u-{number}" for number in range(1100)]
    person: Values = {"name": "x", "platform_admin": False, "disabled": False, "created_at": 1.0}
    joined: Values = {"organization_id": ACME.id, "role": "member", "created_at": 1.0}
    with database.writing() as connection:
        upsert(connection, user_account, rows=[{"id": each, **person} for each in ids])
        upsert(connection, membership, rows=[{"user_id": each, **joined} for each in ids])
    with database.writing() as connection:
        connection.execute(update(membership).where(membership.c.organization_id == ACME.id).values(role="viewer"))

    whole = proof(database)
    assert isinstance(whole, Proof)
    assert whole.rows == 3301
    assert last(database).action == "membership.updated"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(AuditFilter(), [4, 3, 2, 1], id="all"),
        pytest.param(AuditFilter(organization="o-1"), [3], id="of an organization"),
        pytest.param(AuditFilter(actor="u-2"), [2], id="by an actor"),
        pytest.param(AuditFilter(action="a-3"), [3], id="of an action"),
        pytest.param(AuditFilter(subject="s-4"), [4], id="about a subject"),
        pytest.param(AuditFilter(since=2.0), [4, 3, 2], id="since"),
        pytest.param(AuditFilter(until=2.0), [1], id="until"),
        pytest.param(AuditFilter(before=3), [2, 1], id="before a row"),
    ],
)
def test_rows_are_found_newest_first(database: Database, wanted: AuditFilter, expected: list[int]) -> None:
    events = [
        AuditEvent(
            at=float(each),
            actor=f"u-{each}",
            credential="",
            source="",
            organization="o-1" if each == 3 else "",
            action=f"a-{each}",
            subject=f"s-{each}",
            difference="[]",
        )
        for each in range(1, 5)
    ]
    SqlAudit(database).record(events)

    assert [each.number for each in SqlAudit(database).entries(wanted, limit=10)] == expected
    assert [each.number for each in SqlAudit(database).entries(wanted, limit=1)] == expected[:1]
