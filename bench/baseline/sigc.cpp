// SPDX-License-Identifier: MIT
#include "support/direct.hpp"
#include "support/protocol.hpp"

#include <sigc++/sigc++.h>

#include <array>

// libsigc++: signals of one thread, called where they are emitted.

namespace {

using namespace bench;

measurement dispatch(std::size_t handlers, std::uint64_t count) {
    std::vector<direct_sum> sums(handlers);
    sigc::signal<void(const sample<0>&)> signal;
    for (auto& sum : sums) {
        signal.connect([&sum](const sample<0>& event) { sum.add(event.body); });
    }
    return measure_direct(count, sums, [&](const sample<0>& event) { signal.emit(event); });
}

}  // namespace

int main(int argc, char** argv) {
    const std::array workloads{
        workload{"inline_1", 20'000, [](auto n) { return dispatch(1, n); }},
        workload{"inline_4", 20'000, [](auto n) { return dispatch(4, n); }},
    };
    return serve("sigc", workloads, argc, argv);
}
