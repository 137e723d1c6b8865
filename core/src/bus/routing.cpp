// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/intercepting.hpp"
#include "bus/life.hpp"
#include "bus/validating.hpp"

#include <algorithm>
#include <new>

// Topics, lanes and routes. All under the registry's lock, which publish never takes in steady
// state. A route is built as a whole and swapped with one store.
namespace stentor::inline v0::detail {

namespace {

lane_order order_of(const subscription_options& options) noexcept {
    switch (options.order.what()) {
        case order::kind::serial: return lane_order::serial;
        case order::kind::by_key: return lane_order::by_key;
        case order::kind::unordered: break;
    }
    return lane_order::unordered;
}

}  // namespace

bool engine::own_lane_for(subscription_record& record) {
    if (record.own != nullptr) {
        return true;
    }
    const auto slot_size = record.type != nullptr ? slot_size_for(record.type)
                                                  : static_cast<std::uint32_t>(sizeof(slot_image));
    const auto order = order_of(record.options);
    record.own = new_lane(
        {.slot_size = slot_size,
         .runners_max = order == lane_order::serial
                            ? 1
                            : static_cast<std::uint32_t>(record.options.max_concurrency),
         .capacity = record.options.capacity,
         .batched = record.form.batch,
         .answers = record.form.answers,
         .one_by_one = record.form.coroutine && order != lane_order::unordered,
         .served_by = record.served_by,
         .cost_floor_ns = record.options.execution == execution::blocking ? slow_from_ns : 0,
         .order = order,
         .one_each =
             record.form.answers || record.retries != nullptr || !record.options.after.empty(),
         .in_turn = !record.options.after.empty(),
         .owner = &record});
    if (record.own != nullptr) {
        record.own->serves = record.weak_from_this();
        record.own->gate = record.gate;
        record.own->retries = record.retries.get();
    }
    if (record.own != nullptr && record.form.coroutine && record.options.max_concurrency != 0) {
        // Those that wait count as well, and no runner is with them.
        record.own->flights =
            std::make_unique<flight_gate<real_sync>>(record.options.max_concurrency);
    }
    return record.own != nullptr;
}

// `wanted.runners_max` 0: as many as there are.
std::shared_ptr<lane> engine::new_lane(lane::traits wanted) {
    std::uint32_t id = 0;
    if (!free_lane_ids_.empty()) {
        id = free_lane_ids_.back();
    } else if (lanes_.size() <= shared_.what.lanes) {
        id = static_cast<std::uint32_t>(lanes_.size());
    } else {
        return nullptr;
    }
    auto* special = wanted.served_by;
    const auto runners = special != nullptr ? special->size.runners : shared_.size.runners + 1;
    wanted.id = id;
    wanted.consumers = static_cast<std::uint32_t>(runners_.size());
    wanted.runners_max = wanted.runners_max == 0 ? runners : std::min(wanted.runners_max, runners);
    std::shared_ptr<lane> made = make_lane(wanted);
    if (made == nullptr) {
        return nullptr;
    }
    make_room(free_lane_ids_, lanes_.size() + 1);  // for when it goes
    if (id == lanes_.size()) {
        lanes_.push_back(made);
    } else {
        free_lane_ids_.pop_back();
        lanes_[id] = made;
    }
    shared_.set_lane(id, made.get());
    shared_.cover(lanes_.size());
    if (special != nullptr) {
        special->cover(lanes_.size());
    }
    return made;
}

engine::introduced engine::introduce_topic(std::string_view name, const event_type* type) noexcept {
    const std::lock_guard lock(registry_);
    if (const auto* entry = topics_.find(name); entry != nullptr) {
        const bool same = type == nullptr
                              ? entry->type == nullptr
                              : entry->type != nullptr && same_type(*entry->type, *type);
        return same ? introduced::yes : introduced::mismatch;
    }
    const topic_entry* added = nullptr;
    const bool done = attempt([&] {
        if (type == nullptr &&
            untyped_count_ >= static_cast<std::uint32_t>(options_.untyped_topics)) {
            forget_untyped_topics();
        }
        added = add_topic(name, type);
    });
    return done && added != nullptr ? introduced::yes : introduced::no_memory;
}

topic_entry* engine::add_topic(std::string_view name, const event_type* type) {
    auto entry = std::make_shared<topic_entry>();
    entry->name = name;
    entry->type = type;
    entry->number = ++last_topic_number_;
    entry->epoch_unix_ns = shared_.start_unix_ns();
    entry->id_key = id_key_;
    entry->last_used.store(static_cast<std::uint64_t>(shared_.coarse_now()),
                           std::memory_order_relaxed);
    auto first = build_route(*entry);
    if (first == nullptr) {
        return nullptr;
    }
    topics_.make_room_for_one();
    first->topic_alive = entry;
    count_in(*first);
    entry->current.store(first.release(), std::memory_order_release);  // [PAIR route]
    untyped_count_ += type == nullptr ? 1 : 0;
    return topics_.insert(entry);
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
    make_room(retired_routes_, retired_routes_.size() + untyped.size());
    for (auto* one : untyped) {
        retired_route gone{.what = nullptr, .readers = grace(slots_->size())};
        auto kept = topics_.unlink(one);
        kept->shared_lane.reset();
        // Publishers may hold the entry; its route keeps it alive until a grace period is over.
        gone.what.reset(kept->current.load(std::memory_order_relaxed));
        gone.what->topic_alive = std::move(kept);
        retired_routes_.push_back(std::move(gone));
        --untyped_count_;
    }
    real_sync::heavy_fence();  // [PAIR grace]
    begin_grace();
}

// Null: no lane could be had.
std::unique_ptr<route> engine::build_route(topic_entry& entry) {
    auto fresh =
        std::make_unique<route>(slots_->size(), static_cast<std::uint32_t>(runners_.size()) + 1);
    fresh->topic = &entry;
    fresh->slot_size = slot_size_for(entry.type);
    std::vector<std::shared_ptr<subscription_record>> cheap;
    std::vector<std::shared_ptr<subscription_record>> called_here;
    bool stamp_all = false;
    for (const auto& one : active_) {
        if (!one->listens || !one->matches(entry.name)) {
            continue;
        }
        if (one->options.execution == execution::inline_) {
            called_here.push_back(one);
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
                                  .blocks = one->options.when_full.blocks(),
                                  .overflow = one->options.when_full.what()});
        fresh->constrained =
            fresh->constrained || one->options.required || one->options.when_full.blocks();
        fresh->subscriptions.push_back(one);
    }
    if (!cheap.empty()) {
        if (entry.shared_lane == nullptr) {
            entry.shared_lane = new_lane({.slot_size = fresh->slot_size,
                                          .runners_max = 0,
                                          .capacity = subscription_capacity_default,
                                          .shared = true});
        }
        if (entry.shared_lane == nullptr) {
            return nullptr;
        }
        fresh->targets.push_back({.through = entry.shared_lane,
                                  .first = static_cast<std::uint32_t>(fresh->subscriptions.size()),
                                  .count = static_cast<std::uint32_t>(cheap.size())});
        fresh->subscriptions.insert(fresh->subscriptions.end(), cheap.begin(), cheap.end());
    }
    fresh->inline_first = static_cast<std::uint32_t>(fresh->subscriptions.size());
    fresh->inline_count = static_cast<std::uint32_t>(called_here.size());
    fresh->subscriptions.insert(fresh->subscriptions.end(), called_here.begin(), called_here.end());
    fresh->inline_bare = std::ranges::all_of(
        called_here, [](const auto& one) { return one->form.bare != nullptr && !one->has_owner; });
    fresh->turns = life::plan_turns(*fresh);
    fresh->rules = life_->rules().of(entry);
    fresh->interceptors = life_->interceptors().of(entry.name);
    fresh->inline_bare =
        fresh->inline_bare && fresh->inline_count != 0 && fresh->interceptors == nullptr;
    entry.stamp_all.store(stamp_all, std::memory_order_relaxed);
    return fresh;
}

void engine::count_in(const route& installed) noexcept {
    for (const auto& one : installed.subscriptions) {
        ++one->routes;
    }
}

// Builds a topic's next version and all that its installation needs. False: no lane could be had.
bool engine::stage(topic_entry& entry, std::vector<staged_route>& next) {
    auto fresh = build_route(entry);
    if (fresh == nullptr) {
        return false;
    }
    next.push_back({.entry = &entry,
                    .what = std::move(fresh),
                    .before = {.what = nullptr, .readers = grace(slots_->size())}});
    make_room(retired_routes_, retired_routes_.size() + next.size());
    return true;
}

// Memory was had by stage(), so this is done as a whole.
void engine::install(std::vector<staged_route>& next, fence by) noexcept {
    for (auto& one : next) {
        auto& entry = *one.entry;
        count_in(*one.what);
        one.what->topic_alive = entry.current.load(std::memory_order_relaxed)->topic_alive;
        one.before.what.reset(
            entry.current.exchange(one.what.release(), std::memory_order_acq_rel));  // [PAIR route]
        entry.version.fetch_add(1, std::memory_order_release);                       // [PAIR route]
        retired_routes_.push_back(std::move(one.before));
    }
    if (by == fence::here) {
        real_sync::heavy_fence();  // [PAIR grace]
        begin_grace();
    }
}

// Every topic that the changed subscription matches gets a new version of its route. False: no
// memory, or no lane; then nothing has changed.
bool engine::reroute(const subscription_record& changed, fence by) noexcept {
    std::vector<staged_route> next;
    bool staged = true;
    const bool had_memory = attempt([&] {
        for (const auto& entry : topics_.entries()) {
            staged = staged && (!changed.matches(entry->name) || stage(*entry, next));
        }
    });
    if (!had_memory || !staged) {
        shared_.request_maintenance();
        return false;
    }
    install(next, by);
    return true;
}

// Of the routes that were retired since the last time. After the heavy fence that follows them.
void engine::begin_grace() noexcept {
    for (auto& one : retired_routes_) {
        if (!one.observed) {
            one.observed = true;
            for (std::uint32_t index = 0; index < slots_->size(); ++index) {
                one.readers.observe(slots_->at(index).section, slots_->at(index).calling);
            }
        }
    }
    shared_.request_maintenance();
}

bool engine::has_subscribers(std::string_view topic) noexcept {
    if (closed()) {
        return false;  // also in a forked child, which must not take the lock
    }
    // A slot that the thread has; a question is no reason to lease one.
    const auto& last = last_lease_of_thread;
    auto* slot = last.pool == slots_.get() ? last.slot : nullptr;
    if (slot != nullptr && !slot->section.entered()) {
        slot->section.enter();
        const auto* entry = topics_.find(topic);
        const bool known = entry != nullptr;
        const bool wanted = known && !entry->current.load(std::memory_order_acquire)->empty();
        slot->section.exit();
        if (known) {
            return wanted;
        }
    }
    const std::lock_guard lock(registry_);
    return std::ranges::any_of(
        active_, [&](const auto& one) { return one->listens && one->matches(topic); });
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
