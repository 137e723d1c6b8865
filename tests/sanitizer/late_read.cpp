// SPDX-License-Identifier: MIT
#include "lane/queue_place.hpp"

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <new>
#include <thread>

// A consumer reads a place of the queue once more after it destroyed the slot there. That read is
// the deliberate error; it must be reported in spite of what queue_place claims. With the argument
// "early" the read comes before, as it should, and nothing may be reported.

int main(int argc, char**) {
    constexpr std::size_t size = 64;
    using place = stentor::detail::queue_place<size>;
    const bool early = argc > 1;
    alignas(place) static std::byte memory[sizeof(place)];
    static std::byte payload[size];
    alignas(place) static std::byte draft[size];
    place::write_draft(draft, stentor::detail::slot_header{}, payload);
    const auto construct = [] { return ::new (memory) place(reinterpret_cast<place&>(draft)); };
    // relaxed: orders nothing, as the queue's fences order nothing for ThreadSanitizer
    std::atomic<int> turn{0};
    int sum = 0;
    construct();
    std::thread consumer([&] {
        constexpr auto last = size - 1;
        auto* held = std::launder(reinterpret_cast<place*>(memory));
        sum += early ? static_cast<int>(held->bytes[last]) : 0;
        held->~place();
        sum += early ? 0 : static_cast<int>(memory[last]);
        turn.store(1, std::memory_order_relaxed);
    });
    while (turn.load(std::memory_order_relaxed) == 0) {
    }
    construct()->~place();
    consumer.join();
    std::printf("%d\n", sum);
}
