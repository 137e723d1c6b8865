// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/life.hpp"
#include "dispatch/retry_room.hpp"
#include "dispatch/waiting_room.hpp"

#include <thread>

// Coroutines and retries that wait, when their bus or their subscription ends or is paused. Nothing
// here needs memory but the report.
namespace stentor::inline v0::detail {

namespace {

constexpr std::int64_t outside_grace_ns = 1'000'000'000;

// Its rooms take more.
bool open(const subscription_record& one) {
    return (one.room != nullptr && !one.room->closed()) ||
           (one.retries != nullptr && !one.retries->closed());
}

bool paused(const subscription_record& one) {
    return open(one) && ((one.room != nullptr && one.room->paused()) ||
                         (one.retries != nullptr && one.retries->paused()));
}

}  // namespace

// From here on no call begins, and no coroutine goes on. With registry_ held.
void engine::life::bar(subscription_record& record) noexcept {
    record.barred.store(true, std::memory_order_seq_cst);
    if (record.room != nullptr) {
        record.room->pause();
    }
    if (record.retries != nullptr) {
        record.retries->pause();
    }
    real_sync::heavy_fence();  // [PAIR barrier]
}

// What is queued is dropped, and coroutines that rest keep the flights and keys that it waits for,
// deliveries that wait for another attempt their keys: so runners are to take it without. The lane
// may be known to nobody, because all flights are out, or because what waits for a key does not
// count: somebody has to look. With registry_ held.
void engine::life::drop_behind_coroutines(subscription_record& record) noexcept {
    auto* own = record.own.get();
    const bool rests = record.room != nullptr || record.retries != nullptr;
    if (!rests || own == nullptr || (own->flights == nullptr && !own->ordered())) {
        return;
    }
    const bool kept = own->begin_dropping();
    own->give_notice();
    if (kept) {
        of_.shared_.make_ready(*own);
    }
    of_.announce(*own);
}

// With registry_ held.
std::int64_t engine::life::resting() const noexcept {
    std::int64_t sum = 0;
    for (const auto& one : of_.active_) {
        sum += one->room != nullptr ? one->room->resting() : 0;
    }
    return sum;
}

std::shared_ptr<subscription_record> engine::record_with_room(
    bool (*wanted)(const subscription_record&)) const noexcept {
    const std::lock_guard lock(registry_);
    for (const auto* list : {&active_, &closed_}) {
        for (const auto& one : *list) {
            if ((one->room != nullptr || one->retries != nullptr) && wanted(*one)) {
                return one;
            }
        }
    }
    return nullptr;
}

// Of paused subscriptions when a drain begins, because nobody will resume them; of all at its
// deadline, and again when the runners have left. True: there was something.
bool engine::cancel_suspended(rooms which, drain_report* report) noexcept {
    auto* mine = runner::current();
    auto* by = mine != nullptr && mine->owner() == &shared_ ? mine : nullptr;
    bool any = false;
    while (const auto one =
               which == rooms::paused ? record_with_room(paused) : record_with_room(open)) {
        one->stop.request();
        const auto since = one->room != nullptr ? one->room->oldest() : 0;
        const auto count = one->room != nullptr ? one->room->close(by) : 0;
        const auto retries = one->retries != nullptr ? one->retries->close(by) : 0;
        any = any || count != 0 || retries != 0;
        if (report != nullptr) {
            report->retries_waiting += retries;
        }
        if (report != nullptr && count != 0) {
            static_cast<void>(attempt([&] {
                report->suspended.push_back({one->name, one->where, count, shared_.now() - since});
            }));
        }
    }
    return any;
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
    const auto occupied = [](const subscription_record& one) {
        return one.room != nullptr && one.room->size() != 0;
    };
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
        return one.closed.load(std::memory_order_acquire) && open(one);
    };
    while (const auto one = record_with_room(ended)) {
        one->stop.request();
        if (one->room != nullptr) {
            static_cast<void>(one->room->close(nullptr));
        }
        if (one->retries != nullptr) {
            static_cast<void>(one->retries->close(nullptr));
        }
    }
}

}  // namespace stentor::inline v0::detail
