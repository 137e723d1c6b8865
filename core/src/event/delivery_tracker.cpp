// SPDX-License-Identifier: MIT
#include "event/delivery_tracker.hpp"

#include "base/semaphore.hpp"

#include <algorithm>
#include <utility>

namespace stentor::inline v0 {

std::string_view to_string(delivery_status status) noexcept {
    switch (status) {
        case delivery_status::pending: return "pending";
        case delivery_status::completed: return "completed";
        case delivery_status::failed: return "failed";
        case delivery_status::dropped: return "dropped";
        case delivery_status::cancelled: return "cancelled";
        case delivery_status::expired: return "expired";
        case delivery_status::dead_lettered: return "dead_lettered";
    }
    return "unknown";
}

delivery_report::delivery_report(publish_result published,
                                 std::vector<delivery_outcome> outcomes) noexcept
    : published_(published), outcomes_(std::move(outcomes)) {}

bool delivery_report::settled() const noexcept {
    return std::ranges::none_of(
        outcomes_, [](const auto& one) { return one.status == delivery_status::pending; });
}

delivery_report::operator bool() const noexcept {
    return static_cast<bool>(published_) && std::ranges::all_of(outcomes_, [](const auto& one) {
               return one.status == delivery_status::completed;
           });
}

const delivery_outcome* delivery_report::find(std::string_view subscription) const noexcept {
    const auto found = std::ranges::find(outcomes_, subscription, &delivery_outcome::subscription);
    return found == outcomes_.end() ? nullptr : &*found;
}

namespace detail {

void delivery_tracker::expect(std::vector<delivery> all) noexcept {
    const std::lock_guard lock(mutex_);
    all_ = std::move(all);
    left_ = all_.size();
}

void delivery_tracker::settled(std::uint32_t number, delivery_status status,
                               std::string error) noexcept {
    std::shared_ptr<void> waiter;
    {
        const std::lock_guard lock(mutex_);
        const auto found = std::ranges::find(all_, number, &delivery::number);
        if (found == all_.end() || found->outcome.status != delivery_status::pending) {
            return;
        }
        found->outcome.status = status;
        found->outcome.error = std::move(error);
        if (--left_ != 0) {
            return;
        }
        done_.store(1, std::memory_order_release);  // [PAIR tracked]
        waiter = std::move(waiter_);
    }
    futex_wake_all(done_);
    if (waiter != nullptr) {
        wake_(waiter.get());
    }
}

void delivery_tracker::when_done(std::shared_ptr<void> waiter, function wake) noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (!done()) {
            wake_ = wake;
            waiter_ = std::move(waiter);
            return;
        }
    }
    wake(waiter.get());
}

void delivery_tracker::forget_waiter() noexcept {
    std::shared_ptr<void> unused;  // let go of without the lock
    const std::lock_guard lock(mutex_);
    unused.swap(waiter_);
}

std::vector<delivery_outcome> delivery_tracker::outcomes() const {
    const std::lock_guard lock(mutex_);
    std::vector<delivery_outcome> copies;
    copies.reserve(all_.size());
    for (const auto& one : all_) {
        copies.push_back(one.outcome);
    }
    return copies;
}

void delivery_tracker::drop_reference() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete this;
    }
}

}  // namespace detail
}  // namespace stentor::inline v0
