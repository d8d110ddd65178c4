"""`/admin/v1/budgets` over HTTP."""

from __future__ import annotations

import pytest

from headgate.core.errors import StoreUnavailable
from headgate.core.json import Json, JsonObject
from headgate.core.principal import Principal, PrincipalKind
from headgate.gateway.budgets import MOST
from headgate.ledger.records import Account
from tests.gateway.purse import OFFER
from tests.gateway.town import NOW
from tests.web.api import Api, read

PATH = "/admin/v1/budgets"
ACME = {"X-Organization-ID": "acme"}
WRITTEN_NOW = "2027-01-15T08:00:00.000Z"
MIA = Account("o-acme", "p-web", "u-mia", "")


def asked(**fields: Json) -> JsonObject:
    return {"subject_kind": "project", "subject_id": "web", "unit": "usd", "amount": 12.5, **fields}


def made(hall: Api, *, by: str = "ann", **fields: Json) -> JsonObject:
    answer = hall.ask("POST", PATH, by=by, body=asked(**fields), headers=ACME if by == "root" else None)
    assert answer.status_code == 200, answer.text
    found: JsonObject = read(answer)
    return found


def spend(hall: Api, cost: int, *, hold: int = 0, tokens: int = 0) -> None:
    principal = Principal(id="user:u-mia", kind=PrincipalKind.USER, credential="", organization="o-acme")
    admitted = hall.spending.allowance.admit(principal, MIA, now=NOW, wall=NOW)
    claim = admitted.claim(OFFER, amount=hold, tokens=tokens, priced=True, now=NOW, wall=NOW)
    claim.settle(cost=cost, exposure=0, tokens=tokens, now=NOW)
    admitted.release()


def test_a_budget_reads_as_it_was_made(hall: Api) -> None:
    budget = made(hall, name="web team", window="month", on_exceeded="downgrade")

    assert budget == {
        "id": budget["id"],
        "organization": "o-acme",
        "subject_kind": "project",
        "subject_id": "p-web",
        "name": "web team",
        "unit": "usd",
        "amount": 12.5,
        "window": "month",
        "seconds": None,
        "hard": True,
        "on_exceeded": "downgrade",
        "by_platform": False,
        "created_at": WRITTEN_NOW,
        "created_by": "user:u-ann",
        "updated_at": WRITTEN_NOW,
        "current": {
            "start": "2027-01-01T00:00:00.000Z",
            "end": "2027-02-01T00:00:00.000Z",
            "spent": 0,
            "exposure": 0,
            "held": 0,
            "remaining": 12.5,
        },
    }
    assert read(hall.ask("GET", f"{PATH}/{budget['id']}", by="ann")) == budget
    assert read(hall.ask("GET", PATH, by="ann")) == {"items": [budget], "total": 1}


def test_amounts_are_exact_to_the_picodollar(hall: Api) -> None:
    body = b'{"subject_kind":"project","subject_id":"web","unit":"usd","amount":9007199254740993.000000000001}'
    answer = hall.ask("POST", PATH, by="ann", body=body)
    assert answer.status_code == 400
    answer = hall.ask("POST", PATH, by="ann", body=body.replace(b"9007199254740993", b"900719925"))

    assert b'"amount":900719925.000000000001' in answer.content
    assert b'"remaining":900719925.000000000001' in answer.content


def test_what_was_spent_shows_in_the_window_in_progress(hall: Api) -> None:
    budget = made(hall, window="rolling", seconds=3600)
    spend(hall, 2_500_000_000_001, hold=3 * 10**12)
    answer = hall.ask("GET", f"{PATH}/{budget['id']}", by="ann")

    assert b'"spent":2.500000000001' in answer.content
    assert b'"remaining":9.999999999999' in answer.content


def test_tokens_are_whole_numbers(hall: Api) -> None:
    budget = made(hall, subject_kind="user", subject_id="u-mia", unit="tokens", amount=1_000)
    spend(hall, 0, tokens=400)

    shown = read(hall.ask("GET", f"{PATH}/{budget['id']}", by="ann"))
    assert (shown["amount"], shown["current"]["spent"], shown["current"]["remaining"]) == (1_000, 400, 600)
    assert (shown["window"], shown["current"]["start"], shown["current"]["end"]) == ("lifetime", None, None)


def test_what_is_changed_counts_at_once_and_the_rest_stays(hall: Api) -> None:
    budget = made(hall, name="web team")
    answer = hall.ask("PATCH", f"{PATH}/{budget['id']}", by="ann", body={"amount": 3, "hard": False, "name": None})
    changed = read(answer)

    assert (changed["amount"], changed["hard"], changed["name"]) == (3, False, "")
    assert changed["current"]["remaining"] == 3
    same = {"amount", "hard", "name", "current", "updated_at"}
    assert {name: each for name, each in changed.items() if name not in same} == {
        name: each for name, each in budget.items() if name not in same
    }
    spend(hall, 5 * 10**12, hold=5 * 10**12)


def test_a_deleted_budget_binds_nobody(hall: Api) -> None:
    budget = made(hall, amount=0)
    assert hall.ask("DELETE", f"{PATH}/{budget['id']}", by="ann").status_code == 200

    spend(hall, 10, hold=10)
    assert hall.ask("GET", f"{PATH}/{budget['id']}", by="ann").status_code == 404


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"amount": -1}, "amount"),
        ({"amount": "12"}, "amount"),
        ({"amount": True}, "amount"),
        ({"unit": "tokens", "amount": 1.5}, "amount"),
        ({"unit": "eur"}, "unit"),
        ({"window": "year"}, "window"),
        ({"window": "rolling"}, "seconds"),
        ({"window": "rolling", "seconds": 61}, "seconds"),
        ({"window": "day", "seconds": 60}, "seconds"),
        ({"on_exceeded": "panic"}, "on_exceeded"),
        ({"subject_kind": "plan", "subject_id": "default"}, "subject_kind"),
        ({"hard": "yes"}, "hard"),
        ({"name": "x" * 201}, "name"),
        ({"spent": 0}, "spent"),
    ],
)
def test_what_is_not_accepted_is_refused_with_its_path(hall: Api, fields: JsonObject, path: str) -> None:
    answer = hall.ask("POST", PATH, by="ann", body=asked(**fields))

    assert (answer.status_code, [each["path"] for each in read(answer)["details"]]) == (400, [path])
    assert read(hall.ask("GET", PATH, by="ann"))["total"] == 0


def test_unit_window_and_subject_stay_as_they_are(hall: Api) -> None:
    budget = made(hall)
    answer = hall.ask("PATCH", f"{PATH}/{budget['id']}", by="ann", body={"window": "day", "unit": "tokens"})

    assert (answer.status_code, {each["path"] for each in read(answer)["details"]}) == (400, {"window", "unit"})


def test_a_subject_has_so_many_budgets_and_no_more(hall: Api) -> None:
    for _ in range(MOST):
        made(hall)
    refused = hall.ask("POST", PATH, by="ann", body=asked())

    assert (refused.status_code, read(refused)["code"]) == (409, "CONFLICT")
    assert read(hall.ask("GET", PATH, by="ann"))["total"] == MOST
    assert made(hall, subject_kind="user", subject_id="u-mia")


# Whose they are


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("organization", "globex"),
        ("organization", "o-globex"),
        ("project", "main"),
        ("project", "p-main"),
        ("user", "u-gus"),
        ("user", "u-root"),
        ("key", "k-nobody"),
    ],
)
def test_a_subject_of_another_organization_is_as_unknown_as_none(hall: Api, kind: str, subject: str) -> None:
    foreign = hall.ask("POST", PATH, by="ann", body=asked(subject_kind=kind, subject_id=subject))
    random = hall.ask("POST", PATH, by="ann", body=asked(subject_kind=kind, subject_id="nobody"))

    assert foreign.status_code == random.status_code == 404
    assert foreign.text.replace(subject, "nobody") == random.text


def test_another_organizations_budget_is_as_unknown_as_none(hall: Api) -> None:
    budget = made(hall)
    for method, body in (("GET", None), ("PATCH", {"amount": 1}), ("DELETE", None)):
        foreign = hall.ask(method, f"{PATH}/{budget['id']}", by="gus", body=body)
        random = hall.ask(method, f"{PATH}/nothing", by="gus", body=body)
        assert foreign.status_code == random.status_code == 404
        assert foreign.text.replace(budget["id"], "nothing") == random.text
    assert read(hall.ask("GET", PATH, by="gus")) == {"items": [], "total": 0}
    assert hall.ask("GET", PATH, by="gus", query={"organization": "acme"}).status_code == 404


def test_it_takes_governing(hall: Api) -> None:
    assert hall.ask("GET", PATH, by="mia").status_code == 403
    assert hall.ask("POST", PATH, by="mia", body=asked()).status_code == 403


def test_an_organization_sees_what_a_platform_administrator_has_set_and_leaves_it_alone(hall: Api) -> None:
    budget = made(hall, by="root")
    one = f"{PATH}/{budget['id']}"

    assert read(hall.ask("GET", one, by="ann"))["by_platform"] is True
    assert hall.ask("PATCH", one, by="ann", body={"amount": 10**6}).status_code == 403
    assert hall.ask("DELETE", one, by="ann").status_code == 403
    assert hall.ask("DELETE", one, by="root").status_code == 200


def test_platform_administrators_see_those_of_all_organizations_or_of_one(hall: Api) -> None:
    mine = made(hall)
    other = read(hall.ask("POST", PATH, by="gus", body=asked(subject_kind="organization", subject_id="globex")))

    assert [each["id"] for each in read(hall.ask("GET", PATH))["items"]] == [other["id"], mine["id"]]
    found = read(hall.ask("GET", PATH, query={"organization": "acme"}))
    assert [each["id"] for each in found["items"]] == [mine["id"]]
    page = read(hall.ask("GET", PATH, query={"limit": "1", "page": "1"}))
    assert ([each["id"] for each in page["items"]], page["total"]) == ([mine["id"]], 2)


# What ends, and what the ledger says


def test_budgets_and_limits_end_with_their_subjects(hall: Api) -> None:
    key = read(hall.ask("POST", "/admin/v1/keys", by="ann", body={"name": "ci"}))["id"]
    subjects = (("project", "api"), ("user", "u-vic"), ("key", key), ("organization", "acme"))
    ids = [made(hall, subject_kind=kind, subject_id=subject)["id"] for kind, subject in subjects]
    for kind, subject in subjects:
        assert hall.ask("PUT", f"/admin/v1/limits/{kind}/{subject}", by="ann", body={"rpm": 1}).status_code == 200
    for path in (f"keys/{key}", "memberships/u-vic", "projects/api"):
        assert hall.ask("DELETE", f"/admin/v1/{path}", by="ann").status_code == 200

    assert [each["id"] for each in read(hall.ask("GET", PATH, by="ann"))["items"]] == ids[-1:]
    left = read(hall.ask("GET", "/admin/v1/limits", by="ann"))
    assert [each["subject_kind"] for each in left["items"]] == ["organization"]


def test_an_organization_takes_everything_along(hall: Api) -> None:
    hall.ask("POST", "/admin/v1/organizations", body={"slug": "small"})
    small = {"X-Organization-ID": "small"}
    body = asked(subject_kind="organization", subject_id="small")
    assert hall.ask("POST", PATH, body=body, headers=small).status_code == 200
    assert hall.ask("PUT", "/admin/v1/limits/plan/default", body={"tpm": 5}, headers=small).status_code == 200
    gone = hall.ask("DELETE", "/admin/v1/organizations/small")

    assert gone.status_code == 200, gone.text
    assert read(hall.ask("GET", PATH))["total"] == 0
    assert read(hall.ask("GET", "/admin/v1/limits"))["total"] == 0


def test_a_budget_is_not_made_while_the_ledger_cannot_tell_what_was_spent(hall: Api) -> None:
    hall.spending.turns.failure = StoreUnavailable("the ledger is down")

    assert hall.ask("POST", PATH, by="ann", body=asked(amount=0)).status_code == 503
    assert read(hall.ask("GET", PATH, by="ann"))["total"] == 0
    spend(hall, 10, hold=10)
