// SPDX-License-Identifier: MIT
#include "topology/engine_throughput.hpp"
#include "topology/workloads.hpp"

// W3:  publisher 1 --+
//      publisher 2 --+--> lane --> runner(s) -> handler
//      publisher 3 --+
//      publisher 4 --+
// Twins: raw (the limit), disruptor, blocking_queue, mutex, tbb_flow, caf.

namespace bench {

void add_many_to_one(std::vector<workload>& workloads) {
    workloads.push_back({"four_to_one", 20'000, [](auto count) {
                             return engine_throughput<1, way::leased>(one_topic(4, 1), count);
                         }});
    workloads.push_back({"four_to_one_plain", 20'000, [](auto count) {
                             return engine_throughput<1, way::plain>(one_topic(4, 1), count);
                         }});
}

}  // namespace bench
