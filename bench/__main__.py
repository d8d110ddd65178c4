"""`python -m bench`: measure, print the table, and after a full measurement write bench/RESULTS.md.

The exit status is 0 if every run succeeded and every budget that was measured is met.
"""

import argparse
import datetime as dt
import sys
from pathlib import Path

from bench import machine
from bench.books import BooksWrong
from bench.children import StartFailed, end_politely
from bench.headgate import WrongAnswer
from bench.management import CallRefused
from bench.measurement import Measurement, Part
from bench.plan import plan_for
from bench.report import Results, is_success, render
from bench.runs import say
from bench.tools import Tools, ToolsMissing, find_tools, install
from bench.workloads import RunFailed

RESULTS_PAGE = Path(__file__).parent / "RESULTS.md"


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Headgate beside nginx and Envoy.")
    parser.add_argument("--peers", action="store_true", help="also LiteLLM and Portkey")
    parser.add_argument("--quick", action="store_true", help="some minutes: shows that it works, is no measurement")
    parser.add_argument("--pairs", type=int, help="interleaved runs of each contender (default 9, quick 3)")
    parser.add_argument("--only", type=Part, action="append", choices=list(Part), help="measure only this part")
    parser.add_argument("--output", type=Path, help="where to write the page (default: bench/RESULTS.md if complete)")
    parser.add_argument("--install", action="store_true", help="install Envoy, and with --peers the peers, and stop")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    end_politely()
    try:
        if options.install:
            install(peers=options.peers)
            return 0
        tools = find_tools(peers=options.peers)
    except ToolsMissing as missing:
        say(str(missing))
        return 2
    return _measure(options, arguments, tools)


def _measure(options: argparse.Namespace, arguments: list[str], tools: Tools) -> int:
    results = Results(
        command=" ".join(["python -m bench", *arguments]),
        day=dt.datetime.now(tz=dt.UTC).date().isoformat(),
        machine=machine.describe(),
        versions=tools.versions,
    )
    plan = plan_for(quick=options.quick, peers=options.peers, pairs=options.pairs)
    if options.quick:
        results.notes.append("This was a quick run: it shows that the bench works and measures nothing.")
    try:
        Measurement(plan, tools, results, frozenset(options.only or Part)).run()
    except (StartFailed, CallRefused, WrongAnswer, RunFailed, BooksWrong, OSError) as error:
        say(f"the measurement ended early: {error}")
        return 2
    page = render(results)
    sys.stdout.write(page)
    complete = not options.quick and not options.only
    if target := options.output or (RESULTS_PAGE if complete else None):
        target.write_text(page)
    return 0 if is_success(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
