#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shows that each lint check can fail: a clean little project passes, and each spoilt copy of it is
refused for the right reason. A check that cannot fail is no check."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
SPDX = "// SPDX-License-Identifier: MIT\n"
SHELL = "#!/bin/sh\n# SPDX-License-Identifier: MIT\n"
HEADER = SPDX + "#pragma once\n\n"

CLEAN = {
    "CMakeLists.txt": "# SPDX-License-Identifier: MIT\nproject(stentor VERSION 0.1.0)\n",
    "core/CMakeLists.txt": "# SPDX-License-Identifier: MIT\n"
                           "include/stentor/stentor.hpp include/stentor/version.hpp\n"
                           "include/stentor/base/result.hpp include/stentor/event/topic.hpp\n"
                           "src/lane/queue.hpp src/lane/lane.cpp src/bus/bus.cpp\n",
    "core/README.md": "# Core\n\nFloors: bus, lane, event, base. See `core/src/lane/queue.hpp`.\n",
    "core/include/stentor/stentor.hpp": HEADER + "#include <stentor/event/topic.hpp>\n",
    "core/include/stentor/version.hpp": HEADER + "#define STENTOR_VERSION_MAJOR 0\n"
                                        "#define STENTOR_VERSION_MINOR 1\n"
                                        "#define STENTOR_VERSION_PATCH 0\n",
    "core/include/stentor/base/result.hpp": HEADER + "#include <utility>\n",
    "core/include/stentor/event/topic.hpp": HEADER + "#include <stentor/base/result.hpp>\n",
    "core/src/lane/queue.hpp": HEADER + "#include <concurrentqueue.h>\n",
    "core/src/lane/lane.cpp": SPDX + '#include "lane/queue.hpp"\n\n#include <unistd.h>\n',
    "core/src/bus/bus.cpp": SPDX + '#include "lane/queue.hpp"\n',
    "tests/CMakeLists.txt": "# SPDX-License-Identifier: MIT\nunit/lane_test.cpp\n",
    "tests/unit/lane_test.cpp": SPDX + "TEST(lane, holds) {\n    EXPECT_TRUE(true);\n}\n",
    "README.md": "# Title\n\n[the core](core/README.md#core) and `TEST(lane, holds)`\n",
}


class LintTest(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="stentor-lint-"))
        self.addCleanup(shutil.rmtree, self.root)
        for name, text in CLEAN.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def append(self, name, text):
        self.write(name, (self.root / name).read_text(encoding="utf-8") + text)

    def check(self, script):
        return subprocess.run([sys.executable, HERE / script, "--root", self.root],
                              capture_output=True, text=True, check=False)

    def refuses(self, script, complaint):
        answer = self.check(script)
        self.assertEqual(answer.returncode, 1, answer.stdout + answer.stderr)
        self.assertIn(complaint, answer.stdout)


class CleanProject(LintTest):
    def test_passes_every_check(self):
        for script in ("layers.py", "style.py", "docs.py"):
            answer = self.check(script)
            self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)

    def test_an_empty_project_is_refused(self):
        shutil.rmtree(self.root / "core")
        shutil.rmtree(self.root / "tests")
        self.refuses("layers.py", "found nothing to check")


class Layers(LintTest):
    def test_refuse_a_component_that_looks_inside_core_or_at_a_guest_elsewhere(self):
        listing = "# SPDX-License-Identifier: MIT\nsrc/kit.cpp include/stentor/testing/kit.hpp\n"
        self.write("testing/CMakeLists.txt", listing)
        self.write("testing/include/stentor/testing/kit.hpp",
                   HEADER + "#include <stentor/event/topic.hpp>\n")
        self.write("testing/src/kit.cpp", SPDX + "#include <stentor/testing/kit.hpp>\n")
        self.assertEqual(self.check("layers.py").returncode, 0)
        for include in ('"lane/queue.hpp"', "<gtest/gtest.h>", "<stentor/http/server.hpp>"):
            self.write("testing/src/kit.cpp", SPDX + f"#include {include}\n")
            self.refuses("layers.py", "testing may include its own headers")

    def test_refuse_an_include_that_points_up(self):
        self.append("core/include/stentor/base/result.hpp", "#include <stentor/event/topic.hpp>\n")
        self.refuses("layers.py", "base may not include stentor/event/topic.hpp")

    def test_refuse_an_include_of_a_sibling(self):
        self.append("core/include/stentor/event/topic.hpp", "#include <stentor/metrics/x.hpp>\n")
        self.refuses("layers.py", "event may not include stentor/metrics/x.hpp")

    def test_refuse_a_private_include_that_points_up(self):
        self.append("core/src/lane/lane.cpp", '#include "bus/state.hpp"\n')
        self.refuses("layers.py", "lane may not include bus/state.hpp")

    def test_let_async_see_the_executor_alone(self):
        self.write("core/src/async/task.cpp", SPDX + "#include <stentor/dispatch/executor.hpp>\n")
        self.append("core/README.md", "async\n")
        self.assertEqual(self.check("layers.py").returncode, 0)
        self.append("core/src/async/task.cpp", '#include "dispatch/runner.hpp"\n')
        self.refuses("layers.py", "async may not include dispatch/runner.hpp")

    def test_refuse_a_folder_without_a_floor(self):
        self.write("core/src/stuff/x.cpp", SPDX)
        self.refuses("layers.py", "folder stuff is not in the table")

    def test_refuse_third_parties_in_public_headers(self):
        for header in ("concurrentqueue/concurrentqueue.h", "tbb/task_arena.h", "unistd.h"):
            self.write("core/include/stentor/event/topic.hpp", HEADER + f"#include <{header}>\n")
            self.refuses("layers.py", f"not <{header}>")

    def test_refuse_a_second_user_of_a_third_party_header(self):
        self.append("core/src/bus/bus.cpp", "#include <concurrentqueue/concurrentqueue.h>\n")
        self.refuses("layers.py", "concurrentqueue is included from core/src/bus/bus.cpp already")

    def test_refuse_an_unknown_library(self):
        self.append("core/src/lane/lane.cpp", "#include <boost/any.hpp>\n")
        self.refuses("layers.py", "<boost/any.hpp> is in no table")

    def test_refuse_the_umbrella_inside_core(self):
        self.append("core/src/bus/bus.cpp", "#include <stentor/stentor.hpp>\n")
        self.refuses("layers.py", "the umbrella header is for users")

    def test_refuse_code_in_the_umbrella(self):
        self.append("core/include/stentor/stentor.hpp", "int answer();\n")
        self.refuses("layers.py", "holds includes only")

    def test_refuse_a_circle(self):
        self.append("core/src/lane/queue.hpp", '#include "lane/other.hpp"\n')
        self.write("core/src/lane/other.hpp", HEADER + '#include "lane/queue.hpp"\n')
        self.refuses("layers.py", "includes itself")

    def test_refuse_private_headers_in_examples(self):
        self.write("examples/a.cpp", SPDX + '#include "lane/queue.hpp"\n')
        self.refuses("layers.py", "is private to core")

    def test_refuse_a_plan_that_forgets_a_floor(self):
        self.write("core/README.md", "# Core\n\nFloors: bus, event, base.\n")
        self.refuses("layers.py", "does not mention lane")


class Style(LintTest):
    LANE = "core/src/lane/lane.cpp"

    def test_refuses_a_file_without_licence_line(self):
        self.write(self.LANE, "int x;\n")
        self.refuses("style.py", "starts without")

    def test_refuses_a_header_without_pragma_once(self):
        self.write("core/src/lane/queue.hpp", SPDX + "#include <utility>\n")
        self.refuses("style.py", "#pragma once")

    def test_refuses_long_files_long_lines_and_long_functions(self):
        self.append(self.LANE, "int x;\n" * 400)
        self.refuses("style.py", "400 at most")
        self.write(self.LANE, SPDX + "// " + "x" * 98 + "\n")
        self.refuses("style.py", "101 columns")
        self.write(self.LANE, SPDX + "int f() {\n" + "    g();\n" * 71 + "}\n")
        self.refuses("style.py", "lane.cpp:2: a function of 71 lines")

    def test_counts_a_function_whose_head_has_several_lines(self):
        self.write(self.LANE, SPDX + "int f(int a,\n      int b) {\n" + "    g();\n" * 71 + "}\n")
        self.refuses("style.py", "lane.cpp:2: a function of 71 lines")

    def test_counts_functions_of_scripts(self):
        self.write("x.sh", SHELL + "f() {\n" + "x\n" * 71 + "}\n")
        self.refuses("style.py", "x.sh:3: a function of 71 lines")
        self.write("x.sh", SHELL)
        self.write("x.py", "# SPDX-License-Identifier: MIT\ndef f():\n" + "    g()\n" * 71)
        self.refuses("style.py", "x.py:2: a function of 71 lines")

    def test_refuses_words_of_unfinished_work(self):
        for word in ("TO" + "DO", "FIX" + "ME", "DISABLE" + "D_x", "GTEST_SK" + "IP"):
            self.write(self.LANE, SPDX + f"// {word}: later\n")
            self.refuses("style.py", word)
        self.write(self.LANE, SPDX + "#if " + "0\n#endif\n")
        self.refuses("style.py", "switched off")

    def test_refuses_names_that_reach_or_say_nothing(self):
        self.append("core/src/lane/queue.hpp", "using namespace std;\n")
        self.refuses("style.py", "reaches every includer")
        self.write(self.LANE, SPDX + "#define ASSERT(x) x\n")
        self.refuses("style.py", "lacks the prefix STENTOR_")
        self.write(self.LANE, SPDX + "class lane_manager {\n};\n")
        self.refuses("style.py", "'lane_manager' does not say")
        self.write(self.LANE, SPDX + "#define " + "private public\n")
        self.refuses("style.py", "opens up a class")

    def test_refuses_a_file_that_nothing_builds(self):
        self.write("core/src/lane/other.cpp", SPDX)
        self.refuses("style.py", "no CMakeLists.txt names this file")

    def test_knows_names_that_a_loop_completes(self):
        self.append("core/CMakeLists.txt", "foreach(x IN ITEMS other)\n    src/lane/${x}.cpp\n")
        self.write("core/src/lane/other.cpp", SPDX)
        self.assertEqual(self.check("style.py").returncode, 0)
        self.write("core/src/lane/another.cpp", SPDX)
        self.refuses("style.py", "another.cpp:1: no CMakeLists.txt names this file")

    def test_refuses_a_test_without_assertion(self):
        self.write("tests/unit/lane_test.cpp", SPDX + "TEST(lane, runs) {\n    run();\n}\n")
        self.refuses("style.py", "nothing is asserted")

    def test_refuses_an_empty_file(self):
        self.write("docs/.gitkeep", "")
        self.refuses("style.py", "an empty file")

    def test_refuses_two_versions(self):
        self.write("CMakeLists.txt", CLEAN["CMakeLists.txt"].replace("0.1.0", "0.2.0"))
        self.refuses("style.py", "says another version")


class Docs(LintTest):
    def test_refuse_dead_links(self):
        self.append("README.md", "[gone](docs/gone.md)\n")
        self.refuses("docs.py", "links to docs/gone.md, which does not exist")

    def test_refuse_dead_anchors(self):
        self.append("README.md", "[gone](core/README.md#cellar)\n")
        self.refuses("docs.py", "has no such heading")

    def test_refuse_paths_that_are_gone(self):
        self.append("README.md", "See `core/src/cellar/`.\n")
        self.refuses("docs.py", "names `core/src/cellar/`")

    def test_refuse_tests_that_are_gone(self):
        self.append("README.md", "Held by `TEST(lane, sings)`.\n")
        self.refuses("docs.py", "names TEST(lane, sings)")

    def test_refuse_two_titles(self):
        self.append("README.md", "# Another\n")
        self.refuses("docs.py", "has 2 titles")

    def test_leave_code_blocks_alone(self):
        self.append("README.md", "```\n# comment\n[x](gone.md)\n```\n")
        self.assertEqual(self.check("docs.py").returncode, 0)


if __name__ == "__main__":
    unittest.main()
