#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run_snippet.py PROGRAM EXPECTED: runs a program of docs/snippets; it must succeed and print
exactly what the file says. Standard error is passed on and not compared."""

import difflib
import subprocess
import sys
from pathlib import Path


def main():
    program, expected = sys.argv[1], Path(sys.argv[2])
    run = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=False)
    wanted = expected.read_text(encoding="utf-8")
    if run.stdout != wanted:
        sys.stdout.writelines(difflib.unified_diff(
            wanted.splitlines(keepends=True), run.stdout.splitlines(keepends=True),
            expected.name, "printed"))
        sys.exit("the program printed something else")
    if run.returncode != 0:
        sys.exit(f"the program ended with {run.returncode}")


if __name__ == "__main__":
    main()
