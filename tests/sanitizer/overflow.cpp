// SPDX-License-Identifier: MIT
#include <stentor/stentor.hpp>

#include <cstdio>
#include <limits>
#include <string_view>

// A handler adds one to the largest int. The overflow is the deliberate error.

struct counted {
    static constexpr std::string_view topic = "canary.counted";
    int value = 0;
};

int main() {
    int next = 0;
    stentor::bus bus;
    auto adder =
        bus.subscribe<counted>("adder", [&next](const counted& given) { next = given.value + 1; });
    bus.publish(counted{std::numeric_limits<int>::max()});
    bus.drain();
    std::printf("%d\n", next);
}
