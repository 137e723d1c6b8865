// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/life.hpp"
#include "bus/subscription_checks.hpp"
#include "dispatch/retry_room.hpp"
#include "dispatch/waiting_room.hpp"

#include <algorithm>
#include <new>
#include <thread>

// The beginning of a subscription: checks, then a place in the lists and in the routes, as a whole
// or not at all.
namespace stentor::inline v0::detail {

namespace {

error no_memory(std::string_view name) {
    return error(errc::no_memory,
                 subject_of(name) +
                     ": no memory, or all lanes are in use; unsubscribe something, "
                     "or raise bus_options::lanes");
}

bool about_system(const event_type* type, const pattern* topics) noexcept {
    return type != nullptr ? is_system_topic(type->topic)
                           : topics != nullptr && is_system_topic(topics->view());
}

void listen_to(subscription_record& record, const event_type* type, const pattern* topics) {
    record.type = type;
    if (topics != nullptr) {
        record.topics.emplace(*topics);
    }
    record.system = about_system(type, topics);
}

void take(subscription_record& record, subscription_options&& options, std::source_location where) {
    record.where = where;
    record.options = std::move(options);
    record.has_owner = record.options.owner.has_value();
    record.deadline_ns = record.options.deadline.count();
}

// More than one, or one whose letter may have to wait.
void allow_attempts(scheduler& shared, subscription_record& record, retry_plan plan) {
    const auto& options = record.options;
    record.retries = std::make_shared<retry_room>(shared, record, std::move(plan));
    record.letters =
        !record.system && options.dead_letters.value_or(options.critical || options.retry.enabled);
    if (record.letters && options.retry.enabled) {
        record.retries->remember_attempts();
    }
}

// In publish: nobody places it, and the watch looks at publishers, too.
void call_inside(scheduler& shared, subscription_record& record) noexcept {
    record.calls_seen.store(calls_to_judge, std::memory_order_relaxed);
    shared.inlines.store(true, std::memory_order_relaxed);
    shared.wake_watch();
}

// The watch looks for calls as short as the shortest deadline. Under the registry's lock.
void watch_deadline(scheduler& shared, const subscription_record& record) noexcept {
    const auto least = shared.late_least_ns.load(std::memory_order_relaxed);
    if (record.deadline_ns != 0 && (least == 0 || record.deadline_ns < least)) {
        shared.late_least_ns.store(record.deadline_ns, std::memory_order_relaxed);
    }
}

}  // namespace

result<subscription, error> engine::subscribe(std::string_view name, const event_type* type,
                                              const pattern* topics, compiled_handler handler,
                                              subscription_options options,
                                              std::source_location where) {
    result<subscription, error> made = unexpected<error>(error::out_of_memory());
    if (!attempt([&] {
            made = subscribe_checked(name, type, topics, std::move(handler), std::move(options),
                                     where);
        })) {
        shared_.request_maintenance();  // lanes that were made for it go
    }
    return made;
}

result<subscription, error> engine::subscribe_checked(std::string_view name, const event_type* type,
                                                      const pattern* topics,
                                                      compiled_handler handler,
                                                      subscription_options options,
                                                      std::source_location where) {
    if (auto wrong = check_wanted(name, type, options, handler, life_->last_places_of(type))) {
        return unexpected<error>(std::move(*wrong));
    }
    auto attempts = plan_attempts(name, options, handler.traits, about_system(type, topics));
    if (!attempts) {
        return unexpected<error>(std::move(attempts.error()));
    }
    if (forked()) {
        return unexpected<error>(
            error(errc::closed, subject_of(name) + ": a forked child cannot use its parent's bus"));
    }
    const auto serving = crew_for(options.execution, subject_of(name));
    if (!serving) {
        return unexpected<error>(serving.error());
    }
    if (options.breaker && !about_system(type, topics)) {
        life_->announce_changes_of(*options.breaker, name);
    }
    auto gate = make_gate(name, options, handler.traits, life_->breakers, shared_.source());
    if (!gate) {
        return unexpected<error>(std::move(gate.error()));
    }
    const bool inlined = options.execution == execution::inline_;
    auto record = std::make_shared<subscription_record>(
        std::string(name),
        inlined ? slots_->size() : static_cast<std::uint32_t>(runners_.size()) + 1);
    if (inlined) {
        call_inside(shared_, *record);
    }
    listen_to(*record, type, topics);
    take(*record, std::move(options), where);
    record->call = std::move(handler.call);
    record->form = handler.traits;
    record->room = record->form.coroutine ? std::make_shared<waiting_room>(shared_) : nullptr;
    if (*attempts) {
        allow_attempts(shared_, *record, std::move(**attempts));
    }
    if (auto wrong = life_->hold_keys(*record)) {
        return unexpected<error>(std::move(*wrong));
    }
    record->gate = *std::move(gate);
    record->served_by = *serving;
    record->in_shared_lane.store(begins_shared(*record), std::memory_order_relaxed);
    record->listens = !record->options.on_start;
    {
        const std::lock_guard lock(registry_);
        if (auto wrong = refusal_of(*record)) {
            return unexpected<error>(std::move(*wrong));
        }
        record->number = next_number_++;
        watch_deadline(shared_, *record);
        if (kit_ != nullptr) {
            record->call = kit_->around(name, std::move(record->call));
            record->form.bare = nullptr;  // of what it was
        }
        if (!enlist(record)) {
            return unexpected<error>(no_memory(name));
        }
        if (record->listens) {
            life_->begin(*record);
        } else {
            record->changing = true;
        }
    }
    if (record->listens) {
        life_->announce_started(*record);
    } else {
        life_->start(record);
    }
    return subscription(std::move(record), weak_from_this());
}

// Where it is placed first: on its own, until its calls have proved cheap.
bool engine::begins_shared(const subscription_record& record) const noexcept {
    const auto wanted = record.options.placement;
    return wanted == placement::shared || (kit_ != nullptr && wanted == placement::automatic &&
                                           record.options.execution == execution::pool &&
                                           !record.needs_own_lane() && kit_->choose(2) == 0);
}

// What stands against it in the registry.
std::optional<error> engine::refusal_of(const subscription_record& wanted) {
    const auto subject = subject_of(wanted.name);
    if (closed()) {
        return error(errc::closed, subject + ": the bus is draining or closed");
    }
    if (const auto other = by_name_.find(wanted.name); other != by_name_.end() &&
                                                       other->second->has_owner &&
                                                       other->second->options.owner->expired()) {
        // Its owner went, and no event has come since to notice.
        const auto gone = other->second;
        gone->close();
        gone->deferred.store(true, std::memory_order_release);
        delist(gone);
    }
    if (const auto other = by_name_.find(wanted.name); other != by_name_.end()) {
        const auto& there = other->second->where;
        return error(errc::duplicate_name, subject + ": the name is taken at " + there.file_name() +
                                               ":" + std::to_string(there.line()) +
                                               "; names are unique in a bus");
    }
    if (wanted.type != nullptr) {
        const auto* entry = topics_.find(wanted.type->topic);
        if (entry != nullptr &&
            (entry->type == nullptr || !same_type(*entry->type, *wanted.type))) {
            return error(errc::type_mismatch,
                         subject + ": topic " + quoted(wanted.type->topic) +
                             " belongs to another type; give each type a topic of its own");
        }
    }
    return life_->refusal_of(wanted);
}

// Into the lists and the routes, or nothing at all: false, or std::bad_alloc.
bool engine::enlist(const std::shared_ptr<subscription_record>& record) {
    if (!record->in_shared_lane.load(std::memory_order_relaxed) &&
        record->options.execution != execution::inline_ && !own_lane_for(*record)) {
        return false;
    }
    if (record->type != nullptr && topics_.find(record->type->topic) == nullptr &&
        add_topic(record->type->topic, record->type) == nullptr) {
        return false;
    }
    make_room(active_, active_.size() + 1);
    // So that the end of a subscription needs no memory.
    make_room(closed_, active_.size() + closed_.size() + 1);
    by_name_.emplace(record->name, record);
    active_.push_back(record);
    if (record->listens && !reroute(*record)) {
        active_.pop_back();
        by_name_.erase(record->name);
        return false;
    }
    return true;
}

// Out of the lists and, when memory allows it now, out of the routes; else the watch tries again.
// What is published meanwhile counts as cancelled, because the subscription is closed.
void engine::delist(const std::shared_ptr<subscription_record>& record, fence by) noexcept {
    std::erase(active_, record);
    by_name_.erase(record->name);
    closed_.push_back(record);  // enlist() made room
    record->removed = true;
    life_->end(*record);
    record->still_routed = !reroute(*record, by);
    if (record->own != nullptr) {
        scheduler::announce_room(*record->own);  // publishers that wait for it look again
    }
    record->own.reset();
}

void engine::keep(subscription kept) {
    if (forked()) {
        return;
    }
    const std::lock_guard lock(registry_);
    kept_.push_back(std::move(kept));
}

}  // namespace stentor::inline v0::detail
