"""`/admin/v1/prices`: whole price lists, in force, planned and past."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from headgate.core.json import Json
from headgate.web import times
from tests.web.admin_api.price_sheets import (
    DAY,
    OTHER,
    PATH,
    SHORT,
    WHOLE,
    add,
    code,
    later,
    patch,
    pricing,
    said,
    sheet,
)
from tests.web.api import Api, read


@pytest.fixture
def priced(api: Api) -> Api:
    api.create("m", pricing=SHORT)
    return api


def test_a_whole_list_reads_as_it_was_written(priced: Api) -> None:
    answer = priced.ask("POST", PATH, query={"model": "m"}, body=WHOLE)

    shown = msgspec.json.decode(answer.content, type=dict[str, Json])["price"]
    assert said(shown) == WHOLE
    assert said(sheet(priced)["price"]) == WHOLE
    assert b'"per_request":0.000000000001' in answer.content or b'"per_request":1E-12' in answer.content


def test_a_list_counts_at_once_and_shows_as_the_short_form(priced: Api) -> None:
    shown = add(priced, WHOLE)

    assert shown["price"]["effective_at"] == times.written(priced.desk.clock.wall())
    assert pricing(priced) == {"input_per_1m_tokens": 3, "output_per_1m_tokens": 12.5}


def test_a_list_that_is_in_force_already_changes_nothing(priced: Api) -> None:
    add(priced, WHOLE)
    before = priced.desk.snapshot.revision

    add(priced, WHOLE)

    assert priced.desk.snapshot.revision == before


def test_what_is_planned_counts_from_its_instant_without_another_write(priced: Api) -> None:
    shown = add(priced, {**OTHER, "effective_at": later(priced, DAY)})
    before = pricing(priced)

    priced.wait(DAY)

    assert ([said(each) for each in shown["planned"]], before) == ([OTHER], SHORT)
    assert (pricing(priced), priced.desk.snapshot.revision) == (OTHER, 2)
    assert (said(sheet(priced)["price"]), sheet(priced)["planned"]) == (OTHER, [])


def test_the_etag_changes_when_a_planned_price_begins(priced: Api) -> None:
    add(priced, {**OTHER, "effective_at": later(priced, DAY)})
    tag = priced.ask("GET", "/v1/models/m").headers["etag"]
    priced.wait(DAY)

    again = priced.ask("GET", "/v1/models/m", headers={"if-none-match": tag})
    stale = priced.ask("PATCH", "/v1/models/m", body={"region": "eu"}, headers={"if-match": tag})
    fresh = priced.ask("PATCH", "/v1/models/m", body={"region": "eu"}, headers={"if-match": again.headers["etag"]})

    assert (again.status_code, stale.status_code, fresh.status_code) == (200, 412, 200)


def test_what_is_shown_changes_nothing_when_it_is_sent_back_after_a_planned_price_began(priced: Api) -> None:
    add(priced, {**WHOLE, "effective_at": later(priced, DAY)})
    add(priced, {**OTHER, "effective_at": later(priced, 2 * DAY)})
    priced.wait(DAY)

    answer = priced.ask("PATCH", "/v1/models/m", body=read(priced.ask("GET", "/v1/models/m")))
    listed = read(priced.ask("GET", "/v1/models"))["items"]
    replaced = priced.ask("PUT", "/v1/models", body={"models": listed})

    assert (answer.status_code, replaced.status_code, priced.desk.snapshot.revision) == (200, 200, 3)
    assert said(sheet(priced)["price"]) == WHOLE


def test_another_short_form_counts_from_now_and_leaves_what_is_planned(priced: Api) -> None:
    add(priced, WHOLE)
    add(priced, {**OTHER, "effective_at": later(priced, DAY)})

    patch(priced, SHORT)

    found = sheet(priced)
    assert (said(found["price"]), [said(each) for each in found["planned"]]) == (SHORT, [OTHER])


def test_going_back_to_the_short_form_of_before_a_planned_price_is_a_change(priced: Api) -> None:
    add(priced, {**OTHER, "effective_at": later(priced, DAY)})
    priced.wait(DAY)

    patch(priced, SHORT)

    assert (pricing(priced), said(sheet(priced)["price"])) == (SHORT, SHORT)


@pytest.mark.parametrize("nothing", [None, {}])
def test_no_short_form_is_no_price_from_now_on(priced: Api, nothing: Json) -> None:
    add(priced, WHOLE)

    patch(priced, nothing)

    assert (pricing(priced), sheet(priced)["price"]) == ({}, None)


def test_zero_says_free(priced: Api) -> None:
    free = {"input_per_1m_tokens": 0, "output_per_1m_tokens": 0}

    patch(priced, free)

    assert said(sheet(priced)["price"]) == free


def test_a_price_without_tokens_has_no_short_form(priced: Api) -> None:
    add(priced, {"per_image": 0.04})

    assert (pricing(priced), said(sheet(priced)["price"])) == ({}, {"per_image": 0.04})


def test_the_past_is_answered_from_the_revisions(priced: Api) -> None:
    asked = [later(priced, -DAY), later(priced, 0)]
    priced.wait(DAY)
    patch(priced, OTHER)
    priced.wait(DAY)
    asked.append(later(priced, -1))
    add(priced, WHOLE)

    found = [said(sheet(priced, as_of=each)["price"]) for each in asked]

    assert found == [None, SHORT, OTHER]
    assert said(sheet(priced)["price"]) == WHOLE


def test_the_future_is_answered_from_what_is_planned(priced: Api) -> None:
    add(priced, {**OTHER, "effective_at": later(priced, DAY)})

    before, after = (sheet(priced, as_of=later(priced, seconds)) for seconds in (DAY - 1, DAY + 1))

    assert (said(before["price"]), said(after["price"])) == (SHORT, OTHER)
    assert ([said(each) for each in before["planned"]], after["planned"]) == ([OTHER], [])


def test_an_instant_may_be_in_unix_seconds(priced: Api) -> None:
    instant = int(priced.desk.clock.wall()) + DAY
    add(priced, {**OTHER, "effective_at": instant})

    assert said(sheet(priced, as_of=str(instant))["price"]) == OTHER


def test_the_history_says_who_wrote_what_when_newest_first(priced: Api) -> None:
    priced.wait(60)
    priced.ask("PATCH", "/v1/models/m", body={"region": "eu"})
    add(priced, OTHER)

    history = sheet(priced)["history"]

    assert [(each["revision"], each["by"], each["action"]) for each in history] == [
        (3, "user:u-root", "update"),
        (1, "user:u-root", "create"),
    ]
    assert [said(each["price"]) for each in history] == [OTHER, SHORT]
    assert [each["price"]["effective_at"] == each["at"] for each in history] == [True, True]


def test_the_history_is_read_in_parts(priced: Api) -> None:
    add(priced, OTHER)

    first = sheet(priced, limit="1")
    rest = sheet(priced, limit="1", before="2")

    assert ([each["revision"] for each in first["history"]], first["has_more"]) == ([2], True)
    assert ([each["revision"] for each in rest["history"]], rest["has_more"]) == ([1], False)


def test_a_planned_price_is_withdrawn(priced: Api) -> None:
    instant = later(priced, DAY)
    add(priced, {**OTHER, "effective_at": instant})

    answer = priced.ask("DELETE", PATH, query={"model": "m", "effective_at": instant})

    assert (answer.status_code, read(answer)["planned"]) == (200, [])
    assert code(priced, "DELETE", model="m", effective_at=instant) == (404, "NOT_FOUND")


def test_a_list_takes_the_place_of_one_planned_for_the_same_instant(priced: Api) -> None:
    instant = later(priced, DAY)
    add(priced, {**OTHER, "effective_at": instant})

    shown = add(priced, {**WHOLE, "effective_at": instant})

    assert [said(each) for each in shown["planned"]] == [WHOLE]


def test_a_name_may_contain_slashes(api: Api) -> None:
    api.create("team/gpt-4o", pricing=SHORT)

    assert said(sheet(api, "team/gpt-4o")["price"]) == SHORT


def test_a_revision_and_a_plan_show_prices_in_usd(priced: Api) -> None:
    add(priced, {**WHOLE, "effective_at": later(priced, DAY)})

    change = read(priced.ask("GET", "/admin/v1/catalogue/revisions/2"))["changes"][0]
    models = {"models": [{"model_id": "m", "type": "completion", "pricing": OTHER}]}
    planned = read(priced.ask("POST", "/admin/v1/catalogue/plan", body=models))["differences"][0]

    assert [(each["path"], each["before"]) for each in change["fields"]] == [("prices", None)]
    assert [said(each) for each in change["fields"][0]["after"]] == [WHOLE]
    assert {"path": "pricing", "before": SHORT, "after": OTHER} in planned["fields"]
    assert not [each for each in planned["fields"] if each["path"] == "prices"]


def test_going_back_puts_the_former_price_in_force_and_leaves_the_past_as_it_was(priced: Api) -> None:
    add(priced, {**WHOLE, "effective_at": later(priced, 3 * DAY)})
    priced.wait(DAY)
    patch(priced, OTHER)
    between = later(priced, 0)
    priced.wait(DAY)

    priced.ask("POST", "/admin/v1/catalogue/rollback", body={"revision": 2})

    assert (said(sheet(priced)["price"]), said(sheet(priced, as_of=between)["price"])) == (SHORT, OTHER)
    priced.wait(DAY)
    assert said(sheet(priced)["price"]) == WHOLE


def test_amounts_are_exact(priced: Api) -> None:
    body = b'{"input_per_1m_tokens":999999.999999,"output_per_1m_tokens":0.000001,"per_second":9999.999999999999}'

    answer = priced.ask("POST", PATH, query={"model": "m"}, body=body)

    price = priced.desk.snapshot.by_uid(read(answer)["uid"])
    assert price is not None
    rates = price.schedule[-1].price
    assert rates is not None
    assert (rates.base.input, rates.base.output, rates.base.second) == (
        999_999_999_999,
        1,
        int(Decimal("9999.999999999999") * 10**12),
    )
