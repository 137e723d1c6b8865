// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/life.hpp"
#include "dispatch/detached_delivery.hpp"

#include <algorithm>
#include <thread>

// The end: intake closed, work finished or cancelled, runners stopped.
namespace stentor::inline v0::detail {

namespace {

constexpr std::int64_t cancel_grace_ns = 1'000'000'000;

// The engines that are left behind. Written by ends of buses.
constinit std::atomic<engine*> left_behind{nullptr};

}  // namespace

drain_report engine::drain(std::chrono::nanoseconds deadline) noexcept {
    if (forked()) {
        return {};
    }
    const auto until = shared_.moment_after(deadline);
    const auto before = handled_total();
    if (intake_.now() == intake::open) {
        intake_.set(intake::draining);
    }
    wait_for_publishers(until);
    std::map<std::string, std::int64_t> cancelled_before;
    drain_report report;
    bool held = end_held(cancelled_before);
    held = cancel_suspended(rooms::paused, &report) || held;
    if (inside_handler()) {
        // The caller's own delivery, and what its runner holds behind it, end after it returns; the
        // runners are stopped by the drain that comes from outside.
        report.complete = await(until);
        return report;
    }
    bring_forward(until);
    std::unique_lock lock(drain_mutex_, std::defer_lock);
    while (!lock.try_lock()) {
        std::this_thread::sleep_for(
            std::chrono::milliseconds(1));  // another drains, by our deadline
    }
    if (stopped_) {
        drain_report known;
        if (!attempt([&] { known = final_report_; })) {
            known.complete = final_report_.complete;  // without the details
        }
        return known;
    }
    report.complete = await(until, true);
    intake_.set(intake::closed);
    wait_for_publishers(shared_.now() + cancel_grace_ns);
    if (!report.complete) {
        cancel_leftovers(report, held ? std::optional(std::move(cancelled_before)) : std::nullopt);
    } else if (held) {
        static_cast<void>(attempt([&] { name_abandoned(report, cancelled_before); }));
        report.complete = report.abandoned.empty();
    }
    report.completed = handled_total() - before;
    stop_runners(report);
    log_.flush(true);
    stopped_ = true;
    if (!attempt([&] { final_report_ = report; })) {
        final_report_.complete = report.complete;
        final_report_.completed = report.completed;
    }
    return report;
}

void engine::leave_behind(std::shared_ptr<engine> kept) noexcept {
    auto& left = *kept;
    left.itself_ = std::move(kept);
    left.left_before_ = left_behind.load(std::memory_order_relaxed);
    while (!left_behind.compare_exchange_weak(left.left_before_, &left, std::memory_order_acq_rel,
                                              std::memory_order_relaxed)) {
    }
}

// Of several drains the shortest deadline counts for all.
void engine::bring_forward(std::int64_t until_ns) noexcept {
    auto before = drain_until_.load(std::memory_order_relaxed);
    while (until_ns < before &&
           !drain_until_.compare_exchange_weak(before, until_ns, std::memory_order_acq_rel,
                                               std::memory_order_relaxed)) {
    }
}

// Of those whose handler is still there, the one that started last; null: none. One whose hook runs
// is left to the thread that is in the hook.
std::shared_ptr<subscription_record> engine::last_begun_with_handler() const noexcept {
    const std::lock_guard lock(registry_);
    std::shared_ptr<subscription_record> last;
    for (const auto* list : {&active_, &closed_}) {
        for (const auto& one : *list) {
            if (!one->handler_gone.load(std::memory_order_acquire) && !life::hooked(*one) &&
                (last == nullptr || one->begun > last->begun)) {
                last = one;
            }
        }
    }
    return last;
}

// Nobody will resume what is paused: what is held is cancelled at once. True: there was something.
bool engine::end_held(std::map<std::string, std::int64_t>& before) noexcept {
    const std::lock_guard lock(registry_);
    static_cast<void>(attempt([&] { before = cancelled_by_topic(); }));
    return life_->end_all();
}

bool engine::wait_idle(std::chrono::nanoseconds deadline) noexcept {
    if (forked() || inside_handler()) {
        return false;
    }
    return await(shared_.moment_after(deadline));
}

// Publishers that are inside publish now, and looked at the intake before it changed.
void engine::wait_for_publishers(std::int64_t until_ns) noexcept {
    {
        const std::lock_guard lock(registry_);
        for (const auto& one : lanes_) {
            if (one != nullptr) {
                scheduler::announce_room(*one);  // who waits for room finds the intake closed
            }
        }
    }
    real_sync::heavy_fence();  // [PAIR grace]
    for (std::uint32_t index = 0; index < slots_->size(); ++index) {
        const auto& section = slots_->at(index).section;
        const auto count = section.count();
        while (section.inside(count) && section.count() == count && shared_.now() < until_ns) {
            std::this_thread::yield();
        }
    }
}

// Every entry that was accepted is settled, but for what runners hold whose handler waits here too.
bool engine::quiescent() const noexcept {
    const std::lock_guard lock(registry_);
    // First of all, because what inline handlers publish is counted before they end.
    if (inline_calls_running() > 0) {
        return false;
    }
    // First, and compared last: nothing was posted or open meanwhile.
    auto ended = shared_.continuations.ended_total();                        // [PAIR continuation]
    const auto turns = shared_.turns.begun.load(std::memory_order_seq_cst);  // [PAIR turn]
    const auto held = life_->held_backlog();
    const auto resting = life_->resting();
    std::int64_t open = 0;
    // Settled first, then accepted, for all routes together: equal sums mean that both were equal
    // when the last settled count was read, because every entry is counted as accepted before it is
    // enqueued and as settled after.
    std::uint64_t gone = 0;
    for_each_route([&](const route& one) { gone += one.settled_entries(); });
    std::atomic_thread_fence(std::memory_order_seq_cst);
    std::uint64_t come = 0;
    for_each_route([&](const route& one) { come += one.accepted_entries(); });
    // What is held waits for a resume, and nobody waits for that. The smaller of two looks: what
    // came or went meanwhile counts as open.
    open = static_cast<std::int64_t>(come - gone) - std::min(held, life_->held_backlog()) -
           std::min(resting, life_->resting()) - outside_waits_.load(std::memory_order_relaxed);
    // What comes after others waits for them alone, and they are counted themselves.
    open -= std::max<std::int64_t>(
        static_cast<std::int64_t>(turns - shared_.turns.ended.load(std::memory_order_seq_cst)), 0);
    for (const auto& one : runners_) {
        if (one->in_waiting_call.load(std::memory_order_acquire)) {
            open -= one->in_hand();
            ended += static_cast<std::uint64_t>(one->continuations_in_hand());
        }
    }
    return open <= 0 && shared_.continuations.posted_total() <= ended;  // [PAIR continuation]
}

bool engine::await(std::int64_t until_ns, bool draining) noexcept {
    const bool inside = inside_handler();
    auto* mine = runner::current();
    if (mine != nullptr && (mine->owner() != &shared_ || mine->calling_now() == nullptr)) {
        mine = nullptr;
    }
    const auto* coroutine = detached_delivery::current();
    const bool outside = mine == nullptr && coroutine != nullptr && &coroutine->shared == &shared_;
    outside_waits_.fetch_add(outside ? 1 : 0, std::memory_order_relaxed);
    say_waiting(mine, true);
    bool done = quiescent();
    auto nap = std::chrono::microseconds(20);
    while (!done) {
        if (executors_.back()->manual()) {
            if (!executors_.back()->step() && !sleep_until_due(until_ns)) {
                done = quiescent();
                break;  // nobody can do anything
            }
        } else {
            if (shared_.now() >=
                std::min(until_ns, !inside && draining
                                       ? drain_until_.load(std::memory_order_acquire)
                                       : until_ns)) {
                break;
            }
            std::this_thread::sleep_for(nap);
            nap = std::min(nap * 2, std::chrono::microseconds(1000));
        }
        done = quiescent();
    }
    say_waiting(mine, false);
    outside_waits_.fetch_sub(outside ? 1 : 0, std::memory_order_relaxed);
    return done;
}

// The calling thread's handler, of a runner or inline, begins or ends to wait for the engine.
void engine::say_waiting(runner* mine, bool waits) noexcept {
    if (mine != nullptr) {
        const std::lock_guard lock(
            registry_);  // against enter_wait(): one of the two sees the other
        mine->in_waiting_call.store(waits, std::memory_order_release);
    }
    if (const auto* inlined = inline_frame::of(this); inlined == nullptr) {
        return;
    } else if (inlined->slot != nullptr) {
        inlined->slot->waits.store(waits, std::memory_order_release);
    } else {
        guests_waiting_.fetch_add(waits ? 1 : -1, std::memory_order_acq_rel);
    }
}

std::optional<std::chrono::nanoseconds> engine::until_next_timer() noexcept {
    const auto next = std::min(shared_.clock_work.next_expiry(), next_rest_over(shared_));
    if (next == timer_wheel::never) {
        return std::nullopt;
    }
    return std::chrono::nanoseconds(std::max<std::int64_t>(next - shared_.now(), 0));
}

// For who steps a bus without threads, when nobody has anything to do. False: no moment comes
// before the deadline that somebody waits for, or time moves only by being told to.
bool engine::sleep_until_due(std::int64_t until_ns) noexcept {
    const auto next = shared_.clock_work.next_look();
    if (shared_.virtual_time() || next == timer_wheel::never || shared_.now() >= until_ns) {
        return false;
    }
    const auto wait = std::min(next, until_ns) - shared_.now();
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::max<std::int64_t>(wait, 0)));
    return true;
}

// Deliveries that reached their handler, expired, or are dead letters.
std::int64_t engine::handled_total() const noexcept {
    const std::lock_guard lock(registry_);
    const auto handled = [](const delivery_terms& terms) {
        return terms.completed + terms.failed + terms.expired + terms.dead_lettered;
    };
    auto sum = handled(removed_);
    for (const auto* list : {&active_, &closed_}) {
        for (const auto& one : *list) {
            sum += handled(terminals_of(*one));
        }
    }
    return sum;
}

std::map<std::string, std::int64_t> engine::cancelled_by_topic() const {
    auto sums = cancelled_folded_;
    for_each_route([&](const route& one) {
        if (const auto count = one.cancelled_entries(); count != 0) {
            sums[one.topic->name] += static_cast<std::int64_t>(count);
        }
    });
    return sums;
}

// Held, so that the watch does not free it meanwhile; null: the id is free.
std::shared_ptr<lane> engine::lane_kept(std::size_t id) const noexcept {
    const std::lock_guard lock(registry_);
    return id < lanes_.size() ? lanes_[id] : nullptr;
}

// Empties all lanes through the closer.
void engine::cancel_queued() noexcept {
    for (std::size_t id = 0; id < shared_.ready.covered(); ++id) {
        if (const auto one = lane_kept(id)) {
            closer().cancel_all(*one);
        }
    }
}

void engine::name_abandoned(drain_report& report,
                            const std::map<std::string, std::int64_t>& before) {
    const std::lock_guard lock(registry_);
    for (const auto& [topic, count] : cancelled_by_topic()) {
        const auto known = before.find(topic);
        if (const auto more = count - (known == before.end() ? 0 : known->second); more != 0) {
            report.abandoned.push_back({topic, more});
        }
    }
}

// The deadline has passed: queued entries are cancelled, running calls get a second to return.
void engine::cancel_leftovers(drain_report& report,
                              std::optional<std::map<std::string, std::int64_t>> before) noexcept {
    bool detailed = false;
    {
        const std::lock_guard lock(registry_);
        detailed = before || attempt([&] { before = cancelled_by_topic(); });
        shared_.cancelling.store(true, std::memory_order_seq_cst);
        // Events that are in the middle of their inline handlers, which look at this alone.
        for (const auto& one : active_) {
            if (one->options.execution == execution::inline_) {
                one->barred.store(true, std::memory_order_seq_cst);
            }
        }
    }
    note_unpolled();
    life_->end_all_turns();
    cancel_queued();
    static_cast<void>(cancel_suspended(rooms::all, &report));
    static_cast<void>(await(shared_.now() + cancel_grace_ns));
    detailed = detailed && attempt([&] { name_abandoned(report, *before); });
    const std::lock_guard lock(registry_);
    if (!(attempt([&] { name_stuck(report); }) && detailed)) {
        static_cast<void>(attempt([&] {
            log_.notice("no memory to list in the drain report what was abandoned; audit() has it");
        }));
    }
}

// With registry_ held.
void engine::name_stuck(drain_report& report) const {
    const auto now = shared_.now();
    const auto name = [&](const subscription_record* held, std::int64_t running_ns) {
        for (const auto* list : {&active_, &closed_}) {
            for (const auto& record : *list) {
                if (record.get() == held) {
                    report.stuck.push_back({record->name, record->where, running_ns});
                }
            }
        }
    };
    for (const auto& one : runners_) {
        const auto since = one->running_since();
        if (const auto* held = one->calling_now(); held != nullptr && since != 0) {
            name(held, now - since);
        }
    }
    for (std::uint32_t index = 0; index < slots_->size(); ++index) {
        for (const auto& guard : slots_->at(index).guards) {
            if (const auto* held = guard.held(); held != nullptr) {
                name(held, 0);  // nobody looks at the clock for a publisher
            }
        }
    }
}

void engine::stop_runners(drain_report& report) noexcept {
    shared_.stopping.store(true, std::memory_order_seq_cst);  // [PAIR stop]
    shared_.for_each_crew([](crew& one) { one.permits.post(one.size.runners * 2); });
    const auto patience = report.stuck.empty() ? std::chrono::seconds(10) : std::chrono::seconds(0);
    bool all = true;
    for (const auto& one : executors_) {
        all = one->join(patience) && all;
    }
    if (watch_ != nullptr) {
        watch_->stop();
    }
    all = join_crews(patience) && all;
    {
        const std::lock_guard lock(registry_);
        all = inline_calls_running() <= 0 && all;
    }
    // Nobody else dequeues now: what a try that failed beside others left in a queue ends here.
    shared_.cancelling.store(true, std::memory_order_seq_cst);
    life_->end_all_turns();
    cancel_queued();
    static_cast<void>(cancel_suspended(rooms::all, nullptr));
    all = await_rooms() && all;
    stuck_.store(!all, std::memory_order_release);
    if (!all) {
        static_cast<void>(attempt([&] {
            log_.notice(
                "a handler did not return by the end of the drain; its thread and the engine's "
                "core are left behind");
        }));
        return;
    }
    // Without the lock: what handlers captured may unsubscribe others, or ask the bus.
    while (const auto one = last_begun_with_handler()) {
        destroy_handler(*one);
    }
    const std::lock_guard lock(registry_);
    reclaim();
}

}  // namespace stentor::inline v0::detail
