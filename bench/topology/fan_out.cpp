// SPDX-License-Identifier: MIT
#include "topology/engine_throughput.hpp"
#include "topology/workloads.hpp"

// W2:  publisher --> shared lane --> runner -> handler 1, 2, ... N in one pass
// Twins: disruptor (a thread per handler, and all on one), blocking_queue, mutex, tbb_flow, caf.

namespace bench {

void add_fan_out(std::vector<workload>& workloads) {
    workloads.push_back({"fan_out_4", 20'000, [](auto count) {
                             return engine_throughput<1, way::leased>(one_topic(1, 4), count);
                         }});
    workloads.push_back({"fan_out_4_plain", 20'000, [](auto count) {
                             return engine_throughput<1, way::plain>(one_topic(1, 4), count);
                         }});
    workloads.push_back({"fan_out_64", 5'000, [](auto count) {
                             return engine_throughput<1, way::leased>(one_topic(1, 64), count);
                         }});
}

}  // namespace bench
