"""Headgate as a contender: everything is on before it is measured."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench import headgate
from bench.books import BooksWrong, verify
from bench.children import Children
from bench.conversation import WHOLE_MODEL, whole_answer
from bench.cores import choose_cores
from bench.headgate import WrongAnswer
from bench.management import call
from bench.site import Site

PROGRAM = Path(sys.executable).with_name("headgate")


class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        answer = whole_answer()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as origin, Children(tmp_path) as children:
        threading.Thread(target=origin.serve_forever, daemon=True).start()
        port = origin.server_address[1]
        yield Site(children, tmp_path, choose_cores(), answers_port=port, streams_port=port)
        origin.shutdown()


def test_what_is_measured_keeps_books_has_budgets_and_limits(site: Site) -> None:
    running = headgate.start(site, PROGRAM, data=site.folder / "data")

    target = headgate.open_models(running, site)

    assert target.books is not None
    assert target.books.count() == 1
    for what in ("budgets", "limits"):
        found = call(running.port, "GET", f"/admin/v1/{what}", token=running.token)["items"]
        assert isinstance(found, list)
        assert {each["subject_kind"] for each in found} == {"organization", "key"}
    verify(PROGRAM, running.data, core=site.cores.load)


def test_books_that_do_not_agree_end_the_measurement(site: Site) -> None:
    running = headgate.start(site, PROGRAM, data=site.folder / "data")
    headgate.open_models(running, site)
    site.children.end(running.child)
    with sqlite3.connect(running.data / "ledger.sqlite3") as ledger:
        ledger.execute("UPDATE ledger_rollup SET requests = requests + 1")

    with pytest.raises(BooksWrong, match="ledger verify"):
        verify(PROGRAM, running.data, core=site.cores.load)


def test_a_gateway_without_limits_is_not_measured(site: Site) -> None:
    running = headgate.start(site, PROGRAM, data=site.folder / "data")
    model = headgate.entry(WHOLE_MODEL, site.answers_port)
    call(running.port, "POST", "/v1/models", token=running.token, document=model)
    made = call(running.port, "POST", "/admin/v1/keys", token=running.token, document={"name": "unbound"})

    with pytest.raises(WrongAnswer, match="x-ratelimit-limit-requests"):
        headgate.prove_served(running.port, headgate.key_in(made))
