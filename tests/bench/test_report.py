"""The page that a measurement writes."""

from bench.budgets import HEADGATE, NGINX, SMALL_BODY
from bench.figures import Spread
from bench.process_tree import Memory
from bench.report import MEBIBYTE, Results, is_success, render, spread_text, table
from bench.runs import Failed, Run, Series


def run(microseconds: float) -> Run:
    return Run(
        cpu_seconds_per_unit=microseconds / 1e6,
        units_per_second=46_123.4,
        wait_p50=0.0007,
        wait_p95=0.0011,
        gateway_core_others=0.012,
        load_core_busy=0.98,
    )


def results(*headgate: Run | Failed) -> Results:
    return Results(
        command="python -m bench",
        day="2026-11-20",
        machine="2 cores of something",
        versions={"nginx": "1.22.1", "envoy": "1.39.3"},
        workloads={SMALL_BODY: {NGINX: Series(tuple(run(10) for _ in headgate)), HEADGATE: Series(headgate)}},
        units={SMALL_BODY: "request"},
        at_rest={HEADGATE: Memory(60 * MEBIBYTE, 80 * MEBIBYTE)},
        afterwards={HEADGATE: Memory(70 * MEBIBYTE, 90 * MEBIBYTE)},
        start_seconds=[1.0, 1.2, 1.1],
    )


def test_a_table_has_a_rule_under_its_header() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_a_spread_is_written_with_its_ends() -> None:
    assert spread_text(Spread(1.875, 1.8, 2.0), "x") == "1.88x (1.80-2.00)"


def test_a_single_value_is_written_alone() -> None:
    assert spread_text(Spread(61.0, 61.0, 61.0), " MiB") == "61.00 MiB"


def test_what_was_not_measured_is_a_dash() -> None:
    assert spread_text(None, "x") == "-"


def test_the_page_says_how_it_was_made_and_what_came_out() -> None:
    page = render(results(run(20), run(22), run(21)))

    assert "Given by `python -m bench` on 2026-11-20." in page
    assert "- Versions: nginx 1.22.1, envoy 1.39.3" in page
    assert "| CPU per request, 0.7 KB body, against nginx | 2.10x (2.00-2.20) | 2.5x | met |" in page
    assert "| CPU per request, 0.7 KB body, against Envoy | - | 1x | not measured |" in page
    assert "| memory (PSS) at rest | 60.00 MiB | 100 MiB | met |" in page
    assert "| start on an empty data directory until ready | 1.10 s (1.00-1.20) | 1.5 s | met |" in page
    assert "| Headgate | 21.0 us (20.0-22.0) | 46,123 | 0.7 / 1.1 ms | 1% | 98% busy |" in page
    assert "| Headgate | 60 MiB (80 MiB) | 70 MiB (90 MiB) |" in page
    assert "Runs that failed" not in page


def test_a_run_that_failed_is_named_with_its_reason() -> None:
    page = render(results(run(20), Failed("3 of 90 answers were wrong, status 502")))

    assert "- 0.7 KB body, Headgate: 3 of 90 answers were wrong, status 502" in page


def test_success_needs_every_run() -> None:
    assert is_success(results(run(20), run(20)))
    assert not is_success(results(run(20), Failed("status 502")))


def test_success_needs_every_measured_budget() -> None:
    assert not is_success(results(run(26), run(26)))


def test_a_contender_without_a_single_good_run_is_shown_empty() -> None:
    page = render(results(Failed("refused")))

    assert "| Headgate | - | - | - | - | - |" in page
