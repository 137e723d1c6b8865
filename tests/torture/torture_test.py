#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the torture driver with jobs that need no build."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import jobs  # noqa: E402
import torture  # noqa: E402


class Fake:
    """A job that is a shell command."""

    preset = "none"
    target = "none"
    about = "nothing"

    def __init__(self, name, script, weight=1.0):
        self.name = name
        self.script = script
        self.weight = weight

    def command(self, root, seed, seconds):
        return ["sh", "-c", self.script], {"SEED": str(seed)}

    def environment(self, root):
        return {}

    def tells(self, line):
        return line.startswith("told")


class TortureTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.ledger = pathlib.Path(self.folder.name) / "sub/ledger.jsonl"
        before = jobs.ALL
        self.addCleanup(lambda: setattr(jobs, "ALL", before))

    def run_with(self, all_jobs, *arguments):
        jobs.ALL = all_jobs
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = torture.main(["--no-build", "--ledger", str(self.ledger), *arguments])
        return code, said.getvalue()

    def entries(self):
        return [json.loads(line) for line in self.ledger.read_text().splitlines()]

    def test_writes_a_line_for_each_slice_and_counts(self):
        code, said = self.run_with([Fake("a", "echo told $SEED; sleep 0.1")], "--slices", "2",
                                   "--seed", "7")
        self.assertEqual(code, 0)
        entries = self.entries()
        self.assertEqual(len(entries), 2)
        self.assertEqual(entries[0]["seed"], 7)
        self.assertEqual(entries[0]["tells"], ["told 7"])
        self.assertEqual(entries[1]["seed"], 7 + 100_000)
        self.assertTrue(said.strip().endswith(f"{len(entries)} passed, 0 failed"))

    def test_goes_on_after_a_failure_and_says_how_to_repeat_it(self):
        code, said = self.run_with([Fake("bad", "echo broken; sleep 0.2; exit 3"),
                                    Fake("good", "sleep 0.1")], "--slices", "2", "--seed", "5")
        self.assertEqual(code, 1)
        verdicts = {one["job"]: one["verdict"] for one in self.entries()}
        self.assertEqual(verdicts, {"bad": "failed (3)", "good": "passed"})
        self.assertIn("again: SEED=5 sh -c", said)
        self.assertIn("broken", said)

    def test_gives_the_next_slice_to_the_job_with_the_least_time(self):
        self.ledger.parent.mkdir()
        self.ledger.write_text(json.dumps({"job": "a", "seconds": 500, "verdict": "passed"}) + "\n"
                               + "an unfinished li")
        with contextlib.redirect_stderr(io.StringIO()):
            slices = torture.read_ledger(self.ledger)
        spent = {one["job"]: one["seconds"] for one in slices}
        heavy = Fake("a", "true", weight=10)
        light = Fake("b", "true")
        self.assertEqual(torture.next_job([heavy, light], spent).name, "b")
        self.assertEqual(torture.next_job([heavy, light], {"a": 500, "b": 60}).name, "a")

    def test_lists_what_the_jobs_had(self):
        self.run_with([Fake("a", "sleep 0.1")], "--slices", "1")
        code, said = self.run_with([Fake("a", "true"), Fake("b", "true")], "--list")
        self.assertEqual(code, 0)
        self.assertRegex(said, r"a +\d+ slices")
        self.assertRegex(said, r"b +0 slices")

    def test_reads_durations(self):
        self.assertEqual([torture.parse_duration(text) for text in ("90", "90s", "30m", "2h")],
                         [90, 90, 1800, 7200])

    def test_knows_the_programs_of_the_real_jobs(self):
        root = pathlib.Path("/root-of-the-project")
        for job in jobs.ALL:
            command, settings = job.command(root, 3, 60)
            self.assertTrue(command[0].endswith(job.target), job.name)
            self.assertIn("3", [*settings.values(), *command], job.name)
        names = [job.name for job in jobs.ALL]
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()
