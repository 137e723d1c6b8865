// SPDX-License-Identifier: MIT
#pragma once

#include "support/protocol.hpp"

#include <vector>

// The engine's workloads, one function per file of this folder and of latency/.

namespace bench {

void add_one_to_one(std::vector<workload>& workloads);
void add_fan_out(std::vector<workload>& workloads);
void add_inline_dispatch(std::vector<workload>& workloads);
void add_handler_work(std::vector<workload>& workloads);
void add_many_to_one(std::vector<workload>& workloads);
void add_keyed(std::vector<workload>& workloads);
void add_many_to_many(std::vector<workload>& workloads);
void add_open_loop(std::vector<workload>& workloads);
void add_request_echo(std::vector<workload>& workloads);
void add_idle(std::vector<workload>& workloads);
void add_isolation(std::vector<workload>& workloads);
void add_unsubscribe(std::vector<workload>& workloads);

}  // namespace bench
