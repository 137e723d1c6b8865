// SPDX-License-Identifier: MIT
#include "dispatch/runner.hpp"
#include "registry/event_view.hpp"
#include <stentor/event/event_key.hpp>

#include <algorithm>
#include <thread>

// What a runner does for lanes with an order: the keys of entries, and their release.
namespace stentor::inline v0::detail {

namespace {

constexpr std::uint32_t fruitless_pauses = 8;

}  // namespace

std::size_t runner::take(lane& from, std::size_t limit) noexcept {
    const auto count = from.any_due() && adopt(from) ? 1
                       : from.ordered() ? from.dequeue_in_order(*this, buffer_, keys_, limit)
                                        : from.take(index_, buffer_, limit);
    if (from.flights != nullptr && count < limit) {
        shared_.end_flights(from, static_cast<std::int64_t>(limit - count));
    }
    if (count != 0) {
        found_nothing_ = false;
        fruitless_ = 0;
    } else if (from.gate != nullptr) {
        leave_gate();
    }
    return count;
}

// Something is pending, and nothing could be taken: a publisher is in the middle of its enqueue, or
// another runner hands entries out. It may need this runner's processor. False: a step of a manual
// executor has come to nothing, because nobody else can go on meanwhile.
bool runner::wait_for_entry() noexcept {
    if (shared_.virtual_time()) {
        return false;
    }
    if (++fruitless_ <= fruitless_pauses) {
        for (int pause = 0; pause < 1 << fruitless_; ++pause) {
            real_sync::pause();
        }
    } else {
        std::this_thread::yield();
    }
    return true;
}

// Users' code: guarded as a call of the handler is, so that nothing of the subscription is gone
// while it runs, and whatever it throws is charged to its event. A lane with an order has one
// subscription.
void runner::read_keys(lane& from, const std::byte* slots, std::size_t count,
                       std::uint64_t* keys) noexcept {
    const auto stride = from.slot_size();
    const auto& origin = *header_at(slots, stride, 0).origin;
    auto& to = *origin.subscriptions[target_in(origin, from).first];
    key_batch batch{.slots = slots,
                    .stride = stride,
                    .index = 0,
                    .end = count,
                    .keys = keys,
                    .closed = &to.closed};
    const auto* before = guard_.enter(&to);
    while (batch.index < batch.end && !to.closed.load(std::memory_order_relaxed)) {
#if defined(__cpp_exceptions)
        try {
            to.options.order.keys()->read(batch);
        } catch (...) {
            const auto& slot = header_at(slots, stride, batch.index);
            shared_.observer->failed({.subscription = to,
                                      .slot = slot,
                                      .duration_ns = 0,
                                      .wait_ns = shared_.coarse_now() - (slot.stamp & ~stamp_flags),
                                      .deliveries = 1,
                                      .said = nullptr});
            if (awaited(slot)) {
                tell_waiter(slot, to, delivery_status::failed,
                            shared_.observer->describe(to, nullptr));
            }
            keys[batch.index++] = key_failed;
        }
#else
        to.options.order.keys()->read(batch);
#endif
    }
    guard_.exit(before);
    if (to.deferred.load(std::memory_order_relaxed)) {
        shared_.request_maintenance();  // it unsubscribed itself
    }
    std::fill(keys + batch.index, keys + batch.end, key_free);  // closed: they will be cancelled
}

// Their key functions threw, which was recorded then.
void runner::fail_keyless(const stretch& what) noexcept {
    auto& to = *what.origin.subscriptions[what.target.first];
    to.terminals[index_].failed.add(what.count);
    for (std::size_t at = 0; at < what.count; ++at) {
        tell_settled(header_at(what.slots, what.from.slot_size(), at), to, settlement::failed, 0);
    }
    settle(what, 0, what.count);
}

void runner::release_keys(const stretch& what, std::size_t first, std::size_t count) noexcept {
    if (what.from.release(what.keys + first, count) && what.from.state.claim_after_enqueue()) {
        shared_.make_ready(what.from);
    }
}

}  // namespace stentor::inline v0::detail
