// SPDX-License-Identifier: MIT
#include "lane/moodycamel_queue.hpp"
#include "queue_traffic.hpp"

#include <cstdint>
#include <memory>
#include <vector>

// Issue 404's traffic through the queue as our lanes use it: explicit tokens, blocks of 32 with a
// flag per slot. ThreadSanitizer must have nothing to say. Built against a copy of the queue's
// header whose fences are visible to it (visible_sync.hpp).

int main() {
    using queue = stentor::detail::moodycamel_queue<std::uint64_t>;
    queue lane;
    std::vector<std::unique_ptr<queue::producer>> producers;
    std::vector<std::unique_ptr<queue::consumer>> consumers;
    const stentor::visible::traffic how;
    for (int index = 0; index < how.producers; ++index) {
        producers.push_back(std::make_unique<queue::producer>(lane));
    }
    for (int index = 0; index < how.consumers; ++index) {
        consumers.push_back(std::make_unique<queue::consumer>(lane));
    }
    return run_traffic(
        how,
        [&](int index) {
            // Single and in bulk, as publishers do it.
            return [&lane, &how, &token = *producers[static_cast<std::size_t>(index)],
                    held = std::vector<std::uint64_t>()](std::uint64_t number) mutable {
                if (number % 3 != 0 && held.empty()) {
                    static_cast<void>(lane.enqueue(token, number));
                    return;
                }
                held.push_back(number);
                if (held.size() == 20 || number % 7 == 0 || number == how.events) {
                    static_cast<void>(lane.enqueue_bulk(token, held.data(), held.size()));
                    held.clear();
                }
            };
        },
        [&](int index) {
            return [&lane, &token = *consumers[static_cast<std::size_t>(index)]](std::uint64_t* out,
                                                                                 std::size_t room) {
                return lane.dequeue(token, out, room);
            };
        });
}
