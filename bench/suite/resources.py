# SPDX-License-Identifier: MIT
"""What an idle bus, a queued event and what waits cost: a part of the suite."""

from .model import Entry, Workload, at_most

IDLE_PROFILES = ("balanced", "efficient", "low_latency")

RESOURCES = [
    Workload(
        "W8",
        "idle",
        "CPU of an idle bus, from 250 ms after the last event on",
        [Entry(f"stentor {profile}", "engine", f"idle_{profile}") for profile in IDLE_PROFILES],
        [
            at_most(f"stentor {profile}", "idle_cpu_percent", 0.05, 0.003, "%")
            for profile in ("balanced", "efficient")
        ],
        metrics=("idle_cpu_percent", "settling_cpu_ms", "idle_switches_per_second"),
        fixed_count=2_000,  # milliseconds that are watched
        quick_count=100,
        repetitions_max=5,
    ),
    Workload(
        "W10",
        "memory",
        "memory per queued 64-byte event, allocations per event in steady state",
        [
            Entry("stentor", "memory", "queued_million"),
            Entry("raw moodycamel, payload only", "memory", "queued_raw"),
            Entry("std::deque, payload only", "memory", "queued_deque"),
        ],
        [
            at_most("stentor", "bytes_per_event", 112, 96, "B"),
            # Not 0: histograms make a block when a latency of a new magnitude is first seen.
            at_most("stentor", "steady_allocations_per_event", 1e-4, 0, "allocations"),
        ],
        metrics=("bytes_per_event", "resident_bytes_per_event", "steady_allocations_per_event"),
        fixed_count=1_000_000,
        quick_count=20_000,
        repetitions_max=3,
    ),
    Workload(
        "W10c",
        "asleep",
        "memory of ten thousand coroutines that sleep at once",
        [Entry("stentor", "memory", "asleep")],
        [at_most("stentor", "asleep_mib", 10, 7, "MiB")],
        metrics=("asleep_mib", "asleep_bytes_each", "asleep_resident_mib"),
        fixed_count=10_000,
        quick_count=10_000,
        repetitions_max=3,
    ),
    Workload(
        "RSS",
        "burst",
        "resident memory after a burst of a million events, against before it",
        [Entry("stentor", "memory", "burst")],
        [at_most("stentor", "resident_ratio", 1.1, 1.0, "x before")],
        metrics=tuple(f"resident_{at}" for at in ("before_mib", "peak_mib", "after_mib", "ratio")),
        fixed_count=1_000_000,
        quick_count=20_000,
        repetitions_max=3,
    ),
    Workload(
        "W10r",
        "waiting_retries",
        "memory of a million deliveries that wait for another attempt; putting the last ones away",
        [Entry("stentor", "memory", "waiting_retries")],
        [
            at_most("stentor", "waiting_resident_bytes_each", 128, 96, "B", due="all"),
            # Its entry, and now and then a block of a histogram.
            at_most("stentor", "waiting_allocations_each", 1.01, 1, "allocations", due="all"),
        ],
        metrics=(
            "waiting_resident_bytes_each",
            "waiting_bytes_each",
            "waiting_allocations_each",
            "waiting_first_ns",
            "waiting_last_ns",
        ),
        fixed_count=1_000_000,
        quick_count=20_000,
        repetitions_max=3,
    ),
]
