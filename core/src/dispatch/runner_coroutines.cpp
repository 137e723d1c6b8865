// SPDX-License-Identifier: MIT
#include "base/allocator.hpp"
#include "dispatch/attempt_limit.hpp"
#include "dispatch/detached_delivery.hpp"
#include "dispatch/runner.hpp"

#include <memory>
#include <new>
#include <utility>

// What a runner does for handlers that are coroutines: the first stretch of each as part of a
// batch, the later ones as continuations.
namespace stentor::inline v0::detail {

namespace {

constexpr std::uint32_t deliveries_kept = 64;

}  // namespace

runner::~runner() {
    while (free_deliveries_ != nullptr) {
        auto* one = std::exchange(free_deliveries_, free_deliveries_->next);
        one->~detached_delivery();
        free_bytes(one, alignof(detached_delivery));
    }
}

// By the runner that ends it, which keeps a few, or by any other thread.
void runner::recycle(detached_delivery* one, runner* by) noexcept {
    std::destroy_at(one->about);
    one->limit.reset();
    if (by != nullptr && by->free_count_ < deliveries_kept) {
        one->next = std::exchange(by->free_deliveries_, one);
        ++by->free_count_;
        return;
    }
    one->~detached_delivery();
    free_bytes(one, alignof(detached_delivery));
}

coroutine_delivery* runner::detach(delivery_frame& frame) noexcept {
    auto* one = free_deliveries_;
    if (one != nullptr) {
        free_deliveries_ = one->next;
        --free_count_;
    } else {
        void* memory = allocate_bytes(sizeof(detached_delivery), alignof(detached_delivery));
        if (memory == nullptr) {
            return nullptr;
        }
        one = ::new (memory) detached_delivery(shared_);
    }
    const auto& calling = static_cast<const charge&>(frame);
    one->begin(frame, calling.what.from, calling.to);
    if (calling.to.deadline_ns != 0 && !one->limit_attempt()) {
        recycle(one, this);
        return nullptr;
    }
    one->past = past_of(calling);
    one->call_began = calling.call_began;
    one->carried = calling.what.carried;
    one->keyed = calling.what.keys != nullptr;
    if (one->keyed) {
        one->key = calling.what.keys[calling.first + frame.index];
    }
    return one;
}

void runner::give_up(coroutine_delivery& one) noexcept {
    recycle(&static_cast<detached_delivery&>(one), this);
}

// One that suspends is held until its batch is settled, because until then the batch needs the
// route and the subscription, which the delivery may be the last to keep alive.
void runner::start(delivery_frame& frame, coroutine_delivery& started, std::coroutine_handle<> root,
                   coroutine_conclusion conclude) {
    auto& one = static_cast<detached_delivery&>(started);
    one.root = root;
    one.conclude = conclude;
    one.suspend_at(root);
    while (!one.resume()) {
        auto& room = *one.to->room;
        if (!one.entered) {
            one.keep_event();
            room.enter(one);
            if (one.limit != nullptr) {
                one.limit->watch_over();
            }
        }
        if (room.suspend(one, waiting_room::who::batch) != waiting_room::verdict::goes_on) {
            one.next = std::exchange(held_deliveries_, &one);
            ++frame.detached;
            set_apart(frame);
            hand_pass_to(one);
            return;
        }
    }
    if (one.entered) {
        one.next = std::exchange(held_deliveries_, &one);  // it has ended, and is settled apart
        ++frame.detached;
        set_apart(frame);
        hand_pass_to(one);
        return;
    }
    conclude_in_batch(frame, one);
}

// False: as many are in flight as may be; the lane is left until one of them ends.
bool runner::take_flights(lane& from, std::size_t& limit, bool slow) noexcept {
    limit = static_cast<std::size_t>(from.flights->take(static_cast<std::int64_t>(limit)));
    if (limit == 0) {
        if (slow) {
            release_slow_call();
        }
        turn_away();
    }
    return limit != 0;
}

// It never suspended: its entry is one of the batch.
void runner::conclude_in_batch(delivery_frame& frame, detached_delivery& one) {
    struct cleanup {
        runner& mine;
        detached_delivery& one;
        ~cleanup() {
            one.destroy_coroutine();
            recycle(&one, &mine);
        }
    };
    outcome said;
    {
        const cleanup at_end{*this, one};
        auto& calling = static_cast<charge&>(frame);
        calling.overdue = one.limit != nullptr && one.limit->over();
        const bool told = one.limit != nullptr && one.limit->told();
        said = one.conclude(one.root);
        if (told && said.what() == outcome::verdict::done && !calling.to.form.answers) {
            charge_for_deadline(calling.to,
                                [&](const outcome* why) { charge_failure(calling, why); });
        }
    }
    if (said.what() != outcome::verdict::done && frame.judge != nullptr) {
        frame.judge(frame, said);
    }
}

// Its handler gave it back: it goes behind what is queued, keeps its credit and its envelope, and
// is called again from there. Held meanwhile, because whoever takes it from there may be the last
// who needs the lane. False: no memory.
bool runner::give_back_detached(detached_delivery& one) noexcept {
    auto& from = *one.from;
    auto* before = holding_.load(std::memory_order_relaxed);
    holding_.store(&from, std::memory_order_release);
    const bool done = one.keyed ? from.give_back(one.key, one.frame.slots)
                                : give_back(from, index_, one.frame.slots);
    if (done) {
        if (one.keyed) {
            static_cast<void>(from.release(&one.key, 1));
        }
        if (from.state.claim_after_enqueue()) {
            shared_.make_ready(from);
        }
        shared_.end_flights(from, 1);
    }
    holding_.store(before, std::memory_order_release);
    return done;
}

// Their batch is settled: from here on they are on their own.
void runner::release_held() noexcept {
    while (held_deliveries_ != nullptr) {
        auto& one = *std::exchange(held_deliveries_, held_deliveries_->next);
        const auto* before = guard_.enter(one.to);
        if (one.has_ended()) {
            finish_detached(one, this);
        } else {
            switch (one.to->room->release(one)) {
                case waiting_room::verdict::cancelled: cancel_detached(one, this); break;
                case waiting_room::verdict::overdue: end_overdue(one, this); break;
                case waiting_room::verdict::goes_on:
                case waiting_room::verdict::waits: break;
            }
        }
        guard_.exit(before);
    }
}

// As a continuation. The guard is for unsubscribers, which must know whose call they are in, and
// for the watch, which names it: a run of its own lies inside. The room's lock decides whether the
// coroutine still goes on.
void runner::go_on(detached_delivery& one) noexcept {
    const auto nested = in_hand_.load(std::memory_order_relaxed);
    in_hand_.store(nested + 1, std::memory_order_release);
    end_run_apart();
    const auto* before = guard_.enter(one.to);
    begin_run(false);
    if (one.has_ended()) {
        finish_detached(one, this);  // on another thread, which could not give it back
    } else {
        switch (one.to->room->take_up(one)) {
            case waiting_room::verdict::goes_on: run_detached(one, this); break;
            case waiting_room::verdict::waits: break;  // paused: it is the room's again
            case waiting_room::verdict::cancelled: cancel_detached(one, this); break;
            case waiting_room::verdict::overdue: end_overdue(one, this); break;
        }
    }
    end_run_apart();
    guard_.exit(before);
    in_hand_.store(nested, std::memory_order_release);
}

}  // namespace stentor::inline v0::detail
