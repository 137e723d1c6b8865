// SPDX-License-Identifier: MIT
#include "queue_traffic.hpp"

#include <concurrentqueue/concurrentqueue.h>

#include <cstdint>

// The queue as issue 404 of concurrentqueue uses it, with implicit producers and counted blocks,
// which we do not. Version 1.0.3 has the fault, so ThreadSanitizer must report it: this shows that
// it sees through the copy of the header that queue_as_used is built against.

int main() {
    moodycamel::ConcurrentQueue<std::uint64_t> queue;
    return stentor::visible::run_traffic(
        {}, [&](int) { return [&](std::uint64_t number) { queue.enqueue(number); }; },
        [&](int) {
            return [&](std::uint64_t* out, std::size_t room) {
                return queue.try_dequeue_bulk(out, room);
            };
        });
}
