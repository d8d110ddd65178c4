"""`/admin/v1/audit`: who reads which rows, and what they say of what was done through the APIs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.adapters.sql.audit import SqlAudit
from headgate.core.ids import RequestIds
from headgate.core.json import JsonObject
from headgate.gateway.audit import SIGN_IN_FAILED, Auditing, SecurityLog
from headgate.web.admin_api.audit import AuditRoutes
from headgate.web.application import application
from tests import databases
from tests.web.admin_api.office import Office

AUDIT = "/admin/v1/audit"
IDS = RequestIds(bytes(8))


@pytest.fixture(params=databases.KINDS)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    with databases.database(request.param, tmp_path) as database:
        office = Office(database)
        auditing = Auditing(SqlAudit(database), office.town.directory)
        audited = application(
            [AuditRoutes(auditing, readers=database.readers, writer=database.writer).router()],
            identify=office.identify,
            ids=IDS,
        )
        office.app.mount("/", audited)
        yield office


def made(office: Office, by: str, *, slug: str = "acme") -> JsonObject:
    status, body = office.ask("POST", "/admin/v1/keys", by=by, body={"name": "ci"}, headers={"x-organization-id": slug})
    assert status == 200, body
    key: JsonObject = body
    return key


def listed(office: Office, by: str, query: str = "") -> list[JsonObject]:
    status, body = office.ask("GET", f"{AUDIT}{query}", by=by)
    assert status == 200, body
    items: list[JsonObject] = body["items"]
    return items


def test_a_row_says_who_did_what_from_where(office: Office) -> None:
    ann = office.person("ann")
    key = made(office, ann)

    row = listed(office, ann)[0]

    assert row["subject"] == f"key:{key['id']}"
    assert {name: row[name] for name in ("actor", "credential", "organization", "source", "action")} == {
        "actor": "user:u-ann",
        "credential": "t-ann",
        "organization": "o-acme",
        "source": "127.0.0.1",
        "action": "key.created",
    }
    assert {"path": "name", "before": None, "after": "ci"} in row["difference"]
    assert {"path": "key", "change": "set"} in row["difference"]


def test_the_text_of_a_key_is_in_no_row(office: Office) -> None:
    ann = office.person("ann")
    key = made(office, ann)

    answer = office.response("GET", AUDIT, by=ann)

    assert key["key"] not in answer.text
    assert key["key"][-4:] in answer.text


def test_an_organization_reads_its_own_rows_only(office: Office) -> None:
    ann, gus = office.person("ann"), office.person("gus")
    made(office, ann)
    made(office, gus, slug="globex")

    assert {row["organization"] for row in listed(office, ann)} == {"o-acme"}
    assert {row["organization"] for row in listed(office, gus)} == {"o-globex"}


def test_a_platform_administrator_reads_all_or_one_organization(office: Office) -> None:
    root, gus = office.person("root"), office.person("gus")
    made(office, gus, slug="globex")

    assert {row["organization"] for row in listed(office, root)} == {None, "o-acme", "o-globex"}
    assert {row["organization"] for row in listed(office, root, "?organization=globex")} == {"o-globex"}
    assert {row["organization"] for row in listed(office, root, "?organization=o-globex")} == {"o-globex"}
    assert office.ask("GET", f"{AUDIT}?organization=nowhere", by=root)[0] == 404


def test_another_organization_is_refused_as_one_that_does_not_exist_is(office: Office) -> None:
    ann = office.person("ann")

    foreign = office.response("GET", f"{AUDIT}?organization=globex", by=ann)
    unknown = office.response("GET", f"{AUDIT}?organization=qlobex", by=ann)

    assert foreign.status_code == unknown.status_code == 403
    assert foreign.text == unknown.text.replace("qlobex", "globex")
    assert office.ask("GET", f"{AUDIT}?organization=acme", by=ann)[0] == 200


@pytest.mark.parametrize("who", ["mia", "vic"])
def test_who_lacks_the_permission_is_refused(office: Office, who: str) -> None:
    assert office.ask("GET", AUDIT, by=office.person(who))[0] == 403


def test_a_key_with_the_permission_reads_its_organizations_rows(office: Office) -> None:
    reader = office.town.key("acme", permissions=("llm:audit:read",)).decode()
    other = office.town.key("acme", "other").decode()

    assert {row["organization"] for row in listed(office, reader)} == {"o-acme"}
    assert office.ask("GET", AUDIT, by=other)[0] == 403


def test_rows_are_read_in_parts(office: Office) -> None:
    ann = office.person("ann")
    for _ in range(3):
        made(office, ann)

    whole = listed(office, ann)
    status, first = office.ask("GET", f"{AUDIT}?limit=2", by=ann)
    rest = listed(office, ann, f"?before={first['items'][-1]['number']}")

    assert (status, first["has_more"]) == (200, True)
    assert first["items"] + rest == whole
    assert [row["number"] for row in whole] == sorted((row["number"] for row in whole), reverse=True)


def test_rows_are_filtered(office: Office) -> None:
    root, ann = office.person("root"), office.person("ann")
    key = made(office, ann)

    def found(query: str) -> list[str]:
        return [row["subject"] for row in listed(office, root, query)]

    expected = [f"key:{key['id']}"]
    assert found("?actor=user:u-ann") == expected
    assert found("?action=key.created") == expected
    assert found(f"?subject=key:{key['id']}") == expected
    assert found("?actor=user:u-ann&action=key.revoked") == []
    assert found("?since=2100-01-01T00:00:00Z") == found("?until=2000-01-01T00:00:00Z") == []
    assert set(expected) < set(found("?since=2000-01-01T00:00:00Z&until=2100-01-01T00:00:00Z"))


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "before=0", "since=yesterday", "until=2026-01-01T00:00:00"])
def test_a_filter_that_cannot_be_read_is_refused(office: Office, query: str) -> None:
    status, body = office.ask("GET", f"{AUDIT}?{query}", by=office.person("ann"))

    assert (status, body["code"]) == (400, "INVALID_QUERY")


def test_what_changes_nothing_stored_is_recorded_all_the_same(office: Office) -> None:
    log = SecurityLog(SqlAudit(office.database), writer=office.database.writer, clock=office.town.clock)

    log.sign_in_failed("digest")

    row = listed(office, office.person("root"), f"?action={SIGN_IN_FAILED}")[0]
    assert (row["actor"], row["organization"], row["subject"]) == ("system", None, "email:digest")


def test_reading_the_trail_leaves_no_row(office: Office) -> None:
    ann = office.person("ann")
    before = listed(office, ann)

    assert listed(office, ann) == before
