#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The long runs: the stress, fault, litmus and fuzz tests with ever new seeds.

The work is cut into slices of some minutes. The slice that runs next belongs to the job that had
the least time so far, by the ledger, so the run can be interrupted at will and goes on where it
was. Each slice appends one JSON line to the ledger: job, seed, command, seconds, verdict. A failed
slice prints its end and the one line that runs it again, and the run goes on with the others.
"""

import argparse
import datetime
import json
import os
import pathlib
import random
import re
import shlex
import signal
import subprocess
import sys
import time

import jobs

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEDGER = ROOT / "build/torture/ledger.jsonl"
TAIL_LINES = 60


def parse_duration(text):
    """Seconds of "90", "90s", "30m", "2h"."""
    match = re.fullmatch(r"(\d+)([smh]?)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is no duration; write 90s, 30m or 2h")
    return int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="./dev torture", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=parse_duration, default=parse_duration("30m"),
                        help="when no new slice begins any more (90s, 30m, 2h; default 30m)")
    parser.add_argument("--slice", type=parse_duration, default=parse_duration("3m"),
                        help="about how long one slice lasts (default 3m)")
    parser.add_argument("--slices", type=int, default=0, metavar="N", help="end after N slices")
    parser.add_argument("--seed", type=int,
                        help="of the first slice; the next ones count on from it")
    parser.add_argument("--only", metavar="JOB", action="append",
                        help="only this job; may be repeated")
    parser.add_argument("--ledger", type=pathlib.Path, default=LEDGER, help=f"default {LEDGER}")
    parser.add_argument("--list", action="store_true", help="the jobs and what they had so far")
    parser.add_argument("--no-build", action="store_true", help="use the programs that are there")
    chosen = parser.parse_args(argv)
    known = {job.name for job in jobs.ALL}
    for name in chosen.only or []:
        if name not in known:
            parser.error(f"no job '{name}'; --list shows them")
    return chosen


def read_ledger(path):
    """The slices of earlier runs. A line that an interrupted run left unfinished is passed over."""
    slices = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                slices.append(json.loads(line))
            except json.JSONDecodeError:
                print(f"torture: {path} has a line that is no JSON; passed over", file=sys.stderr)
    return slices


def append_to_ledger(path, entry):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())


def commit():
    """Which sources ran; a plus says that they were changed since."""
    def git(*words):
        done = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None
    name = git("rev-parse", "--short", "HEAD")
    if name is None:
        return "unknown"
    return name + ("+" if git("status", "--porcelain", "core") else "")


def build(presets):
    for preset, targets in sorted(presets.items()):
        print(f"torture: building {preset}", flush=True)
        log = ROOT / f"build/logs/torture.{preset}.build.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w", encoding="utf-8") as file:
            for command in (["cmake", "--preset", preset],
                            ["cmake", "--build", "--preset", preset, "-j", str(os.cpu_count()),
                             "--target", *sorted(targets)]):
                if subprocess.run(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT,
                                  check=False).returncode != 0:
                    sys.exit(f"torture: the build of preset {preset} failed; see {log}")


def run_slice(job, seed, seconds):
    """Runs the job's program for so long. Returns the entry for the ledger, and the output."""
    command, settings = job.command(ROOT, seed, seconds)
    environment = {**os.environ, **job.environment(ROOT), **settings}
    replay = " ".join([*(f"{name}={shlex.quote(value)}" for name, value in settings.items()),
                       *(shlex.quote(os.path.relpath(word, ROOT) if word.startswith(str(ROOT))
                                     else word) for word in command)])
    began = time.monotonic()
    # A group of its own, so that an overdue slice dies with its children.
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", start_new_session=True)
    try:
        output, _ = process.communicate(timeout=seconds * 4 + 600)
        verdict = "passed" if process.returncode == 0 else f"failed ({process.returncode})"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        verdict = "hung"
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    entry = {"when": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
             "commit": commit(), "job": job.name, "seed": seed, "replay": replay,
             "seconds": round(time.monotonic() - began, 1), "verdict": verdict}
    summary = [line for line in output.splitlines() if job.tells(line)]
    if summary:
        entry["tells"] = summary[-12:]
    if verdict != "passed":
        entry["end"] = output.splitlines()[-TAIL_LINES:]
    return entry, output


def next_job(chosen, spent):
    """The one with the least time so far, for its weight."""
    return min(chosen, key=lambda job: (spent.get(job.name, 0) / job.weight, job.name))


def show(chosen, slices):
    for job in chosen:
        mine = [one for one in slices if one["job"] == job.name]
        bad = sum(one["verdict"] != "passed" for one in mine)
        hours = sum(one["seconds"] for one in mine) / 3600
        print(f"{job.name:22} {len(mine):5} slices, {hours:7.2f} h, {bad} failed   {job.about}")


def main(argv):
    arguments = parse_arguments(argv)
    chosen = [job for job in jobs.ALL if not arguments.only or job.name in arguments.only]
    slices = read_ledger(arguments.ledger)
    if arguments.list:
        show(chosen, slices)
        return 0
    if not arguments.no_build:
        presets = {}
        for job in chosen:
            presets.setdefault(job.preset, set()).add(job.target)
        build(presets)
    spent = {}
    for one in slices:
        spent[one["job"]] = spent.get(one["job"], 0) + one["seconds"]
    seed = arguments.seed
    if seed is None:
        seed = random.SystemRandom().randrange(1 << 40)
    print(f"torture: {arguments.budget} s, first seed {seed}, ledger {arguments.ledger}",
          flush=True)
    end = time.monotonic() + arguments.budget
    failures = []
    passed = 0
    try:
        while (left := end - time.monotonic()) > 0:
            if arguments.slices and passed + len(failures) >= arguments.slices:
                break
            job = next_job(chosen, spent)
            entry, output = run_slice(job, seed, int(min(arguments.slice, max(left, 20))))
            append_to_ledger(arguments.ledger, entry)
            spent[job.name] = spent.get(job.name, 0) + entry["seconds"]
            print(f"{job.name:22} seed {seed:<14} {entry['seconds']:7.1f} s  {entry['verdict']}",
                  flush=True)
            if entry["verdict"] == "passed":
                passed += 1
            else:
                failures.append(entry)
                print("\n".join(output.splitlines()[-TAIL_LINES:]))
                print(f"again: {entry['replay']}", flush=True)
            # Programs take their plans from seed, seed + 1, ...; leave them room.
            seed += 100_000
    except KeyboardInterrupt:
        print("torture: interrupted; the next run goes on")
    for one in failures:
        print(f"failed: {one['job']}: {one['replay']}")
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
