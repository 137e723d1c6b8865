// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "dispatch/runner.hpp"
#include "dispatch/thread_setup.hpp"
#include "registry/event_view.hpp"

#include <algorithm>

// The runs of a runner: what the watch sees of a call or a stretch of calls, and how others are let
// into the lane while one lasts.
namespace stentor::inline v0::detail {

namespace {

constexpr std::int64_t proof_ns = 500'000;  // of CPU time within one tick

}  // namespace

void runner::begin_run(bool known_slow) noexcept {
    run_started_.store(shared_.stepped ? shared_.now() : shared_.coarse_now(),
                       std::memory_order_relaxed);
    run_.begin(known_slow);
}

void runner::end_run(subscription_record& to, lane& from) noexcept {
    if (shared_.stepped) {
        check_late(shared_.now(), true);  // nobody else looked while it ran
    }
    const auto ended = run_.end();
    if (!ended.flagged()) {
        return;
    }
    // The watch called others in: attend again, and remember whose call it was, if it was the call.
    from.state.step_in();
    crew_.idle.leave_blocked();
    crew_.admit_waiting_slow();
    surplus_ = true;
    if (ended.proven()) {
        to.surprise.store(true, std::memory_order_relaxed);
        proven_late_ = true;
    }
}

// Of a run that holds no lane.
void runner::end_run_apart() noexcept {
    if (run_.end().flagged()) {
        crew_.idle.leave_blocked();
        crew_.admit_waiting_slow();
        surplus_ = true;
    }
}

// Before a call that is long: events that arrive meanwhile find another runner.
void runner::call_others(lane& from) noexcept {
    if (from.state.step_out([&from] { return from.pending(); })) {
        crew_.ready.insert(from.id());
    }
    if (!crew_.ready.empty()) {
        crew_.wake_one();
    }
}

std::uint64_t runner::slow_calls_max(const lane& from) const noexcept {
    // Not so long that others mind: it need not wait while calls that may never end hold the turns.
    const bool brief = from.cost_ns.load(std::memory_order_relaxed) < long_from_ns;
    return brief ? crew_.size.runners : crew_.slow_calls_max();
}

// False: as many slow calls run as may, so the lane waits until one of them ends.
bool runner::reserve_slow_call(lane& from) noexcept {
    if (crew_.idle.try_enter_blocked(slow_calls_max(from))) {
        slow_reserved_ = true;
        return true;
    }
    linger_ = nullptr;
    if (from.state.leave([&from] { return from.pending(); })) {
        wait_for_slow_call(from);
    }
    holding_.store(nullptr, std::memory_order_release);
    return false;
}

// The lane became slow, or is no longer. False: it waits for its turn.
bool runner::change_turn(lane& from, bool slow) noexcept {
    if (slow) {
        return reserve_slow_call(from);
    }
    release_slow_call();
    return true;
}

// After a slow call: whether the next one follows at once. Nobody waits for the turn, nor for a
// runner; so the runner that serves all others goes on with that, instead of changing places.
bool runner::keeps_slow_turn(const lane& from) const noexcept {
    return !surplus_ && !from.answers() && !shared_.virtual_time() &&
           !shared_.stopping.load(std::memory_order_relaxed) && crew_.ready.empty() &&
           crew_.waiting_slow.empty_but_for(from.id());
}

// The caller claimed the lane.
void runner::wait_for_slow_call(lane& from) noexcept {
    crew_.waiting_slow.insert(from.id());
    crew_.admit_waiting_slow();  // the last of them may just have ended
}

void runner::release_slow_call() noexcept {
    slow_reserved_ = false;
    surplus_ = true;
    crew_.idle.leave_blocked();
    crew_.admit_waiting_slow();
}

// As call_others(), before a call that is known to be long and has its turn: a lane for which there
// is no second turn need not come by another runner to be told so.
void runner::call_others_to_slow(lane& from) noexcept {
    if (from.state.step_out([&from] { return from.pending(); })) {
        if (crew_.idle.may_block(slow_calls_max(from))) {
            crew_.ready.insert(from.id());
        } else {
            wait_for_slow_call(from);
        }
    }
    if (!crew_.ready.empty()) {
        crew_.wake_one();
    }
}

runner::sight runner::check_overdue() noexcept {
    auto run = run_.look();
    const bool same = run == watch_seen_;
    const auto cpu_before = watch_cpu_ns_;
    watch_seen_ = run;
    if (!run.inside()) {
        return sight::nothing;
    }
    if (run.flagged()) {
        return sight::long_call;
    }
    if (run.known()) {
        return sight::nothing;  // it let others in itself
    }
    const auto cpu = cpu_time_ns(cpu_clock_.load(std::memory_order_acquire));
    watch_cpu_ns_ = cpu;
    if (!same) {
        return sight::call;
    }
    auto* lane = holding_.load(std::memory_order_acquire);  // none: it runs a continuation
    // A runner that lost its CPU holds others up as well, but says nothing about the handler.
    const bool proven =
        cpu - cpu_before >= proof_ns || thread_sleeps(thread_id_.load(std::memory_order_relaxed));
    attention_.store(true, std::memory_order_relaxed);
    // Counted before the flag is up, because end_run() takes the count back when it sees the flag.
    crew_.idle.enter_blocked();
    if (!run_.flag(run, proven)) {
        crew_.idle.leave_blocked();
        crew_.admit_waiting_slow();
        return sight::call;
    }
    watch_seen_ = run;
    shared_.spare_activations.add();
    if (lane == nullptr) {
        if (!crew_.ready.empty()) {
            crew_.wake_one();
        }
        return sight::long_call;
    }
    if (proven) {
        // Until this call ends: others that come into the lane reserve a slow call each, so that a
        // handler that never returns cannot take every runner.
        lane->cost_ns.store(std::max(lane->cost_ns.load(std::memory_order_relaxed), long_from_ns),
                            std::memory_order_relaxed);
    }
    call_others(*lane);
    return sight::long_call;
}

// The runner cannot leave a run that is being read, so the frame, its slots, their route and the
// subscription stay. What it reads of them was written before the run began, but for the frame's
// index, which may stand behind the last slot when the call has just ended.
void runner::check_late(std::int64_t now_ns, bool ended) noexcept {
    const auto run = run_.look();
    const auto age = now_ns - run_started_.load(std::memory_order_relaxed);
    const auto least = shared_.late_least_ns.load(std::memory_order_relaxed);
    if (least == 0 || !run.inside() || run.number() == late_seen_ || age < least ||
        !run_.begin_reading(run)) {
        return;
    }
    const auto* called = guard_.held();  // null: it runs no handler
    const auto limit = called == nullptr          ? 0
                       : called->deadline_ns != 0 ? called->deadline_ns
                                                  : shared_.what.late_after_ns;
    if (limit == 0 || age < limit) {
        run_.end_reading();
        return;
    }
    late_seen_ = run.number();
    const auto* frame = run_frame_.load(std::memory_order_relaxed);
    late_call about;
    const bool copied = attempt([&] {
        about.name = called->name;
        about.where = called->where;
        about.system = called->system;
        about.age_ns = age;
        if (frame != nullptr) {
            const std::size_t behind = frame->index;
            const auto last = frame->what.count - frame->first - 1;
            const auto at = std::min(ended && behind != 0 ? behind - 1 : behind, last);
            const auto& slot = header_at(frame->slots, frame->stride, at);
            about.id = id_of(slot);
            about.topic = slot.origin->topic->name;
        } else {
            const bool goes_on = continuations_in_hand_.load(std::memory_order_relaxed) != 0;
            about.hook = goes_on ? "coroutine" : "callback";
        }
    });
    called->late.add();
    run_.end_reading();
    if (copied) {
        shared_.lateness->late(about);
    }
}

}  // namespace stentor::inline v0::detail
