// SPDX-License-Identifier: MIT
#include <stentor/registry/delivered.hpp>

#include "event/delivery_tracker.hpp"
#include <stentor/base/error.hpp>

#include <new>
#include <utility>

namespace stentor::inline v0::detail {

namespace {

bool accepted(const publish_result& published) noexcept {
    return published.status() == publish_status::accepted ||
           published.status() == publish_status::accepted_partial;
}

}  // namespace

pending_delivery::~pending_delivery() {
    if (tracker_ != nullptr) {
        tracker_->forget_waiter();
        tracker_->drop_reference();
    }
}

delivery_tracker* pending_delivery::track() noexcept {
    tracker_ = new (std::nothrow) delivery_tracker();
    return tracker_;
}

bool pending_delivery::wait(coroutine_delivery& waiter, const publish_result& published) {
    published_ = published;
    if (!accepted(published) || tracker_->done()) {
        return false;
    }
    auto right = waiter.wait_for_ticket(timeout_);
    if (right == nullptr) {
        raise(error::out_of_memory());
    }
    tracker_->when_done(std::move(right),
                        [](void* one) noexcept { static_cast<wait_ticket*>(one)->complete(); });
    return true;
}

delivery_report pending_delivery::await_resume() {
    return {published_,
            accepted(published_) ? tracker_->outcomes() : std::vector<delivery_outcome>()};
}

}  // namespace stentor::inline v0::detail
