// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

// Decides who drains a lane. Lock-free on every side; knows neither the queue nor the executor.
//
// One word holds three fields:
//   scheduled   one bit: the lane is in the ready set, or a runner is about to take it from there
//   attending   how many runners will look at the queue again before they leave it alone
//   inside      how many runners hold the lane at all, attending or in a call that may be long
//
// A publisher calls claim_after_enqueue() when its event is in the queue; on true it must put the
// lane into the ready set. A runner that took the lane from the ready set calls enter(), drains,
// and ends with leave(). Around a call that may be long it steps out and in again, so that events
// which arrive meanwhile find another runner (up to `limit` inside).
//
// `pending` below is a callable that says whether the queue holds an event that nobody dequeued.
//
// Why no event is stranded. The promise: whenever an event is in the queue and its publisher has
// returned from claim_after_enqueue(), then scheduled is set, or attending > 0, or inside == limit,
// or a runner owes a look (below).
//   (E) the publisher's enqueue        (F1) its light fence      (L) its look at the word
//   (D) a runner's decrement of attending (leave, step_out)   (F2) its heavy fence   (P) its look
// F1 and F2 order like two sequentially consistent fences, so one comes first.
//   F1 before F2: E is visible to P, so P sees the event and try_claim() schedules the lane, unless
//     somebody else is responsible by then.
//   F2 before F1: D is visible to L (or a later value is), so L sees the lane unattended and
//     try_claim() schedules it.
//   inside == limit: every runner inside is in a call; each ends it with step_in(), which makes it
//     attend again, and it cannot go without leave(), that is without D, F2 and P.
// The fence is for what P may miss. A runner that sees an event right after D needs none: either it
// schedules the lane, or try_claim() fails because it is scheduled, attended or full already. So
// somebody else is responsible, for the events too that this look missed, and has his D, F2 and P,
// or sees an event himself, still to come.
// Counter-example of the simpler design (no fence): the publisher's load of the word may be
// satisfied before its enqueue is visible; it reads "attended" while the runner, having
// decremented, reads "nothing pending". Both go, the event stays. tests/litmus finds it.
//
// The debt. F2 is a system call, too dear for turning from one busy lane to the next. A runner may
// leave_in_debt(): D and P without F2. What P may then miss is an enqueue whose publisher read the
// word before D. The runner owes one F2 and one reclaim() of every lane, and pays before it parks
// or begins a long call; the watch pays for it every millisecond meanwhile. So the promise holds
// whenever all runners are parked, and otherwise with a delay of at most about a tick.
namespace stentor::inline v0::detail {

template <class Sync>
class lane_state {
public:
    // At most `limit` runners are inside at once; 1 <= limit <= 1024.
    explicit lane_state(std::uint32_t limit) noexcept : limit_(limit) {}

    // Publisher, after its enqueue. True: the caller puts the lane into the ready set.
    [[nodiscard]] bool claim_after_enqueue() noexcept {
        Sync::light_fence();  // F1 [PAIR lane-edge]
        return try_claim();
    }

    // Takes responsibility for scheduling the lane if nobody has it.
    [[nodiscard]] bool try_claim() noexcept {
        // relaxed: the fences order this look; a stale "idle" fails in the exchange.
        auto word = word_.load(std::memory_order_relaxed);
        while (unattended(word)) {
            if (word_.compare_exchange_strong(word, word | scheduled, std::memory_order_acq_rel,
                                              std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }

    // A runner inside asks for a second one, because it leaves a backlog. True: the caller puts the
    // lane into the ready set.
    [[nodiscard]] bool call_for_help() noexcept {
        auto word = word_.load(std::memory_order_relaxed);
        while ((word & scheduled) == 0 && inside(word) < limit_) {
            if (word_.compare_exchange_strong(word, word | scheduled, std::memory_order_acq_rel,
                                              std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }

    // Runner, after it took the lane from the ready set. False: the lane is full of runners; each
    // of them looks again before it leaves, so the caller just goes.
    [[nodiscard]] bool enter() noexcept {
        auto word = word_.load(std::memory_order_relaxed);
        for (;;) {
            const bool full = inside(word) >= limit_;
            const auto next = (word & ~scheduled) + (full ? 0 : one_attending + one_inside);
            // acq_rel: takes over what the previous holder left behind.
            if (word_.compare_exchange_strong(word, next, std::memory_order_acq_rel,
                                              std::memory_order_relaxed)) {
                return !full;
            }
        }
    }

    // Runner, before a call that may be long. True: the caller schedules the lane.
    template <class Pending>
    [[nodiscard]] bool step_out(Pending&& pending) noexcept {
        return go(one_attending, pending);
    }

    // Runner, after that call: it looks at the queue again from here on.
    void step_in() noexcept { word_.fetch_add(one_attending, std::memory_order_acq_rel); }

    // Runner, when it found the queue empty or hands the lane on. True: the caller schedules it.
    template <class Pending>
    [[nodiscard]] bool leave(Pending&& pending) noexcept {
        return go(one_attending + one_inside, pending);
    }

    // The same without the heavy fence: the caller owes one, and a reclaim() after it.
    template <class Pending>
    [[nodiscard]] bool leave_in_debt(Pending&& pending) noexcept {
        word_.fetch_sub(one_attending + one_inside, std::memory_order_acq_rel);  // D
        return pending() && try_claim();                                         // P
    }

    // After a heavy fence: pays for earlier leave_in_debt(). True: the caller schedules the lane.
    template <class Pending>
    [[nodiscard]] bool reclaim(Pending&& pending) noexcept {
        return pending() && try_claim();  // P
    }

    // No runner holds the lane and none is called for. Stable only when nobody can publish to it.
    [[nodiscard]] bool idle() const noexcept { return word_.load(std::memory_order_acquire) == 0; }

    [[nodiscard]] std::uint32_t runners_inside() const noexcept {
        return inside(word_.load(std::memory_order_relaxed));  // for metrics only
    }

private:
    static constexpr std::uint32_t scheduled = 1;
    static constexpr std::uint32_t one_attending = 1U << 1;
    static constexpr std::uint32_t one_inside = 1U << 16;

    static constexpr std::uint32_t inside(std::uint32_t word) noexcept { return word >> 16; }
    static constexpr std::uint32_t attending(std::uint32_t word) noexcept {
        return (word & (one_inside - 1)) >> 1;
    }
    bool unattended(std::uint32_t word) const noexcept {
        return (word & scheduled) == 0 && attending(word) == 0 && inside(word) < limit_;
    }

    template <class Pending>
    bool go(std::uint32_t amount, Pending&& pending) noexcept {
        word_.fetch_sub(amount, std::memory_order_acq_rel);  // D
        if (pending()) {
            return try_claim();
        }
        Sync::heavy_fence();              // F2 [PAIR lane-edge]
        return pending() && try_claim();  // P
    }

    // Written by publishers (scheduled) and by runners; read by both. On a line of its own, so that
    // a publisher's look is a hit while nothing changes hands.
    typename Sync::template atomic<std::uint32_t> word_{0};
    const std::uint32_t limit_;
};

}  // namespace stentor::inline v0::detail
