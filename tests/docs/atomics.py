#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/concurrency.md is the table of every atomic in core: each member is in it under its file,
nothing is in it that is gone, and every pair label of the code is explained."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lint"))

import source_tree  # noqa: E402

# A member or variable: `std::atomic<T> name`, `Sync::template atomic<T> name`, an array of them, or
# one of our counters. Parameters and pointers to somebody else's atomic are not declarations.
DECLARATION = re.compile(
    r"^\s*(?:alignas\(\w+\)\s+)?(?:mutable\s+)?"
    r"(?:std::unique_ptr<|std::array<)?"
    r"(?:(?:std::|typename Sync::template )atomic<.*>|counter|shared_counter|word)"
    r"(?:\[\]>|, \w+>)?\*?\s+(\w+)(?:;|\{|\()")
TITLE = re.compile(r"^###? `([\w/]+\.[hc]pp)`$")
ROW = re.compile(r"^\| `(\w+)` \|")
PAIR = re.compile(r"\[PAIR ([a-z-]+)\]")


def declared(root):
    """file -> names, and the labels of all pairs."""
    found, pairs = {}, set()
    for top in ("include/stentor", "src"):
        for path in source_tree.files(root / "core" / top, {".hpp", ".cpp"}):
            for line in source_tree.lines(path):
                pairs.update(PAIR.findall(line))
                match = DECLARATION.match(line.split("//")[0])
                if match:
                    name = path.relative_to(root / "core" / top).as_posix()
                    found.setdefault(name, set()).add(match.group(1))
    return found, pairs


def described(page):
    found, title = {}, None
    for line in source_tree.lines(page):
        if match := TITLE.match(line):
            title = match.group(1)
        elif line.startswith("#"):
            title = None
        elif title and (match := ROW.match(line)):
            found.setdefault(title, set()).add(match.group(1))
    return found


def main():
    root = source_tree.parse_root(__doc__)
    complaints = source_tree.Complaints(root)
    page = root / "docs/concurrency.md"
    code, pairs = declared(root)
    table = described(page)
    for name in sorted(code.keys() | table.keys()):
        for atomic in sorted(code.get(name, set()) - table.get(name, set())):
            complaints.add(page, 1, f"does not list `{atomic}` of {name}")
        for atomic in sorted(table.get(name, set()) - code.get(name, set())):
            complaints.add(page, 1, f"lists `{atomic}` of {name}, which is no atomic there")
    text = page.read_text(encoding="utf-8")
    for pair in sorted(pairs):
        if f"`{pair}`" not in text:
            complaints.add(page, 1, f"does not mention the pair `{pair}`")
    complaints.exit("docs.atomics", len(code))


if __name__ == "__main__":
    main()
