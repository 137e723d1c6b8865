// SPDX-License-Identifier: MIT
#include "support/direct.hpp"
#include "support/protocol.hpp"

#include <boost/signals2/signal.hpp>

#include <array>

// Boost.Signals2: thread-safe signals, called in the thread that emits.

namespace {

using namespace bench;

measurement dispatch(std::size_t handlers, std::uint64_t count) {
    std::vector<direct_sum> sums(handlers);
    boost::signals2::signal<void(const sample<0>&)> signal;
    for (auto& sum : sums) {
        signal.connect([&sum](const sample<0>& event) { sum.add(event.body); });
    }
    return measure_direct(count, sums, [&](const sample<0>& event) { signal(event); });
}

}  // namespace

int main(int argc, char** argv) {
    const std::array workloads{
        workload{"inline_1", 20'000, [](auto n) { return dispatch(1, n); }},
        workload{"inline_4", 20'000, [](auto n) { return dispatch(4, n); }},
    };
    return serve("signals2", workloads, argc, argv);
}
