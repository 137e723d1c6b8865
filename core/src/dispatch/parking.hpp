// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

// Who sleeps, who searches, who is stuck in a long call; and who must be woken. One word, three
// counts. Lock-free; the sleeping itself is the caller's, on `permits` (a futex semaphore).
//
//   parked      runners asleep, or going to sleep, that no permit was issued for
//   searching   runners that look for work: the one spinner, and those woken but not yet served
//   blocked     runners in a call that is known to be long, or that lasts too long
//
// Active = total - parked - blocked. At most `workers` are active at a time: the others are the
// spare runners, which come in when a worker is blocked.
//
// Rules
//   1. Whoever makes a lane ready calls notify() afterwards. It wakes at most one runner, and none
//      while somebody searches: the searcher will find the lane. So a publisher pays for at most
//      one wake-up per idle-to-busy edge.
//   2. A searcher that found work calls stop_searching() and then looks at the ready set once more:
//      if it is not empty, it calls notify(). So a second slow lane gets a second runner.
//   3. A runner that parks calls begin_park() and then looks at the ready set once more.
//
// Why nobody sleeps while work is ready. All operations below are sequentially consistent.
//   (I) an insert into the ready set   (N) notify()'s look at the word, after I
//   (B) a runner's begin_park() or stop_searching()   (R) its look at the ready set, after B
//   I before R: R sees the lane.
//   R before I: then B is before N, so N sees one searcher less and one more parked, and wakes it,
//     unless another runner searches (which has its own B and R still to come) or `workers` runners
//     are active (each takes from the ready set before it parks).
// The model is tests/litmus/models/parking.pml; tests/litmus/engine_test.cpp runs this code.
namespace stentor::inline v0::detail {

template <class Sync>
class parking {
public:
    // 1 <= workers <= total <= 65535.
    parking(std::uint32_t total, std::uint32_t workers) noexcept
        : total_(total), workers_(workers) {}

    // True: the caller issues one permit (wakes one sleeper), which is already counted as
    // searching.
    [[nodiscard]] bool notify() noexcept {
        auto word = word_.load(std::memory_order_seq_cst);  // N [PAIR ready-park]
        for (;;) {
            if (!wakes(word)) {
                return false;
            }
            if (word_.compare_exchange_strong(word, word - one_parked + one_searching,
                                              std::memory_order_seq_cst,
                                              std::memory_order_seq_cst)) {
                return true;
            }
        }
    }

    // A runner without work wants to spin. False: another searches already, park instead.
    [[nodiscard]] bool try_search() noexcept {
        auto word = word_.load(std::memory_order_seq_cst);
        while (searching(word) == 0) {
            if (word_.compare_exchange_strong(word, word + one_searching, std::memory_order_seq_cst,
                                              std::memory_order_seq_cst)) {
                return true;
            }
        }
        return false;
    }

    // The searcher found work. The caller looks at the ready set again (rule 2).
    void stop_searching() noexcept {
        word_.fetch_sub(one_searching, std::memory_order_seq_cst);  // B
    }

    // The caller looks at the ready set again (rule 3), then sleeps until it gets a permit.
    void begin_park(bool was_searching) noexcept {
        word_.fetch_add(one_parked - (was_searching ? one_searching : 0),
                        std::memory_order_seq_cst);  // B
    }

    // The last look found work. True: the caller is active again. False: somebody issued a permit
    // meanwhile; the caller takes it, and is then searching. Sleepers are not told apart, so the
    // place that is given up may be another sleeper's, whose permit then serves this one.
    [[nodiscard]] bool cancel_park() noexcept {
        auto word = word_.load(std::memory_order_seq_cst);
        while (parked(word) != 0) {
            if (word_.compare_exchange_strong(word, word - one_parked, std::memory_order_seq_cst,
                                              std::memory_order_seq_cst)) {
                return true;
            }
        }
        return false;
    }

    // Around a long call. After enter_blocked() the caller looks at the ready set and notifies.
    void enter_blocked() noexcept { word_.fetch_add(one_blocked, std::memory_order_seq_cst); }
    // The same for a call that is known to be long; false when `limit` runners are blocked already.
    [[nodiscard]] bool try_enter_blocked(std::uint64_t limit) noexcept {
        auto word = word_.load(std::memory_order_seq_cst);
        while (blocked(word) < limit) {
            if (word_.compare_exchange_strong(word, word + one_blocked, std::memory_order_seq_cst,
                                              std::memory_order_seq_cst)) {
                return true;
            }
        }
        return false;
    }
    [[nodiscard]] bool may_block(std::uint64_t limit) const noexcept {
        return blocked(word_.load(std::memory_order_seq_cst)) < limit;
    }
    void leave_blocked() noexcept { word_.fetch_sub(one_blocked, std::memory_order_seq_cst); }

    // A spare runner that is not needed any more parks although work is ready, because `workers`
    // others are active. True: the caller is counted as parked and sleeps (no last look needed:
    // whoever drops below `workers` looks at the ready set itself).
    [[nodiscard]] bool try_park_surplus() noexcept {
        auto word = word_.load(std::memory_order_seq_cst);
        while (active(word) > workers_) {
            if (word_.compare_exchange_strong(word, word + one_parked, std::memory_order_seq_cst,
                                              std::memory_order_seq_cst)) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] bool all_parked() const noexcept {
        return parked(word_.load(std::memory_order_seq_cst)) == total_;
    }
    [[nodiscard]] std::uint32_t parked_now() const noexcept {
        return parked(word_.load(std::memory_order_relaxed));  // for metrics only
    }
    // notify() would wake somebody: no searcher is about to look at the ready set, and fewer than
    // `workers` runners are active, each of which would. As of a moment ago.
    [[nodiscard]] bool would_wake() const noexcept {
        return wakes(word_.load(std::memory_order_relaxed));
    }

private:
    static constexpr std::uint64_t one_parked = 1;
    static constexpr std::uint64_t one_searching = std::uint64_t{1} << 16;
    static constexpr std::uint64_t one_blocked = std::uint64_t{1} << 32;

    static constexpr std::uint64_t parked(std::uint64_t word) noexcept { return word & 0xffff; }
    static constexpr std::uint64_t searching(std::uint64_t word) noexcept {
        return (word >> 16) & 0xffff;
    }
    static constexpr std::uint64_t blocked(std::uint64_t word) noexcept {
        return (word >> 32) & 0xffff;
    }
    bool wakes(std::uint64_t word) const noexcept {
        return searching(word) == 0 && parked(word) != 0 && active(word) < workers_;
    }
    std::uint64_t active(std::uint64_t word) const noexcept {
        const auto away = parked(word) + blocked(word);
        return away >= total_ ? 0 : total_ - away;
    }

    // Written by runners, by notifiers and by the watch tick.
    typename Sync::template atomic<std::uint64_t> word_{0};
    const std::uint64_t total_;
    const std::uint64_t workers_;
};

}  // namespace stentor::inline v0::detail
