// SPDX-License-Identifier: MIT
#include "dispatch/attempt_limit.hpp"
#include "dispatch/retry_room.hpp"
#include "dispatch/runner.hpp"
#include "event/envelope.hpp"
#include "registry/event_view.hpp"

#include <algorithm>

// What handlers answer, and spans of events.
namespace stentor::inline v0::detail {

namespace {

// A handler that gives everything back is called again at once a few times, then after growing
// pauses, so that it cannot keep a processor busy with doing nothing.
constexpr std::uint32_t vain_batches_free = 4;
constexpr std::int64_t rest_min_ns = 1'000'000;
constexpr std::uint32_t rest_doublings_max = 6;

}  // namespace

// As many events as the batch has in one call; expired ones are not among them.
void runner::handle_spans(const stretch& what) noexcept {
    const auto stride = what.from.slot_size();
    auto& to = *what.origin.subscriptions[what.target.first];
    for (std::size_t first = 0; first < what.count;) {
        auto last = first + 1;
        if (what.special && expired(header_at(what.slots, stride, first))) {
            expire(what, first);
        } else {
            while (last < what.count &&
                   !(what.special && expired(header_at(what.slots, stride, last)))) {
                ++last;
            }
            std::int64_t moment = 0;
            deliver(to, what, first, last - first, true, moment);
        }
        if (kept_from_ != nothing_kept) [[unlikely]] {
            const auto begin = static_cast<std::size_t>(what.slots - buffer_) / stride;
            settle(what, first, kept_from_ - begin - first);
            return;
        }
        settle(what, first, last - first);
        first = last;
    }
}

// What an event costs decides how it is stamped, what a call costs decides who is called in beside.
void runner::account_span(subscription_record& to, const stretch& what, std::size_t first,
                          std::size_t count, std::int64_t begin, std::int64_t end) noexcept {
    const auto whole = std::max<std::int64_t>(end - begin, 1);
    const auto mine = worked(begin, end);
    judge(to, std::max<std::int64_t>(mine / static_cast<std::int64_t>(count), 1),
          static_cast<std::uint32_t>(count));
    lane_judged_ = false;
    const auto old = what.from.cost_ns.load(std::memory_order_relaxed);
    const auto cost = old == 0 ? mine : old + (mine - old) / 8;
    what.from.cost_ns.store(std::max(cost, what.from.cost_floor()), std::memory_order_relaxed);
#if !defined(STENTOR_NO_METRICS)
    for (std::size_t at = first; at < first + count; ++at) {
        const auto& slot = header_at(what.slots, what.from.slot_size(), at);
        to.service.record(whole);
        if ((slot.stamp & stamp_precise) != 0) {
            const auto published = slot.stamp & ~stamp_flags;
            to.queue_wait.record(std::max<std::int64_t>(begin - published, 0));
            to.end_to_end.record(std::max<std::int64_t>(end - published, 0));
        }
    }
#else
    (void)first;
#endif
}

// Between the return of a call that said something else than done and the next one.
void runner::judge_outcome(delivery_frame& frame, outcome& said) noexcept {
    auto& mine = static_cast<charge&>(frame);
    auto& self = mine.by;
    switch (said.what()) {
        case outcome::verdict::done: break;
        case outcome::verdict::retry:
        case outcome::verdict::reject: self.charge_failure(mine, &said); break;
        case outcome::verdict::ignore: mine.ignored += frame.taken; break;
        case outcome::verdict::release: {
            mine.released += frame.taken;
            self.released_ += frame.taken;
            const auto offset = static_cast<std::size_t>(frame.slot() - self.buffer_);
            for (std::size_t at = 0; at < frame.taken; ++at) {
                self.releases_.set(offset / frame.stride + at);
            }
            break;
        }
    }
}

// All events of the call that runs now have failed. `said` null: by what was thrown.
void runner::charge_failure(charge& frame, const outcome* said) noexcept {
    if (frame.what.origin.interceptors != nullptr) [[unlikely]] {
        tell_call_failed(frame, said);
    }
    const auto& slot = *reinterpret_cast<const slot_header*>(frame.slot());
    const auto end = frame.limit != nullptr ? shared_.now() : shared_.coarse_now();
    const failure about{
        .subscription = frame.to,
        .slot = slot,
        .duration_ns = end - frame.began,
        .wait_ns = frame.began - (slot.stamp & ~stamp_flags),
        .deliveries = frame.taken,
        .attempt = frame.attempt,
        .said = said,
        .timed_out = frame.limit != nullptr ? frame.limit->over() : frame.overdue,
        .key = frame.what.keys != nullptr ? frame.what.keys + frame.first + frame.index : nullptr};
    tell_breaker_of_failure(frame, said);
    const auto next = after_failure(frame, about);
    if (next == follow_up::waits) {
        return;
    }
    if (next == follow_up::fell_back) {
        frame.fell_back += frame.taken;  // and ends as any that is done
        return;
    }
    const bool kept = next == follow_up::dead_lettered;
    if (!kept) {
        shared_.observer->failed(about);
    }
    (kept ? frame.dead_lettered : frame.failed) += frame.taken;
    for (std::size_t at = 0; frame.what.special && at < frame.taken; ++at) {
        if (const auto& one = header_at(frame.slot(), frame.stride, at); awaited(one)) {
            tell_waiter(one, frame.to,
                        kept ? delivery_status::dead_lettered : delivery_status::failed,
                        shared_.observer->describe(frame.to, said));
        }
    }
}

// The entries are done with, but for those that their handler gave back: each of them keeps its
// credit and its envelope, and is the queue's again. Those come last, because afterwards another
// runner may settle them, and then the route is nobody's.
void runner::settle_but_released(const stretch& what, std::size_t first,
                                 std::size_t count) noexcept {
    const auto stride = what.from.slot_size();
    const auto place = static_cast<std::size_t>(what.slots - buffer_) / stride + first;
    released_ = 0;
    for (std::size_t at = 0; at < count; ++at) {
        if (!releases_.test(place + at)) {
            settle(what, first + at, 1);
        }
    }
    for (std::size_t at = 0; at < count; ++at) {
        if (!releases_.test(place + at)) {
            continue;
        }
        releases_.reset(place + at);
        in_hand_.fetch_sub(1, std::memory_order_release);
        const auto* slot = what.slots + (first + at) * stride;
        if (adopted_ != nullptr) {
            ++given_back_;
            return_adopted(false);
        } else if (what.keys != nullptr && what.from.give_back(what.keys[first + at], slot)) {
            ++given_back_;
            release_keys(what, first + at, 1);
        } else if (what.keys == nullptr && give_back(what.from, index_, slot)) {
            ++given_back_;
            shared_.end_flights(what.from, 1);
        } else {
            in_hand_.fetch_add(1, std::memory_order_release);
            auto& one = *what.origin.subscriptions[what.target.first];
            one.dropped_no_memory.add();
            tell_settled(header_at(what.slots, stride, first + at), one, settlement::dropped, 0,
                         drop_reason::no_memory);
            tell_waiter(header_at(what.slots, stride, first + at), one, delivery_status::dropped);
            settle(what, first + at, 1);
        }
    }
}

// Behind what is queued: for lanes without an order. The caller holds the lane and looks at it
// again before it leaves, so there is nobody to wake. False: no memory.
bool runner::give_back(lane& to, std::uint32_t runner, const std::byte* slot) noexcept {
    auto* port = to.port_of(lane_port::of_runners + runner);
    if (port == nullptr) {
        port = to.add_port(lane_port::of_runners + runner);
    }
    return port != nullptr &&
           to.enqueue(*port, *reinterpret_cast<const slot_header*>(slot), slot + slot_header_size);
}

// After a batch of a lane whose handler may give events back. True: it gave all of them back, this
// runner left the lane, and nobody is called for until its moment.
bool runner::let_rest(lane& from, std::size_t count) noexcept {
    if (given_back_ < count) {
        from.vain_batches.store(0, std::memory_order_relaxed);
        return false;
    }
    const auto vain = from.vain_batches.fetch_add(1, std::memory_order_relaxed);
    if (vain < vain_batches_free) {
        turn_away();  // behind the other lanes
        return true;
    }
    const auto doublings = std::min(vain - vain_batches_free, rest_doublings_max);
    let_rest_until(from, shared_.now() + (rest_min_ns << doublings));
    return true;
}

std::int64_t next_rest_over(scheduler& shared) noexcept {
    auto first = timer_wheel::never;
    shared.for_each_crew([&](crew& whose) {
        std::size_t cursor = 0;
        std::size_t id = 0;
        for (auto left = whose.resting.covered(); left > 0 && whose.resting.take(cursor, id);
             --left) {
            const auto over = shared.lane_at(id)->rests_until_ns.load(std::memory_order_relaxed);
            first = std::min(first, over);
            whose.resting.insert(id);
        }
    });
    return first;
}

}  // namespace stentor::inline v0::detail
