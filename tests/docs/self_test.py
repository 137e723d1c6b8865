#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shows that each check of the pages can fail: a clean little project passes, and each spoilt copy
of it is refused for the right reason."""

import contextlib
import io
import shutil
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import atomics
import run_snippet
import snippets

PAGE = """# Guide

<!-- snippet: hello publish -->
```cpp
bus.publish(order{1});
```

<!-- output: hello -->
```
order 1
```
"""

PROGRAM = """int main() {
    // [snippet publish]
    bus.publish(order{1});
    // [end]
}
"""

TABLE = """# Concurrency

Pairs: `lane-edge`.

### `lane/lane.hpp`

| member |
| --- |
| `word_` |
"""

CLEAN = {
    "README.md": "# Title\n",
    "docs/guide.md": PAGE,
    "docs/snippets/hello.cpp": PROGRAM,
    "docs/snippets/hello.out": "order 1\nbye\n",
    "docs/concurrency.md": TABLE,
    "core/src/lane/lane.hpp": "    std::atomic<int> word_{0};  // [PAIR lane-edge]\n",
}


class DocsTest(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="stentor-docs-"))
        self.addCleanup(shutil.rmtree, self.root)
        for name, text in CLEAN.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def replace(self, name, old, new):
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        path.write_text(text.replace(old, new), encoding="utf-8")

    def run_main(self, module, *arguments):
        """What the check printed, and how it ended: 0, or what it gave to sys.exit."""
        printed, ended = io.StringIO(), 0
        with mock.patch.object(sys, "argv", [module.__file__, *map(str, arguments)]):
            with contextlib.redirect_stdout(printed):
                try:
                    module.main()
                except SystemExit as end:
                    ended = end.code
        return printed.getvalue(), ended

    def refuses(self, module, complaint):
        printed, ended = self.run_main(module, "--root", self.root)
        self.assertNotEqual(ended, 0, printed)
        self.assertIn(complaint, printed)

    def test_accepts_a_clean_project(self):
        for module in (snippets, atomics):
            printed, ended = self.run_main(module, "--root", self.root)
            self.assertEqual(ended, 0, printed)

    def test_refuses_a_block_that_is_older_than_its_program(self):
        self.replace("docs/snippets/hello.cpp", "order{1}", "order{2}")
        self.refuses(snippets, "differs from snippet publish")

    def test_refuses_a_block_without_a_program(self):
        self.replace("docs/guide.md", "<!-- snippet: hello publish -->", "")
        self.refuses(snippets, "a cpp block that no program stands behind")

    def test_refuses_a_block_of_an_unknown_snippet(self):
        self.replace("docs/guide.md", "hello publish", "hello gone")
        self.refuses(snippets, "has no snippet gone")

    def test_refuses_a_snippet_that_no_page_shows(self):
        self.replace("docs/guide.md", "snippet: hello publish", "snippet: other publish")
        self.refuses(snippets, "no page shows snippet publish")

    def test_refuses_a_snippet_that_does_not_end(self):
        self.replace("docs/snippets/hello.cpp", "    // [end]\n", "")
        self.refuses(snippets, "does not end")

    def test_refuses_output_that_was_not_printed(self):
        self.replace("docs/guide.md", "order 1\n", "order 2\n")
        self.refuses(snippets, "is not what docs/snippets/hello.out says")

    def test_refuses_an_atomic_that_is_not_in_the_table(self):
        self.replace("core/src/lane/lane.hpp", "word_", "other_")
        self.refuses(atomics, "does not list `other_` of lane/lane.hpp")
        self.refuses(atomics, "lists `word_` of lane/lane.hpp, which is no atomic there")

    def test_refuses_a_pair_that_is_not_explained(self):
        self.replace("core/src/lane/lane.hpp", "lane-edge", "credit")
        self.refuses(atomics, "does not mention the pair `credit`")

    def test_refuses_a_program_that_prints_something_else(self):
        expected = self.root / "docs/snippets/hello.out"
        printed, ended = self.run_main(run_snippet, "/bin/true", expected)
        self.assertEqual(ended, "the program printed something else")
        self.assertIn("-order 1", printed)

    def test_refuses_a_program_that_fails(self):
        expected = self.root / "empty.out"
        expected.write_text("", encoding="utf-8")
        self.assertEqual(self.run_main(run_snippet, "/bin/true", expected)[1], 0)
        self.assertEqual(self.run_main(run_snippet, "/bin/false", expected)[1],
                         "the program ended with 1")


if __name__ == "__main__":
    unittest.main()
