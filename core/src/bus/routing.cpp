// SPDX-License-Identifier: MIT
#include "bus/engine.hpp"

#include <algorithm>
#include <new>
#include <thread>

// Subscriptions, and the routes that follow from them. All under the registry's lock, which publish
// never takes in steady state. A route is built as a whole and swapped with one store.
namespace stentor::inline v0::detail {

namespace {

constexpr std::size_t name_max = 128;

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

std::optional<error> check_name(std::string_view name) {
    const auto legal = [](char one) {
        return (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9') || one == '_' ||
               one == '.' || one == '-';
    };
    if (name.empty() || name.size() > name_max || !std::ranges::all_of(name, legal)) {
        return error(errc::invalid_name, "subscription name " + quoted(name.substr(0, name_max)) +
                                             ": use 1 to 128 characters of [a-z0-9_.-]");
    }
    return std::nullopt;
}

std::optional<error> check_options(std::string_view name, const subscription_options& options) {
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
                ": placement::shared does not go with capacity, when_full::block, required "
                "or max_concurrency, because a shared lane has one of each; leave the "
                "placement automatic");
    }
    if (options.owner && options.owner->expired()) {
        return wrong("its owner is gone already; subscribe while the owner lives");
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
                                              const pattern* topics,
                                              inline_function<void(delivery_frame&)> call,
                                              subscription_options options,
                                              std::source_location where) {
    if (auto wrong = check_name(name)) {
        return unexpected<error>(std::move(*wrong));
    }
    if (auto wrong = check_options(name, options)) {
        return unexpected<error>(std::move(*wrong));
    }
    if (!call) {
        return unexpected<error>(error(errc::invalid_option, "subscription " + quoted(name) +
                                                                 ": the handler is empty; give it "
                                                                 "something to call"));
    }
    if (forked()) {
        return unexpected<error>(
            error(errc::closed,
                  "subscription " + quoted(name) + ": a forked child cannot use its parent's bus"));
    }
    const std::lock_guard lock(registry_);
    if (closed()) {
        return unexpected<error>(error(
            errc::closed, "subscription " + quoted(name) + ": the bus is draining or closed"));
    }
    if (const auto other = by_name_.find(std::string(name));
        other != by_name_.end() && other->second->has_owner &&
        other->second->options.owner->expired()) {
        // Its owner went, and no event has come since to notice.
        const auto gone = other->second;
        gone->closed.store(true, std::memory_order_release);
        gone->deferred.store(true, std::memory_order_release);
        end_orphan(gone);
    }
    if (const auto other = by_name_.find(std::string(name)); other != by_name_.end()) {
        const auto& there = other->second->where;
        return unexpected<error>(
            error(errc::duplicate_name, "subscription " + quoted(name) + ": the name is taken at " +
                                            there.file_name() + ":" + std::to_string(there.line()) +
                                            "; names are unique in a bus"));
    }
    if (type != nullptr) {
        const auto* entry = topics_.find(type->topic);
        if (entry != nullptr && (entry->type == nullptr || !same_type(*entry->type, *type))) {
            return unexpected<error>(error(
                errc::type_mismatch, "subscription " + quoted(name) + ": topic " +
                                         quoted(type->topic) +
                                         " belongs to another type; give each type a topic of "
                                         "its own"));
        }
    }
    auto record = std::make_shared<subscription_record>(
        std::string(name), static_cast<std::uint32_t>(runners_.size()));
    record->number = next_number_++;
    record->type = type;
    if (topics != nullptr) {
        record->topics.emplace(*topics);
    }
    record->options = std::move(options);
    record->has_owner = record->options.owner.has_value();
    record->where = where;
    record->call = std::move(call);
    record->in_shared_lane.store(record->options.placement == placement::shared,
                                 std::memory_order_relaxed);
    if (record->options.placement != placement::shared && !own_lane_for(*record)) {
        return unexpected<error>(no_memory(name));
    }
    if (type != nullptr && topics_.find(type->topic) == nullptr &&
        add_topic(type->topic, type) == nullptr) {
        return unexpected<error>(no_memory(name));
    }
    active_.push_back(record);
    by_name_.emplace(record->name, record);
    if (auto routed = reroute(*record); !routed) {
        active_.pop_back();
        by_name_.erase(record->name);
        static_cast<void>(reroute(*record));
        return unexpected<error>(no_memory(name));
    }
    return subscription(std::move(record), weak_from_this());
}

bool engine::own_lane_for(subscription_record& record) {
    if (record.own != nullptr) {
        return true;
    }
    const auto slot_size = record.type != nullptr ? slot_size_for(record.type)
                                                  : static_cast<std::uint32_t>(sizeof(slot_image));
    record.own =
        new_lane(slot_size, record.options.capacity, record.options.max_concurrency, false);
    return record.own != nullptr;
}

std::shared_ptr<lane> engine::new_lane(std::uint32_t slot_size, std::int64_t capacity,
                                       std::int32_t concurrency, bool shared) {
    std::uint32_t id = 0;
    if (!free_lane_ids_.empty()) {
        id = free_lane_ids_.back();
    } else if (lanes_.size() < shared_.what.lanes) {
        id = static_cast<std::uint32_t>(lanes_.size());
    } else {
        return nullptr;
    }
    const auto runners = static_cast<std::uint32_t>(runners_.size());
    std::shared_ptr<lane> made =
        make_lane({.id = id,
                   .slot_size = slot_size,
                   .runners_max = concurrency == 0
                                      ? runners
                                      : std::min(static_cast<std::uint32_t>(concurrency), runners),
                   .consumers = runners,
                   .capacity = capacity,
                   .shared = shared});
    if (made == nullptr) {
        return nullptr;
    }
    if (id == lanes_.size()) {
        lanes_.push_back(made);
    } else {
        free_lane_ids_.pop_back();
        lanes_[id] = made;
    }
    shared_.set_lane(id, made.get());
    shared_.ready.cover(lanes_.size());
    shared_.waiting_slow.cover(lanes_.size());
    return made;
}

engine::introduced engine::introduce_topic(std::string_view name, const event_type* type) noexcept {
#if defined(__cpp_exceptions)
    try {
#endif
        const std::lock_guard lock(registry_);
        if (const auto* entry = topics_.find(name); entry != nullptr) {
            const bool same = type == nullptr
                                  ? entry->type == nullptr
                                  : entry->type != nullptr && same_type(*entry->type, *type);
            return same ? introduced::yes : introduced::mismatch;
        }
        if (type == nullptr &&
            untyped_count_ >= static_cast<std::uint32_t>(options_.untyped_topics)) {
            forget_untyped_topics();
        }
        return add_topic(name, type) != nullptr ? introduced::yes : introduced::no_memory;
#if defined(__cpp_exceptions)
    } catch (...) {
        return introduced::no_memory;
    }
#endif
}

topic_entry* engine::add_topic(std::string_view name, const event_type* type) {
    auto entry = std::make_shared<topic_entry>();
    entry->name = name;
    entry->type = type;
    entry->epoch_unix_ns = shared_.start_unix_ns();
    entry->id_key = id_key_;
    entry->last_used.store(static_cast<std::uint64_t>(shared_.coarse_now()),
                           std::memory_order_relaxed);
    auto first = build_route(*entry);
    if (first == nullptr) {
        return nullptr;
    }
    first->topic_alive = entry;
    entry->current.store(first.release(), std::memory_order_release);  // [PAIR route]
    untyped_count_ += type == nullptr ? 1 : 0;
    return topics_.insert(std::move(entry));
}

// Keeps the table of topics without a type bounded: the quarter that was not used for longest goes.
void engine::forget_untyped_topics() {
    std::vector<topic_entry*> untyped;
    for (const auto& one : topics_.entries()) {
        if (one->type == nullptr) {
            untyped.push_back(one.get());
        }
    }
    std::ranges::sort(untyped, {}, [](const topic_entry* one) {
        return one->last_used.load(std::memory_order_relaxed);
    });
    untyped.resize(untyped.size() / 4 + 1);
    for (auto* one : untyped) {
        auto kept = topics_.unlink(one);
        kept->shared_lane.reset();
        // Publishers may hold the entry; its route keeps it alive until a grace period is over.
        std::unique_ptr<route> last(kept->current.load(std::memory_order_relaxed));
        retired_route gone{.what = std::move(last), .readers = {}};
        gone.what->topic_alive = std::move(kept);
        retired_routes_.push_back(std::move(gone));
        --untyped_count_;
    }
    observe_readers();
}

// Null: no lane could be had.
std::unique_ptr<route> engine::build_route(topic_entry& entry) {
    auto fresh =
        std::make_unique<route>(slots_->size(), static_cast<std::uint32_t>(runners_.size()));
    fresh->topic = &entry;
    fresh->slot_size = slot_size_for(entry.type);
    std::vector<std::shared_ptr<subscription_record>> cheap;
    bool stamp_all = false;
    for (const auto& one : active_) {
        if (!one->matches(entry.name)) {
            continue;
        }
        stamp_all = stamp_all || timed(*one);
        if (one->in_shared_lane.load(std::memory_order_relaxed)) {
            cheap.push_back(one);
            continue;
        }
        fresh->targets.push_back({.through = one->own,
                                  .first = static_cast<std::uint32_t>(fresh->subscriptions.size()),
                                  .count = 1,
                                  .required = one->options.required,
                                  .blocks = one->options.when_full.blocks()});
        fresh->constrained =
            fresh->constrained || one->options.required || one->options.when_full.blocks();
        fresh->subscriptions.push_back(one);
    }
    if (!cheap.empty()) {
        if (entry.shared_lane == nullptr) {
            entry.shared_lane = new_lane(fresh->slot_size, subscription_capacity_default, 0, true);
        }
        if (entry.shared_lane == nullptr) {
            return nullptr;
        }
        fresh->targets.push_back({.through = entry.shared_lane,
                                  .first = static_cast<std::uint32_t>(fresh->subscriptions.size()),
                                  .count = static_cast<std::uint32_t>(cheap.size())});
        fresh->subscriptions.insert(fresh->subscriptions.end(), cheap.begin(), cheap.end());
    }
    for (const auto& one : fresh->subscriptions) {
        ++one->routes;
    }
    entry.stamp_all.store(stamp_all, std::memory_order_relaxed);
    return fresh;
}

void engine::swap_route(topic_entry& entry, std::unique_ptr<route> fresh) {
    fresh->topic_alive = entry.current.load(std::memory_order_relaxed)->topic_alive;
    std::unique_ptr<route> old(
        entry.current.exchange(fresh.release(), std::memory_order_acq_rel));  // [PAIR route]
    entry.version.fetch_add(1, std::memory_order_release);                    // [PAIR route]
    retired_routes_.push_back({.what = std::move(old), .readers = {}});
}

// Every topic that the changed subscription matches gets a new version of its route.
result<void, error> engine::reroute(const subscription_record& changed) {
    bool failed = false;
    for (const auto& entry : topics_.entries()) {
        if (!changed.matches(entry->name)) {
            continue;
        }
        if (auto fresh = build_route(*entry)) {
            swap_route(*entry, std::move(fresh));
        } else {
            failed = true;
        }
    }
    observe_readers();
    if (failed) {
        return unexpected<error>(no_memory(changed.name));
    }
    return {};
}

// Begins the grace periods of the routes that were retired since the last time.
void engine::observe_readers() {
    real_sync::heavy_fence();  // [PAIR grace]
    for (auto& one : retired_routes_) {
        if (!one.observed) {
            one.observed = true;
            for (std::uint32_t index = 0; index < slots_->size(); ++index) {
                one.readers.observe(slots_->at(index).section);
            }
        }
    }
    shared_.request_maintenance();
}

void engine::keep(subscription kept) {
    if (forked()) {
        return;
    }
    const std::lock_guard lock(registry_);
    kept_.push_back(std::move(kept));
}

bool engine::has_subscribers(std::string_view topic) noexcept {
    if (closed()) {
        return false;  // also in a forked child, which must not take the lock
    }
    auto* slot = slot_pool::of_this_thread(slots_);
    if (slot != nullptr && !slot->section.entered()) {
        slot->section.enter();
        const auto* entry = topics_.find(topic);
        const bool known = entry != nullptr;
        const bool wanted =
            known && !entry->current.load(std::memory_order_acquire)->targets.empty();
        slot->section.exit();
        if (known) {
            return wanted;
        }
    }
    const std::lock_guard lock(registry_);
    return std::ranges::any_of(active_, [&](const auto& one) { return one->matches(topic); });
}

std::string engine::name_of(std::uint32_t number) const {
    if (forked()) {
        return {};
    }
    const std::lock_guard lock(registry_);
    for (const auto& one : active_) {
        if (one->number == number) {
            return one->name;
        }
    }
    return {};
}

}  // namespace stentor::inline v0::detail
