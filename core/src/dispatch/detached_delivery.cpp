// SPDX-License-Identifier: MIT
#include "dispatch/detached_delivery.hpp"

#include "base/allocator.hpp"
#include "dispatch/runner.hpp"
#include "dispatch/scheduler.hpp"
#include "dispatch/turns.hpp"
#include "event/envelope.hpp"
#include "registry/route.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <utility>

// What happens to a delivery that has left its batch.
namespace stentor::inline v0::detail {

namespace {

// How often a coroutine asks to go on elsewhere, of an executor that is always there too early.
constexpr std::uint32_t sends_max = 64;

constinit thread_local detached_delivery* current_delivery = nullptr;

// While it lives, the calling thread works for the delivery's coroutine.
class at_work {
public:
    explicit at_work(detached_delivery& one) noexcept
        : before_(std::exchange(current_delivery, &one)) {}
    ~at_work() { current_delivery = before_; }
    at_work(const at_work&) = delete;
    at_work& operator=(const at_work&) = delete;

private:
    detached_delivery* before_;
};

void record_times(const detached_delivery& one) noexcept {
#if !defined(STENTOR_NO_METRICS)
    const auto end = one.shared.now();
    const auto stamp = one.header().stamp;
    one.to->service.record(std::max<std::int64_t>(end - one.suspended_first, 0));
    if ((stamp & stamp_precise) != 0) {
        one.to->end_to_end.record(std::max<std::int64_t>(end - (stamp & ~stamp_flags), 0));
    }
#else
    static_cast<void>(one);
#endif
}

}  // namespace

detached_delivery* detached_delivery::current() noexcept {
    return current_delivery;
}

void detached_delivery::begin(const delivery_frame& from_batch, lane& queue,
                              subscription_record& record) noexcept {
    std::memcpy(&image, from_batch.slot(), queue.slot_size());
    frame.slots = reinterpret_cast<const std::byte*>(&image);
    frame.stride = queue.slot_size();
    frame.end = 1;
    frame.closed = from_batch.closed;
    frame.attention = from_batch.attention;
    frame.stop = from_batch.stop;
    frame.missed = nullptr;
    missed.reset();
    if (from_batch.missed != nullptr && from_batch.index == 0) [[unlikely]] {
        missed.reset(new (std::nothrow) gap(*from_batch.missed));
        frame.missed = missed.get();
    }
    slot = frame.slots;
    event = any_event(slot);
    frame.context = about = ::new (context_place) context(frame, *shared.target, record.name);
    from = &queue;
    to = &record;
    frame.attempt = from_batch.attempt;
    frame.call = from_batch.call;
    ending = detached_end::running;
    ended_ = to_runner = here = elsewhere = overdue = false;
    stage = waiting_room::stage::running;
    sends = 0;
}

bool detached_delivery::limit_attempt() noexcept {
    limit.reset(new (std::nothrow) attempt_limit(shared, *to, this));
    if (limit == nullptr) {
        return false;
    }
    frame.stop = limit.get();
    limit->open();
    return true;
}

void detached_delivery::keep_event() noexcept {
    suspended_first = shared.now();
    if (to->has_owner) {
        owner = to->options.owner->lock();  // the batch holds it, so it is there
    }
    if (image.header.box != nullptr) {
        image.header.box->add_references(1);
    }
}

void detached_delivery::wait_for(std::chrono::nanoseconds time) noexcept {
    call_off();
    if (time.count() <= 0) {
        to_runner = true;  // behind what waits already
        return;
    }
    set_alarm(time);
}

void detached_delivery::set_alarm(std::chrono::nanoseconds time) noexcept {
    alarm.wait = wait;
    alarm.armed = true;
    shared.set_timer(alarm, shared.moment_after(time));
}

std::shared_ptr<wait_ticket> detached_delivery::wait_for_ticket(
    std::chrono::nanoseconds at_most) noexcept {
    call_off();
#if defined(__cpp_exceptions)
    try {
        armed = std::make_shared<waiting_room::ticket>(to->room, *this, wait);
    } catch (...) {
        return nullptr;
    }
#else
    armed = std::make_shared<waiting_room::ticket>(to->room, *this, wait);
#endif
    auto right = armed;
    if (at_most != wait_for_ever) {
        set_alarm(at_most);  // last: it may happen at once
    }
    return right;
}

bool detached_delivery::resume() noexcept {
    disarm();
    const at_work mine(*this);
    if (std::exchange(elsewhere, false) && ++sends < sends_max) {
        if (send_(sent_)) {
            return false;  // and waits again
        }
        call_off();
    }
    sends = 0;
    resume_point_.resume();
    return ended_;
}

// After the room has said that the wait is over.
void detached_delivery::disarm() noexcept {
    if (std::exchange(alarm.armed, false)) {
        shared.clock_work.cancel(alarm);  // and it is not happening either
    }
    armed.reset();
}

// A wait that was begun and is not waited for, because what should have suspended threw, or because
// the coroutine goes.
void detached_delivery::call_off() noexcept {
    if (armed != nullptr || alarm.armed) {
        to->room->call_off(*this);
        disarm();
    }
}

void detached_delivery::destroy_coroutine() noexcept {
    call_off();
    if (root != nullptr) {
        const at_work mine(*this);
        std::exchange(root, nullptr).destroy();
    }
}

void detached_delivery::woken::happen(timed_action& self) noexcept {
    auto& mine = static_cast<woken&>(self);
    static_cast<void>(mine.of.to->room->complete(mine.of, mine.wait));
}

// The bus's end cancels what is left; else a runner goes on with it.
void detached_delivery::resumed::run(continuation& self, fate how) noexcept {
    auto& one = static_cast<resumed&>(self).of;
    auto* by = runner::current();
    if (how == fate::cancelled || by == nullptr) {
        cancel_detached(one, nullptr);
    } else {
        by->go_on(one);
    }
}

void waiting_room::ticket::resume_here() noexcept {
    if (auto* one = room_->claim(*this); one != nullptr) {
        run_detached(*one, nullptr);
        room_->leave_outside();
    }
}

void run_detached(detached_delivery& one, runner* by) noexcept {
    auto& room = *one.to->room;
    for (;;) {
        if (one.resume()) {
            finish_detached(one, by);
            return;
        }
        const auto verdict = room.suspend(
            one, by != nullptr ? waiting_room::who::runner : waiting_room::who::outsider);
        if (verdict == waiting_room::verdict::waits) {
            return;  // not ours any more
        }
        if (verdict == waiting_room::verdict::cancelled) {
            cancel_detached(one, by);
            return;
        }
        if (verdict == waiting_room::verdict::overdue) {
            end_overdue(one, by);
            return;
        }
    }
}

namespace {

// It failed: what follows.
detached_end charge_failure(detached_delivery& one, const outcome* said) noexcept {
    one.end_pass(said);
    tell_call_ended(one, call_ending::failed, said);
    const auto begun = one.suspended_first;
    const detail::failure about{.subscription = *one.to,
                                .slot = one.header(),
                                .duration_ns = one.shared.now() - begun,
                                .wait_ns = begun - (one.header().stamp & ~stamp_flags),
                                .attempt = one.past.progress.attempt(),
                                .said = said,
                                .timed_out = one.limit != nullptr && one.limit->over(),
                                .key = one.keyed ? &one.key : nullptr};
    const auto next = one.to->retries == nullptr
                          ? follow_up::fails
                          : one.to->retries->after_failure(about, one.past, one.again);
    if (next == follow_up::waits) {
        return detached_end::put_off;
    }
    if (next == follow_up::fell_back) {
        return detached_end::fell_back;
    }
    const bool kept = next == follow_up::dead_lettered;
    if (!kept) {
        one.shared.observer->failed(about);
    }
    if (runner::awaited(one.header())) {
        tell_ended(one.shared, one.header(), *one.to,
                   kept ? delivery_status::dead_lettered : delivery_status::failed,
                   one.shared.observer->describe(*one.to, said));
    }
    return kept ? detached_end::dead_lettered : detached_end::failed;
}

detached_end fail_overdue(detached_delivery& one) noexcept {
    return charge_for_deadline(*one.to,
                               [&](const outcome* said) { return charge_failure(one, said); });
}

// What it said, or threw.
detached_end end_of(detached_delivery& one) noexcept {
#if defined(__cpp_exceptions)
    try {
#endif
        const at_work mine(one);
        const bool told = one.limit != nullptr && !one.to->form.answers && one.limit->told();
        const auto said = one.conclude(one.root);
        switch (said.what()) {
            case outcome::verdict::done: return told ? fail_overdue(one) : detached_end::completed;
            case outcome::verdict::ignore: return detached_end::ignored;
            case outcome::verdict::release: return detached_end::released;
            case outcome::verdict::retry:
            case outcome::verdict::reject: break;
        }
        return charge_failure(one, &said);
#if defined(__cpp_exceptions)
    } catch (...) {
        return charge_failure(one, nullptr);
    }
#endif
}

// Given back after attempts that failed: in the lane's queue they would be forgotten. False: there
// were none, or no memory.
bool keeps_attempts(detached_delivery& one) noexcept {
    if (one.past.progress.attempts == 0) {
        return false;
    }
    one.again = retry_wait::make(one.header());
    if (one.again == nullptr) {
        return false;
    }
    one.again->keep(one.past.progress, one.past.recorded);
    return true;
}

// Its copy of the slot, with the reference to the envelope, is what waits now.
void wait_for_retry(detached_delivery& one, runner* by) noexcept {
    auto& to = *one.to;
    auto& shared = one.shared;
    auto* again = std::exchange(one.again, nullptr);
    again->from = one.from;
    again->key = one.key;
    again->keyed = one.keyed ? 1 : 0;
    again->carried = one.carried ? 1 : 0;
    one.owner.reset();
    if (one.entered) {
        to.room->leave(one);
    }
    runner::recycle(&one, by);
    shared.end_flights(*again->from, 1);
    if (!to.retries->wait(*again)) {
        cancel_retry(shared, *again, to, by);
    }
}

}  // namespace

void end_overdue(detached_delivery& one, runner* by) noexcept {
    one.destroy_coroutine();
    one.ending = fail_overdue(one);
    record_times(one);
    finish_detached(one, by);
}

void finish_detached(detached_delivery& one, runner* by) noexcept {
    if (one.ending == detached_end::running) {
        one.ending = end_of(one);
        if (one.ending == detached_end::completed || one.ending == detached_end::ignored) {
            one.pass.succeed();
        }
        tell_call_concluded(one);
        one.pass.ignore();
        one.destroy_coroutine();
        record_times(one);
    }
    one.limit.reset();  // what comes now may be the last that keeps the subscription
    if (one.ending == detached_end::put_off) {
        wait_for_retry(one, by);
        return;
    }
    if (one.ending == detached_end::released) {
        if (by == nullptr) {
            one.to->room->hand_over(one);  // to a runner, which can give it back
            return;
        }
        one.to->terminals[by->index()].released.add();
        if (keeps_attempts(one)) {
            wait_for_retry(one, by);
            return;
        }
        one.to->room->leave(one);
        one.owner.reset();
        if (by->give_back_detached(one)) {
            runner::recycle(&one, by);
            return;
        }
        one.to->dropped_no_memory.add();
    }
    settle_detached(one, one.ending, by);
}

void cancel_detached(detached_delivery& one, runner* by) noexcept {
    one.destroy_coroutine();
    one.limit.reset();
    one.pass.ignore();
    if (one.ending == detached_end::running) {
        tell_call_ended(one, call_ending::cancelled);
    }
    settle_detached(one, detached_end::cancelled, by);
}

// Who finds the room empty finds every frame destroyed.
void settle_detached(detached_delivery& one, detached_end how, runner* by) noexcept {
    one.owner.reset();
    if (one.entered) {
        one.to->room->leave(one);
    }
    settle_apart({.shared = one.shared,
                  .slot = one.header(),
                  .from = *one.from,
                  .to = *one.to,
                  .key = one.keyed ? &one.key : nullptr,
                  .carried = one.carried,
                  .flies = true,
                  .attempts = one.attempts_made()},
                 how, by);
    runner::recycle(&one, by);
}

}  // namespace stentor::inline v0::detail
