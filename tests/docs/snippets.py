#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Code in pages is code that was compiled: every ```cpp block of README.md and docs/ is a region of
a program in docs/snippets, and every block that says it is output is what a program printed.

In a page, above the block:      <!-- snippet: events own -->    or    <!-- output: hello -->
In docs/snippets/events.cpp:     // [snippet own]  ...  // [end]
In docs/snippets/hello.out:      what hello.cpp prints; a block may be a run of its lines
"""

import re
import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lint"))

import source_tree  # noqa: E402

BEGIN = re.compile(r"^\s*// \[snippet (\w+)\]$")
END = re.compile(r"^\s*// \[end\]$")
MARK = re.compile(r"^<!-- (snippet: (\w+) (\w+)|output: (\w+)) -->$")
FENCE = re.compile(r"^```(\w*)$")


def regions(path, complaints):
    """The marked regions of a program: name -> text, without the indentation that they share."""
    found, name, text = {}, None, []
    for number, line in enumerate(source_tree.lines(path), start=1):
        begin = BEGIN.match(line)
        if begin and (name or begin.group(1) in found):
            complaints.add(path, number, f"snippet {begin.group(1)} begins inside or after another "
                                         f"of that name")
        elif begin:
            name, text = begin.group(1), []
        elif END.match(line):
            if name is None:
                complaints.add(path, number, "ends a snippet that did not begin")
            else:
                found[name] = textwrap.dedent("\n".join(text)).strip("\n")
            name = None
        elif name is not None:
            text.append(line)
    if name is not None:
        complaints.add(path, 1, f"snippet {name} does not end")
    return found


def blocks(path):
    """Yields (line, language, text, mark) of each fenced block; mark is what stands above it."""
    text = source_tree.lines(path)
    number = 0
    while number < len(text):
        fence = FENCE.match(text[number])
        if not fence:
            number += 1
            continue
        end = number + 1
        while end < len(text) and text[end] != "```":
            end += 1
        mark = MARK.match(text[number - 1]) if number > 0 else None
        yield number + 1, fence.group(1), "\n".join(text[number + 1:end]), mark
        number = end + 1


class Pages:
    def __init__(self, root, complaints):
        self.root = root
        self.complaints = complaints
        self.programs = {path.stem: regions(path, complaints)
                         for path in source_tree.files(root / "docs/snippets", {".cpp"})}
        self.used = set()

    def check(self, path):
        for line, language, text, mark in blocks(path):
            if mark is None:
                if language == "cpp":
                    self.complaints.add(path, line, "a cpp block that no program stands behind; "
                                                    "mark it with its snippet")
            elif mark.group(4):
                self.check_output(path, line, text, mark.group(4))
            else:
                self.check_snippet(path, line, text, mark.group(2), mark.group(3))

    def check_snippet(self, path, line, text, program, region):
        source = self.programs.get(program, {}).get(region)
        self.used.add((program, region))
        if source is None:
            self.complaints.add(path, line, f"docs/snippets/{program}.cpp has no snippet {region}")
        elif source != text:
            self.complaints.add(path, line, f"differs from snippet {region} of "
                                            f"docs/snippets/{program}.cpp")

    def check_output(self, path, line, text, program):
        printed = self.root / "docs/snippets" / f"{program}.out"
        if not printed.exists():
            self.complaints.add(path, line, f"docs/snippets/{program}.out does not exist")
        elif f"\n{text}\n" not in "\n" + printed.read_text(encoding="utf-8"):
            self.complaints.add(path, line, f"is not what docs/snippets/{program}.out says")

    def check_unused(self):
        for program, found in self.programs.items():
            for region in found:
                if (program, region) not in self.used:
                    self.complaints.add(self.root / f"docs/snippets/{program}.cpp", 1,
                                        f"no page shows snippet {region}")


def main():
    root = source_tree.parse_root(__doc__)
    complaints = source_tree.Complaints(root)
    pages = Pages(root, complaints)
    paths = [root / "README.md", *source_tree.files(root / "docs", {".md"})]
    for path in paths:
        pages.check(path)
    pages.check_unused()
    complaints.exit("docs.snippets", len(paths) if pages.programs else 0)


if __name__ == "__main__":
    main()
