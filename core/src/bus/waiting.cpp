// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/engine.hpp"
#include "event/delivery_tracker.hpp"

#include <algorithm>
#include <new>

// Publishing and waiting for what becomes of it. The publish itself is as any other; what waits is
// the caller, on the event's tracker.
namespace stentor::inline v0::detail {

// Null: `refused` says why, and it is counted.
delivery_tracker* engine::track(publish_result& refused) noexcept {
    auto status = publish_status::would_deadlock;
    if (!inside_handler()) {
        if (auto* made = new (std::nothrow) delivery_tracker(); made != nullptr) {
            return made;
        }
        status = publish_status::rejected_no_memory;
    }
    auto* slot = slots_->claim_shared();
    refused = finish(*slot, status);
    slot_pool::unclaim(slot);
    return nullptr;
}

delivery_report engine::await_report(const delivery_tracker& tracker,
                                     const publish_result& published,
                                     std::chrono::nanoseconds timeout) noexcept {
    const auto until = shared_.moment_after(timeout);
    const bool in = published.status() == publish_status::accepted ||
                    published.status() == publish_status::accepted_partial;
    while (in && !tracker.done()) {
        if (executors_.back()->manual()) {
            if (!executors_.back()->step()) {
                break;  // nobody can do anything until time passes
            }
            continue;
        }
        const auto left = until - shared_.now();
        if (left <= 0) {
            break;
        }
        futex_wait(tracker.done_word(), 0, left);  // [PAIR tracked]
    }
    std::vector<delivery_outcome> outcomes;
    static_cast<void>(attempt([&] {
        if (in) {
            outcomes = tracker.outcomes();
        }
    }));
    return {published, std::move(outcomes)};
}

}  // namespace stentor::inline v0::detail
