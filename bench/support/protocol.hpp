// SPDX-License-Identifier: MIT
#pragma once

#include "support/measurement.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

// How the suite's runner talks to a competitor, one line each way:
//
//   READY <competitor> <workload>...        at start
//   RUN <workload> <count>                  -> one JSON object (see measurement.hpp)
//   QUIT                                    or the end of input
//
// Between runs a competitor must be idle: the others are measured then. Called from main only.

namespace bench {

struct workload {
    std::string_view name;
    std::uint64_t smoke_count = 2000;  // what --smoke asks for
    std::function<measurement(std::uint64_t count)> run;
};

// The body of a competitor's main: serves the protocol, or with `--smoke` runs each workload once
// and returns non-zero when one could not be verified, or with `--run NAME COUNT` runs one.
[[nodiscard]] int serve(std::string_view competitor, std::span<const workload> workloads, int argc,
                        char** argv);

}  // namespace bench
