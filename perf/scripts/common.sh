# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Sourced by the scripts beside it: where things are, and how they speak.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
readonly driver=$root/build/profile/perf/bin/stentor_perf_scenario

die() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit 1
}

# A tool of linux-perf or valgrind, or a message that says what to install.
require() {
    command -v "$1" >/dev/null || die "$1 is missing; install $2"
}

# The drivers with symbols and frame pointers, so that stacks can be walked; otherwise as released.
build_driver() {
    local log=$root/build/profile.log
    mkdir -p "$root/build"
    if ! (cd "$root" &&
        cmake --preset bench -B build/profile -DCMAKE_CXX_FLAGS="-g -fno-omit-frame-pointer" &&
        cmake --build build/profile --target stentor_perf_scenario) >"$log" 2>&1; then
        tail -n 25 "$log" >&2
        die "the build failed; the whole log is $log"
    fi
}

require_scenario() {
    [[ -x $driver ]] || build_driver
    "$driver" --list | awk '{print $1}' | grep -qx "$1" ||
        die "no scenario '$1'; there are: $("$driver" --list | awk '{print $1}' | xargs)"
}

# The counter that perf record samples on: cycles, or the clock where the machine (most virtual
# ones) gives no hardware counters.
sampling_event() {
    if perf stat -x, -e cycles true 2>&1 | grep -q 'not supported\|not counted'; then
        echo cpu-clock
    else
        echo cycles
    fi
}
