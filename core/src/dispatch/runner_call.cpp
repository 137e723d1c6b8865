// SPDX-License-Identifier: MIT
#include "dispatch/attempt_limit.hpp"
#include "dispatch/retry_room.hpp"
#include "dispatch/runner.hpp"
#include "dispatch/thread_setup.hpp"
#include "registry/event_view.hpp"
#include <stentor/registry/context.hpp>

#include <algorithm>
#include <mutex>
#include <optional>

// One handler over one stretch: the call, the error boundary, what it cost.
namespace stentor::inline v0::detail {

namespace {

// What a call may cost more than a multiple of those before and still be believed.
constexpr std::int64_t growth_ns = 1'000;

}  // namespace

void runner::deliver(subscription_record& to, const stretch& what, std::size_t first,
                     std::size_t count, bool measure, std::int64_t& moment) noexcept {
    const auto owner = owner_of(to);
    const auto stride = what.from.slot_size();
    charge frame{{.slots = what.slots + first * stride,
                  .stride = stride,
                  .index = 0,
                  .end = count,
                  .closed = &to.barred,
                  .attention = &attention_,
                  .context = nullptr,
                  .judge = &judge_outcome,
                  .host = this,
                  .stop = &to.stop,
                  .attempt = adopted_ != nullptr ? adopted_->progress().attempt() : 1},
                 *this,
                 to,
                 what,
                 first};
    context about(frame, *shared_.target, to.name);
    frame.context = &about;
    std::optional<gap> missed;
    if (adopted_ != nullptr && adopted_->owed() != nullptr && hand_in(frame)) [[unlikely]] {
        return;
    }

    bool called = false;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    look_at_cpu(to, measure);
    do {
        const auto* before = guard_.enter(&to);
        // Who finds the owner gone closes the subscription, which bars it a moment later: until
        // then nobody else may take it for open.
        if (may_call(to) && !(to.has_owner && owner == nullptr)) {
            if (to.gaps.any() && !missed) [[unlikely]] {
                const std::lock_guard lock(to.gaps_mutex);
                missed = to.gaps.take();
                frame.missed = missed ? &*missed : nullptr;
            }
            begin = called || moment != 0 || !measure ? moment : shared_.now();
            called = true;
            moment = end = call_in_run(frame, measure);  // and the next one's beginning
            moment = slow_reserved_ ? 0 : moment;        // stepping in may have taken a while
        }
        guard_.exit(before);
    } while (frame.index < count && !pass_over(to, what, first + frame.index, count - frame.index));

    detached_ += frame.detached;
    settle_calls(frame);
    if (to.deferred.load(std::memory_order_relaxed)) {
        shared_.request_maintenance();  // this may have been the last call
    }
    if (called && measure && frame.index != 0) {
        if (what.from.batched()) {
            account_span(to, what, first, frame.index, begin, end);
        } else {
            account(to, frame, begin, end);
        }
    }
    if (proven_late_) {
        judge_late(to);
    }
}

// The calls as one run, which the watch sees. Returns when they ended, if that is asked for.
std::int64_t runner::call_in_run(charge& frame, bool measure) noexcept {
    auto& from = frame.what.from;
    const bool slow = slow_reserved_;
    if (slow) {
        pay_debt();
        call_others_to_slow(from);
    }
    run_frame_.store(&frame, std::memory_order_relaxed);
    begin_run(slow);
    call(frame);
    const auto end = measure ? shared_.now() : 0;
    end_run(frame.to, from);
    run_frame_.store(nullptr, std::memory_order_relaxed);
    if (slow) {
        from.state.step_in();
    }
    return end;
}

// What the subscription is tied to, kept alive for the call; when it is gone the subscription ends.
std::shared_ptr<const void> runner::owner_of(subscription_record& to) noexcept {
    if (!to.has_owner) {
        return nullptr;
    }
    auto owner = to.options.owner->lock();
    if (owner == nullptr && !to.closed.exchange(true, std::memory_order_seq_cst)) {
        to.close();
        to.deferred.store(true, std::memory_order_release);
        shared_.request_maintenance();
    }
    return owner;
}

// After it was judged, which takes a call for at most so many times the ones before: one late call
// costs the handler its place in a shared lane, and does not make it a slow one.
void runner::judge_late(subscription_record& to) noexcept {
    proven_late_ = false;
    to.cost_ns.store(std::max(to.cost_ns.load(std::memory_order_relaxed), demote_from_ns),
                     std::memory_order_relaxed);
    lane_judged_ = true;
    shared_.request_maintenance();
}

// Runs the handler's loop until the stretch is done or the subscription is barred; stops at each
// event that was sampled when it was published, because its call is timed.
void runner::call(charge& frame) noexcept {
    frame.began = shared_.coarse_now();
    if (frame.what.origin.interceptors != nullptr) [[unlikely]] {
        call_intercepted(frame);
        return;
    }
    const auto whole = frame.end;
    for (std::size_t next = 0; next < sample_count_; ++next) {
        if (const std::size_t at = samples_[next]; at >= frame.index) {
            call_until(frame, at);
            call_timed(frame, at);
        }
    }
    call_until(frame, whole);
    frame.end = whole;
}

void runner::call_timed(charge& frame, std::size_t at) noexcept {
    if (frame.index != at) {
        return;  // barred before
    }
    const auto detached = frame.detached;
    const auto begin = shared_.now();
    call_until(frame, at + 1);
    if (frame.index == at) {
        return;
    }
    const auto end = shared_.now();
    judge(frame.to, worked(begin, end), 1);
    record(frame.to, header_at(frame.slots, frame.stride, at), begin, end,
           frame.detached != detached);
}

void runner::call_until(charge& frame, std::size_t end) noexcept {
    // A coroutine has a limit of its own.
    if (frame.to.deadline_ns == 0 || frame.to.form.coroutine) [[likely]] {
        call_loop(frame, end);
    } else {
        call_limited(frame, end);
    }
}

// Each call alone, because each is an attempt with a deadline, and its own run for the watch.
void runner::call_limited(charge& frame, std::size_t end) noexcept {
    auto& to = frame.to;
    attempt_limit limit(shared_, to, nullptr);
    frame.stop = frame.limit = &limit;
    for (bool first = true; frame.index < end && (first || may_call(to)); first = false) {
        const std::size_t at = frame.index;
        const auto failed = frame.failed + frame.dead_lettered + frame.detached + frame.fell_back;
        limit.open();
        frame.began = shared_.now();
        call_loop(frame, frame.what.from.batched() ? end : at + 1);
        const auto taken = frame.index - at;
        const bool done =
            failed == frame.failed + frame.dead_lettered + frame.detached + frame.fell_back;
        if (taken != 0 && done && !to.form.answers && limit.told()) {
            frame.index = at;
            frame.taken = taken;
            charge_for_deadline(to, [&](const outcome* said) { charge_failure(frame, said); });
            frame.index = at + taken;
            frame.taken = 1;
        }
        limit.close();
        if (taken == 0) {
            break;
        }
        if (frame.index < end) {
            end_run(to, frame.what.from);
            begin_run(slow_reserved_);
        }
    }
    frame.stop = &to.stop;
    frame.limit = nullptr;
}

// The one place that user code's exceptions reach.
void runner::call_loop(charge& frame, std::size_t end) noexcept {
    auto& to = frame.to;
    frame.end = end;
    while (frame.index < end && kept_from_ == nothing_kept) {
#if defined(__cpp_exceptions)
        try {
            to.call(frame);
        } catch (...) {
            charge_failure(frame, nullptr);
            frame.index += frame.taken;
            frame.taken = 1;
        }
#else
        to.call(frame);
#endif
        if (frame.index >= end || to.barred.load(std::memory_order_relaxed)) {
            return;
        }
        if (attention_.load(std::memory_order_relaxed)) {
            // A call held everything up: say so, then go on. The flag may be a late one, meant for
            // a run that has ended; then this changes nothing.
            attention_.store(false, std::memory_order_relaxed);
            end_run(to, frame.what.from);
            begin_run(false);
        }
    }
}

// Counts how the calls of a frame ended; what was released has not.
void runner::settle_calls(charge& frame) noexcept {
    auto& mine = frame.to.terminals[index_];
    mine.completed.add(frame.ended_well() + frame.fell_back);
    if (frame.what.from.gate != nullptr) {
        tell_gate_of_calls(frame);
    }
    if (frame.failed != 0) {
        mine.failed.add(frame.failed);
    }
    if (frame.dead_lettered != 0) {
        mine.dead_lettered.add(frame.dead_lettered);
    }
    if (frame.ignored != 0) {
        mine.ignored.add(frame.ignored);
    }
    if (frame.released != 0) {
        mine.released.add(frame.released);
    }
    if (!frame.what.special || frame.detached != 0) {
        return;  // one that somebody waits for is alone in its frame; detached, it says so itself
    }
    const auto place = static_cast<std::size_t>(frame.slots - buffer_) / frame.stride;
    for (std::size_t at = 0; at < frame.index; ++at) {
        if (frame.released == 0 || !releases_.test(place + at)) {
            tell_waiter(header_at(frame.slots, frame.stride, at), frame.to,
                        delivery_status::completed);
        }
    }
}

// What a publisher dropped, told to the subscription's on_drop. Its own lane's runner only.
void runner::tell_drops(lane& from) noexcept {
    const auto to = from.serves.lock();
    if (to == nullptr || !to->options.on_drop) {
        return;
    }
    std::optional<gap> dropped;
    {
        const std::lock_guard lock(to->gaps_mutex);
        dropped = to->unreported.take();
    }
    const auto* before = guard_.enter(to.get());
    if (dropped && !to->closed.load(std::memory_order_relaxed)) {  // [PAIR barrier]
        begin_run(false);
#if defined(__cpp_exceptions)
        try {
            to->options.on_drop(*dropped);
        } catch (...) {
            shared_.observer->complained(*to, "on_drop");
        }
#else
        to->options.on_drop(*dropped);
#endif
        end_run(*to, from);
    }
    guard_.exit(before);
}

void runner::account(subscription_record& to, const charge& frame, std::int64_t begin,
                     std::int64_t end) noexcept {
    const std::size_t count = frame.index;
    const auto each = worked(begin, end) / static_cast<std::int64_t>(count);
    judge(to, std::max<std::int64_t>(each, 1), static_cast<std::uint32_t>(count));
    if (frame.end == 1) {
        record(to, header_at(frame.slots, frame.stride, 0), begin, end, frame.detached != 0);
    }
}

// One call that was timed alone.
void runner::record([[maybe_unused]] subscription_record& to,
                    [[maybe_unused]] const slot_header& slot, [[maybe_unused]] std::int64_t begin,
                    [[maybe_unused]] std::int64_t end, [[maybe_unused]] bool unfinished) noexcept {
#if !defined(STENTOR_NO_METRICS)
    const bool precise = (slot.stamp & stamp_precise) != 0;
    const auto published = slot.stamp & ~stamp_flags;
    if (precise) {
        to.queue_wait.record(std::max<std::int64_t>(begin - published, 0));
    }
    if (!unfinished) {  // else its end records the rest
        to.service.record(end - begin);
    }
    if (precise && !unfinished) {
        to.end_to_end.record(std::max<std::int64_t>(end - published, 0));
    }
#endif
}

// Before a call that may be taken for a long one. Looking takes microseconds, so not before others.
void runner::look_at_cpu(const subscription_record& to, bool measure) noexcept {
    const bool looks = measure && to.cost_ns.load(std::memory_order_relaxed) >= long_from_ns / 4 &&
                       !shared_.virtual_time();
    waited_for_cpu_ = looks ? waited_for_cpu_ns() : unknown_wait;
}

// What a call says about its handler: its time without that which the thread waited for a CPU.
std::int64_t runner::worked(std::int64_t begin, std::int64_t end) const noexcept {
    auto time = end - begin;
    if (time >= long_from_ns && waited_for_cpu_ != unknown_wait) [[unlikely]] {
        time -= waited_for_cpu_ns() - waited_for_cpu_;
    }
    return std::max<std::int64_t>(time, 1);
}

// Keeps the mean service times, and asks for a move when they say that the handler is in the wrong
// kind of lane. One call counts for at most four times what calls took before, because a thread
// that lost its CPU looks like a slow handler, as does a first call that sets things up. A handler
// that is slow shows it again; the first few calls weigh and count for more, so that it is known by
// the third.
// Relaxed throughout: these are hints, and other runners' writes may be lost.
void runner::judge(subscription_record& to, std::int64_t each_ns, std::uint32_t calls) noexcept {
    const auto old = to.cost_ns.load(std::memory_order_relaxed);
    const auto seen = to.calls_seen.load(std::memory_order_relaxed);
    const auto weight = std::clamp<std::int64_t>(std::int64_t{seen} + 1, 2, 8);
    const auto most = (weight < 8 ? 16 : 4) * old + growth_ns;
    const auto counted = std::min(each_ns, old == 0 ? demote_from_ns : most);
    const auto cost = old == 0 ? counted : old + (counted - old) / weight;
    to.cost_ns.store(std::max<std::int64_t>(cost, 1), std::memory_order_relaxed);
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
    what.from.cost_ns.store(std::max(together, what.from.cost_floor()), std::memory_order_relaxed);
}

}  // namespace stentor::inline v0::detail
