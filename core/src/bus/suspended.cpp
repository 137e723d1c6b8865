// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/engine.hpp"
#include "dispatch/waiting_room.hpp"

#include <thread>

// Coroutines that wait, when their bus or their subscription ends. Nothing here needs memory but
// the report.
namespace stentor::inline v0::detail {

namespace {

constexpr std::int64_t outside_grace_ns = 1'000'000'000;

}  // namespace

std::shared_ptr<subscription_record> engine::record_with_room(
    bool (*wanted)(const subscription_record&)) const noexcept {
    const std::lock_guard lock(registry_);
    for (const auto* list : {&active_, &closed_}) {
        for (const auto& one : *list) {
            if (one->room != nullptr && wanted(*one)) {
                return one;
            }
        }
    }
    return nullptr;
}

// At the deadline of a drain, and again when the runners have left.
void engine::cancel_suspended(drain_report* report) noexcept {
    const auto open = [](const subscription_record& one) { return !one.room->closed(); };
    while (const auto one = record_with_room(open)) {
        const auto since = one->room->oldest();
        one->stop.request();
        const auto count = one->room->close(nullptr);
        if (report != nullptr && count != 0) {
            static_cast<void>(attempt([&] {
                report->suspended.push_back({one->name, one->where, count, shared_.now() - since});
            }));
        }
    }
}

// What was posted and not run ends without being called; then coroutines that run on threads of the
// user's. False: one of them does not come back.
bool engine::await_rooms() noexcept {
    const auto cancel_continuations = [this] {
        bool more = true;
        while (auto* one = shared_.continuations.pop(more)) {
            shared_.continuations.run(*one, continuation::fate::cancelled);
        }
    };
    const auto occupied = [](const subscription_record& one) { return one.room->size() != 0; };
    const auto until = shared_.now() + outside_grace_ns;
    for (cancel_continuations(); record_with_room(occupied) != nullptr; cancel_continuations()) {
        if (shared_.virtual_time() || shared_.now() >= until) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

// Subscriptions that ended without anybody who could wait for their coroutines: those that wait are
// cancelled by the watch.
void engine::close_ended_rooms() noexcept {
    const auto ended = [](const subscription_record& one) {
        return one.closed.load(std::memory_order_acquire) && !one.room->closed();
    };
    while (const auto one = record_with_room(ended)) {
        one->stop.request();
        static_cast<void>(one->room->close(nullptr));
    }
}

}  // namespace stentor::inline v0::detail
