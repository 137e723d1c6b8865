// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The answer to one run: what was measured, whether it was verified, and where the threads ran.
// A plain value; `to_json` writes it as the one line that the suite's runner reads.

namespace bench {

struct measurement {
    std::uint64_t count = 0;       // events published
    std::uint64_t deliveries = 0;  // handler calls
    std::uint64_t checksum = 0;
    double seconds = 0;
    double cpu_seconds = 0;
    unsigned threads = 0;  // that want a core at the same time
    std::uint64_t publisher_cpus = 0;
    std::uint64_t handler_cpus = 0;
    bool ok = false;
    std::string why;  // when not ok
    std::vector<std::pair<std::string, double>> metrics;

    void add(std::string_view name, double value) { metrics.emplace_back(name, value); }
    void fail(std::string reason) {
        ok = false;
        why = std::move(reason);
    }
};

[[nodiscard]] std::string to_json(std::string_view competitor, std::string_view workload,
                                  const measurement& result);

}  // namespace bench
