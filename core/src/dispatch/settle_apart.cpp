// SPDX-License-Identifier: MIT
#include "dispatch/detached_delivery.hpp"
#include "dispatch/runner.hpp"
#include "dispatch/scheduler.hpp"
#include "dispatch/turns.hpp"
#include "event/envelope.hpp"
#include "registry/interception.hpp"
#include "registry/route.hpp"

#include <mutex>
#include <optional>

// The end of a delivery that is no part of a batch any more, on whatever thread it comes.
namespace stentor::inline v0::detail {

namespace {

void tell_interceptors_apart(const apart_entry& one, detached_end how) noexcept {
    auto as = settlement::completed;
    std::optional<drop_reason> why;
    switch (how) {
        case detached_end::completed: break;
        case detached_end::ignored: as = settlement::ignored; break;
        case detached_end::fell_back: as = settlement::fell_back; break;
        case detached_end::failed: as = settlement::failed; break;
        case detached_end::dead_lettered: as = settlement::dead_lettered; break;
        case detached_end::cancelled: as = settlement::cancelled; break;
        case detached_end::running:
        case detached_end::put_off:
        case detached_end::released:
            as = settlement::dropped;
            why = drop_reason::no_memory;
            break;
    }
    tell_settled(one.slot, one.to, as, one.attempts, why);
}

}  // namespace

// In this order: who finds the route's count complete finds all else done, and may free the route,
// the lane and the subscription.
void settle_apart(const apart_entry& one, detached_end how, runner* by) noexcept {
    auto& shared = one.shared;
    auto& to = one.to;
    auto& origin = const_cast<route&>(*one.slot.origin);
    if (origin.interceptors != nullptr) [[unlikely]] {
        tell_interceptors_apart(one, how);
    }
    if (how != detached_end::failed && how != detached_end::dead_lettered &&
        runner::awaited(one.slot)) {  // which were told with their reason
        tell_ended(shared, one.slot, to,
                   how == detached_end::cancelled  ? delivery_status::cancelled
                   : how == detached_end::released ? delivery_status::dropped
                                                   : delivery_status::completed,
                   {});
    }
    if (one.slot.box != nullptr) {
        if (const auto bytes = one.slot.box->drop_reference(); bytes != 0) {
            shared.bytes.give(bytes);
        }
    }
    // Stripes have one writer at a time: each runner its own, all other threads one together.
    // So do runners of a crew that began after the subscription, or the route, was made.
    std::unique_lock outsiders(shared.outsiders, std::defer_lock);
    const bool inside = by != nullptr && by->index() + 1 < to.stripe_count &&
                        by->index() + 1 < origin.settled_count;
    if (!inside) {
        outsiders.lock();
    }
    auto& mine = to.terminals[inside ? by->index() : to.stripe_count - 1];
    auto& stripe = origin.settled[inside ? by->index() : origin.settled_count - 1];
    switch (how) {
        case detached_end::completed:
        case detached_end::fell_back: mine.completed.add(); break;
        case detached_end::ignored:
            mine.completed.add();
            mine.ignored.add();
            break;
        case detached_end::failed: mine.failed.add(); break;
        case detached_end::dead_lettered: mine.dead_lettered.add(); break;
        case detached_end::running:
        case detached_end::put_off:
        case detached_end::released: break;  // dropped for want of memory, and counted so
        case detached_end::cancelled:
            mine.cancelled.add();
            stripe.cancelled.add();
            break;
    }
    if (one.key != nullptr && one.from.release(one.key, 1) &&
        one.from.state.claim_after_enqueue()) {
        shared.make_ready(one.from);
    }
    if (one.flies) {
        shared.end_flights(one.from, 1);
    }
    shared.settle(one.from, 1);
    if (one.carried) {
        origin.carried_outstanding.fetch_sub(1, std::memory_order_release);
    }
    if (to.deferred.load(std::memory_order_relaxed)) {
        shared.request_maintenance();  // this may have been the last one
    }
    stripe.entries.add_release(1);  // [PAIR settled]
}

}  // namespace stentor::inline v0::detail
