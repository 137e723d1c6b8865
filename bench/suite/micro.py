# SPDX-License-Identifier: MIT
"""The micro benches, which are a Google Benchmark program: run whole, read as one answer."""

import json
import subprocess

from .competitor import CompetitorError

TO_NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


class MicroCompetitor:
    """`count` is the number of milliseconds that each benchmark gets at least."""

    workloads = {"micro"}

    def __init__(self, path):
        self.path = path

    def run(self, _workload, count):
        command = [str(self.path), "--benchmark_format=json",
                   f"--benchmark_min_time={max(count, 1) / 1e3}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CompetitorError(f"micro: exit status {done.returncode}: {done.stderr[-500:]}")
        metrics = {}
        for bench in json.loads(done.stdout)["benchmarks"]:
            if bench.get("error_occurred"):
                raise CompetitorError(f"micro: {bench['name']}: {bench['error_message']}")
            metrics[metric_name(bench["name"])] = nanoseconds(bench)
        return {"ok": True, "seconds": 1.0, "metrics": metrics}

    def close(self):
        pass


def metric_name(name):
    """publish_bulk/64/manual_time -> publish_bulk_64_ns"""
    parts = [part for part in name.split("/") if part != "manual_time"]
    return "_".join(parts) + "_ns"


def nanoseconds(bench):
    """Per event where the benchmark works in batches, else per iteration."""
    if "per_event" in bench:
        return bench["per_event"] * 1e9
    return bench["real_time"] * TO_NANOSECONDS[bench["time_unit"]]
