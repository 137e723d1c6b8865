// SPDX-License-Identifier: MIT
#include "support/placement.hpp"

#include <sched.h>

namespace bench {
namespace {

cpu_set_t read_cpus() noexcept {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    return set;
}

// Read by main before any thread can have been pinned.
const cpu_set_t cpus_at_start = read_cpus();

int first_cpu() noexcept {
    int cpu = 0;
    while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &cpus_at_start)) {
        ++cpu;
    }
    return cpu;
}

}  // namespace

void pin_publisher() noexcept {
    if (CPU_COUNT(&cpus_at_start) > 1) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(first_cpu(), &one);
        sched_setaffinity(0, sizeof one, &one);
    }
}

void keep_off_publisher() noexcept {
    if (CPU_COUNT(&cpus_at_start) > 1) {
        cpu_set_t others = cpus_at_start;
        CPU_CLR(first_cpu(), &others);
        sched_setaffinity(0, sizeof others, &others);
    }
}

void unpin() noexcept {
    sched_setaffinity(0, sizeof cpus_at_start, &cpus_at_start);
}

}  // namespace bench
