// SPDX-License-Identifier: MIT
#include "bus/inline_calls.hpp"

#include "bus/inline_direct.hpp"
#include "dispatch/turns.hpp"
#include "event/envelope.hpp"

#include <algorithm>
#include <cstring>

// execution::inline_: handlers that run inside publish, in the publisher's thread. Such a delivery
// needs no queue, no credit and no runner. What makes it safe to unsubscribe and to drain is what
// makes it so for runners: the slot says whom it calls (call_guard.hpp), and that it stays with the
// route (read_sections.hpp).
namespace stentor::inline v0::detail {

constinit thread_local const inline_frame* inline_frame::innermost = nullptr;

namespace {

// Who waits for the event's deliveries hears of it; the first thing said of one is what counts.
[[gnu::noinline, gnu::cold]] void tell_waiter(scheduler& shared, const slot_header& header,
                                              const subscription_record& one,
                                              delivery_status status,
                                              std::string error = {}) noexcept {
    if (header.box != nullptr) {
        tell_ended(shared, header, one, status, std::move(error));
    }
}

}  // namespace

constinit const std::atomic<bool> engine::inline_charge::nobody_asks{false};

// After send(), inside the slot's section: the event stays with its route until finish_inlined().
void engine::begin_inlined(publisher_slot& slot, outgoing& event, route& to) noexcept {
    event.inlined = &to;
    if (slot.shared) {
        to.guests.fetch_add(1, std::memory_order_seq_cst);  // [PAIR guest]
    } else {
        if (calling_stay::enter(slot)) {
            slot.note_call(event.header);
        }
    }
}

// Outside the section: the inline handlers of an event that was accepted.
publish_result engine::finish_inlined(publisher_slot*& slot, outgoing& event,
                                      publish_result accepted) noexcept {
    auto& to = *event.inlined;
    slot_image image{};
    image.header = event.header;
    if (event.payload != no_payload) {
        std::memcpy(image.payload, event.payload, slot_payload_max);
    }
    bool all = false;
    if (slot->shared) {
        // Others need the slot, and handlers that publish would claim further ones: it waits for no
        // handler.
        slot_pool::unclaim(slot);
        all = call_inlined(nullptr, to, image);
        slot = slots_->claim_shared();
    } else {
        all = call_inlined(slot, to, image);
    }
    discard(event);
    auto result = accepted;
    if (!all && accepted.status() == publish_status::accepted) {
        result = accept(*slot, event, publish_status::accepted_partial);
    }
    if (slot->shared) {
        to.guests.fetch_sub(1, std::memory_order_release);  // [PAIR guest]
    } else {
        calling_stay::leave(*slot);
    }
    return result;
}

// `slot` null: the thread has none of its own. False: too deep, nobody was called.
bool engine::call_inlined(publisher_slot* slot, const route& to, const slot_image& image) noexcept {
    const auto* outer = inline_frame::innermost;
    const auto depth = outer == nullptr ? 1 : outer->depth + 1;
    if (depth > inline_frame::nesting_max) {
        for (std::uint32_t index = 0; index < to.inline_count; ++index) {
            auto& one = *to.subscriptions[to.inline_first + index];
            one.dropped_nested.add();
            tell_settled(image.header, one, settlement::dropped, 0);
            tell_waiter(shared_, image.header, one, delivery_status::dropped);
        }
        return false;
    }
    call_guard<real_sync, subscription_record> guests;
    auto& guard = slot != nullptr ? slot->guards[slot->depth] : guests;
    const inline_frame here{
        .owner = this, .slot = slot, .guard = &guard, .outer = outer, .depth = depth};
    inline_frame::innermost = &here;
    inline_charge frame(*this, image, *shared_.target);
    // Of a sampled event one call is measured: each handler in its turn.
    const auto measured = (image.header.stamp & stamp_precise) != 0
                              ? static_cast<std::uint32_t>(image.header.ticket % to.inline_count)
                              : to.inline_count;
    for (std::uint32_t index = 0; index < to.inline_count; ++index) {
        auto& one = *to.subscriptions[to.inline_first + index];
        bool ended = false;
        guard.turn_to(&one);
        if (slot != nullptr) {
            ended = frame.deliver(one, index == measured);
            frame.count(one, slot->index, ended);
        } else {
            one.guest_calls.fetch_add(1, std::memory_order_seq_cst);  // [PAIR barrier]
            real_sync::light_fence();
            ended = frame.deliver(one, index == measured);
            one.guest_calls.fetch_sub(1, std::memory_order_release);  // [PAIR barrier]
            auto* counting = slots_->claim_shared();
            frame.count(one, counting->index, ended);
            slot_pool::unclaim(counting);
        }
        if (image.header.box != nullptr) {
            tell_waiter(shared_, image.header, one,
                        ended ? delivery_status::completed : delivery_status::cancelled);
        }
        if (one.deferred.load(std::memory_order_relaxed)) [[unlikely]] {
            shared_.request_maintenance();  // this may have been the last call
        }
    }
    guard.exit(nullptr);  // once: in between the next one took the place of the one before
    inline_frame::innermost = outer;
    return true;
}

bool engine::inline_charge::deliver(subscription_record& one, bool measure) noexcept {
    if (one.barred.load(std::memory_order_relaxed) ||  // [PAIR barrier]
        by.shared_.cancelling.load(std::memory_order_relaxed)) {
        return false;
    }
    return one.has_owner ? deliver_owned(one, measure) : deliver_now(one, measure);
}

// What the subscription is tied to is kept alive for the call.
[[gnu::noinline]] bool engine::inline_charge::deliver_owned(subscription_record& one,
                                                            bool measure) noexcept {
    const auto owner = one.options.owner->lock();
    if (owner == nullptr) {
        if (!one.closed.exchange(true, std::memory_order_seq_cst)) {
            one.close();
            one.deferred.store(true, std::memory_order_release);
        }
        return false;
    }
    return deliver_now(one, measure);
}

bool engine::inline_charge::deliver_now(subscription_record& one, bool measure) noexcept {
    index = 0;
    closed = &one.barred;
    about.turn_to(one.name);
    if (interceptors != nullptr) [[unlikely]] {
        begin_intercepted(one);
    }
    const auto& header = *reinterpret_cast<const slot_header*>(slots);
    const auto published = header.stamp & ~stamp_flags;
    // A measured event was stamped just now, unless other handlers come first.
    const bool first = &one == header.origin->subscriptions[header.origin->inline_first].get();
    const auto began = !measure ? 0 : first ? published : by.shared_.now();
#if defined(__cpp_exceptions)
    try {
        one.call(*this);
    } catch (...) {
        fail(one, nullptr);
        index = 1;
    }
#else
    one.call(*this);
#endif
    if (interceptors != nullptr && !failed) [[unlikely]] {
        end_intercepted(one, ignored ? call_ending::ignored : call_ending::completed, nullptr);
    }
#if !defined(STENTOR_NO_METRICS)
    if (measure && index != 0) [[unlikely]] {
        const auto ended = by.shared_.now();
        one.queue_wait.record(std::max<std::int64_t>(began - published, 0));
        one.service.record(ended - began);
        one.end_to_end.record(std::max<std::int64_t>(ended - published, 0));
    }
#else
    (void)began;
#endif
    return index != 0;
}

void engine::inline_charge::count(subscription_record& one, std::uint32_t stripe,
                                  bool ended) noexcept {
    auto& mine = one.terminals[stripe];
    if (interceptors != nullptr) [[unlikely]] {
        tell_settled_inline(one, ended);
    }
    if (!ended) [[unlikely]] {
        inline_direct::count_uncalled(by, one, mine);
    } else if (failed) [[unlikely]] {
        mine.failed.add();
        failed = false;
    } else {
        mine.completed.add();
        if (ignored) [[unlikely]] {
            mine.ignored.add();
            ignored = false;
        }
    }
}

void engine::inline_charge::judge_outcome(delivery_frame& frame, outcome& said) noexcept {
    auto& mine = static_cast<inline_charge&>(frame);
    if (said.what() == outcome::verdict::ignore) {
        mine.ignored = true;
    } else {
        mine.fail(*inline_frame::innermost->guard->held(), &said);
    }
}

[[gnu::noinline, gnu::cold]] void engine::inline_charge::fail(const subscription_record& to,
                                                              const outcome* said) noexcept {
    const auto& header = *reinterpret_cast<const slot_header*>(slots);
    auto& observer = *by.shared_.observer;
    if (interceptors != nullptr) {
        end_intercepted(to, call_ending::failed, said);
    }
    observer.failed({.subscription = to,
                     .slot = header,
                     .duration_ns = 0,
                     .wait_ns = 0,
                     .deliveries = 1,
                     .said = said});
    if (runner::awaited(header)) {
        tell_waiter(by.shared_, header, to, delivery_status::failed, observer.describe(to, said));
    }
    failed = true;
}

// Threads inside inline handlers, but for those whose handler waits for the engine.
std::int64_t engine::inline_calls_running() const noexcept {
    std::int64_t running = 0;
    for (std::uint32_t index = 0; index < slots_->size(); ++index) {
        const auto& slot = slots_->at(index);
        running +=
            slot.calling.inside(slot.calling.count()) && !slot.waits.load(std::memory_order_acquire)
                ? 1
                : 0;
    }
    for_each_route([&](const route& one) {
        running += one.guests.load(std::memory_order_acquire);  // [PAIR guest]
    });
    return running - guests_waiting_.load(std::memory_order_acquire);
}

// How many threads are inside its handler; for subscriptions with execution::inline_.
std::int64_t engine::calls_inlined(const subscription_record& which) const noexcept {
    std::int64_t running = which.guest_calls.load(std::memory_order_acquire);  // [PAIR barrier]
    for (std::uint32_t index = 0; index < slots_->size(); ++index) {
        running += std::ranges::count_if(slots_->at(index).guards,
                                         [&](const auto& guard) { return guard.holds(&which); });
    }
    return running;
}

}  // namespace stentor::inline v0::detail
