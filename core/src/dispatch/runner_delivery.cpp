// SPDX-License-Identifier: MIT
#include "dispatch/runner.hpp"
#include "dispatch/thread_setup.hpp"
#include "event/envelope.hpp"
#include <stentor/registry/context.hpp>

#include <algorithm>

// What a runner does with a batch: stretches of equal routes, their handlers, the outcomes.
namespace stentor::inline v0::detail {

namespace {

const slot_header& header_at(const std::byte* slots, std::size_t stride, std::size_t at) noexcept {
    return *reinterpret_cast<const slot_header*>(slots + at * stride);
}

const route_target& target_in(const route& origin, const lane& from) noexcept {
    for (const auto& one : origin.targets) {
        if (one.through.get() == &from) {
            return one;
        }
    }
    STENTOR_ASSERT(false, "an entry lies in a lane that its route does not name");
    return origin.targets.front();
}

constexpr std::int64_t proof_ns = 500'000;       // of CPU time within one tick
constexpr std::uint32_t stretches_measured = 8;  // one in so many

}  // namespace

void runner::process(lane& from, std::size_t count) noexcept {
    in_hand_.store(static_cast<std::int64_t>(count), std::memory_order_release);
    const auto stride = from.slot_size();
    for (std::size_t first = 0; first < count;) {
        const auto* origin = header_at(buffer_, stride, first).origin;
        std::int64_t flags = 0;
        bool boxed = false;
        auto last = first;
        do {
            const auto& slot = header_at(buffer_, stride, last);
            flags |= slot.stamp;
            boxed = boxed || slot.box != nullptr;
            ++last;
        } while (last < count && header_at(buffer_, stride, last).origin == origin);
        handle({.from = from,
                .origin = *origin,
                .target = target_in(*origin, from),
                .slots = buffer_ + first * stride,
                .count = last - first,
                .flagged = (flags & stamp_flags) != 0,
                .boxed = boxed});
        first = last;
    }
    in_hand_.store(0, std::memory_order_release);
    if (shared_.what.spin_on_traffic) {
        last_work_ns_ = shared_.now();
    }
}

void runner::handle(const stretch& what) noexcept {
    bool one_by_one = false;
    for (std::uint32_t index = 0; index < what.target.count; ++index) {
        one_by_one = one_by_one || timed(*what.origin.subscriptions[what.target.first + index]);
    }
    if (one_by_one) {
        handle_timed(what);
    } else {
        handle_plain(what);
    }
}

// One event at a time, each call timed, each entry settled at once.
void runner::handle_timed(const stretch& what) noexcept {
    for (std::size_t at = 0; at < what.count; ++at) {
        const auto& slot = header_at(what.slots, what.from.slot_size(), at);
        if ((slot.stamp & stamp_expires) != 0 &&
            slot.box->expires_system_ns <= shared_.source().system_ns()) {
            expire(what, at);
        } else {
            std::int64_t moment = 0;
            for (std::uint32_t index = 0; index < what.target.count; ++index) {
                deliver(*what.origin.subscriptions[what.target.first + index], what, at, 1, true,
                        moment);
            }
            judge_lane(what);
        }
        settle(what, at, 1);
    }
}

// Handler by handler over as many events as possible; sampled events alone, because they are timed.
void runner::handle_plain(const stretch& what) noexcept {
    const auto stride = what.from.slot_size();
    for (std::size_t first = 0; first < what.count;) {
        const auto stamp = header_at(what.slots, stride, first).stamp;
        auto last = what.flagged ? first + 1 : what.count;
        if ((stamp & stamp_flags) == 0) {
            while (last < what.count &&
                   (header_at(what.slots, stride, last).stamp & stamp_flags) == 0) {
                ++last;
            }
        }
        const auto* box = header_at(what.slots, stride, first).box;
        if ((stamp & stamp_expires) != 0 &&
            box->expires_system_ns <= shared_.source().system_ns()) {
            expire(what, first);
        } else {
            const bool precise = (stamp & stamp_precise) != 0;
            // What is cheap need not be measured each time to notice that it is so no more.
            const bool measure = precise || (last - first >= batch_unknown &&
                                             ++stretches_ % stretches_measured == 0);
            std::int64_t moment = 0;
            for (std::uint32_t index = 0; index < what.target.count; ++index) {
                deliver(*what.origin.subscriptions[what.target.first + index], what, first,
                        last - first, measure, moment);
            }
            judge_lane(what);
        }
        first = last;
    }
    settle(what, 0, what.count);
}

void runner::expire(const stretch& what, std::size_t) noexcept {
    for (std::uint32_t index = 0; index < what.target.count; ++index) {
        what.origin.subscriptions[what.target.first + index]->terminals[index_].expired.add();
    }
}

// The entries are done with: envelopes go, credits go home.
void runner::settle(const stretch& what, std::size_t first, std::size_t count) noexcept {
    const auto stride = what.from.slot_size();
    for (std::size_t at = first; what.boxed && at < first + count; ++at) {
        if (auto* box = header_at(what.slots, stride, at).box; box != nullptr) {
            if (const auto bytes = box->drop_reference(); bytes != 0) {
                shared_.bytes.give(bytes);
            }
        }
    }
    in_hand_.fetch_sub(static_cast<std::int64_t>(count), std::memory_order_release);
    shared_.settle(what.from, static_cast<std::int64_t>(count));
    // Last, with release: a route whose entries are all settled may be freed, and who sees it so
    // sees the credits at home and the outcomes counted. [PAIR settled]
    const_cast<route&>(what.origin).settled[index_].entries.add_release(count);
}

void runner::deliver(subscription_record& to, const stretch& what, std::size_t first,
                     std::size_t count, bool measure, std::int64_t& moment) noexcept {
    auto& mine = to.terminals[index_];
    std::shared_ptr<const void> owner;
    if (to.has_owner) {
        owner = to.options.owner->lock();
        if (owner == nullptr && !to.closed.exchange(true, std::memory_order_acq_rel)) {
            to.deferred.store(true, std::memory_order_release);
            shared_.request_maintenance();
        }
    }
    const auto stride = what.from.slot_size();
    delivery_frame frame{.slots = what.slots + first * stride,
                         .stride = stride,
                         .index = 0,
                         .end = count,
                         .closed = &to.closed,
                         .attention = &attention_,
                         .context = nullptr};
    context about(frame, *shared_.target, to.name);
    frame.context = &about;

    const auto* before = guard_.enter(&to);
    std::size_t failed = 0;
    bool called = false;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    if (!to.closed.load(std::memory_order_relaxed) &&  // [PAIR barrier]
        !shared_.cancelling.load(std::memory_order_relaxed)) {
        const bool slow = slow_reserved_;
        called = true;
        begin = moment != 0 || !measure ? moment : shared_.now();
        if (slow) {
            pay_debt();
            call_others(what.from);
        }
        begin_run(slow);
        failed = call(to, frame, what);
        moment = end = measure ? shared_.now() : 0;  // and the next one's beginning
        end_run(to, what.from);
        if (slow) {
            what.from.state.step_in();
            moment = 0;  // that may have taken a while
        }
    }
    guard_.exit(before);

    mine.completed.add(frame.index - failed);
    if (failed != 0) {
        mine.failed.add(failed);
    }
    if (frame.index < count) {
        mine.cancelled.add(count - frame.index);
        const_cast<route&>(what.origin).settled[index_].cancelled.add(count - frame.index);
    }
    if (to.deferred.load(std::memory_order_relaxed)) {
        shared_.request_maintenance();  // this may have been the last call
    }
    if (called && measure && frame.index != 0) {
        account(to, what, first, frame.index, begin, end);
    }
    if (proven_late_) {
        // After it was judged, which takes a call for at most so many times the ones before: one
        // late call costs the handler its place in a shared lane, and does not make it a slow one.
        proven_late_ = false;
        to.cost_ns.store(std::max(to.cost_ns.load(std::memory_order_relaxed), demote_from_ns),
                         std::memory_order_relaxed);
        lane_judged_ = true;
        shared_.request_maintenance();
    }
}

// Runs the handler's loop until the stretch is done or the subscription is closed. Returns how many
// calls failed. The one place that user code's exceptions reach.
std::size_t runner::call(subscription_record& to, delivery_frame& frame,
                         const stretch& what) noexcept {
    std::size_t failed = 0;
    const auto begin = shared_.coarse_now();
    for (;;) {
#if defined(__cpp_exceptions)
        try {
            to.call(frame);
        } catch (...) {
            const auto& slot = *reinterpret_cast<const slot_header*>(frame.slot());
            shared_.observer->failed(to, slot, shared_.coarse_now() - begin,
                                     begin - (slot.stamp & ~stamp_flags));
            ++failed;
            ++frame.index;
        }
#else
        (void)begin;
        (void)what;
        to.call(frame);
#endif
        if (frame.index >= frame.end || to.closed.load(std::memory_order_relaxed)) {
            return failed;
        }
        if (attention_.load(std::memory_order_relaxed)) {
            // A call held everything up: say so, then go on. The flag may be a late one, meant for
            // a run that has ended; then this changes nothing.
            attention_.store(false, std::memory_order_relaxed);
            end_run(to, what.from);
            begin_run(false);
        }
    }
}

void runner::account(subscription_record& to, const stretch& what, std::size_t first,
                     std::size_t count, std::int64_t begin, std::int64_t end) noexcept {
    const auto each = std::max<std::int64_t>((end - begin) / static_cast<std::int64_t>(count), 1);
    judge(to, each, static_cast<std::uint32_t>(count));
#if !defined(STENTOR_NO_METRICS)
    const auto& slot = header_at(what.slots, what.from.slot_size(), first);
    if (count == 1) {
        to.service.record(end - begin);
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

// Keeps the mean service times, and asks for a move when they say that the handler is in the wrong
// kind of lane. One call counts for at most sixteen times what calls took before, because a thread
// that lost its CPU looks like a slow handler, as does a first call that sets things up; a handler
// that is slow shows it again. Relaxed
// throughout: these are hints, and other runners' writes may be lost.
void runner::judge(subscription_record& to, std::int64_t each_ns, std::uint32_t calls) noexcept {
    const auto old = to.cost_ns.load(std::memory_order_relaxed);
    const auto counted = std::min(each_ns, old == 0 ? demote_from_ns : 16 * old + timed_from_ns);
    const auto cost = old == 0 ? counted : old + (counted - old) / 8;
    to.cost_ns.store(std::max<std::int64_t>(cost, 1), std::memory_order_relaxed);
    const auto seen = to.calls_seen.load(std::memory_order_relaxed);
    if (seen < calls_to_judge) {
        to.calls_seen.store(std::min(seen + calls, calls_to_judge), std::memory_order_relaxed);
        if (seen + calls >= calls_to_judge) {
            shared_.request_maintenance();
        }
    }
    const bool crossed = (old >= timed_from_ns) != (cost >= timed_from_ns);
    if (crossed || (to.in_shared_lane.load(std::memory_order_relaxed) && cost >= demote_from_ns)) {
        shared_.request_maintenance();
    }
    // Unknown until all of the lane's handlers are judged: then batches stay small.
    lane_judged_ = lane_judged_ || seen + calls >= calls_to_judge || cost >= timed_from_ns;
}

// What an entry of the lane costs, all its handlers together. After some of them were judged.
void runner::judge_lane(const stretch& what) noexcept {
    if (!lane_judged_) {
        return;
    }
    lane_judged_ = false;
    std::int64_t together = 0;
    for (std::uint32_t index = 0; index < what.target.count; ++index) {
        together += what.origin.subscriptions[what.target.first + index]->cost_ns.load(
            std::memory_order_relaxed);
    }
    what.from.cost_ns.store(together, std::memory_order_relaxed);
}

void runner::begin_run(bool known_slow) noexcept {
    run_started_.store(shared_.coarse_now(), std::memory_order_relaxed);
    const auto word = run_word_.load(std::memory_order_relaxed) & ~(run_one - 1);
    // Only this runner writes while the run is not inside, so a store is enough.
    run_word_.store((word + run_one) | run_inside | (known_slow ? run_known : 0),
                    std::memory_order_release);
}

void runner::end_run(subscription_record& to, lane& from) noexcept {
    const auto word = run_word_.fetch_and(~(run_one - 1), std::memory_order_acq_rel);
    if ((word & run_flagged) == 0) {
        return;
    }
    // The watch called others in: attend again, and remember whose call it was, if it was the call.
    from.state.step_in();
    shared_.idle.leave_blocked();
    shared_.admit_waiting_slow();
    surplus_ = true;
    if ((word & run_proven) != 0) {
        to.surprise.store(true, std::memory_order_relaxed);
        proven_late_ = true;
    }
}

// Before a call that is long: events that arrive meanwhile find another runner.
void runner::call_others(lane& from) noexcept {
    if (from.state.step_out([&from] { return from.pending(); })) {
        shared_.ready.insert(from.id());
    }
    if (!shared_.ready.empty()) {
        shared_.wake_one();
    }
}

void runner::check_overdue() noexcept {
    auto word = run_word_.load(std::memory_order_acquire);
    const bool same = word == watch_seen_;
    const auto cpu_before = watch_cpu_ns_;
    watch_seen_ = word;
    if ((word & run_inside) == 0 || (word & (run_known | run_flagged)) != 0) {
        return;
    }
    const auto cpu = cpu_time_ns(cpu_clock_.load(std::memory_order_acquire));
    watch_cpu_ns_ = cpu;
    auto* lane = holding_.load(std::memory_order_acquire);
    if (!same || lane == nullptr) {
        return;
    }
    // A runner that lost its CPU holds others up as well, but says nothing about the handler.
    const bool proven =
        cpu - cpu_before >= proof_ns || thread_sleeps(thread_id_.load(std::memory_order_relaxed));
    const auto flagged = word | run_flagged | (proven ? run_proven : 0);
    attention_.store(true, std::memory_order_relaxed);
    // Counted before the flag is up, because end_run() takes the count back when it sees the flag.
    shared_.idle.enter_blocked();
    if (!run_word_.compare_exchange_strong(word, flagged, std::memory_order_acq_rel,
                                           std::memory_order_relaxed)) {
        shared_.idle.leave_blocked();
        shared_.admit_waiting_slow();
        return;
    }
    watch_seen_ = flagged;
    if (proven) {
        // Until this call ends: others that come into the lane reserve a slow call each, so that a
        // handler that never returns cannot take every runner.
        lane->cost_ns.store(std::max(lane->cost_ns.load(std::memory_order_relaxed), long_from_ns),
                            std::memory_order_relaxed);
    }
    call_others(*lane);
    shared_.spare_activations.add();
}

}  // namespace stentor::inline v0::detail
