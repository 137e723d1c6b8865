# SPDX-License-Identifier: MIT
"""What a person reads: the table on the terminal, and report.md, report.json and charts."""

import json
from dataclasses import asdict
from pathlib import Path

from . import chart
from .paired import summarize

RATE = "events_per_second"
METRICS_PER_LINE = 5


def show(metric, value):
    """A value with the unit its name implies."""
    if metric == RATE:
        return f"{value / 1e6:.2f} M/s"
    if metric.endswith("_ns"):
        return duration(value)
    if metric.endswith("_percent"):
        return f"{value:.4f} %"
    if metric.endswith("_ms"):
        return f"{value:.2f} ms"
    if metric.endswith("_mib"):
        return f"{value:.1f} MiB"
    if metric.startswith("seconds"):
        return f"{value:.3f} s"
    return f"{value:.4g}"


def duration(nanoseconds):
    for limit, unit in ((1e3, "ns"), (1e6, "us"), (1e9, "ms")):
        if abs(nanoseconds) < limit:
            return f"{nanoseconds / (limit / 1e3):.3g} {unit}"
    return f"{nanoseconds / 1e9:.3g} s"


def describe_metric(metric):
    return {RATE: "throughput"}.get(metric, metric.replace("_ns", "").replace("_", " "))


def ratio_text(verdict, value):
    return f"{value:.2f}x" if verdict.unit == "x" else f"{value:.4g} {verdict.unit}"


def bound_text(verdict):
    sign = ">=" if verdict.better == "higher" else "<="
    parts = []
    if verdict.must is not None:
        parts.append(f"must {sign} {verdict.must:g}")
    if verdict.goal is not None:
        parts.append(f"goal {sign} {verdict.goal:g}")
    return ", ".join(parts)


def verdict_rows(verdicts):
    for verdict in verdicts:
        sign = "-" if verdict.difference else "/"
        what = f"{verdict.subject} {sign} {verdict.against}" if verdict.against else verdict.subject
        if verdict.metric != RATE:
            what += f", {describe_metric(verdict.metric)}"
        if verdict.over:
            what += f" - {describe_metric(verdict.over)}"
        low, high = verdict.value.low, verdict.value.high
        yield (
            verdict.word,
            what,
            ratio_text(verdict, verdict.value.median),
            f"{low:.3g} .. {high:.3g}",
            bound_text(verdict),
            f"{verdict.wins}/{verdict.value.count}",
            verdict.due,
        )


def entry_rows(outcome):
    for name, runs in outcome.runs.items():
        cells = []
        for metric in outcome.workload.metrics:
            values = [run["metrics"][metric] for run in runs if metric in run["metrics"]]
            if not values:
                cells.append(("-", ""))
                continue
            found = summarize(values)
            spread = f"({show(metric, found.low)} .. {show(metric, found.high)})"
            cells.append((show(metric, found.median), spread if found.count > 1 else ""))
        yield name, cells


def notes(outcome):
    """What a reader must know before believing the figures."""
    crowded = {
        name: (int(runs[0]["threads"]), int(runs[0]["cores"]))
        for name, runs in outcome.runs.items()
        if runs[0].get("threads", 0) > runs[0].get("cores", 0) > 0
    }
    if crowded:
        listed = ", ".join(f"{name} {threads}" for name, (threads, _) in crowded.items())
        cores = next(iter(crowded.values()))[1]
        yield f"more threads than the {cores} cores: {listed}"
    for name, runs in outcome.runs.items():
        together = sum(
            len(run.get("handler_cpus", [])) == 1
            and run.get("publisher_cpus") == run.get("handler_cpus")
            for run in runs
        )
        if together:
            yield f"{name}: publisher and handler on one core only in {together} of {len(runs)}"
    if any(share > 0.05 for share in outcome.steal):
        yield f"the host took away up to {max(outcome.steal):.0%} of the CPU in a repetition"
    for entry in outcome.missing:
        yield f"{entry.name}: not built here ({entry.competitor}, {entry.workload})"
    for failure in outcome.failures:
        yield f"FAILED {failure}"


def columns(rows):
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
            for row in rows]


def entry_table(outcome):
    """One row per entry; turned on its side when there are more metrics than fit a line."""
    metrics = [describe_metric(metric) for metric in outcome.workload.metrics]
    table = [("", *metrics)]
    for name, cells in entry_rows(outcome):
        table.append((name, *(f"{value} {spread}".strip() for value, spread in cells)))
    return list(zip(*table)) if len(metrics) > METRICS_PER_LINE else table


def print_outcome(outcome, verdicts):
    workload = outcome.workload
    print(f"\n{workload.label}  {workload.name}: {workload.title}")
    table = entry_table(outcome)
    if outcome.runs:
        print("\n".join("  " + line for line in columns(table)))
    rows = list(verdict_rows(verdicts))
    if rows:
        head = ("", "paired", "median", "range", "target", "held", "due")
        print("\n".join("  " + line for line in columns([head, *rows])))
    for note in notes(outcome):
        print(f"  note: {note}")


def markdown_table(rows):
    head, *body = rows
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in body]


def write_markdown(path, host, settings, results):
    lines = ["# Bench report", ""]
    lines += [f"- {key.replace('_', ' ')}: {value}" for key, value in {**host, **settings}.items()]
    lines += ["", "A ratio is the median over repetitions in which both ran side by side; `held` is"
              " in how many of them alone the bound was met.", ""]
    summary = [("", "workload", "paired", "median", "range", "target", "held", "due")]
    for outcome, verdicts in results:
        summary += [(row[0], outcome.workload.label, *row[1:]) for row in verdict_rows(verdicts)]
    if len(summary) > 1:
        lines += ["## Targets", "", *markdown_table(summary), ""]
    for outcome, _ in results:
        workload = outcome.workload
        lines += [f"## {workload.label}: {workload.title}", ""]
        if outcome.runs:
            table = markdown_table(entry_table(outcome))
            lines += [*table, "", f"![{workload.name}]({workload.name}.svg)", ""]
        lines += [f"- {note}" for note in notes(outcome)] + [""]
    path.write_text("\n".join(lines), encoding="utf-8")


def write_chart(folder, outcome):
    metric = outcome.workload.metrics[0]
    rows = []
    for name, runs in outcome.runs.items():
        values = [run["metrics"][metric] for run in runs if metric in run["metrics"]]
        if values:
            found = summarize(values)
            rows.append((name, found, show(metric, found.median), name.startswith("stentor")))
    if rows:
        subtitle = f"{describe_metric(metric)}; bar: median, line: range over the repetitions"
        title = f"{outcome.workload.label}: {outcome.workload.title}"
        text = chart.bars(title, subtitle, rows)
        (folder / f"{outcome.workload.name}.svg").write_text(text, encoding="utf-8")


def write(folder, host, settings, results):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for outcome, _ in results:
        write_chart(folder, outcome)
    write_markdown(folder / "report.md", host, settings, results)
    document = {
        "host": host,
        "settings": settings,
        "workloads": [
            {
                "label": outcome.workload.label,
                "name": outcome.workload.name,
                "title": outcome.workload.title,
                "steal": outcome.steal,
                "runs": outcome.runs,
                "targets": [{**asdict(verdict), "result": verdict.word} for verdict in verdicts],
                "notes": list(notes(outcome)),
            }
            for outcome, verdicts in results
        ],
    }
    (folder / "report.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
