"""What is known of whether entries work, and what follows from it, in a running gateway."""

from __future__ import annotations

from tests.end_to_end.chat import whole
from tests.end_to_end.gateway import UPSTREAM_KEY, Gateway
from tests.origin.script import answer, answering, expect, forever, send, until_closed
from tests.origin.server import Origin, refusing

REFUSAL = answer(b'{"error":{"message":"wrong key %b"}}' % UPSTREAM_KEY.encode(), status=401)


def test_an_entry_whose_key_was_refused_stands_in_for_no_other(gateway: Gateway) -> None:
    with Origin(answering(REFUSAL)) as broken, Origin(answering(whole("Hello"))) as working, refusing() as url:
        last = gateway.add(working.url)
        stand_in = gateway.add(broken.url, {"failover": last})
        model = gateway.add(url, {"failover": stand_in})
        gateway.chat(stand_in)
        got = gateway.chat(model)

    assert (got.status, got.headers["x-headgate-model"], got.headers["x-headgate-attempts"]) == (200, last, "2")
    assert len(broken.requests) == 1
    gateway.comes_to_rest()


def test_an_entry_that_serves_again_stands_in_again(gateway: Gateway) -> None:
    script = [expect(), send(REFUSAL), forever(expect(), send(whole("Hello")))]
    with Origin(script, [until_closed()]) as origin, refusing() as url:
        stand_in = gateway.add(origin.url)
        model = gateway.add(url, {"failover": stand_in})
        refused = gateway.chat(stand_in)
        without = gateway.chat(model)
        gateway.chat(stand_in)
        got = gateway.chat(model)

    assert [each.status for each in (refused, without, got)] == [502, 502, 200]
    gateway.comes_to_rest()


def test_a_smoke_test_shows_the_answer_and_never_the_key(gateway: Gateway) -> None:
    with Origin(answering(REFUSAL)) as broken, Origin(answering(whole("Hello"))) as working:
        good = gateway.ask("POST", "/v1/test", {"modelId": gateway.add(working.url)})
        bad = gateway.ask("POST", "/v1/test", {"modelId": gateway.add(broken.url)})

    assert (good["ok"], bad["ok"]) == (True, False)
    assert UPSTREAM_KEY not in repr(bad)
    gateway.comes_to_rest()
