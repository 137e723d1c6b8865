// SPDX-License-Identifier: MIT
#include "base/allocator.hpp"
#include "base/attempt.hpp"
#include "bus/life.hpp"

#include <algorithm>

// What runners ask for and the watch does: moving subscriptions between lanes by their measured
// service time, ending deferred subscriptions, freeing what nobody uses any more.
namespace stentor::inline v0::detail {

namespace {

// An idle lane whose queue once held more than this is replaced, because the queue keeps its memory
// until it dies.
constexpr std::int64_t lane_bytes_kept = std::int64_t{1} << 20;

}  // namespace

void engine::maintain(bool idle) noexcept {
    log_.flush(false);
    close_ended_rooms();
    finish_deferred();
    if (tidy_up(idle)) {
        return_free_memory();
    }
}

// True: a lane with much memory was freed.
bool engine::tidy_up(bool idle) noexcept {
    const std::lock_guard lock(registry_);
    const bool had_memory = attempt([&] {
        for (std::size_t at = 0; at < active_.size();) {
            const auto one = active_[at];  // held, because an owner's end takes it off the list
            if (one->closed.load(std::memory_order_acquire)) {
                delist(one);  // nobody will call unsubscribe before its handle goes
            } else {
                place(*one);
                ++at;
            }
        }
        if (idle) {
            renew_lanes();
        }
    });
    choose_stamps();
    bool unfinished = !had_memory;  // nothing moved half-way, so try again
    for (const auto& one : closed_) {
        if (one->still_routed) {
            one->still_routed = !reroute(*one);
            unfinished = true;
        }
    }
    reclaim();
    unfinished = life_->return_set_apart() || unfinished;
    const bool freed_much = release_lanes();
    // What waits for a resume asks for maintenance then, and keeps nobody awake until then.
    unfinished =
        unfinished || !dying_lanes_.empty() ||
        std::ranges::any_of(retired_routes_, [](auto& one) { return !life::rests(one); }) ||
        std::ranges::any_of(closed_, [](const auto& one) {
            return !one->handler_gone.load(std::memory_order_acquire);
        });
    if (unfinished) {
        shared_.request_maintenance();
    }
    return freed_much;
}

void engine::place(subscription_record& record) {
    if (record.options.placement != placement::automatic || record.needs_own_lane() ||
        record.way.load(std::memory_order_relaxed) != passage::open) {
        return;
    }
    const bool shares = record.in_shared_lane.load(std::memory_order_relaxed);
    const auto cost = record.cost_ns.load(std::memory_order_relaxed);
    const bool judged = record.calls_seen.load(std::memory_order_relaxed) >= calls_to_judge;
    const bool surprise = record.surprise.exchange(false, std::memory_order_relaxed);
    bool join = !shares && judged && cost <= cheap_up_to_ns && !surprise;
    bool leave = shares && (surprise || cost >= demote_from_ns);
    if (kit_ != nullptr) {  // every placement must do, so a test tries them all
        constexpr std::uint64_t seldom = 4;
        const bool moves = kit_->choose(seldom) == 0;
        join = !shares && moves;
        leave = shares && moves;
    }
    if (join) {
        record.in_shared_lane.store(true, std::memory_order_relaxed);
        if (reroute(record)) {
            record.own.reset();
        } else {
            record.in_shared_lane.store(false, std::memory_order_relaxed);
        }
    } else if (leave) {
        if (own_lane_for(record)) {
            record.in_shared_lane.store(false, std::memory_order_relaxed);
            record.calls_seen.store(0, std::memory_order_relaxed);
            static_cast<void>(reroute(record));
        }
    }
}

// Every event of a topic is stamped precisely while some handler of it is not known to be cheap.
void engine::choose_stamps() noexcept {
    for (const auto& entry : topics_.entries()) {
        const auto& subscriptions = entry->current.load(std::memory_order_relaxed)->subscriptions;
        entry->stamp_all.store(
            std::ranges::any_of(subscriptions, [](const auto& one) { return timed(*one); }),
            std::memory_order_relaxed);
    }
}

// Gives memory back after a burst: publishers turn to a new lane, the old one dies when it is
// empty. Not where the number of calls at once is limited, or their order kept: a publisher that
// holds the old route may fill the old lane while the new one is drained as well.
void engine::renew_lanes() {
    for (const auto& entry : topics_.entries()) {
        if (entry->shared_lane != nullptr && swollen(*entry->shared_lane) &&
            !renew_shared(*entry)) {
            return;
        }
    }
    for (const auto& one : active_) {
        if (one->own != nullptr && one->options.max_concurrency == 0 && !one->own->ordered() &&
            !one->own->in_turn() && swollen(*one->own) &&
            one->way.load(std::memory_order_relaxed) == passage::open) {
            const auto old = std::exchange(one->own, nullptr);
            bool moved = false;
            static_cast<void>(attempt([&] { moved = own_lane_for(*one) && reroute(*one); }));
            if (!moved) {
                one->own = old;
            }
        }
    }
}

bool engine::renew_shared(topic_entry& entry) {
    const auto old = std::exchange(entry.shared_lane, nullptr);
    std::vector<staged_route> next;
    bool staged = false;
    if (attempt([&] { staged = stage(entry, next); }) && staged) {
        install(next);
        return true;
    }
    entry.shared_lane = old;
    return false;
}

bool engine::held_much(const lane& which) noexcept {
    return which.backlog_peak.load(std::memory_order_relaxed) * which.slot_size() > lane_bytes_kept;
}

bool engine::swollen(const lane& which) noexcept {
    return held_much(which) && which.state.idle() && !which.pending();
}

// Handlers that unsubscribed themselves: the last call is over when no runner holds them. Destroyed
// without the lock, because what they captured may unsubscribe others, or ask the bus.
void engine::finish_deferred() noexcept {
    const auto next = [this]() -> std::shared_ptr<subscription_record> {
        const std::lock_guard lock(registry_);
        const auto found = std::ranges::find_if(closed_, [this](const auto& one) {
            return one->deferred.load(std::memory_order_acquire) &&
                   !one->handler_gone.load(std::memory_order_acquire) &&
                   !being_called(*one, calls::all) && !life::hooked(*one);
        });
        return found == closed_.end() ? nullptr : *found;
    };
    while (const auto one = next()) {
        destroy_handler(*one);
    }
}

// Frees route versions that no publisher can hold and whose entries are all settled.
void engine::reclaim() noexcept {
    std::erase_if(retired_routes_, [this](retired_route& one) {
        // Guests came while it was read, so none comes after its readers have gone. [PAIR guest]
        return one.readers.elapsed() && one.what->guests.load(std::memory_order_acquire) == 0 &&
               one.what->redrives.load(std::memory_order_acquire) == 0 &&  // [PAIR redrive]
               one.what->entries_outstanding() == 0 && fold(*one.what);
    });
    std::erase_if(closed_, [this](const std::shared_ptr<subscription_record>& one) {
        if (one->routes != 0 || !one->handler_gone.load(std::memory_order_acquire)) {
            return false;
        }
        auto terms = terminals_of(*one);
        terms.accepted += static_cast<std::int64_t>(one->accepted_folded);
        removed_ += terms;
        if (kit_ != nullptr) {
            kit_->gone(one->name, terms);
        }
        return true;
    });
}

// False: no memory to remember what was cancelled, so the route stays a while.
bool engine::fold(const route& gone) noexcept {
    if (const auto cancelled = gone.cancelled_entries(); cancelled != 0 && closed()) {
        if (!attempt([&] {
                cancelled_folded_[gone.topic->name] += static_cast<std::int64_t>(cancelled);
            })) {
            return false;
        }
    }
    const auto events = gone.events_accepted();
    events_folded_ += events;
    for (const auto& one : gone.subscriptions) {
        one->accepted_folded += events;
        --one->routes;
    }
    return true;
}

// Lanes that no route names: first out of the table, then, a grace period later, freed.
// True: one that held much is freed.
bool engine::release_lanes() noexcept {
    bool unlinked = false;
    const auto readers_max = std::size_t{slots_->size()} + runners_.size();
    for (auto& one : lanes_) {
        if (one != nullptr && one.use_count() == 1 && !lane_in_use(*one)) {
            dying_lane gone{};
            if (!attempt([&] {
                    gone.readers = grace(readers_max);
                    make_room(dying_lanes_, dying_lanes_.size() + 1);
                })) {
                shared_.request_maintenance();
                break;
            }
            shared_.set_lane(one->id(), nullptr);
            gone.what = std::move(one);
            dying_lanes_.push_back(std::move(gone));
            unlinked = true;
        }
    }
    if (unlinked) {
        real_sync::heavy_fence();  // [PAIR grace]
        for (auto& one : dying_lanes_) {
            if (!std::exchange(one.observed, true)) {
                for (std::uint32_t index = 0; index < slots_->size(); ++index) {
                    one.readers.observe(slots_->at(index).section);
                }
                for (const auto& reader : runners_) {
                    one.readers.observe(reader->looking);
                }
            }
        }
    }
    bool freed_much = false;
    std::erase_if(dying_lanes_, [&](dying_lane& one) {
        if (!one.readers.elapsed()) {
            return false;
        }
        freed_much = freed_much || held_much(*one.what);
        shared_.credits.give(one.what->take_cached_credits());
        free_lane_ids_.push_back(one.what->id());
        return true;
    });
    return freed_much;
}

bool engine::lane_in_use(const lane& which) const noexcept {
    return !which.state.idle() || which.pending() || which.outstanding() != 0 ||
           std::ranges::any_of(runners_, [&](const auto& one) { return one->touches(&which); });
}

}  // namespace stentor::inline v0::detail
