#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""include_cost.py LIMIT COMPILER ARGUMENT...: what the umbrella header adds to a translation unit,
in seconds of processor time. The least of several tries counts, because other work on the machine
can only add."""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

TRIES = 5


def cost(command, source):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, source], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def main():
    limit = float(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.cpp"
        umbrella = Path(folder) / "umbrella.cpp"
        empty.write_text("\n", encoding="utf-8")
        umbrella.write_text("#include <stentor/stentor.hpp>\n", encoding="utf-8")
        command = [*sys.argv[2:], "-std=c++20", "-c", "-o", str(Path(folder) / "out.o")]
        added = (min(cost(command, umbrella) for _ in range(TRIES))
                 - min(cost(command, empty) for _ in range(TRIES)))
    print(f"<stentor/stentor.hpp> costs {added:.2f} s; {limit:.2f} s at most")
    sys.exit(0 if added <= limit else 1)


if __name__ == "__main__":
    main()
