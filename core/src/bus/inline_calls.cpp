// SPDX-License-Identifier: MIT
#include "bus/inline_calls.hpp"

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

// Of frames that no watch looks at.
constinit const std::atomic<bool> nobody_asks{false};

// Who waits for the event's deliveries hears of it; the first thing said of one is what counts.
void tell_waiter(scheduler& shared, const slot_header& header, const subscription_record& one,
                 delivery_status status, std::string error = {}) noexcept {
    if (header.box != nullptr) {
        tell_ended(shared, header, one, status, std::move(error));
    }
}

}  // namespace

// The short way of a topic that has inline handlers only. False: nothing was done.
bool engine::publish_inlined(publisher_slot& slot, const event_type& type, const std::byte* payload,
                             publish_result& result) noexcept {
    const auto& known = slot.known_inlined[publisher_slot::known_place(&type) %
                                           publisher_slot::known_inlined_topics];
    if (known.type != &type) {
        return false;
    }
    const calling_stay stay(slot);
    auto* cell = known.cell;
    const auto& entry = *known.entry;
    if (intake_.now() != intake::open ||
        entry.version.load(std::memory_order_acquire) != known.version) {  // [PAIR route]
        return false;
    }
    slot_image image;
    image.header = stamp(slot, cell->of, nullptr, 0, entry);
    std::memcpy(image.payload, payload, slot_payload_max);
    cell->events.add();
    const bool all = call_inlined(&slot, *cell->of, image);
    const auto since_epoch = shared_.start_unix_ns() + (image.header.stamp & ~stamp_flags);
    if (!all) [[unlikely]] {
        slot.count(publish_status::accepted_partial);
    }
    result = publish_result(all ? publish_status::accepted : publish_status::accepted_partial,
                            {image.header.ticket, since_epoch, id_key_});
    return true;
}

// After send(), inside the slot's section: the event stays with its route until finish_inlined().
void engine::begin_inlined(publisher_slot& slot, outgoing& event, route& to) noexcept {
    event.inlined = &to;
    if (slot.shared) {
        to.guests.fetch_add(1, std::memory_order_seq_cst);  // [PAIR guest]
    } else {
        calling_stay::enter(slot);
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
    inline_frame here{
        .owner = this, .to = nullptr, .slot = slot, .outer = inline_frame::innermost, .depth = 1};
    if (here.outer != nullptr) {
        here.depth = here.outer->depth + 1;
        if (here.depth > inline_frame::nesting_max) {
            for (std::uint32_t index = 0; index < to.inline_count; ++index) {
                auto& one = *to.subscriptions[to.inline_first + index];
                one.dropped_nested.add();
                tell_waiter(shared_, image.header, one, delivery_status::dropped);
            }
            return false;
        }
    }
    inline_frame::innermost = &here;
    inline_charge frame{{.slots = reinterpret_cast<const std::byte*>(&image),
                         .stride = sizeof image,
                         .index = 0,
                         .end = 1,
                         .closed = nullptr,
                         .attention = &nobody_asks,
                         .context = nullptr,
                         .judge = &judge_inlined},
                        *this};
    const bool measure = (image.header.stamp & stamp_precise) != 0;
    for (std::uint32_t index = 0; index < to.inline_count; ++index) {
        auto& one = *to.subscriptions[to.inline_first + index];
        here.to = &one;
        bool ended = false;
        if (slot != nullptr) {
            auto& guard = slot->guards[slot->depth - 1];
            guard.enter(&one);
            ended = call_inlined_one(frame, one, measure);
            guard.exit(nullptr);
            count_inlined(one, slot->index, frame, ended);
        } else {
            one.guest_calls.fetch_add(1, std::memory_order_seq_cst);  // [PAIR barrier]
            real_sync::light_fence();
            ended = call_inlined_one(frame, one, measure);
            one.guest_calls.fetch_sub(1, std::memory_order_release);  // [PAIR barrier]
            auto* counting = slots_->claim_shared();
            count_inlined(one, counting->index, frame, ended);
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
    inline_frame::innermost = here.outer;
    return true;
}

// Under the guard. False: it is over, so it was not called.
bool engine::call_inlined_one(inline_charge& frame, subscription_record& one,
                              bool measure) noexcept {
    if (one.barred.load(std::memory_order_relaxed) ||  // [PAIR barrier]
        shared_.cancelling.load(std::memory_order_relaxed)) {
        return false;
    }
    std::shared_ptr<const void> owner;
    if (one.has_owner) {
        owner = one.options.owner->lock();
        if (owner == nullptr) {
            if (!one.closed.exchange(true, std::memory_order_seq_cst)) {
                one.close();
                one.deferred.store(true, std::memory_order_release);
            }
            return false;
        }
    }
    frame.to = &one;
    frame.index = 0;
    frame.closed = &one.barred;
    frame.failed = false;
    frame.ignored = false;
    context about(frame, *shared_.target, one.name);
    frame.context = &about;
    frame.began = measure ? shared_.now() : 0;
#if defined(__cpp_exceptions)
    try {
        one.call(frame);
    } catch (...) {
        fail_inlined(frame, nullptr);
        frame.index = 1;
    }
#else
    one.call(frame);
#endif
#if !defined(STENTOR_NO_METRICS)
    if (measure && frame.index != 0) {
        const auto& header = *reinterpret_cast<const slot_header*>(frame.slots);
        const auto end = shared_.now();
        const auto published = header.stamp & ~stamp_flags;
        one.service.record(end - frame.began);
        one.queue_wait.record(std::max<std::int64_t>(frame.began - published, 0));
        one.end_to_end.record(std::max<std::int64_t>(end - published, 0));
    }
#endif
    return frame.index != 0;
}

void engine::count_inlined(subscription_record& one, std::uint32_t stripe,
                           const inline_charge& frame, bool ended) noexcept {
    auto& mine = one.terminals[stripe];
    if (!ended) [[unlikely]] {
        // Over, or the bus ends, or it is disabled: without a queue nothing can be held.
        if (one.closed.load(std::memory_order_acquire) ||
            shared_.cancelling.load(std::memory_order_relaxed)) {
            mine.cancelled.add();
        } else {
            one.dropped_disabled.add();
        }
    } else if (frame.failed) [[unlikely]] {
        mine.failed.add();
    } else {
        mine.completed.add();
        if (frame.ignored) [[unlikely]] {
            mine.ignored.add();
        }
    }
}

void engine::judge_inlined(delivery_frame& frame, outcome& said) noexcept {
    auto& mine = static_cast<inline_charge&>(frame);
    if (said.what() == outcome::verdict::ignore) {
        mine.ignored = true;
    } else {
        mine.by.fail_inlined(mine, &said);
    }
}

void engine::fail_inlined(inline_charge& frame, const outcome* said) noexcept {
    const auto& header = *reinterpret_cast<const slot_header*>(frame.slots);
    shared_.observer->failed({.subscription = *frame.to,
                              .slot = header,
                              .duration_ns = frame.began != 0 ? shared_.now() - frame.began : 0,
                              .wait_ns = 0,
                              .deliveries = 1,
                              .said = said});
    if (runner::awaited(header)) {
        tell_waiter(shared_, header, *frame.to, delivery_status::failed,
                    shared_.observer->describe(said));
    }
    frame.failed = true;
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
