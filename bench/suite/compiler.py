# SPDX-License-Identifier: MIT
"""The competitor that is no process of ours: what the umbrella header costs a user's compiler."""

import resource
import subprocess
import tempfile
from pathlib import Path

from .competitor import CompetitorError


class CompilerCompetitor:
    """Compiles an empty translation unit and one with the umbrella header, one after the other."""

    workloads = {"umbrella"}

    def __init__(self, command, include_dirs):
        self.command = [*command, "-std=c++20", "-O2", "-c"]
        self.command += [f"-I{folder}" for folder in include_dirs]

    def run(self, _workload, _count):
        with tempfile.TemporaryDirectory() as folder:
            empty = self._seconds(folder, "empty", "int main() {}\n")
            full = self._seconds(folder, "full", "#include <stentor/stentor.hpp>\nint main() {}\n")
        return {
            "ok": True,
            "seconds": full,
            "metrics": {"seconds_over_empty": full - empty, "seconds_empty": empty},
        }

    def close(self):
        pass

    def _seconds(self, folder, name, text):
        source = Path(folder) / f"{name}.cpp"
        source.write_text(text, encoding="ascii")
        # CPU time: a compiler waits for nothing, but it may have to share a core.
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [*self.command, str(source), "-o", str(source.with_suffix(".o"))],
            capture_output=True,
            text=True,
            check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise CompetitorError(f"compiler: {name}.cpp does not compile:\n{done.stderr}")
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def find_compiler(build_dir, source_dir):
    """The compiler and include folders of a build; None when there is no header to include yet."""
    headers = Path(source_dir) / "core" / "include"
    if not (headers / "stentor" / "stentor.hpp").is_file():
        return None
    compiler = "c++"
    cache = Path(build_dir) / "CMakeCache.txt"
    if cache.is_file():
        for line in cache.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("CMAKE_CXX_COMPILER:"):
                compiler = line.split("=", 1)[1]
    return CompilerCompetitor([compiler], [headers, Path(build_dir) / "core" / "include"])
