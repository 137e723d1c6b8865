// SPDX-License-Identifier: MIT
#pragma once

#include "support/explore/scheduler.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <source_location>
#include <type_traits>

// explored_sync: the Sync policy of the protocol kernels over the scheduler. Its atomics let others
// act before every operation; outside a task (set-up, final checks) they act at once.
//
// A value takes part with at most 8 bytes. Fetch operations are for integers.
namespace stentor::explore {

template <class T>
class atomic {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));

public:
    using value_type = T;
    using here = std::source_location;

    atomic() noexcept : atomic(T{}) {}
    atomic(T value) noexcept {  // NOLINT(google-explicit-constructor): as std::atomic
        where_.address = std::is_pointer_v<T>;
        where_.last().bits = encode(value);
        if (auto* scheduler = scheduler::exploring()) {
            where_.id = scheduler->shared().new_id();
        }
    }
    ~atomic() {
        where_.mark = 0;
        if (auto* scheduler = scheduler::exploring()) {
            scheduler->shared().forget(where_);
        }
    }
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    // What the printed schedule calls it.
    void name(const char* text) noexcept { where_.name = text; }
    [[nodiscard]] location& where() noexcept { return where_; }

    T load(std::memory_order order, here caller = here::current()) const noexcept {
        auto* scheduler = begin(caller);
        if (scheduler == nullptr) {
            return decode(where_.last().bits);
        }
        const auto bits = scheduler->shared().load(scheduler->task(), where_, order);
        record(*scheduler, operation::load, order, bits, bits, caller);
        return decode(bits);
    }

    void store(T value, std::memory_order order, here caller = here::current()) noexcept {
        auto* scheduler = begin(caller);
        const auto bits = encode(value);
        if (scheduler == nullptr) {
            where_.last().bits = bits;
            return;
        }
        record(*scheduler, operation::store, order, bits, bits, caller);
        scheduler->shared().store(scheduler->task(), where_, bits, order);
    }

    T exchange(T value, std::memory_order order, here caller = here::current()) noexcept {
        return update(operation::exchange, order, caller, [value](T) { return value; });
    }

    bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                                 std::memory_order failure,
                                 here caller = here::current()) noexcept {
        auto* scheduler = begin(caller);
        if (scheduler == nullptr) {
            const bool equal = where_.last().bits == encode(expected);
            if (equal) {
                where_.last().bits = encode(desired);
            } else {
                expected = decode(where_.last().bits);
            }
            return equal;
        }
        const auto before = scheduler->shared().begin_update(scheduler->task(), where_);
        if (before == encode(expected)) {
            record(*scheduler, operation::compare_exchange, success, before, encode(desired),
                   caller);
            scheduler->shared().commit_update(scheduler->task(), where_, encode(desired), success);
            return true;
        }
        record(*scheduler, operation::compare_exchange, failure, before, encode(expected), caller,
               false);
        scheduler->shared().refuse_update(scheduler->task(), where_, failure);
        expected = decode(before);
        return false;
    }
    // Never fails by itself: a spurious failure takes the path of a lost race, which is explored.
    bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                               std::memory_order failure, here caller = here::current()) noexcept {
        return compare_exchange_strong(expected, desired, success, failure, caller);
    }

    T fetch_add(T value, std::memory_order order, here caller = here::current()) noexcept {
        return update(operation::fetch_add, order, caller,
                      [value](T old) { return static_cast<T>(old + value); });
    }
    T fetch_sub(T value, std::memory_order order, here caller = here::current()) noexcept {
        return update(operation::fetch_sub, order, caller,
                      [value](T old) { return static_cast<T>(old - value); });
    }
    T fetch_or(T value, std::memory_order order, here caller = here::current()) noexcept {
        return update(operation::fetch_or, order, caller,
                      [value](T old) { return static_cast<T>(old | value); });
    }
    T fetch_and(T value, std::memory_order order, here caller = here::current()) noexcept {
        return update(operation::fetch_and, order, caller,
                      [value](T old) { return static_cast<T>(old & value); });
    }

private:
    static std::uint64_t encode(T value) noexcept {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof(T));
        return bits;
    }
    static T decode(std::uint64_t bits) noexcept {
        T value;
        std::memcpy(&value, &bits, sizeof(T));
        return value;
    }

    // The scheduler to act through; null outside a task, where nothing is explored.
    scheduler* begin(here caller) const {
        auto* scheduler = scheduler::exploring();
        if (scheduler == nullptr || !scheduler->in_task()) {
            return nullptr;
        }
        scheduler->point();
        if (where_.mark != location::alive_mark) {
            record(*scheduler, operation::load, std::memory_order::relaxed, 0, 0, caller);
            scheduler->fail("an atomic is used after its destruction");
        }
        return scheduler;
    }

    template <class Change>
    T update(operation kind, std::memory_order order, here caller, Change change) noexcept {
        auto* scheduler = begin(caller);
        if (scheduler == nullptr) {
            const T before = decode(where_.last().bits);
            where_.last().bits = encode(change(before));
            return before;
        }
        const auto before = scheduler->shared().begin_update(scheduler->task(), where_);
        const auto after = encode(change(decode(before)));
        record(*scheduler, kind, order, before, after, caller);
        scheduler->shared().commit_update(scheduler->task(), where_, after, order);
        return decode(before);
    }

    void record(scheduler& scheduler, operation kind, std::memory_order order, std::uint64_t before,
                std::uint64_t after, here caller, bool succeeded = true) const {
        scheduler.record({kind, static_cast<std::uint8_t>(scheduler.task()),
                          static_cast<std::uint8_t>(order), succeeded, where_.address, where_.id,
                          where_.name, before, after, caller.file_name(), caller.line()});
    }

    mutable location where_;
};

// A mutex as the explorer sees one.
class mutex {
public:
    void lock() noexcept;
    void unlock() noexcept { taken_.store(false, std::memory_order_release); }

private:
    atomic<bool> taken_{false};
};

struct explored_sync {
    template <class T>
    using atomic = explore::atomic<T>;
    using mutex = explore::mutex;
    using here = std::source_location;

    static void light_fence(here caller = here::current()) noexcept {
        if (auto* scheduler = in_task(operation::light_fence, caller)) {
            scheduler->shared().light_fence(scheduler->task());
        }
    }
    static void heavy_fence(here caller = here::current()) noexcept {
        if (auto* scheduler = in_task(operation::heavy_fence, caller)) {
            scheduler->shared().heavy_fence(scheduler->task());
        }
    }
    static void full_fence(here caller = here::current()) noexcept {
        if (auto* scheduler = in_task(operation::full_fence, caller)) {
            scheduler->shared().full_fence(scheduler->task());
        }
    }
    static void pause(here caller = here::current()) noexcept {
        if (auto* scheduler = scheduler::exploring()) {
            scheduler->pause(caller);
        }
    }

private:
    static scheduler* in_task(operation kind, here caller) noexcept {
        auto* scheduler = scheduler::exploring();
        if (scheduler == nullptr || !scheduler->in_task()) {
            return nullptr;
        }
        // A light fence is no instruction: nobody can act just because it is there.
        if (kind != operation::light_fence) {
            scheduler->point();
        }
        trace_step step;
        step.kind = kind;
        step.task = static_cast<std::uint8_t>(scheduler->task());
        step.file = caller.file_name();
        step.line = caller.line();
        scheduler->record(step);
        return scheduler;
    }
};

inline void mutex::lock() noexcept {
    while (taken_.load(std::memory_order_relaxed) ||
           taken_.exchange(true, std::memory_order_acquire)) {
        explored_sync::pause();
    }
}

// A system call's futex: waits while the word holds `expected`; the comparison and falling asleep
// are one step. For tasks only.
inline wait_result futex_wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                              std::optional<std::chrono::nanoseconds> timeout = {},
                              std::source_location caller = std::source_location::current()) {
    std::optional<std::int64_t> nanoseconds;
    if (timeout) {
        nanoseconds = timeout->count();
    }
    return scheduler::exploring()->wait(word.where(), expected, nanoseconds, caller);
}

// Wakes up to `count` of those that wait on the word; returns how many.
inline unsigned futex_wake(atomic<std::uint32_t>& word, unsigned count,
                           std::source_location caller = std::source_location::current()) {
    return scheduler::exploring()->wake(word.where(), count, caller);
}

}  // namespace stentor::explore
