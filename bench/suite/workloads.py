# SPDX-License-Identifier: MIT
"""What is compared with what, and what must come out: the suite as data."""

from dataclasses import replace

from .model import (
    Entry,
    Target,
    Workload,
    at_least,
    at_most,
    below,
    costs_at_most,
    latency,
    throughput,
)
from .resources import RESOURCES

RAW = "raw moodycamel"
DISRUPTOR = "Disruptor"
PER_HANDLER = "Disruptor, thread per handler"
SHARED = "Disruptor, shared consumer"
FLOW = "tbb::flow"
BLOCKING = "blocking queue"
POLLER = "spinning poller"


def fan_out(count, goal_against_shared):
    name = f"fan_out_{count}"
    return throughput(
        "W2",
        name,
        f"one publisher, {count} handlers",
        [
            (PER_HANDLER, "disruptor", name),
            (SHARED, "disruptor", f"{name}_shared"),
            (BLOCKING, "blocking_queue", name),
            ("mutex", "mutex", name),
            (FLOW, "tbb_flow", name),
            ("CAF", "caf", name),
        ],
        [
            Target("stentor", PER_HANDLER, 1.5),
            Target("stentor", SHARED, None, goal_against_shared, due="all"),
            Target("stentor", FLOW, 20),
        ],
    )


THROUGHPUT = [
    throughput(
        "W1",
        "one_to_one",
        "one publisher, one handler",
        [
            (RAW, "raw", "one_to_one"),
            (DISRUPTOR, "disruptor", "one_to_one"),
            (BLOCKING, "blocking_queue", "one_to_one"),
            ("mutex", "mutex", "one_to_one"),
            (FLOW, "tbb_flow", "one_to_one"),
            ("CAF", "caf", "one_to_one"),
        ],
        [
            Target("stentor", RAW, 0.35, 0.6),
            Target("stentor", "mutex", 8),
            Target("stentor", FLOW, 8),
            Target("stentor", DISRUPTOR, 1.2, 2),
        ],
        engine=("stentor", "stentor publish()"),
    ),
    Workload(
        "W1",
        "one_to_one_bulk",
        "one publisher in batches of 64, one handler",
        [
            Entry("stentor bulk", "engine", "one_to_one_bulk"),
            Entry("stentor bulk of 16", "engine", "one_to_one_bulk_16"),
            Entry("stentor one by one", "engine", "one_to_one"),
            Entry("raw bulk", "raw", "one_to_one_bulk"),
        ],
        [
            Target("stentor bulk", "raw bulk", 0.4, 0.7),
            Target("stentor bulk", "stentor one by one", 1.2),
        ],
    ),
    fan_out(4, 1.2),
    fan_out(64, 1.2),
    throughput(
        "W3",
        "four_to_one",
        "four publishers, one handler",
        [
            (RAW, "raw", "four_to_one"),
            (DISRUPTOR, "disruptor", "four_to_one"),
            (BLOCKING, "blocking_queue", "four_to_one"),
            ("mutex", "mutex", "four_to_one"),
            (FLOW, "tbb_flow", "four_to_one"),
            ("CAF", "caf", "four_to_one"),
        ],
        [
            Target("stentor", RAW, 0.45, 0.7),
            Target("stentor", DISRUPTOR, 2.5, 4),
            Target("stentor", FLOW, 8),
        ],
    ),
    throughput(
        "W4",
        "four_to_sixteen",
        "four publishers, sixteen topics, one to three handlers each",
        [
            (BLOCKING, "blocking_queue", "four_to_sixteen"),
            ("mutex", "mutex", "four_to_sixteen"),
            (FLOW, "tbb_flow", "four_to_sixteen"),
            ("CAF", "caf", "four_to_sixteen"),
        ],
        [
            Target("stentor", BLOCKING, 0.8, 1.2),
            Target("stentor", FLOW, 6),
            Target("stentor", "CAF", 10, 15),
        ],
    ),
    Workload(
        "order",
        "by_key",
        "one publisher, one handler that keeps an order, against the same without one",
        [
            Entry("by_key, 1 000 keys", "engine", "by_key_1k"),
            Entry("by_key, 1 000 000 keys", "engine", "by_key_1m"),
            Entry("serial", "engine", "serial"),
            Entry("unordered", "engine", "one_to_one"),
            Entry("by_key, 1 000 keys, four publishers", "engine", "by_key_1k_four_publishers"),
            Entry("unordered, four publishers", "engine", "four_to_one"),
        ],
        [
            Target("by_key, 1 000 keys", "unordered", 0.5),
            Target("by_key, 1 000 000 keys", "unordered", 0.3),
        ],
    ),
    Workload(
        "retry", "retries",
        "one publisher, one handler with policies, which never fails, against one without",
        [Entry("with retry and dead letters", "engine", "retries"),
         Entry("with a breaker, too", "engine", "retries_and_breaker"),
         Entry("without", "engine", "own_lane")],
        [costs_at_most("with retry and dead letters", "without", 10),
         costs_at_most("with a breaker, too", "without", 10)],
        metrics=("ns_per_event", "events_per_second"),
    ),
    Workload(
        "failing", "beside_failing",
        "one handler beside another one, of whose calls 1 % throw, against one that never throws",
        [Entry("1 %", "engine", "beside_1_percent_failing"),
         Entry("none", "engine", "beside_none_failing")],
        [Target("1 %", "none", 0.95, due="all")],
    ),
]

SIGNALS2 = "Boost.Signals2"
SIGC = "libsigc++"
TABLE = "function table"


def inline_dispatch(handlers, must, goal):
    name = f"inline_{handlers}"
    listeners = "one handler" if handlers == 1 else f"{handlers} handlers"
    return Workload(
        "W9",
        name,
        f"{listeners} called in the publisher's thread",
        [
            Entry("stentor", "engine", name),
            Entry("stentor publish()", "engine", f"{name}_plain"),
            Entry(SIGNALS2, "signals2", name),
            Entry(SIGC, "sigc", name),
            Entry(TABLE, "table", name),
        ],
        [
            at_most("stentor", "ns_per_event", must, goal, "ns", due="all"),
            Target("stentor", SIGNALS2, 5, due="all"),
            Target("stentor", SIGC, 2, due="all"),
        ],
        metrics=("ns_per_event",),
    )


def handler_work(name, shown, count, must, goal):
    return Workload(
        "W7",
        f"handler_work_{name}",
        f"a handler of {shown} on two cores, as a share of what two cores can do",
        [Entry("stentor", "engine", f"handler_work_{name}")],
        [at_least("stentor", "share_of_ideal", must, goal)],
        metrics=("share_of_ideal", "call_ns"),
        fixed_count=count,
        quick_count=500,
    )


DIRECT = [inline_dispatch(1, 12, 7), inline_dispatch(4, 20, 12)]
WORK = [
    handler_work("100ns", "0.1 us", 3_000_000, 0.55, 0.75),
    handler_work("1us", "1 us", 500_000, 0.75, 0.90),
    handler_work("10us", "10 us", 50_000, 0.70, 0.85),
]

BALANCED = "stentor balanced"
LOW_LATENCY = "stentor low_latency"


def fast_rate_targets(subject):
    return [
        below(subject, POLLER, 1.5, 1.1),
        below(subject, POLLER, 2.5, metric="p90_ns"),
        at_most(subject, "p50_ns", 1.0, None, "us", 1e-3),
    ]


LATENCY = [
    latency("1k", 1_000, [below(BALANCED, "futex floor", 1.4, 1.2, due="all")], with_futex=True),
    latency(
        "10k",
        10_000,
        [
            below(LOW_LATENCY, POLLER, 1.5, 1.1),
            at_most(BALANCED, "p50_ns", 5.0, 1.0, "us", 1e-3, due="all"),
        ],
    ),
    latency("100k", 100_000, fast_rate_targets(BALANCED) + fast_rate_targets(LOW_LATENCY)),
    latency("1m", 1_000_000, fast_rate_targets(BALANCED) + fast_rate_targets(LOW_LATENCY)),
    Workload(
        "W6",
        "request_echo",
        "request and echo, one at a time",
        [
            Entry(BALANCED, "engine", "request_echo_balanced"),
            Entry(LOW_LATENCY, "engine", "request_echo_low_latency"),
            Entry(POLLER, "raw", "request_echo"),
        ],
        [
            below(BALANCED, POLLER, 2, 1.2, due="all"),
            below(BALANCED, POLLER, 3, metric="p99_ns", due="all"),
        ],
        metrics=("p50_ns", "p90_ns", "p99_ns"),
        fixed_count=100_000,
        quick_count=500,
    ),
]

ROBUSTNESS = [
    Workload(
        "isolation",
        "slow_handler",
        "p99 queue wait of three fast handlers at 10 k/s, with and without a 1 ms handler beside",
        [
            Entry("with a slow one", "engine", "isolation_with"),
            Entry("without", "engine", "isolation_without"),
            Entry("beside two sleeping threads", "engine", "isolation_floor"),
            Entry("with a slow one that burns its core", "engine", "isolation_burning"),
        ],
        [below("with a slow one", "without", 1.2, 1.0, metric="p99_ns")],
        metrics=("p99_ns", "p50_ns", "p90_ns"),
        fixed_count=10_000,
        quick_count=300,
    ),
    Workload(
        "barrier",
        "unsubscribe",
        "unsubscribe() while a publisher keeps the bus busy",
        [Entry("stentor", "engine", "unsubscribe_under_load")],
        [at_most("stentor", "p50_ns", 50, 10, "us", 1e-3, due="all")],
        metrics=("p50_ns", "p90_ns", "p99_ns"),
        fixed_count=500,
        quick_count=20,
    ),
    Workload(
        "include",
        "include_cost",
        "compile time of #include <stentor/stentor.hpp> over an empty translation unit",
        [Entry("stentor.hpp", "compiler", "umbrella")],
        [at_most("stentor.hpp", "seconds_over_empty", 1.0, None, "s")],
        metrics=("seconds_over_empty", "seconds_empty"),
        fixed_count=1,
        quick_count=1,
    ),
]

NLOHMANN = "nlohmann::json"


def json_codec(name, title):
    return Workload(
        "JSON",
        name,
        title,
        [Entry("stentor", "json", name), Entry(NLOHMANN, "nlohmann", name)],
        [Target("stentor", NLOHMANN, 3, due="all")],
        metrics=("events_per_second", "megabytes_per_second"),
        quick_count=200,
    )


CODECS = [
    json_codec("json_read", "an order of 1 KB of JSON into objects"),
    json_codec("json_write", "the same order from objects into JSON"),
]

# Shown as a list, because each metric is a benchmark of its own.
MICRO = [
    Workload(
        "micro",
        "micro",
        "what single calls cost their caller",
        [Entry("stentor", "micro", "micro")],
        [replace(at_most("stentor", "coroutine_handler_ns", 60, None, "ns", due="all"),
                 over="plain_handler_ns")],
        metrics=(
            "plain_handler_ns",
            "coroutine_handler_ns",
            "coroutine_that_yields_ns",
            "publish_plain_ns",
            "publish_leased_ns",
            "publish_with_metadata_ns",
            "publish_bulk_16_ns",
            "publish_bulk_64_ns",
            "publish_bulk_256_ns",
            "publish_to_nobody_ns",
            "publish_to_pattern_ns",
            "would_deliver_ns",
            "audit_1_ns",
            "audit_100_ns",
            "snapshot_1_ns",
            "snapshot_100_ns",
            "subscribe_and_unsubscribe_ns",
        ),
        fixed_count=50,
        quick_count=1,
        repetitions_max=5,
    ),
]

SUITE = THROUGHPUT + WORK + DIRECT + LATENCY + RESOURCES + ROBUSTNESS + CODECS + MICRO


def select(pattern):
    """Workloads whose label or name contains the pattern (any of a comma-separated list)."""
    words = [word.strip().lower() for word in pattern.split(",") if word.strip()]
    if not words:
        return list(SUITE)
    return [
        workload
        for workload in SUITE
        if any(word == workload.label.lower() or word in workload.name for word in words)
    ]
