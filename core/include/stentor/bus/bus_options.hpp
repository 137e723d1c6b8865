// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/clock.hpp>
#include <stentor/base/inline_function.hpp>
#include <stentor/bus/error_record.hpp>
#include <stentor/bus/interceptor_list.hpp>
#include <stentor/dispatch/executor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace stentor::inline v0 {

struct dead_letter;
class dead_letter_store;

// What an idle runner does. docs/guide/threads-and-profiles.md has the measured cost of each.
enum class profile : std::uint8_t {
    balanced,     // one runner spins for up to 200 us, then parks
    low_latency,  // one runner spins as long as there was traffic within the last second
    efficient,    // parks at once
};

// Move-only, because of the callbacks.
struct bus_options {
    // Runners that work at the same time. 0: what the CPU affinity and the cgroup quota allow.
    std::int32_t workers = 0;
    // Further runners that come in while workers are held up in slow calls.
    std::int32_t spare = 2;
    // Threads for execution::blocking, at most; each is started when it is first needed.
    std::int32_t blocking_threads = 16;
    stentor::profile profile = stentor::profile::balanced;
    // Entries outstanding in all lanes; an event takes one per lane that it goes to.
    std::int64_t capacity = std::int64_t{1} << 20;
    // Memory of envelopes outstanding, in bytes (events that do not fit a slot, and metadata).
    std::int64_t memory = std::int64_t{256} << 20;
    // Threads that publish through a slot of their own; further ones share eight slots.
    std::int32_t publishers = 64;
    // Lanes at most: one per topic with cheap handlers, one per other subscription.
    std::int32_t lanes = 4096;
    // Topics of events without a C++ type that are remembered with their routes.
    std::int32_t untyped_topics = 4096;
    // A call or a hook that lasts longer is reported once: a notice, the event
    // stentor.handler.late, a count in the snapshot. 0: never.
    std::chrono::nanoseconds late_after = std::chrono::seconds(5);
    // Of the destructor.
    std::chrono::nanoseconds drain_deadline = std::chrono::seconds(10);
    // Default: one JSON object a line on standard error.
    log_sink log{};
    // Default: make_arena_executor().
    std::shared_ptr<stentor::executor> executor{};
    // Default: the machine's. Outlives the bus.
    stentor::clock* clock = nullptr;
    // Where deliveries are kept that nobody attempts again. Default: memory_dead_letters with its
    // default bounds, which end with the bus.
    std::shared_ptr<dead_letter_store> dead_letters{};
    // For dead letters of critical subscriptions that the store does not take: one record a line,
    // appended and synced to the disk before the delivery ends. Opened, and made if need be, when
    // the bus is. dead_letters::recover() brings them back. Empty: none.
    std::string emergency_file{};
    // When the emergency file fails as well. True: it is taken care of, and the delivery ends as
    // dead-lettered. False, or thrown: the subscription pauses, and the delivery waits. Called by
    // whoever ends the delivery; must not call the bus.
    inline_function<bool(const dead_letter& letter, std::string_view why)> on_last_resort{};
    // What looks at events and handlers on their way, see bus/interceptor.hpp.
    interceptor_list interceptors{};
    // Called on each of the engine's threads when it starts, for affinity and priority; `index` is
    // the runner's.
    inline_function<void(std::int32_t index)> on_thread_start{};
};

}  // namespace stentor::inline v0
