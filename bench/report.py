"""The result as a page of Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.budgets import HEADGATE, Row, Verdict, memory_row, ratio_rows, start_row
from bench.figures import Spread, paired_ratios, spread
from bench.process_tree import Memory
from bench.runs import Run, Series

MEBIBYTE = 1024 * 1024


@dataclass(slots=True)
class Results:
    """Everything that was measured."""

    command: str
    day: str
    machine: str
    versions: Mapping[str, str]
    workloads: dict[str, dict[str, Series]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    at_rest: dict[str, Memory] = field(default_factory=dict)
    afterwards: dict[str, Memory] = field(default_factory=dict)
    start_seconds: list[float] = field(default_factory=list)
    peers: dict[str, dict[str, Series]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    """Budgets whose parts judge them themselves."""
    sections: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def budget_rows(results: Results) -> list[Row]:
    rest, after = results.at_rest.get(HEADGATE), results.afterwards.get(HEADGATE)
    return [
        *ratio_rows(results.workloads),
        memory_row("memory (PSS) at rest", None if rest is None else rest.pss_bytes / MEBIBYTE),
        memory_row("memory (PSS) after the runs", None if after is None else after.pss_bytes / MEBIBYTE),
        start_row(results.start_seconds),
        *results.rows,
    ]


def failures(results: Results) -> list[str]:
    """Every run that yields no figure, with the reason."""
    return [
        f"{workload}, {contender}: {reason}"
        for measured in (results.workloads, results.peers)
        for workload, of_workload in measured.items()
        for contender, series in of_workload.items()
        for reason in series.failures
    ]


def is_success(results: Results) -> bool:
    """No run failed and no budget that was measured is exceeded."""
    return not failures(results) and all(row.verdict is not Verdict.NOT_MET for row in budget_rows(results))


def render(results: Results) -> str:
    sections = [
        _head(results),
        _budgets(results),
        *(_workload(name, of_workload, results.units[name]) for name, of_workload in results.workloads.items()),
        *results.sections,
        _memory(results),
        *(_peers(name, of_workload, results.units[name]) for name, of_workload in results.peers.items()),
        _list("Runs that failed", failures(results)),
        _list("Notes", results.notes),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def spread_text(measured: Spread | None, unit: str) -> str:
    if measured is None:
        return "-"
    if measured.low == measured.high:
        return f"{measured.median:.2f}{unit}"
    return f"{measured.median:.2f}{unit} ({measured.low:.2f}-{measured.high:.2f})"


def _head(results: Results) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return "\n".join(
        [
            "# Measurements",
            "",
            f"Given by `{results.command}` on {results.day}.",
            "",
            f"- Machine: {results.machine}",
            f"- Versions: {versions}",
            "- Every ratio is the median of the ratios of interleaved runs, with the lowest and the highest.",
            "- The gateway has one core to itself; load generator and origin share another. Everything is loopback.",
            "- CPU is user and system time of the contender's whole process tree.",
            "- Headgate has everything on: prices, hard budgets and limits on the organization and the key, the",
            "  journal as it comes, the ledger. What the ledger has to be told of a run is part of the run.",
            "- A stream is 103 events, 100 of them pieces of text, 20 ms apart, on a connection of its own.",
            "- A run in which any answer is not right (status, text, end of the stream), or has no row in",
            "  Headgate's ledger, yields no figure.",
        ]
    )


def _budgets(results: Results) -> str:
    rows = [
        [row.what, spread_text(row.measured, row.unit), f"{row.limit:g}{row.unit}", str(row.verdict)]
        for row in budget_rows(results)
    ]
    return "## Budgets\n\n" + table(["what", "measured", "at most", "verdict"], rows)


def _workload(name: str, of_workload: Mapping[str, Series], unit: str) -> str:
    wait = "time to first token" if unit == "chunk" else "latency"
    header = ["contender", f"CPU per {unit}", f"{unit}s/s", f"{wait} p50 / p95", "core used by others", "load core"]
    return f"## {name}\n\n" + table(header, [_contender_row(who, series) for who, series in of_workload.items()])


def _contender_row(who: str, series: Series) -> list[str]:
    runs = series.succeeded
    cpu = spread([run.cpu_seconds_per_unit * 1e6 for run in runs])
    if cpu is None:
        return [who, "-", "-", "-", "-", "-"]
    return [
        who,
        f"{cpu.median:.1f} us ({cpu.low:.1f}-{cpu.high:.1f})",
        f"{median(run.units_per_second for run in runs):,.0f}",
        _waits(runs),
        f"{median(run.gateway_core_others for run in runs):.0%}",
        f"{median(run.load_core_busy for run in runs):.0%} busy",
    ]


def _waits(runs: Sequence[Run]) -> str:
    p50, p95 = median(run.wait_p50 for run in runs), median(run.wait_p95 for run in runs)
    return f"{p50 * 1e3:.1f} / {p95 * 1e3:.1f} ms"


def _memory(results: Results) -> str:
    if not results.at_rest:
        return ""
    rows = [
        [who, _mebibytes(memory), _mebibytes(results.afterwards.get(who))] for who, memory in results.at_rest.items()
    ]
    return "## Memory: PSS (RSS)\n\n" + table(["contender", "at rest", "after the runs"], rows)


def _mebibytes(memory: Memory | None) -> str:
    if memory is None:
        return "-"
    return f"{memory.pss_bytes / MEBIBYTE:.0f} MiB ({memory.rss_bytes / MEBIBYTE:.0f} MiB)"


def _peers(name: str, of_workload: Mapping[str, Series], unit: str) -> str:
    headgate = of_workload.get(HEADGATE)
    rows = []
    for who, series in of_workload.items():
        ratios = paired_ratios(series.cpu(), headgate.cpu()) if headgate else []
        rows.append([*_contender_row(who, series), spread_text(spread(ratios), "x")])
    header = [
        "contender",
        f"CPU per {unit}",
        f"{unit}s/s",
        "p50 / p95",
        "core used by others",
        "load core",
        "Headgate = 1",
    ]
    return f"## Other gateways: {name}\n\n" + table(header, rows)


def _list(title: str, lines: Sequence[str]) -> str:
    return f"## {title}\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""
