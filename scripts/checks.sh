# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # $logs and $jobs come from ./dev
#
# Sourced by ./dev: the checks of the source tree. Each is a function that succeeds or prints what
# is wrong and fails.

# The project's files, one a line: what git tracks or would track, or all outside of a repository.
sources() {
    git ls-files --cached --others --exclude-standard 2>/dev/null ||
        find . -path ./build -prune -o -type f -print | sed 's|^\./||'
}

cpp_sources() { sources | grep -E '\.[hc]pp$'; }

shell_sources() {
    local file
    sources | grep -vE '\.(md|[hc]pp|py|cmake|json)$' | while read -r file; do
        if [[ $file == *.sh ]] || head -n 1 "$file" 2>/dev/null | grep -qE '^#!.*\b(ba)?sh$'; then
            say "$file"
        fi
    done
}

check_format() {
    local log=$logs/format.log
    mkdir -p "$logs"
    cpp_sources | xargs -r clang-format-19 --dry-run -Werror >"$log" 2>&1 && return
    sed -nE 's/^([^:]+):.*clang-format-violations.*/\1: error: not formatted; run .\/dev format/p' \
        "$log" | sort -u
    return 1
}

check_shell() { shell_sources | xargs -r shellcheck --external-sources; }

# The checks of tests/lint, which ctest runs as well.
check_own() {
    local check status=0
    for check in layers style docs; do
        PYTHONDONTWRITEBYTECODE=1 python3 "tests/lint/$check.py" || status=1
    done
    return "$status"
}

# Clang's view of the library's own sources: some four minutes on two cores, fifteen at most.
check_tidy() {
    local log=$logs/tidy.log
    mkdir -p "$logs"
    cmake --preset clang >"$log" 2>&1 || { tail -n 20 "$log" && return 1; }
    timeout 1800 run-clang-tidy-19 -quiet -j "$jobs" -p build/clang "$PWD/core/src/" \
        >"$log" 2>&1 && return
    grep -E 'warning:|error:' "$log" | sort -u
    say "clang-tidy: the whole log is $log"
    return 1
}
