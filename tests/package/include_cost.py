#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""include_cost.py LIMIT COMPILER ARGUMENT...: what the umbrella header adds to an empty translation
unit, in seconds of processor time: at most LIMIT, or as many times <memory> as LIMIT is on the
machine that it was set for. Of the seconds the least counts, because other work on the machine can
only add; of the quotient, within one round each, the median, because a machine may be fast now and
slow a second later."""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

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
        rounds = [
            {what: cost(command, folder / "unit.cpp", code) for what, code in CODES.items()}
            for _ in range(ROUNDS)
        ]
    seconds = min(one["umbrella"] for one in rounds) - min(one["empty"] for one in rounds)
    quotient = median(
        (one["umbrella"] - one["empty"]) / (one["memory"] - one["empty"]) for one in rounds
    )
    limit = float(sys.argv[1])
    most = limit / MEMORY_SECONDS
    print(f"<stentor/stentor.hpp> costs {seconds:.2f} s, {quotient:.2f} times <memory>; "
          f"at most {limit:.2f} s or {most:.2f} times")
    sys.exit(0 if seconds <= limit or quotient <= most else 1)


if __name__ == "__main__":
    main()
