// SPDX-License-Identifier: MIT
#include "bus/intercepting.hpp"
#include "bus/validating.hpp"
#include "dispatch/call_gate.hpp"
#include "dispatch/retry_room.hpp"
#include "dispatch/waiting_room.hpp"

#include <algorithm>
#include <unordered_map>

// The counters, added up. Terminals are read before what was accepted, so that an event in between
// shows as not yet accounted for, and never the other way round.
namespace stentor::inline v0::detail {

namespace {

std::int64_t as_signed(std::uint64_t value) noexcept {
    return static_cast<std::int64_t>(value);
}

struct hosted {
    std::uint64_t accepted = 0;
    std::vector<const lane*> lanes;
};

}  // namespace

delivery_terms engine::terminals_of(const subscription_record& record) noexcept {
    delivery_terms terms;
    for (std::uint32_t index = 0; index < record.stripe_count; ++index) {
        const auto& one = record.terminals[index];
        terms.completed += as_signed(one.completed.read());
        terms.failed += as_signed(one.failed.read());
        terms.cancelled += as_signed(one.cancelled.read());
        terms.expired += as_signed(one.expired.read());
        terms.dead_lettered += as_signed(one.dead_lettered.read());
    }
    terms.dropped_full = as_signed(record.dropped_full.read());
    terms.dropped_no_memory = as_signed(record.dropped_no_memory.read());
    terms.dropped_newest = as_signed(record.dropped_newest.read());
    terms.dropped_oldest = as_signed(record.dropped_oldest.read());
    terms.dropped_nested = as_signed(record.dropped_nested.read());
    terms.dropped_disabled = as_signed(record.dropped_disabled.read());
    terms.dropped_dependency = as_signed(record.dropped_dependency.read());
    return terms;
}

// Terms of every subscription that has not been folded into `removed_` yet.
std::vector<std::pair<const subscription_record*, delivery_terms>> engine::all_terms() const {
    std::vector<std::pair<const subscription_record*, delivery_terms>> terms;
    for (const auto* list : {&active_, &closed_}) {
        for (const auto& one : *list) {
            terms.emplace_back(one.get(), terminals_of(*one));
        }
    }
    std::atomic_thread_fence(std::memory_order_seq_cst);
    for (auto& [record, sums] : terms) {
        if (record->options.execution == execution::inline_) {
            sums.running = calls_inlined(*record);  // before what was accepted, which is first
        }
    }
    std::unordered_map<const subscription_record*, hosted> seen;
    for_each_route([&](const route& version) {
        const auto events = version.events_accepted();
        for (std::uint32_t index = 0; index < version.inline_count; ++index) {
            seen[version.subscriptions[version.inline_first + index].get()].accepted += events;
        }
        for (const auto& target : version.targets) {
            for (std::uint32_t index = 0; index < target.count; ++index) {
                auto& here = seen[version.subscriptions[target.first + index].get()];
                here.accepted += events;
                // Its lanes may be full of other versions' entries; its own wait elsewhere.
                if (!version.only_carried() &&
                    std::ranges::find(here.lanes, target.through.get()) == here.lanes.end()) {
                    here.lanes.push_back(target.through.get());
                }
            }
        }
    });
    for (auto& [record, sums] : terms) {
        const auto& here = seen[record];
        sums.accepted = as_signed(record->accepted_folded + here.accepted);
        if (record->options.execution == execution::inline_) {
            continue;
        }
        std::int64_t outstanding = 0;
        for (const auto* one : here.lanes) {
            // Credits that were set apart are nobody's entries.
            outstanding += std::max<std::int64_t>(
                one->outstanding() - one->set_apart.load(std::memory_order_relaxed), 0);
        }
        sums.running = std::min<std::int64_t>(
            outstanding, std::ranges::count_if(runners_, [held = record](const auto& one) {
                             return one->calling(held) && one->continuations_in_hand() == 0;
                         }) + (record->room != nullptr ? record->room->size() : 0));
        const auto resting =
            record->room != nullptr ? std::min(record->room->resting(), sums.running) : 0;
        sums.running -= resting;
        sums.held = resting;
        sums.retry_waiting =
            record->retries != nullptr ? std::min(record->retries->size(), outstanding) : 0;
        outstanding -= sums.retry_waiting;
        auto& waiting =
            record->way.load(std::memory_order_relaxed) == passage::held ? sums.held : sums.queued;
        waiting += std::max<std::int64_t>(outstanding - sums.running - resting, 0);
        const auto behind = std::min(sums.queued, record->turns.size());
        sums.queued -= behind;
        sums.held += behind;
    }
    return terms;
}

publish_terms engine::all_publishes() const {
    publish_terms sums;
    auto accepted = events_folded_;
    for_each_route([&](const route& one) { accepted += one.events_accepted(); });
    sums.accepted = as_signed(accepted);
    const auto add = [](std::int64_t& to, const publisher_slot& slot, publish_status status) {
        to += as_signed(slot.by_status[static_cast<std::size_t>(status)].read());
    };
    for (std::uint32_t index = 0; index < slots_->size(); ++index) {
        const auto& slot = slots_->at(index);
        add(sums.no_subscribers, slot, publish_status::no_subscribers);
        add(sums.rejected_full, slot, publish_status::rejected_full);
        add(sums.rejected_invalid, slot, publish_status::rejected_invalid);
        add(sums.rejected_too_deep, slot, publish_status::rejected_too_deep);
        add(sums.rejected_no_memory, slot, publish_status::rejected_no_memory);
        add(sums.expired, slot, publish_status::expired);
        add(sums.closed, slot, publish_status::closed);
        add(sums.would_deadlock, slot, publish_status::would_deadlock);
        add(sums.type_mismatch, slot, publish_status::type_mismatch);
        add(sums.rejected_interceptor, slot, publish_status::rejected_interceptor);
        sums.published += as_signed(slot.tickets.read() + slot.refused.read());
    }
    const auto after_end = as_signed(refused_closed_.read());
    sums.closed += after_end;
    sums.published += after_end;
    return sums;
}

audit_report engine::audit() const {
    audit_report report;
    if (forked()) {
        return report;  // a thread of the parent may have held the lock
    }
    const std::lock_guard lock(registry_);
    report.removed = removed_;
    for (const auto& [record, terms] : all_terms()) {
        if (record->removed) {
            report.removed += terms;
        } else {
            report.subscriptions.emplace_back(record->name, terms);
        }
    }
    std::ranges::sort(report.subscriptions, {}, [](const auto& one) { return one.first; });
    report.publishes = all_publishes();
    for (std::uint32_t index = 0; index < slots_->size(); ++index) {
        report.envelopes_alive += slots_->at(index).pool.alive();
    }
    return report;
}

bus_snapshot engine::snapshot() const {
    bus_snapshot all;
    if (forked()) {
        return all;
    }
    all.audit = audit();
    all.uptime_ns = shared_.now();
    all.runners = static_cast<std::int32_t>(shared_.what.runners);
    all.spare_activations = shared_.spare_activations.read();
    all.late_replies = late_replies_.read();
    all.duplicate_replies = duplicate_replies_.read();
    all.invalid_published = life_->rules().warned.read();
    all.validators_threw = life_->rules().threw.read();
    all.interceptors_threw = life_->interceptors().threw.read();
    all.sampled_one_in = publisher_slot::sample_every;
    const std::lock_guard lock(registry_);
    const auto add_crew = [&](const crew& one) {
        all.parks += one.parks.read();
        all.wakeups += one.wakeups.read();
        all.rescues += one.rescues.read();
    };
    add_crew(shared_);
    if (blocking_ != nullptr) {
        add_crew(*blocking_);
        all.blocking_threads = static_cast<std::int32_t>(blocking_->threads());
    }
    for (std::uint32_t index = 0; index < slots_->size(); ++index) {
        all.pool_bytes += static_cast<std::uint64_t>(slots_->at(index).pool.bytes_kept());
    }
    all.lanes = static_cast<std::uint64_t>(
        std::ranges::count_if(lanes_, [](const auto& one) { return one != nullptr; }));
    for (const auto& one : active_) {
        subscription_snapshot about;
        about.name = one->name;
        about.pattern = one->topic_text();
        about.file = one->where.file_name();
        about.line = one->where.line();
        const auto found = std::ranges::find(all.audit.subscriptions, one->name,
                                             [](const auto& pair) { return pair.first; });
        if (found != all.audit.subscriptions.end()) {
            about.terms = found->second;
        }
        for (std::uint32_t index = 0; index < one->stripe_count; ++index) {
            about.ignored += as_signed(one->terminals[index].ignored.read());
            about.released += as_signed(one->terminals[index].released.read());
        }
        about.queue_wait = one->queue_wait.snapshot();
        about.service = one->service.snapshot();
        about.end_to_end = one->end_to_end.snapshot();
        about.sampled = one->cost_ns.load(std::memory_order_relaxed) < timed_from_ns;
        about.placement = one->in_shared_lane.load(std::memory_order_relaxed) ? "shared"
                          : one->options.execution == execution::inline_      ? "none"
                                                                              : "own";
        about.state = to_string(one->state);
        about.late = one->late.read();
        about.retried = one->retried.read();
        about.fell_back = one->fell_back.read();
        about.overdue = one->overdue.read();
        if (one->gate != nullptr && one->gate->breaker != nullptr) {
            about.breaker = to_string(one->gate->breaker->state());
        }
        all.subscriptions.push_back(std::move(about));
    }
    std::ranges::sort(all.subscriptions, {}, [](const auto& one) { return one.name; });
    return all;
}

}  // namespace stentor::inline v0::detail
