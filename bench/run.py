#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the bench suite: every workload with all its competitors, interleaved and verified.

    bench/run.py                       everything, nine repetitions
    bench/run.py --filter W1,memory    some workloads, by label or by part of the name
    bench/run.py --quick               tiny counts, one repetition: does it still run?
    bench/run.py --compare old=PATH    another build's engine as one more competitor

Exits 1 when a run could not be verified, and with --gate also when a target is missed.
"""

import argparse
import random
import sys
from dataclasses import replace
from pathlib import Path

from suite import host, report, schedule, workloads
from suite.compiler import find_compiler
from suite.competitor import find_executable
from suite.micro import MicroCompetitor
from suite.paired import judge

ROOT = Path(__file__).resolve().parent.parent


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="Reports go to --out as JSON, Markdown and SVG."
    )
    parser.add_argument("--filter", default="", metavar="X[,Y]", help="labels or parts of names")
    parser.add_argument("--repetitions", type=int, default=9, metavar="N", help="default 9")
    parser.add_argument("--seconds", type=float, default=0.25, metavar="S",
                        help="length of one throughput run, default 0.25")
    parser.add_argument("--quick", action="store_true", help="smoke mode")
    parser.add_argument("--gate", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--seed", type=int, default=None, help="of the shuffling; printed")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", metavar="DIR",
                        help="build folder, default build/bench")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "report", metavar="DIR")
    parser.add_argument("--compare", action="append", default=[], metavar="NAME=PATH",
                        help="an engine executable of another build, run beside this one")
    parser.add_argument("--list", action="store_true", help="list the workloads and stop")
    return parser.parse_args()


def with_compared(workload, names):
    """The same workload with one more entry per compared build and engine entry."""
    extra = [
        replace(entry, name=f"{entry.name} [{name}]", competitor=name)
        for name in names
        for entry in workload.entries
        if entry.competitor == "engine"
    ]
    targets = [
        workloads.Target(f"{entry.name}", f"{entry.name} [{name}]", None, None, "-",
                         workload.metrics[0])
        for name in names
        for entry in workload.entries
        if entry.competitor == "engine"
    ]
    return replace(workload, entries=workload.entries + extra, targets=workload.targets + targets)


def main():
    arguments = parse_arguments()
    chosen = workloads.select(arguments.filter)
    if arguments.list or not chosen:
        for workload in workloads.SUITE:
            print(f"{workload.label:10} {workload.name:16} {workload.title}")
        return 0 if arguments.list else 2
    compared = dict(pair.split("=", 1) for pair in arguments.compare)
    chosen = [with_compared(workload, compared) for workload in chosen]
    folder = arguments.build / "bench" / "bin"
    if not folder.is_dir():
        print(f"no benches in {folder}: build them first (./dev bench does)", file=sys.stderr)
        return 2

    def locate(name):
        if name == "compiler":
            return find_compiler(arguments.build, ROOT)
        path = Path(compared[name]) if name in compared else find_executable(folder, name)
        return MicroCompetitor(path) if name == "micro" and path else path

    seed = random.SystemRandom().randrange(10**6) if arguments.seed is None else arguments.seed
    options = schedule.Options(arguments.repetitions, arguments.seconds, arguments.quick)
    settings = {"seed": seed, "repetitions": 1 if options.quick else options.repetitions,
                "seconds_per_run": options.seconds, "quick": options.quick}
    machine = host.describe()
    print(f"{machine['cpu']}, {machine['cores']} cores, kernel {machine['kernel']}; seed {seed}")
    if machine["load_at_start"] > 0.5:
        print(f"note: the machine is not idle (load {machine['load_at_start']})")

    results = run_all(chosen, locate, options, random.Random(seed))
    report.write(arguments.out, machine, settings, results)
    print(f"\nreport: {arguments.out / 'report.md'}")
    return exit_status(results, arguments)


def run_all(chosen, locate, options, generator):
    results = []
    interactive = sys.stderr.isatty()

    def progress(words):
        if interactive:
            print(f"\r\033[K{workload.name}: {words}", end="", file=sys.stderr, flush=True)

    for workload in chosen:
        pool = schedule.Pool(locate)
        try:
            outcome = schedule.run_workload(workload, pool, options, generator, progress)
        finally:
            pool.close()
        if interactive:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        verdicts = []
        for target in workload.targets:
            if (verdict := judge(target, outcome.samples)) is not None:
                verdicts.append(verdict)
            elif target.must is not None and {target.subject, target.against} - {""} <= set(
                outcome.runs
            ):
                # Both ran: a target that nobody can judge would be held for ever.
                outcome.failures.append(
                    f"no figure for the target of {target.subject}: nobody reports {target.metric}"
                )
        # One tiny run says nothing about a target; that they can be judged is worth knowing.
        report.print_outcome(outcome, [] if options.quick else verdicts)
        results.append((outcome, verdicts))
    return results


def exit_status(results, arguments):
    failed = any(outcome.failures for outcome, _ in results)
    empty = not any(outcome.runs for outcome, _ in results)
    missed = [verdict for _, verdicts in results for verdict in verdicts if not verdict.passed]
    if missed and not arguments.quick:
        print(f"{len(missed)} target(s) missed")
    return 1 if failed or empty or (arguments.gate and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
