// SPDX-License-Identifier: MIT
#pragma once

#include "support/explore/knowledge.hpp"
#include "support/explore/strategy.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

// What a load may return: the memory that the explored atomics live in.
//
// sc     one value per atomic; every store is visible at once.
// tso    x86: a store that is no read-modify-write waits in its task's first-in-first-out buffer
//        until the scheduler lets it out. Full fences, read-modify-writes and seq_cst stores empty
//        the owner's buffer, a heavy fence (membarrier) empties everybody's, a light fence none.
// weak   C++20 without its two oddest corners (loads executed after later stores; stores inserted
//        before older stores): a load may return any of the last few stores that nothing the task
//        knows has made obsolete. Acquire and release hand knowledge on, seq_cst fences meet in
//        one total order, and a light fence is ordered with heavy fences only.
//
// In all three, happens-before follows the orders that the code asks for, so a plain variable that
// is handed over with too weak an order is reported even where the hardware would forgive it.
namespace stentor::explore {

enum class memory_model { sc, tso, weak };

// The untyped part of an explored atomic.
struct location {
    static constexpr std::uint32_t alive_mark = 0x51e47012;
    static constexpr std::uint32_t untracked = 0xffffffff;
    static constexpr std::size_t history = 4;

    struct store_record {
        std::uint64_t bits = 0;
        knowledge carried;
    };

    std::array<store_record, history> stores;
    std::uint16_t newest = 0;  // index of the last store; it lives in stores[newest % history]
    std::uint32_t id = untracked;
    std::uint32_t mark = alive_mark;
    bool address = false;  // holds a pointer
    const char* name = nullptr;

    [[nodiscard]] store_record& last() noexcept { return stores[newest % history]; }
    [[nodiscard]] const store_record& last() const noexcept { return stores[newest % history]; }
};

// A plain variable's past, to tell a data race.
struct access_history {
    epoch write;
    std::array<std::uint32_t, tasks_max> reads{};
};

class memory {
public:
    // Before each schedule; atomics that are made from here on get the ids 0, 1, ...
    void reset(memory_model model, strategy& choices) noexcept;
    std::uint32_t new_id() noexcept { return ids_++; }

    std::uint64_t load(unsigned task, location& where, std::memory_order order);
    void store(unsigned task, location& where, std::uint64_t bits, std::memory_order order);
    // A read-modify-write: begin_update() gives the newest value, then exactly one of the others.
    std::uint64_t begin_update(unsigned task, location& where);
    void commit_update(unsigned task, location& where, std::uint64_t bits, std::memory_order order);
    void refuse_update(unsigned task, location& where, std::memory_order order);

    void full_fence(unsigned task);
    void light_fence(unsigned task) noexcept;
    void heavy_fence(unsigned task);
    // Stores become visible in the end: a task that waits in a loop stops seeing old values.
    void catch_up(unsigned task) noexcept;

    [[nodiscard]] actor_set flushable() const noexcept { return flushable_; }
    // Lets the oldest store in the task's buffer reach memory, and returns where it went.
    location& flush(unsigned task);
    // The atomic is destroyed: stores that still wait for it have nowhere to go.
    void forget(const location& where) noexcept;

    // Plain variables. False: the access races with an earlier one.
    bool read_plain(unsigned task, access_history& past) noexcept;
    bool write_plain(unsigned task, access_history& past) noexcept;

private:
    struct buffered_store {
        location* where;
        std::uint64_t bits;
        knowledge carried;
    };
    struct task_memory {
        knowledge now;
        knowledge later;     // read by relaxed loads: counts from the next acquire fence on
        knowledge released;  // what relaxed stores hand on since the last release fence
        knowledge lit;       // at the last light fence
        std::vector<buffered_store> buffer;
    };

    void publish(location& where, std::uint64_t bits, const knowledge& carried) noexcept;
    void acquire_from(task_memory& self, const knowledge& carried,
                      std::memory_order order) noexcept;
    void drain(unsigned task);
    void tick(unsigned task) noexcept { ++tasks_[task].now.clock[task]; }
    void fence(unsigned task) noexcept;

    memory_model model_ = memory_model::sc;
    strategy* choices_ = nullptr;
    std::uint32_t ids_ = 0;
    actor_set flushable_ = 0;
    std::array<task_memory, tasks_max> tasks_;
    std::array<std::uint16_t, tracked_locations_max> newest_{};
    knowledge total_;  // the one order of seq_cst operations
    knowledge heavy_;  // the one order of heavy fences
};

}  // namespace stentor::explore
