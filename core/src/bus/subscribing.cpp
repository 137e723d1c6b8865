// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/life.hpp"
#include "dispatch/waiting_room.hpp"
#include "event/text_excerpt.hpp"

#include <algorithm>
#include <new>
#include <thread>

// The beginning of a subscription: checks, then a place in the lists and in the routes, as a whole
// or not at all.
namespace stentor::inline v0::detail {

namespace {

constexpr std::size_t name_max = 128;

std::string quoted(std::string_view text) {
    return quoted_excerpt(text, 0);
}

bool legal_name(std::string_view name) {
    return !name.empty() && name.size() <= name_max && std::ranges::all_of(name, [](char one) {
        return (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9') || one == '_' ||
               one == '.' || one == '-';
    });
}

std::optional<error> check_name(std::string_view name) {
    if (!legal_name(name)) {
        return error(errc::invalid_name, "subscription name " + quoted(name) +
                                             ": use 1 to 128 characters of [a-z0-9_.-]");
    }
    return std::nullopt;
}

// What does not go with where its handler runs; docs/guide/handlers.md has the table.
std::optional<std::string> check_execution(const subscription_options& options,
                                           const handler_traits& form) {
    const auto where = options.execution.where();
    if (options.execution.names_loop() && options.execution.told() == nullptr) {
        return "execution::on() got no loop; give it one, or use execution::polled";
    }
    if (where != execution::place::pool && options.placement == placement::shared) {
        return "placement::shared is for handlers in the pool; leave the placement automatic";
    }
    if (where == execution::place::polled && options.max_concurrency > 1) {
        return "max_concurrency does not go with a loop, which makes one call at a time; leave it "
               "0 or 1";
    }
    if (where != execution::place::publisher) {
        return std::nullopt;
    }
    if (has_own_limits(options) || options.placement != placement::automatic) {
        return "execution::inline_ does not go with order, after, capacity, when_full, on_drop, "
               "required, max_concurrency or placement, because it queues nothing; leave them as "
               "they are, "
               "or use execution::pool";
    }
    if (form.batch) {
        return "execution::inline_ does not go with a handler that takes spans, because nothing "
               "waits there to be taken together; take one event, or use execution::pool";
    }
    return std::nullopt;
}

// Who it comes after.
std::optional<std::string> check_after(const subscription_options& options) {
    for (const auto& one : options.after.names()) {
        if (!legal_name(one)) {
            return "after names " + quoted(one) +
                   ", which no subscription can have; use 1 to 128 characters of [a-z0-9_.-]";
        }
    }
    if (options.require_success && options.after.empty()) {
        return "require_success says nothing without after; name whose success it is";
    }
    return std::nullopt;
}

std::optional<error> check_options(std::string_view name, const subscription_options& options,
                                   const handler_traits& form) {
    const auto wrong = [&](std::string_view what) {
        return error(errc::invalid_option,
                     "subscription " + quoted(name) + ": " + std::string(what));
    };
    if (options.capacity < 1 || options.capacity > capacity_max) {
        return wrong("capacity is " + std::to_string(options.capacity) +
                     "; give 1 to 2^40 outstanding deliveries");
    }
    if (options.when_full.blocks() && options.when_full.deadline().count() < 0) {
        return wrong("when_full::block has a negative deadline; give zero or more");
    }
    if (options.max_concurrency < 0 || options.max_concurrency > 1024) {
        return wrong("max_concurrency is " + std::to_string(options.max_concurrency) +
                     "; give 0 (as many as runners) to 1024");
    }
    if (options.placement == placement::shared && has_own_limits(options)) {
        return error(
            errc::unsupported_combination,
            "subscription " + quoted(name) +
                ": placement::shared does not go with order, after, capacity, when_full::block, "
                "required or max_concurrency, because a shared lane has one of each; leave the "
                "placement automatic");
    }
    if (const auto misplaced = check_execution(options, form)) {
        return error(errc::unsupported_combination,
                     "subscription " + quoted(name) + ": " + *misplaced);
    }
    if (options.placement == placement::shared && (form.batch || form.answers)) {
        return error(errc::unsupported_combination,
                     "subscription " + quoted(name) +
                         ": placement::shared does not go with a handler that takes spans or "
                         "returns outcomes, because what it gives back and takes together is its "
                         "own lane's; leave the placement automatic");
    }
    if (options.order == order::serial && options.max_concurrency > 1) {
        return error(errc::unsupported_combination,
                     "subscription " + quoted(name) +
                         ": order::serial is one call at a time; leave max_concurrency out, or use "
                         "by_key");
    }
    if (form.coroutine && options.execution != execution::pool) {
        return error(errc::unsupported_combination,
                     "subscription " + quoted(name) +
                         ": a coroutine runs on the pool, which it leaves by waiting; leave the "
                         "execution out, or co_await resume_on(loop) inside it");
    }
    if (options.placement == placement::shared && form.coroutine) {
        return error(errc::unsupported_combination,
                     "subscription " + quoted(name) +
                         ": placement::shared does not go with a coroutine, whose deliveries "
                         "outlive their batch; leave the placement automatic");
    }
    if (options.owner && options.owner->expired()) {
        return wrong("its owner is gone already; subscribe while the owner lives");
    }
    if (const auto nobody = check_after(options)) {
        return wrong(*nobody);
    }
    for (const auto& label : options.tags) {
        if (!legal_name(label)) {
            return wrong("tag " + quoted(label) + ": use 1 to 128 characters of [a-z0-9_.-]");
        }
    }
    return std::nullopt;
}

// Whether the key function can read the events that the subscription gets.
std::optional<error> check_order(std::string_view name, const event_type* type,
                                 const subscription_options& options) {
    if (!(options.order.what() == order::kind::by_key)) {
        return std::nullopt;
    }
    const auto subject = "subscription " + quoted(name) + ": ";
    const auto* keys = options.order.keys();
    if (keys == nullptr) {
        return error(errc::invalid_option,
                     subject + (type == nullptr
                                    ? "by_key() has no key function; give a pattern's one, as in "
                                      "by_key<stentor::any_event>(function)"
                                    : "by_key() takes the event's own key, and it has none; give "
                                      "the event `static constexpr auto key = &event::member`, or "
                                      "by_key a member"));
    }
    if (keys->type != nullptr && (type == nullptr || !same_type(*keys->type, *type))) {
        return error(errc::type_mismatch,
                     subject + "its key function is for events of topic " +
                         quoted(keys->type->topic) +
                         (type == nullptr ? "; a pattern's takes a stentor::any_event"
                                          : ", the subscription for " + quoted(type->topic) +
                                                "; give a member of the event that it handles"));
    }
    return std::nullopt;
}

error no_memory(std::string_view name) {
    return error(errc::no_memory,
                 "subscription " + quoted(name) +
                     ": no memory, or all lanes are in use; unsubscribe something, "
                     "or raise bus_options::lanes");
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
    if (auto wrong = check_name(name)) {
        return unexpected<error>(std::move(*wrong));
    }
    if (auto wrong = check_options(name, options, handler.traits)) {
        return unexpected<error>(std::move(*wrong));
    }
    if (auto wrong = check_order(name, type, options)) {
        return unexpected<error>(std::move(*wrong));
    }
    if (!handler.call) {
        return unexpected<error>(error(errc::invalid_option, "subscription " + quoted(name) +
                                                                 ": the handler is empty; give it "
                                                                 "something to call"));
    }
    if (forked()) {
        return unexpected<error>(
            error(errc::closed,
                  "subscription " + quoted(name) + ": a forked child cannot use its parent's bus"));
    }
    const auto serving = crew_for(options.execution, "subscription " + quoted(name));
    if (!serving) {
        return unexpected<error>(serving.error());
    }
    const bool inlined = options.execution == execution::inline_;
    auto record = std::make_shared<subscription_record>(
        std::string(name),
        inlined ? slots_->size() : static_cast<std::uint32_t>(runners_.size()) + 1);
    if (inlined) {
        record->calls_seen.store(calls_to_judge, std::memory_order_relaxed);  // nobody places it
        shared_.inlines.store(true, std::memory_order_relaxed);
        shared_.wake_watch();
    }
    record->type = type;
    if (topics != nullptr) {
        record->topics.emplace(*topics);
    }
    record->options = std::move(options);
    record->system = type != nullptr ? is_system_topic(type->topic)
                                     : topics != nullptr && is_system_topic(topics->view());
    record->has_owner = record->options.owner.has_value();
    record->where = where;
    record->call = std::move(handler.call);
    record->form = handler.traits;
    record->room = record->form.coroutine ? std::make_shared<waiting_room>(shared_) : nullptr;
    record->served_by = *serving;
    record->in_shared_lane.store(begins_shared(*record), std::memory_order_relaxed);
    record->listens = !record->options.on_start;
    {
        const std::lock_guard lock(registry_);
        if (auto wrong = refusal_of(*record)) {
            return unexpected<error>(std::move(*wrong));
        }
        record->number = next_number_++;
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
    const auto subject = "subscription " + quoted(wanted.name);
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
