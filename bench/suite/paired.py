# SPDX-License-Identifier: MIT
"""Paired statistics: the host drifts by factors between minutes, so only ratios (or differences)
within one repetition count; their median is compared with the target."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Summary:
    median: float
    low: float
    high: float
    count: int


def summarize(values):
    return Summary(median(values), min(values), max(values), len(values))


@dataclass(frozen=True)
class Verdict:
    """What became of one target."""

    subject: str
    against: str  # empty: an absolute target
    metric: str
    better: str  # "higher" | "lower"
    must: float | None
    goal: float | None
    due: str  # "E": with the engine, "all": later
    unit: str  # of an absolute target or a difference; "x" for ratios
    value: Summary
    wins: int  # repetitions that alone would have met the bound
    difference: bool = False
    over: str = ""

    @property
    def passed(self):
        return self.must is None or meets(self.value.median, self.must, self.better)

    @property
    def word(self):
        if self.goal is not None and meets(self.value.median, self.goal, self.better):
            return "goal"
        if self.must is None:
            return "below goal" if self.goal is not None else "compared"
        return "pass" if self.passed else "MISS"


def meets(value, bound, better):
    return value >= bound if better == "higher" else value <= bound


def column(samples, entry, metric):
    return [metrics[metric] for metrics in samples.get(entry, ()) if metric in metrics]


def judge(target, samples):
    """`samples[entry][repetition]` -> metrics. None when what the target names is missing."""
    values = column(samples, target.subject, target.metric)
    if target.against:
        others = column(samples, target.against, target.metric)
        if len(others) != len(values):
            return None
        pairs = [pair for pair in zip(values, others, strict=True) if pair[1] > 0]
        values = [
            (mine - theirs) * target.scale if target.difference else mine / theirs
            for mine, theirs in pairs
        ]
    else:
        base = column(samples, target.subject, target.over) if target.over else [0] * len(values)
        if len(base) != len(values):
            return None
        pairs = zip(values, base, strict=True)
        values = [(value - least) * target.scale for value, least in pairs]
    if not values:
        return None
    # Without any bound (a compared build) a repetition is won by being the better one.
    bound = next((b for b in (target.must, target.goal) if b is not None), 1.0)
    return Verdict(
        subject=target.subject,
        against=target.against,
        metric=target.metric,
        better=target.better,
        must=target.must,
        goal=target.goal,
        due=target.due,
        unit="x" if target.against and not target.difference else target.unit,
        value=summarize(values),
        wins=sum(meets(value, bound, target.better) for value in values),
        difference=target.difference,
        over=target.over,
    )
