# SPDX-License-Identifier: MIT
"""A competitor: a process that answers one line with one line (bench/support/protocol.hpp)."""

import json
import selectors
import subprocess
from pathlib import Path


class CompetitorError(Exception):
    """A competitor died, fell silent, or could not verify its own run."""


class ProcessCompetitor:
    """Stays up between runs, idle, so that runs of several competitors can be interleaved."""

    def __init__(self, name, path, timeout=180.0):
        self.name = name
        self.timeout = timeout
        self.process = subprocess.Popen(
            [str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        ready = self._read_line("start").split()
        if ready[:1] != ["READY"]:
            raise CompetitorError(f"{name}: expected READY, got: {' '.join(ready)}")
        self.workloads = set(ready[2:])

    def run(self, workload, count):
        """One verified run; raises when counts or checksums are wrong."""
        self.process.stdin.write(f"RUN {workload} {int(count)}\n")
        self.process.stdin.flush()
        line = self._read_line(f"{workload} {count}")
        try:
            result = json.loads(line)
        except json.JSONDecodeError as error:
            raise CompetitorError(f"{self.name}: not JSON ({error}): {line!r}") from error
        if not result.get("ok"):
            raise CompetitorError(f"{self.name}: {workload} {count}: {result.get('why')}")
        return result

    def close(self):
        if self.process.poll() is None:
            try:
                self.process.stdin.write("QUIT\n")
                self.process.stdin.close()
                self.process.wait(timeout=10)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                self.process.kill()
                self.process.wait()
        self.selector.close()
        self.process.stdout.close()

    def _read_line(self, doing):
        # One line per command, so nothing can be left in Python's buffer when we select.
        if not self.selector.select(self.timeout):
            self.process.kill()
            raise CompetitorError(f"{self.name}: no answer to '{doing}' within {self.timeout:g} s")
        line = self.process.stdout.readline()
        if not line:
            raise CompetitorError(
                f"{self.name}: died during '{doing}' (exit status {self.process.wait()})"
            )
        return line.strip()


def find_executable(folder, name):
    """The executable of a competitor, or None when it was not built here."""
    path = Path(folder) / f"stentor_bench_{name}"
    return path if path.is_file() else None
