// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/redriving.hpp"
#include "event/delivery_tracker.hpp"

#include <chrono>
#include <utility>

// What redrives have under way, and how each delivery ends there.
namespace stentor::inline v0::detail {

namespace {

constexpr auto nap = std::chrono::milliseconds(1);

}  // namespace

redrive_flight::~redrive_flight() {
    if (!landed && claim.token != 0) {
        static_cast<void>(attempt([&] { static_cast<void>(store->release(claim)); }));
    }
}

void redrive_flights::begin(const redrive_flight& one) {
    const std::lock_guard lock(mutex_);
    if (one.grouped) {
        broken_.reserve(broken_.size() + busy_.size() + 1);  // so that settle() needs no memory
        busy_.insert(one.group);
    }
    ++report_.pending;
}

void redrive_flights::cancel(const redrive_flight& one) noexcept {
    const std::lock_guard lock(mutex_);
    if (one.grouped) {
        busy_.erase(one.group);
    }
    --report_.pending;
}

bool redrive_flights::busy(std::uint64_t group) const {
    const std::lock_guard lock(mutex_);
    return busy_.contains(group);
}

bool redrive_flights::broken(std::uint64_t group) const {
    const std::lock_guard lock(mutex_);
    return broken_.contains(group);
}

std::uint64_t redrive_flights::pending() const {
    const std::lock_guard lock(mutex_);
    return report_.pending;
}

std::uint64_t redrive_flights::ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
}

redrive_report redrive_flights::report() const {
    const std::lock_guard lock(mutex_);
    return report_;
}

void redrive_flights::refuse(std::uint64_t number, std::string why) {
    const std::lock_guard lock(mutex_);
    ++report_.refused;
    if (report_.refusals.size() < redrive_refusals_kept) {
        report_.refusals.push_back({number, std::move(why)});
    }
}

void redrive_flights::land(void* flight) noexcept {
    auto& one = *static_cast<redrive_flight*>(flight);
    one.of->settle(one);
}

// The claim ends with the delivery, whoever waits for it, or nobody any more.
void redrive_flights::settle(redrive_flight& one) noexcept {
    auto status = delivery_status::pending;
    static_cast<void>(attempt([&] {
        for (const auto& outcome : one.tracker->outcomes()) {
            status = outcome.status;
        }
    }));
    one.tracker->drop_reference();
    one.landed = true;
    auto& store = *one.store;
    const bool told = attempt([&] {
        switch (status) {
            case delivery_status::completed: static_cast<void>(store.finish(one.claim)); break;
            case delivery_status::dead_lettered:
                // Under its own name the store has added the attempts to the letter; under another
                // it is another letter.
                static_cast<void>(one.renamed ? store.finish(one.claim)
                                              : store.give_back(one.claim, {}));
                break;
            case delivery_status::failed: static_cast<void>(store.give_back(one.claim, {})); break;
            // It did not come to its handler, or nobody knows: as if nothing had been tried.
            default: static_cast<void>(store.release(one.claim)); break;
        }
    });
    if (!told) {
        static_cast<void>(attempt([&] { static_cast<void>(store.release(one.claim)); }));
    }
    const std::lock_guard lock(mutex_);
    --report_.pending;
    ++ended_;
    const bool done = status == delivery_status::completed;
    const bool back = status == delivery_status::dead_lettered || status == delivery_status::failed;
    (done ? report_.redriven : back ? report_.returned : report_.undone) += 1;
    if (one.grouped) {
        auto place = busy_.extract(one.group);
        if (!done && !place.empty()) {
            broken_.insert(std::move(place));
        }
    }
    changed_.notify_all();
}

void redrive_flights::await_change(std::uint64_t ended_before) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, nap, [&] { return ended_ != ended_before; });
}

}  // namespace stentor::inline v0::detail
