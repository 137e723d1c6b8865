# SPDX-License-Identifier: MIT
"""Runs one workload: sizes every entry, then interleaves all of them, shuffled anew in each
repetition, and keeps what each answered."""

import math
from dataclasses import dataclass, field

from .competitor import CompetitorError, ProcessCompetitor

# Java compiles while it runs: it gets more untimed runs at full size than the others.
WARM_UPS = {"disruptor": 4}
EVENTS_MIN = 2_000
EVENTS_MAX = 200_000_000


@dataclass(frozen=True)
class Options:
    repetitions: int = 9
    seconds: float = 0.25
    quick: bool = False


@dataclass
class Outcome:
    workload: object
    runs: dict = field(default_factory=dict)  # entry name -> list of raw answers
    missing: list = field(default_factory=list)  # entries whose competitor is not here
    failures: list = field(default_factory=list)
    steal: list = field(default_factory=list)  # per repetition: share of time the host took away

    @property
    def samples(self):
        """What paired.judge wants: the metrics alone."""
        return {name: [run["metrics"] for run in runs] for name, runs in self.runs.items()}


class Pool:
    """Starts competitors on demand and ends them together."""

    def __init__(self, locate):
        self.locate = locate  # name -> path, an object with run() and close(), or None
        self.running = {}

    def get(self, name):
        if name not in self.running:
            found = self.locate(name)
            if found is None or hasattr(found, "run"):
                self.running[name] = found
            else:
                self.running[name] = ProcessCompetitor(name, found)
        return self.running[name]

    def drop(self, name):
        competitor = self.running.pop(name, None)
        if competitor is not None:
            competitor.close()

    def close(self):
        for name in list(self.running):
            self.drop(name)


def run_workload(workload, pool, options, generator, progress):
    outcome = Outcome(workload)
    counts = {}
    for entry in workload.entries:
        progress(f"warming up {entry.name}")
        try:
            competitor = pool.get(entry.competitor)
            if competitor is None or entry.workload not in competitor.workloads:
                outcome.missing.append(entry)
                continue
            counts[entry] = warm_up(competitor, entry, workload, options)
        except CompetitorError as error:
            give_up(outcome, pool, entry, error)
    repetitions = options.repetitions
    if workload.repetitions_max is not None:
        repetitions = min(repetitions, workload.repetitions_max)
    for repetition in range(1 if options.quick else repetitions):
        run_repetition(repetition, outcome, counts, pool, generator, progress)
    # In the order of the tables again; what only some repetitions have cannot be paired.
    complete = max((len(runs) for runs in outcome.runs.values()), default=0)
    names = [entry.name for entry in workload.entries]
    outcome.runs = {
        name: outcome.runs[name]
        for name in names
        if complete > 0 and len(outcome.runs.get(name, ())) == complete
    }
    return outcome


def run_repetition(repetition, outcome, counts, pool, generator, progress):
    order = list(counts)
    generator.shuffle(order)
    clock = StealClock()
    for entry in order:
        progress(f"repetition {repetition + 1}: {entry.name}")
        try:
            answer = pool.get(entry.competitor).run(entry.workload, counts[entry])
            outcome.runs.setdefault(entry.name, []).append(answer)
        except CompetitorError as error:
            give_up(outcome, pool, entry, error)
            del counts[entry]
    outcome.steal.append(clock.share())


def give_up(outcome, pool, entry, error):
    outcome.failures.append(str(error))
    pool.drop(entry.competitor)  # a fresh process for whoever needs it next


def warm_up(competitor, entry, workload, options):
    """Untimed runs; returns how many events a timed run should have."""
    if options.quick:
        return workload.quick_count
    if workload.fixed_count is not None:
        competitor.run(entry.workload, max(1, min(workload.quick_count, workload.fixed_count)))
        return workload.fixed_count
    count = 20_000
    for _ in range(12):
        taken = max(competitor.run(entry.workload, count)["seconds"], 1e-6)
        wanted = round_count(count * options.seconds / taken)
        if taken >= options.seconds / 3 or wanted <= count:
            count = wanted
            break
        # Short runs mislead (cold code, one scheduling slice): approach in steps.
        count = min(wanted, count * 10)
    for _ in range(WARM_UPS.get(entry.competitor, 1)):
        taken = max(competitor.run(entry.workload, count)["seconds"], 1e-6)
        count = round_count(count * options.seconds / taken)
    return count


def round_count(count):
    """Two significant digits, so that reports can be read."""
    count = min(max(count, EVENTS_MIN), EVENTS_MAX)
    digits = 10 ** max(0, int(math.log10(count)) - 1)
    return int(count // digits * digits)


class StealClock:
    """The share of CPU time that the hypervisor gave to others since this object was made."""

    def __init__(self):
        self.before = self._read()

    def share(self):
        after = self._read()
        if self.before is None or after is None:
            return 0.0
        total = sum(after) - sum(self.before)
        return (after[7] - self.before[7]) / total if total > 0 else 0.0

    @staticmethod
    def _read():
        try:
            with open("/proc/stat", encoding="ascii") as file:
                return [int(word) for word in file.readline().split()[1:9]]
        except (OSError, ValueError):
            return None
