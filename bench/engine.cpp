// SPDX-License-Identifier: MIT
#include "topology/workloads.hpp"

// The engine as a competitor: all its workloads behind the line protocol.

int main(int argc, char** argv) {
    std::vector<bench::workload> workloads;
    bench::add_one_to_one(workloads);
    bench::add_fan_out(workloads);
    bench::add_inline_dispatch(workloads);
    bench::add_handler_work(workloads);
    bench::add_many_to_one(workloads);
    bench::add_many_to_many(workloads);
    bench::add_keyed(workloads);
    bench::add_open_loop(workloads);
    bench::add_request_echo(workloads);
    bench::add_idle(workloads);
    bench::add_isolation(workloads);
    bench::add_unsubscribe(workloads);
    return bench::serve("engine", workloads, argc, argv);
}
