#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""include_cost.py LIMIT COMPILER ARGUMENT...: what the umbrella header adds to an empty translation
unit, in seconds of processor time. The least of several tries counts, because other work on the
machine can only add. On a slower machine the limit grows with what <memory> costs there."""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 9
MEMORY_SECONDS = 0.4  # <memory> with GCC 12 on the machine that the limit was set for
CODES = {
    "empty": "\n",
    "memory": "#include <memory>\n",
    "umbrella": "#include <stentor/stentor.hpp>\n",
}


def cost(command, source, code):
    source.write_text(code, encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, source], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [*sys.argv[2:], "-std=c++20", "-c", "-o", str(folder / "unit.o")]
        least = dict.fromkeys(CODES, float("inf"))
        for _ in range(ROUNDS):  # in turns, because the machine is not always as fast
            for what, code in CODES.items():
                least[what] = min(least[what], cost(command, folder / "unit.cpp", code))
    memory = least["memory"] - least["empty"]
    umbrella = least["umbrella"] - least["empty"]
    limit = float(sys.argv[1]) * max(1.0, memory / MEMORY_SECONDS)
    print(f"<stentor/stentor.hpp> costs {umbrella:.2f} s, <memory> {memory:.2f} s; "
          f"at most {limit:.2f} s here")
    sys.exit(0 if umbrella <= limit else 1)


if __name__ == "__main__":
    main()
