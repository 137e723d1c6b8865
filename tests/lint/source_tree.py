# SPDX-License-Identifier: MIT
"""What the lint checks share: the files of the project, and how a complaint is told."""

import argparse
import os
import re
import sys
from pathlib import Path

SKIPPED_FOLDERS = {".git", "build", "node_modules", "__pycache__", ".cache", ".idea", ".vscode"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


class Complaints:
    """Collects what is wrong and prints it as file:line: message, the form that editors know."""

    def __init__(self, root):
        self.root = root
        self.count = 0

    def add(self, path, line, message):
        self.count += 1
        print(f"{Path(path).relative_to(self.root)}:{line}: {message}")

    def exit(self, name, checked):
        if self.count:
            print(f"{name}: {self.count} complaints in {checked} files")
            sys.exit(1)
        if checked == 0:
            print(f"{name}: found nothing to check, which cannot be right")
            sys.exit(1)
        print(f"{name}: {checked} files are fine")


def parse_root(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2],
                        help="the project's folder")
    return parser.parse_args().root.resolve()


def files(root, suffixes=None):
    """All files of the project below root in a stable order; suffixes such as {".hpp"} or None."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_symlink():
                continue
            if suffixes is None or path.suffix in suffixes:
                yield path


def lines(path):
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def includes(path):
    """Yields (line number, '<' or '"', header) for each include directive."""
    for number, text in enumerate(lines(path), start=1):
        match = INCLUDE.match(text)
        if match:
            yield number, match.group(1), match.group(2)
