// SPDX-License-Identifier: MIT
#include "topology/engine_throughput.hpp"
#include "topology/workloads.hpp"

// W4:  publisher 1 --+     +--> lane of topic  0 -> 1 handler
//      publisher 2 --+     +--> lane of topic  1 -> 2 handlers
//      publisher 3 --+-----+--> lane of topic  2 -> 3 handlers
//      publisher 4 --+     +--> ...             (31 handlers in all)
//                          +--> lane of topic 15 -> 1 handler
// Twins: blocking_queue, mutex, tbb_flow, caf.

namespace bench {

void add_many_to_many(std::vector<workload>& workloads) {
    workloads.push_back({"four_to_sixteen", 20'000, [](auto count) {
                             return engine_throughput<16, way::leased>(sixteen_topics(4), count);
                         }});
    workloads.push_back({"four_to_sixteen_plain", 20'000, [](auto count) {
                             return engine_throughput<16, way::plain>(sixteen_topics(4), count);
                         }});
}

}  // namespace bench
