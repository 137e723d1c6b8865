// SPDX-License-Identifier: MIT
#include "support/direct.hpp"
#include "support/protocol.hpp"

#include <array>
#include <functional>

// The floor of W9: functions in a vector, called one after the other. Nobody can unsubscribe while
// it runs, nothing is counted, and what a function throws ends the loop.

namespace {

using namespace bench;

measurement dispatch(std::size_t handlers, std::uint64_t count) {
    std::vector<direct_sum> sums(handlers);
    std::vector<std::function<void(const sample<0>&)>> table;
    for (auto& sum : sums) {
        table.emplace_back([&sum](const sample<0>& event) { sum.add(event.body); });
    }
    return measure_direct(count, sums, [&](const sample<0>& event) {
        for (const auto& one : table) {
            one(event);
        }
    });
}

}  // namespace

int main(int argc, char** argv) {
    const std::array workloads{
        workload{"inline_1", 20'000, [](auto n) { return dispatch(1, n); }},
        workload{"inline_4", 20'000, [](auto n) { return dispatch(4, n); }},
    };
    return serve("table", workloads, argc, argv);
}
