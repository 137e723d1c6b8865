# SPDX-License-Identifier: MIT
"""What a workload, its competitors and its targets are, and the usual kinds of them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entry:
    """One line of a table: a workload of a competitor."""

    name: str
    competitor: str
    workload: str


@dataclass(frozen=True)
class Target:
    """A bound on the paired ratio subject / against, on the paired difference of both, or on the
    subject's own median."""

    subject: str
    against: str
    must: float | None  # None: only a goal is set against this one
    goal: float | None = None
    due: str = "E"
    metric: str = "events_per_second"
    better: str = "higher"
    unit: str = ""  # of an absolute target or a difference, after `scale`
    scale: float = 1.0
    difference: bool = False  # subject - against
    over: str = ""  # another metric of the same runs, which is taken off


@dataclass(frozen=True)
class Workload:
    label: str
    name: str
    title: str
    entries: list
    targets: list = field(default_factory=list)
    metrics: tuple = ("events_per_second",)  # shown; the first is charted
    fixed_count: int | None = None  # else: sized so that a run takes --seconds
    quick_count: int = 2_000
    repetitions_max: int | None = None  # where a run is long and its spread is small


def throughput(label, name, title, twins, targets, engine=("stentor",)):
    ways = {"stentor": name, "stentor publish()": f"{name}_plain"}
    entries = [Entry(way, "engine", ways[way]) for way in engine]
    entries += [Entry(shown, competitor, run) for shown, competitor, run in twins]
    return Workload(label, name, title, entries, targets)


def latency(rate_name, per_second, targets, with_futex=False, seconds=0.5):
    """W5: the rates at which events come, with a spinning poller as the reference."""
    name = f"latency_{rate_name}"
    entries = [
        Entry("stentor balanced", "engine", f"{name}_balanced"),
        Entry("stentor low_latency", "engine", f"{name}_low_latency"),
        Entry("spinning poller", "raw", name),
        Entry("blocking queue", "blocking_queue", name),
        Entry("mutex", "mutex", name),
    ]
    if with_futex:
        entries.append(Entry("stentor efficient", "engine", f"{name}_efficient"))
        entries.append(Entry("futex floor", "futex_floor", name))
    return Workload(
        "W5",
        name,
        f"open loop, {per_second:,} events per second, stamped with the intended send time",
        entries,
        targets,
        metrics=("p50_ns", "p90_ns", "p99_ns", "cores_used"),
        fixed_count=int(per_second * seconds),
        quick_count=max(20, int(per_second * 0.02)),
    )


def below(subject, against, must, goal=None, metric="p50_ns", due="E"):
    return Target(subject, against, must, goal, due, metric, "lower")


def at_most(subject, metric, must, goal, unit, scale=1.0, due="E"):
    return Target(subject, "", must, goal, due, metric, "lower", unit, scale)


def costs_at_most(subject, against, must, metric="ns_per_event", unit="ns", due="all"):
    """What the subject's events take more than those of the other one."""
    return Target(subject, against, must, None, due, metric, "lower", unit, difference=True)


def at_least(subject, metric, must, goal, unit="", due="all"):
    return Target(subject, "", must, goal, due, metric, "higher", unit)
