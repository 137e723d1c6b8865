#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Documents cannot name what is gone: every relative link, every anchor, every path of the project
and every test that a Markdown file mentions must exist."""

import re

import source_tree

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
CODE_SPAN = re.compile(r"`([^`]+)`")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
OUTSIDE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
PLACEHOLDER = re.compile(r"[*<>{}$ |=()\"']|\.\.\.")
TEST_NAME = re.compile(r"^TEST(?:_F|_P)?\((\w+), (\w+)\)$")


def anchor_of(heading):
    """The anchor that renderers of GitHub's kind give a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text))


def prose(path):
    """Yields (number, line) outside fenced code."""
    fenced = False
    for number, line in enumerate(source_tree.lines(path), start=1):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchors(path):
    return {anchor_of(match.group(1)) for _, line in prose(path)
            if (match := HEADING.match(line))}


def check_link(root, path, number, target, complaints):
    if OUTSIDE.match(target):
        return
    name, _, anchor = target.partition("#")
    place = path if not name else (root / name[1:] if name.startswith("/") else path.parent / name)
    if not place.exists():
        complaints.add(path, number, f"links to {target}, which does not exist")
    elif anchor and place.suffix == ".md" and anchor not in anchors(place):
        complaints.add(path, number, f"links to {target}, which has no such heading")


def check_span(root, path, number, span, tops, complaints):
    """`core/src/lane/lane_state.hpp` in prose is a promise that the file is there."""
    name = span.rstrip("/.,").removeprefix("./")
    if PLACEHOLDER.search(name) or "/" not in span or name.split("/")[0] not in tops:
        return
    name = re.sub(r":\d+$", "", name)
    if name.split("/")[0] == "build":
        return
    if not (root / name).exists() and not (path.parent / name).exists():
        complaints.add(path, number, f"names `{span}`, which does not exist")


def test_names(root):
    names = set()
    for path in source_tree.files(root / "tests", {".cpp", ".hpp"}):
        text = path.read_text(encoding="utf-8", errors="replace")
        names.update(re.findall(r"\b(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\)", text))
    return names


def main():
    root = source_tree.parse_root(__doc__)
    complaints = source_tree.Complaints(root)
    tops = {entry.name for entry in root.iterdir() if entry.is_dir()}
    known_tests = test_names(root)
    checked = 0
    for path in source_tree.files(root, {".md"}):
        checked += 1
        if path.name != "CHANGELOG.md":
            titles = [number for number, line in prose(path) if line.startswith("# ")]
            if len(titles) != 1:
                complaints.add(path, 1, f"has {len(titles)} titles; a document has one")
        for number, line in prose(path):
            for match in list(LINK.finditer(line)) + list(IMAGE.finditer(line)):
                check_link(root, path, number, match.group(1), complaints)
            for match in CODE_SPAN.finditer(line):
                check_span(root, path, number, match.group(1), tops, complaints)
                test = TEST_NAME.match(match.group(1))
                if test and test.groups() not in known_tests:
                    complaints.add(path, number, f"names {match.group(1)}, which does not exist")
    complaints.exit("lint.docs", checked)


if __name__ == "__main__":
    main()
