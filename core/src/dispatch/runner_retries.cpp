// SPDX-License-Identifier: MIT
#include "dispatch/detached_delivery.hpp"
#include "dispatch/retry_room.hpp"
#include "dispatch/runner.hpp"
#include "event/envelope.hpp"
#include "registry/event_view.hpp"

#include <cstring>
#include <string>
#include <utility>

// What a runner does for deliveries that have more than one attempt. One that fails leaves its
// batch for the retry room; when it is due it comes back as a batch of its own, an entry like
// others.
namespace stentor::inline v0::detail {

// What the attempt that runs now has behind it.
attempts_so_far runner::past_of(const charge& frame) const noexcept {
    return adopted_ != nullptr ? attempts_so_far{adopted_->progress(), adopted_->recorded()}
                               : attempts_so_far{retry_progress::begun(frame.began)};
}

std::int32_t runner::attempts_made() const noexcept {
    return adopted_ != nullptr ? adopted_->attempts_made() : 0;
}

// What becomes of the delivery of the call that has just failed. Lanes with retries have one
// subscription, and handlers of single events.
follow_up runner::after_failure(charge& frame, const failure& about) noexcept {
    auto* room = frame.to.retries.get();
    if (room == nullptr) {
        return follow_up::fails;
    }
    const auto next = room->after_failure(about, past_of(frame), adopted_);
    if (next == follow_up::waits) {
        put_off(frame);
    }
    return next;
}

// The delivery of the call that runs now waits, once its batch is settled.
void runner::put_off(charge& frame) noexcept {
    auto* one = std::exchange(adopted_, nullptr);
    if (auto* box = one->header().box; box != nullptr) {
        box->add_references(1);  // the batch drops its own
    }
    one->from = &frame.what.from;
    one->carried = frame.what.carried ? 1 : 0;
    one->keyed = frame.what.keys != nullptr ? 1 : 0;
    if (frame.what.keys != nullptr) {
        one->key = frame.what.keys[frame.first + frame.index];
    }
    held_retries_.push_front(*one);
    ++frame.detached;
    set_apart(frame);
}

// The entry of the call that runs now stays when its batch is settled.
void runner::set_apart(const delivery_frame& frame) noexcept {
    apart_.set(static_cast<std::size_t>(frame.slot() - buffer_) / frame.stride);
}

// Their batch is settled, so they are the room's. Nothing of the lane is touched afterwards but
// through the delivery, which keeps it.
void runner::release_retries(subscription_record& to) noexcept {
    while (auto* one = static_cast<retry_wait*>(held_retries_.front())) {
        held_retries_.remove(*one);
        shared_.end_flights(*one->from, 1);
        if (!to.retries->wait(*one)) {
            cancel_retry(shared_, *one, to, this);
        }
    }
}

// True: one that is due is the batch now, and its key is held as before.
bool runner::adopt(lane& from) noexcept {
    const auto to = from.serves.lock();
    if (to == nullptr || to->retries == nullptr) {
        return false;
    }
    adopted_ = to->retries->take_due(from);
    if (adopted_ == nullptr) {
        return false;
    }
    std::memcpy(buffer_, adopted_->slot(), adopted_->slot_size());
    keys_[0] = adopted_->key;
    return true;
}

// The batch is over.
void runner::drop_adopted() noexcept {
    if (adopted_ != nullptr) {
        retry_wait::dispose(std::exchange(adopted_, nullptr));
    }
}

// It may not be called now, or was given back: it waits on, with its attempts as they are.
void runner::return_adopted(bool first) noexcept {
    auto* one = std::exchange(adopted_, nullptr);
    auto& room = *one->from->retries;
    shared_.end_flights(*one->from, 1);
    one->aim(0);
    if (!(first ? room.put_back(*one) : room.wait(*one))) {
        cancel_retry(shared_, *one, room.of(), this);
    }
}

}  // namespace stentor::inline v0::detail
