// SPDX-License-Identifier: MIT
#include <stentor/stentor.hpp>

#include <atomic>
#include <cstdio>
#include <string_view>

// A program without exceptions and RTTI: it asks with parse() where a constructor would raise.

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "compile this with -fno-exceptions -fno-rtti"
#endif

struct ticked {
    static constexpr std::string_view topic = "clock.ticked";
    int count = 0;
};

int main() {
    const auto wrong = stentor::pattern::parse("clock..ticked");
    if (wrong || wrong.error().message().empty()) {
        std::puts("a malformed pattern was accepted");
        return 1;
    }

    std::atomic<int> seen = 0;
    stentor::bus bus;
    auto ticks =
        bus.subscribe<ticked>("ticks", [&seen](const ticked& tick) { seen += tick.count; });
    for (int count = 0; count < 10; ++count) {
        if (!bus.publish(ticked{1})) {
            std::puts("a publish was refused");
            return 1;
        }
    }
    bus.drain();
    std::printf("%d ticks\n", seen.load());
    return seen == 10 && bus.audit().unaccounted() == 0 ? 0 : 1;
}
