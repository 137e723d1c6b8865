// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

// What a runner and the watch tell each other about a run, a call or a stretch of calls. The runner
// begins and ends runs; the watch, one thread, looks at them, takes one for long on the runner's
// behalf (flag), and reads what is being called while it lasts.
//
//   runner:   begin(); call; end() is flagged: takes back what the watch did
//   watch:    look(); look() is the same run: does it; flag() is false: takes it back itself
//   watch:    look(); begin_reading() is true: reads; end_reading()
//
// Why exactly one of the two takes back what the watch did. The watch acts before its exchange, on
// the word of its look. The number of the run is in the word, so the exchange succeeds only when
// the run goes on that the look saw; the runner's fetch_and in end() then comes behind it, finds
// the flag, and with it what was done before. If the fetch_and came first, `inside` is gone and the
// exchange fails. No later run has that word: numbers do not come back in a process's life.
//
// Why what the watch reads stands still. The runner writes it before begin(), whose release the
// look acquires, and again behind end().
//   (B) the watch's exchange sets `read`, then it reads, then (D) it clears `read`
//   (L) the runner's fetch_and ends the run but leaves `read`, then (W) it waits for D
//   B and L are read-modify-writes of one word. If L is first, `inside` is gone and B fails, so
//   nothing is read. If B is first, L finds `read` and W waits: the reads come before D, whose
//   release W acquires, and so before whatever the runner writes next.
//   Waiting is a spin, because what the watch reads is short and it takes no lock of the runner's.
namespace stentor::inline v0::detail {

// The word as somebody saw it.
class run_sight {
public:
    static constexpr std::uint64_t one_run = 32;  // counts runs
    static constexpr std::uint64_t flags = one_run - 1;

    constexpr run_sight() = default;
    constexpr explicit run_sight(std::uint64_t bits) noexcept : bits_(bits) {}

    [[nodiscard]] constexpr bool inside() const noexcept { return (bits_ & inside_bit) != 0; }
    [[nodiscard]] constexpr bool known() const noexcept { return (bits_ & known_bit) != 0; }
    [[nodiscard]] constexpr bool flagged() const noexcept { return (bits_ & flagged_bit) != 0; }
    [[nodiscard]] constexpr bool proven() const noexcept { return (bits_ & proven_bit) != 0; }
    [[nodiscard]] constexpr std::uint64_t number() const noexcept { return bits_ / one_run; }
    friend constexpr bool operator==(run_sight, run_sight) noexcept = default;

private:
    template <class Sync>
    friend class run_word;

    static constexpr std::uint64_t inside_bit = 1;   // between begin and end
    static constexpr std::uint64_t known_bit = 2;    // a known-slow call, which stepped out itself
    static constexpr std::uint64_t flagged_bit = 4;  // the watch stepped out on its behalf
    static constexpr std::uint64_t proven_bit = 8;  // and found it at work or asleep, not preempted
    static constexpr std::uint64_t read_bit = 16;   // the watch reads what is being called

    std::uint64_t bits_ = 0;
};

template <class Sync>
class run_word {
public:
    // --- the runner
    void begin(bool known_slow) noexcept {
        // Only the runner writes while no run is on, so a store is enough.
        const auto last = word_.load(std::memory_order_relaxed) & ~run_sight::flags;
        word_.store((last + run_sight::one_run) | run_sight::inside_bit |
                        (known_slow ? run_sight::known_bit : 0),
                    std::memory_order_release);  // [PAIR run]
    }
    // Waits while the run is being read, which is once per late call.
    run_sight end() noexcept {
        const auto left = leave();
        if ((left.bits_ & run_sight::read_bit) != 0) {
            while ((word_.load(std::memory_order_acquire) & run_sight::read_bit) !=
                   0) {  // W [PAIR run]
                Sync::pause();
            }
        }
        return left;
    }

    // --- anybody
    [[nodiscard]] run_sight look() const noexcept {
        return run_sight(word_.load(std::memory_order_acquire));  // [PAIR run]
    }

    // --- the watch
    // False: the run that `seen` shows is over. True: `seen` is what it is now.
    [[nodiscard]] bool flag(run_sight& seen, bool proven) noexcept {
        const run_sight flagged(seen.bits_ | run_sight::flagged_bit |
                                (proven ? run_sight::proven_bit : 0));
        if (!change(seen, flagged)) {
            return false;
        }
        seen = flagged;
        return true;
    }
    // True: the run cannot end before end_reading().
    [[nodiscard]] bool begin_reading(run_sight seen) noexcept {
        return change(seen, run_sight(seen.bits_ | run_sight::read_bit));  // B
    }
    void end_reading() noexcept {
        word_.fetch_and(~run_sight::read_bit, std::memory_order_release);  // D [PAIR run]
    }

protected:
    run_sight leave() noexcept {
        return run_sight(word_.fetch_and(~run_sight::flags | run_sight::read_bit,
                                         std::memory_order_acq_rel));  // L [PAIR run]
    }

private:
    [[nodiscard]] bool change(run_sight from, run_sight to) noexcept {
        return word_.compare_exchange_strong(from.bits_, to.bits_, std::memory_order_acq_rel,
                                             std::memory_order_relaxed);  // [PAIR run]
    }

    // Written by the runner, inside a run by the watch as well: both with read-modify-writes then.
    typename Sync::template atomic<std::uint64_t> word_{0};
};

}  // namespace stentor::inline v0::detail
