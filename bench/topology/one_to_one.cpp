// SPDX-License-Identifier: MIT
#include "topology/engine_throughput.hpp"
#include "topology/workloads.hpp"

// W1:  publisher --> lane --> runner -> handler
// Twins: raw (the limit), disruptor, blocking_queue, mutex, tbb_flow, caf.

namespace bench {

void add_one_to_one(std::vector<workload>& workloads) {
    workloads.push_back({"one_to_one", 20'000, [](auto count) {
                             return engine_throughput<1, way::leased>(one_topic(1, 1), count);
                         }});
    workloads.push_back({"one_to_one_plain", 20'000, [](auto count) {
                             return engine_throughput<1, way::plain>(one_topic(1, 1), count);
                         }});
    workloads.push_back({"one_to_one_bulk", 20'000, [](auto count) {
                             return engine_throughput<1, way::plain, 64>(one_topic(1, 1), count);
                         }});
    workloads.push_back({"one_to_one_bulk_16", 20'000, [](auto count) {
                             return engine_throughput<1, way::plain, 16>(one_topic(1, 1), count);
                         }});
}

}  // namespace bench
