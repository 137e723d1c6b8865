#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Includes point down: reads every include of the project and holds it against the table of floors.

Change the table and core/README.md together, and only for a decision that is written down.
"""

import re
from collections import defaultdict
from pathlib import Path

import source_tree

# A folder of core and what it may include besides itself: folders, or single files.
FLOORS = {
    "base": [],
    "event": ["base"],
    "metrics": ["base"],
    # The options of a subscription name the policies, which are values.
    "registry": ["base", "event", "metrics", "resilience"],
    "lane": ["base", "event", "metrics"],
    "resilience": ["base", "event", "metrics"],
    "dispatch": ["base", "event", "metrics", "registry", "lane", "resilience"],
    "async": ["base", "event", "metrics", "registry", "lane", "resilience",
              "dispatch/executor.hpp"],
    "bus": ["base", "event", "metrics", "registry", "lane", "resilience", "dispatch", "async"],
}

# The components above core: what each may include besides the standard library, its own headers and
# the public ones of core. A file of theirs may have a library that its users bring.
COMPONENTS = {
    "testing": {"include/stentor/testing/matchers.hpp": re.compile(r"^g(test|mock)/g\1\.h$")},
}

# Headers beside the floors: every floor may include these; nothing of the project stands in them.
GROUND = {"export.hpp", "version.hpp", "fwd.hpp"}

# Each of these libraries enters core through one file, so that it can be replaced there.
THIRD_PARTY = {
    "concurrentqueue": re.compile(r"^(concurrentqueue/|moodycamel/)*\w*concurrentqueue\.h$"),
    "tbb": re.compile(r"^(oneapi/)?tbb(/|\.h$)"),
    "mimalloc": re.compile(r"^mimalloc.*\.h$"),
    "the race detector": re.compile(r"^sanitizer/tsan_interface\.h$"),
}

STANDARD = set("""
    algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono
    cinttypes climits clocale cmath codecvt compare complex concepts condition_variable coroutine
    csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque
    exception execution filesystem forward_list fstream functional future initializer_list iomanip
    ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex
    new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore
    set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string
    string_view syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map
    unordered_set utility valarray variant vector version
""".split())

# The operating system and the processor: for private parts only.
SYSTEM = re.compile(r"^((sys|linux|net|netinet|arpa|asm)/.*|\w*intrin|cpuid|unistd|fcntl|pthread|"
                    r"sched|poll|signal|dlfcn|errno|limits|time|malloc|spawn)(\.h)?$")


def floor_of(include):
    """'lane/lane.hpp' -> 'lane'; a header beside the floors -> ''."""
    return include.split("/")[0] if "/" in include else ""


def may_include(floor, include):
    return (floor_of(include) == floor or floor_of(include) in FLOORS[floor]
            or include in FLOORS[floor])


class CoreCheck:
    def __init__(self, root, complaints):
        self.core = root / "core"
        self.complaints = complaints
        self.third_party_users = defaultdict(dict)
        self.graph = defaultdict(set)

    def run(self):
        checked = 0
        for top in ("include/stentor", "src"):
            for path in source_tree.files(self.core / top, {".hpp", ".cpp"}):
                checked += 1
                self.check_file(path, path.relative_to(self.core / top), top != "src")
        self.check_third_party()
        self.check_cycles()
        return checked

    def check_file(self, path, name, public):
        floor = floor_of(name.as_posix())
        if floor and floor not in FLOORS:
            self.complaints.add(path, 1, f"folder {floor} is not in the table of floors")
            return
        if name.as_posix() == "stentor.hpp":
            self.check_umbrella(path)
            return
        for line, quote, header in source_tree.includes(path):
            self.check_include(path, line, quote, header, floor, public)

    def check_include(self, path, line, quote, header, floor, public):
        own = header.removeprefix("stentor/") if header.startswith("stentor/") else None
        if own is None and quote == '"':
            own = header
            if public:
                self.complaints.add(path, line, f"a public header includes <stentor/...>, not "
                                                f"\"{header}\"")
                return
        if own is None:
            self.check_foreign(path, line, header, public)
            return
        if ".." in Path(own).parts:
            self.complaints.add(path, line, f"\"{header}\" climbs; name the file by its floor")
        elif own == "stentor.hpp":
            self.complaints.add(path, line, "the umbrella header is for users, not for us")
        elif own in GROUND:
            pass
        elif not floor:
            self.complaints.add(path, line, f"{path.name} stands below all floors and cannot "
                                            f"include {header}")
        elif not may_include(floor, own):
            allowed = ", ".join(FLOORS[floor]) or "nothing else"
            self.complaints.add(path, line, f"{floor} may not include {header}; it may include "
                                            f"{allowed}")
        else:
            self.graph[path.relative_to(self.core).as_posix()].add((header, quote))

    def check_foreign(self, path, line, header, public):
        if header in STANDARD:
            return
        library = next((name for name, form in THIRD_PARTY.items() if form.match(header)), None)
        if public:
            self.complaints.add(path, line, f"a public header includes the standard library only, "
                                            f"not <{header}>")
        elif library:
            self.third_party_users[library].setdefault(path, line)
        elif not SYSTEM.match(header):
            self.complaints.add(path, line, f"<{header}> is in no table of tests/lint/layers.py")

    def check_third_party(self):
        for library, users in self.third_party_users.items():
            for path, line in list(users.items())[1:]:
                first = next(iter(users)).relative_to(self.core.parent)
                self.complaints.add(path, line, f"{library} is included from {first} already; "
                                                f"a third-party header enters through one file")

    def check_umbrella(self, path):
        for number, text in enumerate(source_tree.lines(path), start=1):
            if text and not text.startswith(("#include <stentor/", "#pragma once", "//")):
                self.complaints.add(path, number, "the umbrella header holds includes only")

    def check_cycles(self):
        """Within a floor the table does not help: no file may reach itself."""
        def resolve(header, quote):
            return f"src/{header}" if quote == '"' else f"include/{header}"

        done, active = set(), []

        def visit(name):
            if name in active:
                cycle = " -> ".join(active[active.index(name):] + [name])
                self.complaints.add(self.core / name, 1, f"includes itself: {cycle}")
                return
            if name in done:
                return
            active.append(name)
            for header, quote in sorted(self.graph.get(name, ())):
                visit(resolve(header, quote))
            active.pop()
            done.add(name)

        for name in sorted(self.graph):
            visit(name)


def check_component(root, name, guests, complaints):
    """A component sees core as its users do, and no other component."""
    checked = 0
    for top in ("include/stentor", "src"):
        for path in source_tree.files(root / name / top, {".hpp", ".cpp"}):
            checked += 1
            guest = guests.get(path.relative_to(root / name).as_posix())
            for line, quote, header in source_tree.includes(path):
                own = header.removeprefix("stentor/").split("/")[0]
                if quote == '"':
                    known = top == "src" and (root / name / "src" / header).exists()
                elif header.startswith("stentor/"):
                    known = own == name or own in FLOORS or own in GROUND
                else:
                    known = (header in STANDARD or bool(guest and guest.match(header))
                             or (top == "src" and bool(SYSTEM.match(header))))
                if not known:
                    complaints.add(path, line, f"{name} may include its own headers, the public "
                                               f"ones of core and the standard library, not "
                                               f"{header}")
    return checked


def check_users(root, complaints):
    """Examples and consumers see what a user sees; only tests and benches may look inside."""
    checked = 0
    private = {path.relative_to(root / "core/src").as_posix()
               for path in source_tree.files(root / "core/src", {".hpp"})}
    for folder in ("examples", "tools", "tests/package", "docs"):
        for path in source_tree.files(root / folder, {".hpp", ".cpp"}):
            checked += 1
            for line, quote, header in source_tree.includes(path):
                if quote == '"' and header in private and not (path.parent / header).exists():
                    complaints.add(path, line, f"\"{header}\" is private to core")
    return checked


def check_plan(root, complaints):
    """core/README.md is the floor plan: it names every floor that exists."""
    plan = root / "core/README.md"
    if not plan.exists():
        return
    text = plan.read_text(encoding="utf-8")
    for floor in FLOORS:
        exists = any((root / "core" / top / floor).is_dir() for top in ("include/stentor", "src"))
        if exists and not re.search(rf"\b{floor}\b", text):
            complaints.add(plan, 1, f"the floor plan does not mention {floor}")


def main():
    root = source_tree.parse_root(__doc__)
    complaints = source_tree.Complaints(root)
    checked = CoreCheck(root, complaints).run()
    for name, guests in COMPONENTS.items():
        checked += check_component(root, name, guests, complaints)
    checked += check_users(root, complaints)
    check_plan(root, complaints)
    complaints.exit("lint.layers", checked)


if __name__ == "__main__":
    main()
