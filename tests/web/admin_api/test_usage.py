"""`/admin/v1/usage` and `/admin/v1/requests`: who sees which rows, and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.core.usage import Usage
from headgate.ledger.records import Account, End, Finished, Status
from tests.spending import MAXI, PRICE, Sent, at, finished, request_id
from tests.web.admin_api.usage_desk import UsageDesk, usage_desk_at
from tests.web.api import read

MIA = Account("o-acme", "p-web", "u-mia", "")
ANN = Account("o-acme", "p-api", "u-ann", "")
KEY = Account("o-acme", "p-web", "", "k-mine")
OTHER_KEY = Account("o-acme", "p-api", "", "k-other")
GUS = Account("o-globex", "p-main", "u-gus", "")
MIA_AT_GLOBEX = Account("o-globex", "p-main", "u-mia", "")

EVERY = (MIA, ANN, KEY, OTHER_KEY, GUS, MIA_AT_GLOBEX)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[UsageDesk]:
    with usage_desk_at(tmp_path) as desk:
        yield desk


def one_each() -> list[Finished]:
    """A request of everybody's; its number is the place in EVERY, from 1."""
    return [finished(number, account=account) for number, account in enumerate(EVERY, start=1)]


def numbers(*found: int) -> list[str]:
    return [request_id(number) for number in found]


def test_a_row_says_everything_there_is_to_say(desk: UsageDesk) -> None:
    failed = Sent(to=MAXI, usage=Usage(), outcome="overloaded", code=529)
    desk.town.key("acme", "mine")
    desk.store(finished(9, failed, Sent(), account=Account("o-acme", "p-web", "u-mia", "k-mine"), model="maxi"))

    answer = desk.answer()

    assert read(answer)["items"] == [
        {
            "request_id": request_id(9),
            "admitted_at": "2026-11-20T12:00:00.000Z",
            "organization": "o-acme",
            "organization_slug": "acme",
            "project": "p-web",
            "project_slug": "web",
            "user": "u-mia",
            "user_name": "mia",
            "key": "k-mine",
            "key_name": "mine",
            "model": "maxi",
            "served_model": "mini",
            "entry": "uid-mini",
            "provider": "openai",
            "upstream_model": "gpt-5-mini",
            "operation": "chat",
            "end_reason": "complete",
            "status": "settled",
            "code": 200,
            "cost": 0.000105000007,
            "exposure": 0.0,
            "input_tokens": 10,
            "output_tokens": 5,
            "duration_ms": 250.0,
            "first_byte_ms": 40.0,
            "attempts": 2,
            "overrun": False,
        }
    ]
    assert b'"cost":0.000105000007,' in answer.content


def test_an_unknown_cost_is_null_and_its_exposure_stands_apart(desk: UsageDesk) -> None:
    desk.store(finished(1, Sent(status=Status.UNKNOWN, usage=Usage(), hold=1_000_000), end=End.CRASH))

    [row] = desk.ask()["items"]

    assert (row["cost"], row["exposure"], row["status"], row["end_reason"]) == (None, 0.000001, "unknown", "crash")


def test_a_platform_administrator_sees_all_organizations_unless_a_filter_says_otherwise(desk: UsageDesk) -> None:
    desk.store(*one_each())

    assert desk.ids() == numbers(6, 5, 4, 3, 2, 1)
    assert desk.ids(organization="globex") == desk.ids(organization="o-globex") == numbers(6, 5)
    assert desk.ids(organization="acme", project="web") == numbers(3, 1)


def test_who_may_read_usage_sees_the_organization_of_the_request(desk: UsageDesk) -> None:
    desk.store(*one_each())

    assert desk.ids(by="ann") == desk.ids(by="adam") == numbers(4, 3, 2, 1)
    assert desk.ids(by="gus") == numbers(6, 5)


def test_a_member_sees_their_own_rows_in_the_organization_of_the_request(desk: UsageDesk) -> None:
    desk.store(*one_each())

    assert desk.ids(by="mia") == numbers(1)
    there = desk.ask(by="mia", headers={"x-organization-id": "globex"})["items"]
    assert [row["request_id"] for row in there] == numbers(6)
    assert desk.ids(by="vic") == []


def test_a_key_sees_its_own_rows_or_with_the_permission_its_organizations_or_projects(desk: UsageDesk) -> None:
    desk.store(*one_each())
    town = desk.town
    granted = ("llm:usage:read",)

    assert desk.ids(by=town.key("acme", "mine")) == numbers(3)
    assert desk.ids(by=town.key("acme", "reads", permissions=granted)) == numbers(4, 3, 2, 1)
    assert desk.ids(by=town.key("acme", "bound", permissions=granted, project="p-api")) == numbers(4, 2)


@pytest.mark.parametrize("name", ["organization", "project", "user", "key"])
def test_a_filter_that_names_what_is_not_ones_own_finds_nothing(desk: UsageDesk, name: str) -> None:
    desk.store(*one_each())
    foreign = {"organization": "globex", "project": "p-main", "user": "u-gus", "key": "k-gus"}[name]

    theirs = desk.answer(by="ann", query={name: foreign})
    nobodys = desk.answer(by="ann", query={name: "none"})

    assert theirs.status_code == nobodys.status_code == 200
    assert theirs.content == nobodys.content == b'{"items":[],"next_cursor":null}'


def test_rows_are_read_in_parts_that_meet_while_new_ones_come(desk: UsageDesk) -> None:
    desk.store(*(finished(number) for number in range(1, 6)))

    first = desk.ask(query={"limit": "2"})
    desk.store(finished(6))
    second = desk.ask(query={"limit": "2", "cursor": first["next_cursor"]})
    last = desk.ask(query={"limit": "2", "cursor": second["next_cursor"]})

    found = [row["request_id"] for part in (first, second, last) for row in part["items"]]
    assert found == numbers(5, 4, 3, 2, 1)
    assert last["next_cursor"] is None


def test_times_are_told_in_words_or_seconds(desk: UsageDesk) -> None:
    desk.store(finished(1, admitted=at("2026-11-19T23:59:59")), finished(2, admitted=at("2026-11-20T00:00:00")))
    seconds = str(at("2026-11-20T00:00:00") // 1_000_000)

    for word in ("2026-11-20", "2026-11-20T00:00:00Z", "2026-11-20T01:00:00+01:00", seconds, f"{seconds}.000"):
        assert desk.ids(**{"from": word}) == numbers(2), word
        assert desk.ids(to=word) == numbers(1), word


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"}, {"limit": "x"}, {"from": "yesterday"}, {"to": "2026-11-20T00:00:00"}, {"status": "paid"},
        {"end_reason": "done"}, {"cursor": "!"}, {"cursor": "AAAA"}, {"cursor": "kgHPgAAAAAAAAAA"}, {"model": "a\0b"},
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_is_refused(desk: UsageDesk, query: dict[str, str]) -> None:
    answer = desk.answer(query=query)

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_QUERY")
    assert read(answer)["details"][0]["path"] == next(iter(query))


def test_a_request_shows_its_attempts_and_the_arithmetic_of_their_prices(desk: UsageDesk) -> None:
    failed = Sent(to=MAXI, usage=Usage(), outcome="overloaded", code=529)
    long = Sent(usage=Usage(input=2_000, cached_input=10, output=5))
    desk.store(finished(1, failed, long, why='{"reason":"routed","rule":{"model":"mini"}}'))

    answer = desk.request(request_id(1))
    shown = read(answer)

    assert shown["why"] == {"reason": "routed", "rule": {"model": "mini"}}
    one, two = shown["attempts"]
    assert (one["served_model"], one["outcome"], one["code"], one["cost"], one["lines"]) == (
        "maxi", "overloaded", 529, 0.0, [],
    )  # fmt: skip
    assert (two["entry"], two["revision"], two["price_id"], two["status"]) == ("uid-mini", 7, PRICE.id, "settled")
    # The prompt is longer than a thousand tokens, so the rate of the tier counts, and what it leaves unsaid follows it.
    assert two["lines"] == [
        {"bucket": "input", "count": 2_000, "rate": 0.000006, "amount": 0.012},
        {"bucket": "cached_input", "count": 10, "rate": 0.000006, "amount": 0.00006},
        {"bucket": "output", "count": 5, "rate": 0.000015, "amount": 0.000075},
        {"bucket": "request", "count": 1, "rate": 0.000000000007, "amount": 0.000000000007},
    ]
    assert two["sum"] == two["cost"] == shown["cost"] == 0.012135000007
    assert two["price"] == {
        "rates": {"input": 0.000003, "output": 0.000015, "request": 0.000000000007},
        "tiers": [{"service_tier": None, "above": 1000, "rates": {"input": 0.000006}}],
    }
    assert b'"rate":0.000000000007,' in answer.content


def test_a_request_that_is_not_ones_to_see_is_the_same_404_as_none(desk: UsageDesk) -> None:
    desk.store(*one_each())

    theirs, nobodys = desk.request(request_id(5), by="ann"), desk.request(request_id(7), by="ann")

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.text.replace(request_id(5), "") == nobodys.text.replace(request_id(7), "")
    assert desk.request(request_id(2), by="mia").status_code == 404
    assert desk.request(request_id(1), by="mia").status_code == 200


def test_sums_are_exact_and_told_apart_by_what_is_asked_for(desk: UsageDesk) -> None:
    desk.store(*one_each(), finished(7, Sent(to=MAXI), admitted=at("2026-11-21T00:00:00")))

    answer = desk.answer("/summary", query={"group_by": "day,model"})
    found = read(answer)

    assert [(each["day"], each["model"], each["requests"], each["cost"]) for each in found["items"]] == [
        ("2026-11-20", "mini", 6, 0.000630000042),
        ("2026-11-21", "maxi", 1, 0.000105000007),
    ]
    assert found["totals"]["cost"] == 0.000735000049
    assert b'"cost":0.000735000049' in answer.content
    totals = {name: found["totals"][name] for name in ("requests", "attempts", "input_tokens", "average_duration_ms")}
    assert totals == {"requests": 7, "attempts": 7, "input_tokens": 70, "average_duration_ms": 250.0}


def test_sums_are_of_what_one_sees(desk: UsageDesk) -> None:
    desk.store(*one_each())

    def requests(by: str, **query: str) -> int:
        found: int = desk.ask("/summary", by=by, query=query)["totals"]["requests"]
        return found

    assert [requests(who) for who in ("root", "ann", "gus", "mia", "vic")] == [6, 4, 2, 1, 0]
    assert requests("root", organization="globex") == 2
    assert requests("ann", organization="globex") == 0


def test_groups_of_tenants_have_their_names(desk: UsageDesk) -> None:
    desk.store(*one_each())

    found = desk.ask("/summary", query={"group_by": "organization,user"})["items"]

    assert [(each["organization_slug"], each["user"], each["user_name"]) for each in found] == [
        ("acme", None, None), ("acme", "u-ann", "ann"), ("acme", "u-mia", "mia"),
        ("globex", "u-gus", "gus"), ("globex", "u-mia", "mia"),
    ]  # fmt: skip


def test_people_have_names_whatever_else_is_asked_for(desk: UsageDesk) -> None:
    desk.store(*one_each())

    found = desk.ask("/summary", query={"group_by": "user"})["items"]

    assert [each["user_name"] for each in found] == [None, "ann", "gus", "mia"]


def test_groups_are_read_in_parts(desk: UsageDesk) -> None:
    desk.store(*one_each())
    query = {"group_by": "user,end_reason", "limit": "2"}

    first = desk.ask("/summary", query=query)
    second = desk.ask("/summary", query={**query, "cursor": first["next_cursor"]})

    assert [each["user"] for part in (first, second) for each in part["items"]] == [None, "u-ann", "u-gus", "u-mia"]
    assert first["totals"] == second["totals"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "query", [{"group_by": "month"}, {"model": "mini"}, {"status": "settled"}, {"cursor": "kAAA"}, {"limit": "0"}]
)
def test_sums_that_cannot_be_made_are_refused(desk: UsageDesk, query: dict[str, str]) -> None:
    answer = desk.answer("/summary", query=query)

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_QUERY")
