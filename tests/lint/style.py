#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The habits that a program can check: how a file starts, how long things are, which words are left
out, and that the build knows every source file."""

import ast
import re

import source_tree

CPP = {".hpp", ".cpp"}
CODE = CPP | {".py", ".sh", ".cmake", ".java", ".js", ".mjs"}
FILE_LINES = 400
FUNCTION_LINES = 70
COLUMNS = 100

SPDX = "SPDX-License-Identifier: MIT"

# Written in pieces, so that this file does not complain of itself.
LEFT_OPEN = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
SWITCHED_OFF = re.compile(r"\b(DISABLE" r"D_\w+|GTEST_SK" r"IP)|^\s*#\s*if\s+0\b")
OPENED_UP = re.compile(r"#\s*define\s+(private|protected)\b")
USING_NAMESPACE = re.compile(r"^\s*using namespace (?!std::(chrono_)?literals)")
MACRO = re.compile(r"^\s*#\s*define\s+(\w+)")
TYPE_NAME = re.compile(r"^\s*(?:class|struct)\s+(?:\w+\s+)*?(\w*(?:manager|helper|util|utils|"
                       r"processor))\b(?!.*;)", re.IGNORECASE)

ASSERTS = re.compile(r"EXPECT_|ASSERT_|\bexpect_\w+\(|static_assert|LLVMFuzzerTestOneInput")

LITERAL = re.compile(r"""R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'|"""
                     r"""//[^\n]*|/\*.*?\*/""", re.DOTALL)
NO_FUNCTION = re.compile(r"^\s*(namespace|class|struct|enum|union|extern|if|else|for|while|switch|"
                         r"do|try|catch|case|return|template|concept)\b")


def is_script(path):
    """A program without a suffix, such as ./dev."""
    if path.suffix or path.stat().st_size == 0:
        return False
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def is_code(path):
    return path.suffix in CODE or path.name == "CMakeLists.txt" or is_script(path)


def check_start(path, text, complain):
    first = 1 if text and text[0].startswith("#!") else 0
    if len(text) <= first or SPDX not in text[first]:
        complain(first + 1, f"starts without '{SPDX}'")
    if path.suffix == ".hpp":
        code = [line for line in text if line and not line.startswith("//")]
        if not code or code[0] != "#pragma once":
            complain(2, "a header's first line of code is '#pragma once'")


def check_length(text, complain):
    if len(text) > FILE_LINES:
        complain(len(text), f"{len(text)} lines; one thought per file, {FILE_LINES} at most")
    for number, line in enumerate(text, start=1):
        if len(line) > COLUMNS:
            complain(number, f"{len(line)} columns; {COLUMNS} at most")
        if line != line.rstrip():
            complain(number, "ends with white space")
        if "\t" in line:
            complain(number, "has a tab")


def without_literals(text):
    """The lines with strings, characters and comments blanked, so that braces are braces."""
    def blank(match):
        return "\n" * match.group(0).count("\n")

    return LITERAL.sub(blank, "\n".join(text)).split("\n")


def cpp_functions(text):
    """Yields (line, length) of each function body, lambdas included."""
    code = without_literals(text)
    for index, line in enumerate(code):
        if not line.rstrip().endswith("{") or NO_FUNCTION.match(line):
            continue
        start = index
        while start > 0 and line_continues(code[start - 1]):
            start -= 1
        if "(" not in "".join(code[start:index + 1]) or NO_FUNCTION.match(code[start]):
            continue
        depth = 1
        for end in range(index + 1, len(code)):
            depth += code[end].count("{") - code[end].count("}")
            if depth <= 0:
                yield start + 1, end - index - 1
                break


def line_continues(line):
    """Whether the statement goes on after this line."""
    code = line.rstrip()
    return bool(code) and code[-1] not in ";{}:" and not code.lstrip().startswith("#")


def python_functions(path, complain):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno


def shell_functions(text):
    start = None
    for number, line in enumerate(text, start=1):
        if re.match(r"^\w+\(\) \{$", line):
            start = number
        elif line == "}" and start:
            yield start, number - start - 1
            start = None


def check_functions(path, text, complain):
    if path.suffix in CPP:
        functions = cpp_functions(text)
    elif path.suffix == ".py":
        functions = python_functions(path, complain)
    else:
        functions = shell_functions(text)
    for line, length in functions:
        if length > FUNCTION_LINES:
            complain(line, f"a function of {length} lines; {FUNCTION_LINES} at most")


def check_words(path, text, complain, in_core):
    for number, line in enumerate(text, start=1):
        for form, why in ((LEFT_OPEN, "left open; finish it"),
                          (SWITCHED_OFF, "switched off; mend it or remove it"),
                          (OPENED_UP, "opens up a class; give the test a type of its own")):
            match = form.search(line)
            if match:
                complain(number, f"'{match.group(0).strip()}': {why}")
        if path.suffix == ".hpp" and USING_NAMESPACE.match(line):
            complain(number, "'using namespace' in a header reaches every includer")
        if in_core:
            macro = MACRO.match(line)
            if macro and not macro.group(1).startswith("STENTOR_"):
                complain(number, f"macro {macro.group(1)} lacks the prefix STENTOR_")
            noun = TYPE_NAME.match(line)
            if noun:
                complain(number, f"'{noun.group(1)}' does not say what the thing is")


def check_test(path, text, complain):
    if not ASSERTS.search("\n".join(text)):
        complain(1, "a test file in which nothing is asserted")


def build_lists(root, path):
    """The CMakeLists.txt files that could name this file, with the name that they would use."""
    for folder in path.parents:
        listing = folder / "CMakeLists.txt"
        if listing.exists():
            yield listing, path.relative_to(folder).as_posix()
        if folder == root:
            return


def check_listed(root, path, complain):
    for listing, name in build_lists(root, path):
        text = "\n".join(line.split("#")[0] for line in source_tree.lines(listing))
        if re.search(rf"(?<![\w./]){re.escape(name)}(?![\w.])", text):
            return
        # A list of names that a function or a loop completes: "cases/${name}.cpp".
        for start, end in re.findall(r"([\w/]*)\$\{\w+\}(\w*\.\w+)", text):
            if name.startswith(start) and name.endswith(end):
                stem = name[len(start):-len(end)]
                if re.search(rf"(?<![\w./]){re.escape(stem)}(?![\w./])", text):
                    return
    complain(1, "no CMakeLists.txt names this file, so nothing builds it")


def check_version(root, complaints):
    """The version stands in CMakeLists.txt and in version.hpp, for users of either."""
    listing = root / "CMakeLists.txt"
    header = root / "core/include/stentor/version.hpp"
    if not listing.exists() or not header.exists():
        return
    project = re.search(r"project\(stentor VERSION (\d+)\.(\d+)\.(\d+)", listing.read_text())
    values = re.findall(r"#define STENTOR_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header.read_text())
    if not project or list(project.groups()) != values:
        complaints.add(header, 1, "says another version than CMakeLists.txt")


def main():
    root = source_tree.parse_root(__doc__)
    complaints = source_tree.Complaints(root)
    checked = 0
    for path in source_tree.files(root):
        name = path.relative_to(root).as_posix()
        if "corpus" in path.parts:
            continue  # inputs of fuzzers look as they like
        if path.stat().st_size == 0 or path.name in (".gitkeep", ".keep"):
            complaints.add(path, 1, "an empty file; folders appear when they have content")
            continue
        if not is_code(path):
            continue
        checked += 1
        text = source_tree.lines(path)

        def complain(line, message, path=path):
            complaints.add(path, line, message)

        check_start(path, text, complain)
        check_length(text, complain)
        check_functions(path, text, complain)
        check_words(path, text, complain, in_core=name.startswith("core/"))
        if path.suffix == ".cpp":
            check_listed(root, path, complain)
        if re.match(r"tests/.*_(test|fuzz)\.cpp$", name):
            check_test(path, text, complain)
        if path.suffix == ".hpp" and name.startswith("core/"):
            check_listed(root, path, complain)
    check_version(root, complaints)
    complaints.exit("lint.style", checked)


if __name__ == "__main__":
    main()
