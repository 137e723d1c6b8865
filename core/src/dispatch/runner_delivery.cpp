// SPDX-License-Identifier: MIT
#include "dispatch/retry_room.hpp"
#include "dispatch/runner.hpp"
#include "dispatch/turns.hpp"
#include "event/envelope.hpp"
#include "registry/event_view.hpp"
#include "resilience/held_keys.hpp"
#include <stentor/event/event_key.hpp>

#include <algorithm>
#include <utility>

// What a runner does with a batch: stretches of equal routes, their handlers, the outcomes.
namespace stentor::inline v0::detail {

namespace {

// Null: the entry was carried here from another lane.
const route_target* find_target(const route& origin, const lane& from) noexcept {
    for (const auto& one : origin.targets) {
        if (one.through.get() == &from) {
            return &one;
        }
    }
    return nullptr;
}

// Of an entry that was carried here: the lane's owner alone.
route_target carried_target(const route& origin, const lane& from) noexcept {
    for (std::uint32_t index = 0; index < origin.subscriptions.size(); ++index) {
        if (origin.subscriptions[index].get() == from.owner()) {
            return {.through = nullptr, .first = index, .count = 1};
        }
    }
    STENTOR_ASSERT(false, "an entry lies in a lane that its route does not name");
    return {};
}

constexpr std::uint32_t stretches_measured = 8;  // one in so many
constexpr std::uint32_t batches_per_time = 16;

}  // namespace

void runner::process(lane& from, std::size_t count) noexcept {
    in_hand_.store(static_cast<std::int64_t>(count), std::memory_order_release);
    given_back_ = 0;
    in_batch_ = count;
    const auto stride = from.slot_size();
    kept_from_ = nothing_kept;
    for (std::size_t first = 0; first < count && kept_from_ == nothing_kept;) {
        first = process_stretch(from, first, count, stride);
    }
    if (kept_from_ != nothing_kept) [[unlikely]] {
        keep_rest(from, count);
    }
    drop_adopted();
    if (from.gate != nullptr) {
        leave_gate();
    }
    in_hand_.store(0, std::memory_order_release);
    if (crew_.size.spin_on_traffic || ++batches_ % batches_per_time == 0) {
        last_work_ns_ = shared_.now();
        shared_.keep_coarse(last_work_ns_);
    }
}

std::size_t runner::process_stretch(lane& from, std::size_t first, std::size_t count,
                                    std::size_t stride) noexcept {
    const auto* origin = header_at(buffer_, stride, first).origin;
    const auto* keys = from.ordered() ? keys_ : nullptr;
    std::int64_t flags = 0;
    bool boxed = false;
    auto last = first;
    do {
        const auto& slot = header_at(buffer_, stride, last);
        flags |= slot.stamp;
        boxed = boxed || slot.box != nullptr;
        ++last;
    } while (last < count && header_at(buffer_, stride, last).origin == origin &&
             (keys == nullptr || (keys[last] == key_failed) == (keys[first] == key_failed)));
    const auto* target = find_target(*origin, from);
    route_target alone;
    if (target == nullptr) [[unlikely]] {
        alone = carried_target(*origin, from);
    }
    handle({.from = from,
            .origin = *origin,
            .target = target != nullptr ? *target : alone,
            .slots = buffer_ + first * stride,
            .keys = keys == nullptr ? nullptr : keys + first,
            .count = last - first,
            .sampled = (flags & stamp_precise) != 0,
            .special = (flags & stamp_special) != 0,
            .boxed = boxed,
            .carried = target == nullptr});
    return last;
}

void runner::handle(const stretch& what) noexcept {
    if (what.keys != nullptr && what.keys[0] == key_failed) {
        fail_keyless(what);
        return;
    }
    if (what.from.in_turn()) [[unlikely]] {
        handle_in_turn(what);
    } else {
        handle_now(what);
    }
}

void runner::handle_now(const stretch& what) noexcept {
    if (what.from.batched()) {
        handle_spans(what);
        return;
    }
    bool one_by_one = false;
    for (std::uint32_t index = 0; index < what.target.count; ++index) {
        const auto& one = *what.origin.subscriptions[what.target.first + index];
        one_by_one = one_by_one || timed(one) || (one.held != nullptr && one.held->size() != 0);
    }
    if (one_by_one) {
        handle_timed(what);
    } else {
        handle_plain(what);
    }
}

// One event at a time, each call timed, each entry settled at once.
void runner::handle_timed(const stretch& what) noexcept {
    for (std::size_t at = 0; at < what.count; ++at) {
        const auto& slot = header_at(what.slots, what.from.slot_size(), at);
        if (expired(slot)) {
            expire(what, at);
        } else if (auto& first = *what.origin.subscriptions[what.target.first];
                   held_by_letter(first, what, at)) {
            lay_behind(first, what, at);
        } else {
            std::int64_t moment = 0;
            for (std::uint32_t index = 0; index < what.target.count; ++index) {
                deliver(*what.origin.subscriptions[what.target.first + index], what, at, 1, true,
                        moment);
            }
            judge_lane(what);
        }
        if (kept_from_ != nothing_kept) [[unlikely]] {
            const auto place =
                static_cast<std::size_t>(what.slots - buffer_) / what.from.slot_size() + at;
            settle(what, at, kept_from_ > place ? 1 : 0);
            return;
        }
        settle(what, at, 1);
    }
}

// Handler by handler over as many events as possible; those that may have expired alone.
void runner::handle_plain(const stretch& what) noexcept {
    const auto stride = what.from.slot_size();
    for (std::size_t first = 0; first < what.count;) {
        const auto& slot = header_at(what.slots, stride, first);
        auto last = what.special ? first + 1 : what.count;
        if ((slot.stamp & stamp_special) == 0) {
            while (last < what.count &&
                   (header_at(what.slots, stride, last).stamp & stamp_special) == 0) {
                ++last;
            }
        }
        if (expired(slot)) {
            expire(what, first);
        } else {
            find_samples(what, first, last);
            // What is cheap need not be measured each time to notice that it is so no more.
            const bool measure =
                last - first >= batch_unknown && ++stretches_ % stretches_measured == 0;
            std::int64_t moment = 0;
            for (std::uint32_t index = 0; index < what.target.count; ++index) {
                deliver(*what.origin.subscriptions[what.target.first + index], what, first,
                        last - first, measure, moment);
            }
            sample_count_ = 0;
            judge_lane(what);
        }
        if (kept_from_ != nothing_kept) [[unlikely]] {
            const auto begin = static_cast<std::size_t>(what.slots - buffer_) / stride;
            settle(what, 0, kept_from_ - begin);
            return;
        }
        first = last;
    }
    settle(what, 0, what.count);
}

void runner::find_samples(const stretch& what, std::size_t first, std::size_t last) noexcept {
    sample_count_ = 0;
    for (auto at = first; what.sampled && at < last; ++at) {
        if ((header_at(what.slots, what.from.slot_size(), at).stamp & stamp_precise) != 0) {
            samples_[sample_count_++] = static_cast<std::uint8_t>(at - first);
        }
    }
}

bool runner::expired(const slot_header& slot) const noexcept {
    if ((slot.stamp & stamp_special) == 0 || slot.box->expires_system_ns == 0 ||
        (adopted_ != nullptr && adopted_->owed() != nullptr)) {  // it was called in time
        return false;
    }
    return slot.box->expires_system_ns <= shared_.source().system_ns();
}

void runner::expire(const stretch& what, std::size_t at) noexcept {
    const auto& slot = header_at(what.slots, what.from.slot_size(), at);
    for (std::uint32_t index = 0; index < what.target.count; ++index) {
        auto& one = *what.origin.subscriptions[what.target.first + index];
        if (one.letters && lay_away(one, what, at, dead_letter_reason::expired)) {
            continue;
        }
        one.terminals[index_].expired.add();
        tell_settled(slot, one, settlement::expired, attempts_made());
        tell_waiter(slot, one, delivery_status::expired);
    }
}

// Of an event that somebody waits for; the first thing said of a delivery is what counts. Before
// its entry is settled.
void runner::tell_waiter(const slot_header& slot, const subscription_record& one,
                         delivery_status status, std::string error) noexcept {
    if (awaited(slot)) {
        tell_ended(shared_, slot, one, status, std::move(error));
    }
}

bool runner::awaited(const slot_header& slot) noexcept {
    return (slot.stamp & stamp_special) != 0 &&
           (slot.box->tracker != nullptr || slot.box->turns != nullptr);
}

// The entries are done with: envelopes go, keys are free for others, credits go home.
void runner::settle(const stretch& what, std::size_t first, std::size_t count) noexcept {
    if (released_ != 0) {
        settle_but_released(what, first, count);
        return;
    }
    const auto stride = what.from.slot_size();
    for (std::size_t at = first; what.boxed && at < first + count; ++at) {
        if (auto* box = header_at(what.slots, stride, at).box; box != nullptr) {
            if (const auto bytes = box->drop_reference(); bytes != 0) {
                shared_.bytes.give(bytes);
            }
        }
    }
    const auto left = detached_ == 0 ? 0 : settle_apart_of(what, first, count);
    if (what.keys != nullptr && left == 0) {
        release_keys(what, first, count);
    }
    in_hand_.fetch_sub(static_cast<std::int64_t>(count), std::memory_order_release);
    detached_ -= left;
    const auto settled = count - left;
    if (settled != 0) {
        shared_.end_flights(what.from, static_cast<std::int64_t>(settled));
        shared_.settle(what.from, static_cast<std::int64_t>(settled));
        auto& origin = const_cast<route&>(what.origin);
        if (what.carried) [[unlikely]] {
            origin.carried_outstanding.fetch_sub(static_cast<std::int64_t>(settled),
                                                 std::memory_order_release);
        }
        // Last, with release: a route whose entries are all settled may be freed, and who sees it
        // so sees the credits at home and the outcomes counted. [PAIR settled]
        origin.settled[index_].entries.add_release(settled);
    }
    if (held_deliveries_ != nullptr) {
        release_held();
    }
    if (!held_retries_.empty()) {
        release_retries(*what.origin.subscriptions[what.target.first]);
    }
}

// How many of these stay when the batch is settled, and keep their keys, too.
std::size_t runner::settle_apart_of(const stretch& what, std::size_t first,
                                    std::size_t count) noexcept {
    const auto place = static_cast<std::size_t>(what.slots - buffer_) / what.from.slot_size();
    std::size_t left = 0;
    for (auto at = first; at < first + count; ++at) {
        left += apart_.test(place + at) ? 1 : 0;
    }
    for (auto at = first; left != 0 && at < first + count; ++at) {
        if (what.keys != nullptr && !apart_.test(place + at)) {
            release_keys(what, at, 1);
        }
        apart_.reset(place + at);
    }
    return left;
}

}  // namespace stentor::inline v0::detail
