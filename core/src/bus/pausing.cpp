// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/life.hpp"
#include "bus/subscription_checks.hpp"
#include "dispatch/retry_room.hpp"
#include "dispatch/waiting_room.hpp"

#include <algorithm>

// What a pause is made of. A paused subscription is barred like one that is over, so that its pause
// is a barrier by the same proof (call_guard.hpp); what is queued for it stays in its own lane,
// from which runners are kept (lane_hold.hpp), and what lies in other lanes is carried there by the
// runners that find it (runner_paused.cpp). Its coroutines stay in their waiting room
// (waiting_room.hpp, suspended.cpp).
namespace stentor::inline v0::detail {

namespace {

// The route says that the subscription's events go through a lane that is not `own`.
const route_target* target_elsewhere(const route& version, const subscription_record& record,
                                     const lane* own) noexcept {
    for (const auto& target : version.targets) {
        for (std::uint32_t index = 0; index < target.count; ++index) {
            if (version.subscriptions[target.first + index].get() == &record) {
                return target.through.get() == own ? nullptr : &target;
            }
        }
    }
    return nullptr;
}

}  // namespace

// With registry_ held, all that follows.

std::optional<error> engine::life::hold(subscription_record& record) {
    if (record.options.execution == execution::inline_) {
        return error(errc::unsupported_combination,
                     subject_of(record.name) +
                         ": with execution::inline_ nothing is queued, so nothing can "
                         "be held; disable it with backlog::drop");
    }
    const bool shared = record.in_shared_lane.load(std::memory_order_relaxed);
    bool ready = false;
    const auto undo = [&] {
        return_set_apart(record);
        record.in_shared_lane.store(shared, std::memory_order_relaxed);
        if (shared) {
            record.own.reset();
        }
    };
    if (attempt([&] { ready = of_.own_lane_for(record); }) && ready) {
        const auto elsewhere = queued_elsewhere(record);
        if (!set_apart(record, elsewhere)) {
            undo();
            return error(errc::no_memory,
                         subject_of(record.name) + ": there is no room to hold the " +
                             std::to_string(elsewhere) +
                             " deliveries that are queued in a shared lane; disable it with "
                             "backlog::drop, or raise bus_options::capacity");
        }
        ready = attempt([&] {
            of_.for_each_route([&](route& version) {
                if (target_elsewhere(version, record, record.own.get()) != nullptr) {
                    version.refuges.push_back(record.own);
                }
            });
        });
        record.in_shared_lane.store(false, std::memory_order_relaxed);
        ready = ready && (!shared || of_.reroute(record));
    }
    if (!ready) {
        undo();
        return error(errc::no_memory, subject_of(record.name) +
                                          ": no memory, or all lanes are in use; unsubscribe "
                                          "something, or raise bus_options::lanes");
    }
    record.side.store(record.own.get(), std::memory_order_release);
    record.way.store(passage::held, std::memory_order_release);
    record.own->hold.begin();
    record.own->end_dropping();
    bar(record);
    return std::nullopt;
}

void engine::life::drop(subscription_record& record) noexcept {
    record.way.store(passage::dropping, std::memory_order_release);
    bar(record);
    drop_behind_coroutines(record);
    release(record);
}

void engine::life::open(subscription_record& record) noexcept {
    record.way.store(passage::open, std::memory_order_release);
    record.barred.store(false, std::memory_order_seq_cst);
    // Its owner or the bus went meanwhile.
    if (record.closed.load(std::memory_order_seq_cst) ||
        of_.shared_.cancelling.load(std::memory_order_seq_cst)) {
        record.barred.store(true, std::memory_order_seq_cst);
    }
    release(record);
    if (record.room != nullptr) {
        record.room->resume();
    }
    if (record.retries != nullptr) {
        record.retries->resume();
    }
    of_.shared_.request_maintenance();  // its routes may be reclaimed again, and it may move
}

void engine::life::end(subscription_record& record) noexcept {
    record.state = handler_state::stopped;
    forget_limit(record);
    record.way.store(passage::ending, std::memory_order_release);
    record.barred.store(true, std::memory_order_seq_cst);
    release(record);
}

bool engine::life::end_all() noexcept {
    bool held = false;
    for (const auto& one : of_.active_) {
        forget_limit(*one);
        if (one->way.load(std::memory_order_relaxed) == passage::held) {
            one->way.store(passage::ending, std::memory_order_release);
            release(*one);
            held = true;
        }
        if (one->state == handler_state::running || one->state == handler_state::paused) {
            one->state = handler_state::draining;
        }
    }
    return held;
}

// Runners may come into its lane again.
void engine::life::release(subscription_record& record) noexcept {
    if (record.own != nullptr && record.way.load(std::memory_order_relaxed) != passage::dropping) {
        record.own->end_dropping();
    }
    record.side.store(nullptr, std::memory_order_release);
    if (record.own != nullptr && record.own->hold.end()) {
        of_.shared_.make_ready(*record.own);
    }
    return_set_apart(record);
}

// Entries, of whomever, in the lanes through which the subscription's events came or come.
std::int64_t engine::life::queued_elsewhere(const subscription_record& record) const noexcept {
    std::int64_t sum = 0;
    for (const auto& one : of_.lanes_) {
        bool concerned = false;
        of_.for_each_route([&](const route& version) {
            const auto* target = target_elsewhere(version, record, record.own.get());
            concerned = concerned || (target != nullptr && target->through == one);
        });
        if (one != nullptr && concerned) {
            sum += std::max<std::int64_t>(one->outstanding(), 0);
        }
    }
    return sum;
}

// Credits of its own lane and of the bus, all or none.
bool engine::life::set_apart(subscription_record& record, std::int64_t count) noexcept {
    if (count == 0) {
        return true;
    }
    auto& own = *record.own;
    auto& bus = of_.shared_.credits;
    auto from_lane = own.credits.take(count, 0);
    auto from_bus = bus.take(count, 0);
    if (from_lane < count || from_bus < count) {
        sweep();
        from_lane += own.credits.take(count - from_lane, 0);
        from_bus += bus.take(count - from_bus, 0);
    }
    if (from_lane < count || from_bus < count) {
        own.credits.give(from_lane);
        bus.give(from_bus);
        return false;
    }
    own.set_apart.fetch_add(count, std::memory_order_relaxed);
    return true;
}

// What publishers keep in their caches, back to the centres.
void engine::life::sweep() noexcept {
    for (const auto& one : of_.lanes_) {
        if (one != nullptr) {
            of_.shared_.credits.give(one->sweep_credits([&](std::uint32_t index) {
                if (index >= of_.slots_->size()) {
                    return true;  // a runner's, which keeps no credits
                }
                const auto& section = of_.slots_->at(index).section;
                return section.inside(section.count());
            }));
        }
    }
}

void engine::life::return_set_apart(subscription_record& record) noexcept {
    if (record.own == nullptr) {
        return;
    }
    if (const auto left = record.own->set_apart.exchange(0, std::memory_order_relaxed); left > 0) {
        record.own->credits.give(left);
        of_.shared_.credits.give(left);
    }
}

bool engine::life::return_set_apart() noexcept {
    bool needed = false;
    for (const auto& one : of_.active_) {
        if (one->own == nullptr || one->own->set_apart.load(std::memory_order_relaxed) == 0) {
            continue;
        }
        bool mine = false;
        for (auto& retired : of_.retired_routes_) {
            const auto* target = target_elsewhere(*retired.what, *one, one->own.get());
            if (target == nullptr) {
                continue;
            }
            const auto& through = *target->through;
            const bool idle = !through.pending() && through.outstanding() <= 0;
            mine = mine || !retired.readers.elapsed() ||
                   (!idle && retired.what->entries_outstanding() != 0 &&
                    !retired.what->only_carried());
        }
        if (!mine) {
            return_set_apart(*one);
        }
        needed = needed || mine;
    }
    return needed;
}

std::int64_t engine::life::held_backlog() const noexcept {
    std::int64_t sum = 0;
    for (const auto& one : of_.active_) {
        if (one->way.load(std::memory_order_relaxed) == passage::held) {
            sum += std::max<std::int64_t>(one->own->backlog() + one->own->behind_keys(), 0);
        }
    }
    return sum;
}

bool engine::life::rests(retired_route& one) noexcept {
    return one.readers.elapsed() &&
           std::ranges::any_of(one.what->subscriptions, [](const auto& each) {
               return each->way.load(std::memory_order_relaxed) == passage::held;
           });
}

}  // namespace stentor::inline v0::detail
