// SPDX-License-Identifier: MIT
#pragma once

#include "base/sync.hpp"
#include "dispatch/inline_frame.hpp"
#include "event/envelope.hpp"
#include "lane/credit_pool.hpp"
#include "registry/call_guard.hpp"
#include "registry/read_sections.hpp"
#include <stentor/base/cache_line.hpp>
#include <stentor/event/publish_result.hpp>
#include <stentor/metrics/counter.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace stentor::inline v0::detail {

struct topic_entry;
struct route_cell;

// Which way a publish may take, and the route's cell for it. In the low bits of one word, because
// the cell goes with its route: nobody may look into it before he is inside a read section.
class short_way {
public:
    short_way() noexcept = default;  // there is none
    [[nodiscard]] static short_way through_lane(route_cell* cell) noexcept { return {cell, 0}; }
    [[nodiscard]] static short_way inlined(route_cell* cell) noexcept { return {cell, 1}; }
    // The same, for what bus/inline_direct.hpp does.
    [[nodiscard]] static short_way direct(route_cell* cell) noexcept { return {cell, 2}; }

    // NOLINTBEGIN(performance-no-int-to-ptr): the low bits say which way
    [[nodiscard]] bool is_through_lane() const noexcept { return (word_ & 3) == 0; }
    [[nodiscard]] bool is_direct() const noexcept { return (word_ & 2) != 0; }
    [[nodiscard]] bool is_inlined() const noexcept { return !is_through_lane() && word_ != 1; }
    [[nodiscard]] route_cell* cell() const noexcept {
        return reinterpret_cast<route_cell*>(word_ & ~std::uintptr_t{3});
    }
    // Of that way: spares the mask.
    [[nodiscard]] route_cell* lane_cell() const noexcept {
        return reinterpret_cast<route_cell*>(word_);
    }
    [[nodiscard]] route_cell* direct_cell() const noexcept {
        return reinterpret_cast<route_cell*>(word_ - 2);
    }
    // NOLINTEND(performance-no-int-to-ptr)

private:
    short_way(route_cell* cell, std::uintptr_t which) noexcept
        : word_(reinterpret_cast<std::uintptr_t>(cell) | which) {}

    std::uintptr_t word_ = 1;
};

// What one publishing thread owns in a bus: its read section, ticket counter, envelope pool and
// counters. Producer tokens and cached credits are in the lanes' ports of the same index.
class alignas(cache_line_size) publisher_slot {
public:
    static constexpr std::size_t statuses = 12;
    static constexpr std::uint32_t sample_every = 64;

    std::uint32_t index = 0;
    bool shared = false;  // claimed for each publish, instead of leased
    // Held by the thread that publishes through a shared slot. [PAIR slot]
    std::atomic<bool> claimed{false};

    // --- the holder's; others read the counters and the section -------------------------------
    alignas(cache_line_size) read_section<real_sync> section;
    // Tickets are numbers from here on, one for each event that was stamped. As many publishes were
    // accepted, if all is well; the others are counted in `refused`.
    std::uint64_t ticket_base = 0;
    counter tickets;
    std::uint64_t next_sample = sample_every;  // by the count of tickets
    std::uint32_t jitter = 1;
    std::int64_t latest_precise = 0;  // of its stamps
    counter refused;
    std::array<counter, statuses> by_status;
    // The last few types published. A typed topic's entry lives as long as the bus; the way is of
    // the route version that the entry had, and good only while it still has it.
    struct alignas(32) known_topic {
        const event_type* type = nullptr;
        topic_entry* entry = nullptr;
        std::uint64_t version = 0;
        short_way way;
    };
    static constexpr std::size_t known_topics = 32;
    std::array<known_topic, known_topics> known;
    credit_cache<real_sync> bytes;  // of the bus's envelope memory
    envelope_pool pool;

    // --- inline handlers that the holder is inside; see bus/inline_calls.cpp -------------------
    // Entered by the outermost of them: holds their routes, while `section` is free for what they
    // publish.
    alignas(cache_line_size) read_section<real_sync> calling;
    std::uint32_t depth = 0;  // calls that the holder is inside of beside the outermost one
    // The outermost event, for the watch, which makes its id of them; ticket 0: it has an id of its
    // own. Written by the holder inside `calling`, read by the watch while that goes on.
    std::atomic<std::uint64_t> calling_ticket{0};
    std::atomic<std::int64_t> calling_stamp{0};
    // Written by the holder, read by drains: the innermost handler waits for the engine.
    std::atomic<bool> waits{false};
    // Whom it calls, by depth.
    alignas(cache_line_size)
        std::array<call_guard<real_sync, subscription_record>, inline_frame::nesting_max> guards;
    // Of a thread's outermost call, when this slot makes it; nothing of it changes.
    inline_frame outermost{.slot = this, .guard = guards.data()};

    void note_call(const slot_header& header) noexcept {
        const bool own_id = header.box != nullptr && header.box->has_id;
        calling_ticket.store(own_id ? 0 : header.ticket, std::memory_order_relaxed);
        calling_stamp.store(header.stamp, std::memory_order_relaxed);
    }
    // After so many tickets: the next one may be one that samples() picks, or the last one was.
    [[nodiscard]] bool near_sample([[maybe_unused]] std::uint64_t count) const noexcept {
#if defined(STENTOR_NO_METRICS)
        return false;
#else
        return count >= next_sample;
#endif
    }
    void count(publish_status status) noexcept {
        by_status[static_cast<std::size_t>(status)].add();
    }
    // True for about one ticket in sample_every, with jitter, so that a pattern of the same period
    // is not seen always or never.
    [[nodiscard]] bool samples([[maybe_unused]] std::uint64_t count) noexcept {
#if defined(STENTOR_NO_METRICS)
        return false;
#else
        if (count < next_sample) [[likely]] {
            return false;
        }
        jitter = jitter * 1664525U + 1013904223U;
        next_sample = count + sample_every * 3 / 4 + (jitter >> 16) % (sample_every / 2);
        return true;
#endif
    }
    static std::size_t known_place(const event_type* type) noexcept {
        return (reinterpret_cast<std::uintptr_t>(type) / alignof(event_type)) % known_topics;
    }
};

class slot_pool;

// The lease that the thread used last; has no destructor, so that reading it needs no guard.
struct last_lease {
    const slot_pool* pool = nullptr;
    publisher_slot* slot = nullptr;
    bool ended = false;  // the thread's leases are returned; it publishes through shared slots
};
// initial-exec: found by one load instead of a call, also in a shared library. It takes a few bytes
// of what the loader keeps for libraries that are loaded late.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local last_lease last_lease_of_thread;

// The slots of one bus. Kept alive by the bus and by every lease, so that a thread may return its
// lease after the bus is gone. acquire and release are lock-free.
class slot_pool {
public:
    static constexpr std::uint32_t shared_slots = 8;

    // `owner`: of the frames of inline calls; only compared.
    slot_pool(std::uint32_t leased_max, std::uint64_t ticket_base, const void* owner);

    // A slot of the caller's own; null when all are leased.
    [[nodiscard]] publisher_slot* lease() noexcept;
    void give_back(publisher_slot* slot) noexcept;
    // For one publish; waits only while all shared slots are in the middle of a publish.
    [[nodiscard]] publisher_slot* claim_shared() noexcept;
    static void unclaim(publisher_slot* slot) noexcept;

    [[nodiscard]] std::uint32_t size() const noexcept { return total_; }
    [[nodiscard]] publisher_slot& at(std::uint32_t index) noexcept { return slots_[index]; }
    [[nodiscard]] const publisher_slot& at(std::uint32_t index) const noexcept {
        return slots_[index];
    }

    // The calling thread's slot: its sticky lease, made at its first publish; null when all are
    // leased, then claim_shared() serves.
    [[nodiscard]] static publisher_slot* of_this_thread(
        const std::shared_ptr<slot_pool>& pool) noexcept {
        const auto& last = last_lease_of_thread;
        return last.pool == pool.get() ? last.slot : find_lease(pool);
    }

    // After this, threads forget their leases when they next look.
    void retire() noexcept { retired_.store(true, std::memory_order_release); }
    [[nodiscard]] bool retired() const noexcept { return retired_.load(std::memory_order_acquire); }

private:
    [[nodiscard]] static publisher_slot* find_lease(
        const std::shared_ptr<slot_pool>& pool) noexcept;

    const std::uint32_t leased_max_;
    const std::uint32_t total_;
    std::unique_ptr<publisher_slot[]> slots_;
    // One flag per leasable slot: taken by CAS (acquire), returned by a release store. [PAIR slot]
    std::unique_ptr<std::atomic<bool>[]> taken_;
    std::atomic<bool> retired_{false};
};

}  // namespace stentor::inline v0::detail
