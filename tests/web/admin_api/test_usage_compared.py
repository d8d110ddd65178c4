"""`/admin/v1/usage/what-if` and `/admin/v1/usage/reconcile`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.catalogue.scope import PLATFORM, Scope, organization
from headgate.core.json import Json, JsonObject
from headgate.core.usage import Usage
from headgate.ledger.records import Account, Status
from tests.spending import MAXI, Sent, at, finished
from tests.web.admin_api.usage_desk import UsageDesk, usage_desk_at
from tests.web.api import read

GUS = Account("o-globex", "p-main", "u-gus", "")
DAY = "2026-11-20"
NOTHING = {"requests": 0, "input_tokens": 0, "output_tokens": 0, "cost": 0.0}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[UsageDesk]:
    with usage_desk_at(tmp_path) as desk:
        desk.store(finished(1), finished(2, Sent(to=MAXI), account=GUS), finished(3, Sent(usage=Usage(input=90))))
        yield desk


def priced(desk: UsageDesk, name: str, *, scope: Scope = PLATFORM) -> None:
    desk.offer(name, scope=scope, pricing={"input_per_1m_tokens": 1, "output_per_1m_tokens": 2})


def asked(desk: UsageDesk, body: JsonObject, *, by: str = "root") -> JsonObject:
    answer = desk.post("/what-if", body, by=by)
    assert answer.status_code == 200, answer.text
    found: JsonObject = read(answer)
    return found


# What if


def test_the_same_usage_is_reckoned_at_another_entrys_prices_beside_the_actual_cost(desk: UsageDesk) -> None:
    priced(desk, "cheap")

    found = asked(desk, {"model": "cheap"})

    assert found["what_if"] == {
        "least": 0.00013,
        "most": 0.00013,
        "lines": [
            {"bucket": "input", "count": 110, "rate_least": 0.000001, "rate_most": 0.000001},
            {"bucket": "output", "count": 10, "rate_least": 0.000002, "rate_most": 0.000002},
        ],
        "unpriced": [],
    }
    assert found["actual"]["cost"] == round(110 * 0.000003 + 10 * 0.000015 + 3 * 7e-12, 12)
    assert "another model may make more or fewer tokens" in found["note"]


def test_what_if_is_about_what_one_sees_and_asks_for(desk: UsageDesk) -> None:
    priced(desk, "cheap")

    assert asked(desk, {"model": "cheap", "served_model": "maxi"})["actual"]["requests"] == 1
    assert asked(desk, {"model": "cheap", "from": at("2026-11-21T00:00:00") // 1_000_000})["actual"]["requests"] == 0
    assert asked(desk, {"model": "cheap"}, by="mia")["actual"]["requests"] == 2
    assert asked(desk, {"model": "cheap", "organization": "globex"}, by="ann")["actual"]["requests"] == 0


def test_an_entry_without_a_price_says_so(desk: UsageDesk) -> None:
    desk.offer("dark")

    found = asked(desk, {"model": "dark"})["what_if"]

    assert (found["least"], found["most"], found["unpriced"]) == (None, None, ["input", "output"])


def test_an_entry_that_is_not_ones_to_see_is_the_same_404_as_none(desk: UsageDesk) -> None:
    priced(desk, "theirs", scope=organization("o-globex"))

    theirs, nobodys = (desk.post("/what-if", {"model": name}, by="ann") for name in ("theirs", "nobody"))

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.text.replace("theirs", "") == nobodys.text.replace("nobody", "")


@pytest.mark.parametrize(
    "body",
    [{}, {"model": 7}, {"model": "x", "status": "settled"}, {"model": "x", "user": 7}, {"model": "x", "from": "?"}],
)
def test_a_question_that_cannot_be_read_is_refused(desk: UsageDesk, body: JsonObject) -> None:
    answer = desk.post("/what-if", body)

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_BODY")


# Reconciliation


def compared(desk: UsageDesk, body: Json, *, by: str = "root", query: dict[str, str] | None = None) -> JsonObject:
    headers = {"content-type": "text/csv"} if isinstance(body, bytes) else None
    answer = desk.post("/reconcile", body, by=by, headers=headers, query=query)
    assert answer.status_code == 200, answer.text
    found: JsonObject = read(answer)
    return found


OPENAI = {"requests": 2, "input_tokens": 100, "output_tokens": 5, "cost": 0.000375000014}


def test_both_sides_are_shown_with_their_difference(desk: UsageDesk) -> None:
    row = {
        "provider": "openai",
        "model": "gpt-5-mini",
        "day": DAY,
        "requests": 3,
        "input_tokens": 100,
        "cost_usd": 0.01,
    }

    [found] = compared(desk, [row])["items"]

    assert found == {
        "provider": "openai",
        "model": "gpt-5-mini",
        "day": DAY,
        "side": "both",
        "theirs": {"requests": 3, "input_tokens": 100, "output_tokens": None, "cost": 0.01},
        "ours": OPENAI,
        "difference": {"requests": 1, "input_tokens": 0, "output_tokens": None, "cost": 0.009624999986},
        "exposure": 0.0,
    }


def test_rows_of_one_side_only_are_shown_for_the_providers_and_days_of_the_report(desk: UsageDesk) -> None:
    rows = [{"provider": "openai", "model": "gpt-4o", "day": day, "requests": 1} for day in ("2026-11-19", DAY)]

    found = compared(desk, rows)

    assert [(each["model"], each["day"], each["side"]) for each in found["items"]] == [
        ("gpt-4o", "2026-11-19", "theirs"), ("gpt-4o", DAY, "theirs"), ("gpt-5-mini", DAY, "ours"),
    ]  # fmt: skip
    assert found["differing"] == 3
    assert found["items"][-1]["difference"]["input_tokens"] == -100


def test_the_same_report_as_csv_says_the_same(desk: UsageDesk) -> None:
    text = b"\xef\xbb\xbfprovider,model,day,requests,input_tokens,output_tokens,cost_usd\r\n"
    text += b"openai,gpt-5-mini,2026-11-20,2,100,5,0.000375000014\r\n"

    found = compared(desk, text)

    assert found["differing"] == 0
    assert found["items"][0]["ours"] == found["items"][0]["theirs"] == OPENAI


def test_a_page_of_openais_usage_is_read_and_a_dated_model_meets_the_one_without_a_date(desk: UsageDesk) -> None:
    result = {
        "object": "organization.usage.completions.result",
        "input_tokens": 100,
        "output_tokens": 5,
        "input_cached_tokens": 0,
        "num_model_requests": 2,
        "project_id": None,
        "model": "gpt-5-mini-2025-08-07",
        "batch": None,
    }
    start = at("2026-11-20T00:00:00") // 1_000_000
    bucket = {"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": [result]}
    page = {"object": "page", "data": [bucket], "has_more": False, "next_page": None}

    [found] = compared(desk, page)["items"]

    assert (found["provider"], found["model"], found["day"], found["side"]) == ("openai", "gpt-5-mini", DAY, "both")
    assert found["difference"] == {**NOTHING, "cost": None}


def test_a_page_of_openais_costs_is_compared_day_by_day(desk: UsageDesk) -> None:
    results = [
        {
            "object": "organization.costs.result",
            "amount": {"value": value, "currency": "usd"},
            "line_item": item,
            "project_id": None,
        }
        for value, item in ((0.0003, "input"), (0.000075000014, "output"))
    ]
    start = at("2026-11-20T00:00:00") // 1_000_000
    page = {"object": "page", "data": [{"object": "bucket", "start_time": start, "results": results}]}

    found = compared(desk, [page])

    assert [(each["model"], each["side"], each["difference"]["cost"]) for each in found["items"]] == [
        (None, "both", 0.0)
    ]
    assert found["differing"] == 0


def test_each_organization_is_compared_with_its_own_usage(desk: UsageDesk) -> None:
    row = {"provider": "anthropic", "model": "claude-5", "day": DAY, "requests": 1}

    assert compared(desk, [row])["items"][0]["side"] == "both"
    assert compared(desk, [row], by="gus")["items"][0]["side"] == "both"
    assert compared(desk, [row], by="ann")["items"][0]["side"] == "theirs"
    assert compared(desk, [row], query={"organization": "acme"})["items"][0]["side"] == "theirs"
    assert compared(desk, [row], by="ann", query={"organization": "globex"})["items"][0]["side"] == "theirs"


@pytest.mark.parametrize("who", ["mia", "vic"])
def test_who_does_not_see_everybodys_usage_reconciles_nothing(desk: UsageDesk, who: str) -> None:
    assert desk.post("/reconcile", [], by=who).status_code == 403


def test_a_key_of_a_project_reconciles_nothing(desk: UsageDesk) -> None:
    bound = desk.town.key("acme", permissions=("llm:usage:read",), project="p-web")

    assert desk.post("/reconcile", [], by=bound).status_code == 403


def test_what_may_still_come_to_be_stands_apart(desk: UsageDesk) -> None:
    desk.store(finished(4, Sent(status=Status.UNKNOWN, usage=Usage(), hold=1_000_000)))

    [found] = compared(desk, [{"provider": "openai", "model": "gpt-5-mini", "day": DAY}])["items"]

    assert (found["ours"]["cost"], found["exposure"]) == (OPENAI["cost"], 0.000001)


@pytest.mark.parametrize(
    "row",
    [
        {"provider": "openai"}, {"day": DAY}, {"provider": "openai", "day": "today"},
        {"provider": "openai", "day": DAY, "requests": -1}, {"provider": "openai", "day": DAY, "input_tokens": 1.5},
        {"provider": "openai", "day": DAY, "cost_usd": "much"}, {"provider": "openai", "day": DAY, "cost_usd": 1e300},
        {"provider": "openai", "day": DAY, "requests": True}, {"provider": 7, "day": DAY},
        {"provider": "openai", "day": DAY, "price": 1},
        {"provider": "openai", "day": DAY, "requests": "0" * 5000 + "1"},
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_refused_with_its_place(desk: UsageDesk, row: JsonObject) -> None:
    answer = desk.post("/reconcile", [row])

    assert (answer.status_code, read(answer)["code"]) == (400, "INVALID_BODY")
    assert read(answer)["details"]


def test_an_amount_beyond_all_bounds_is_refused_as_any_other(desk: UsageDesk) -> None:
    row = b'[{"provider": "openai", "day": "2026-11-20", "cost_usd": 1e999999999}]'

    assert desk.post("/reconcile", row).status_code == 400


@pytest.mark.parametrize("body", [b"{", b"7", b"[7]", b"\xff"])
def test_what_is_no_report_is_refused(desk: UsageDesk, body: bytes) -> None:
    assert desk.post("/reconcile", body).status_code == 400
