// SPDX-License-Identifier: MIT
#include "support/process_stats.hpp"

#include <cstdio>

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

namespace bench {

process_usage usage_now() noexcept {
    process_usage result;
    timespec spent{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    result.cpu_seconds =
        static_cast<double>(spent.tv_sec) + 1e-9 * static_cast<double>(spent.tv_nsec);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    result.context_switches = static_cast<std::uint64_t>(usage.ru_nvcsw + usage.ru_nivcsw);
    return result;
}

std::uint64_t resident_bytes() noexcept {
    unsigned long long total_pages = 0;
    unsigned long long resident_pages = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
        if (std::fscanf(file, "%llu %llu", &total_pages, &resident_pages) != 2) {
            resident_pages = 0;
        }
        std::fclose(file);
    }
    return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace bench
