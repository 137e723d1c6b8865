// SPDX-License-Identifier: MIT
#pragma once

#include "resilience/breaker_word.hpp"
#include "resilience/call_window.hpp"
#include "resilience/due_time.hpp"
#include "resilience/time_window.hpp"
#include "resilience/uniform.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>

// A circuit breaker as a state machine over a steady clock. `now` below is a callable that reads
// it, 0 or more, and is called only where time decides something. Whom to tell is the caller's
// business: each step returns the change that it made, if any.
//
// One word (breaker_word) decides admission, and every change of it is one exchange:
//   closed      enter() reads it. leave() records the call in a window; whoever finds a rate
//               exceeded exchanges the word for "open"
//   open        enter() with the time up exchanges it for "half open, one trial admitted"
//   half open   enter() adds a trial while there are fewer than `trials`; leave() adds what became
//               of it, or takes an ignored one off; whoever makes the outcome certain exchanges the
//               word for "open" or "closed" in that same step
//
// The promises, and why they hold:
//   N trials.     admitted goes up only by an exchange from a value below N, and down only with a
//                 trial that is under way; a new half-open time begins with 1.
//   No leak.      A ticket carries the generation in which it was admitted. While the generation
//                 lasts, its leave() takes it off or completes it; after that it counts nowhere.
//   One verdict.  The exchange that changes the state is won by one thread, which alone reports it.
//   Not stuck.    Half open ends when its trials do, or when one of them has been under way for
//                 trial_max and somebody calls enter(): those under way then count as failed. (When
//                 none is under way, the next trial begins a new generation with the old counts,
//                 so the time runs from its beginning.)
//   No late word. The window belongs to a generation; calls of another one do not reach it.
//
// The time that goes with an open or half-open word does not fit into it; due_time has it, with a
// proof of its own. Whoever finds that it is not there yet puts it there.
//
// The word is relaxed: it holds all that is decided on. A thread may read an old one only until it
// knows, by whatever told it, that the word has changed; and it is refused only by a word that did
// refuse when it was read.
// Threads: any. Progress: lock-free.
namespace stentor::inline v0::detail {

// A breaker's options without what only people need; checked already.
struct breaker_limits {
    std::int64_t window = 100;
    std::int64_t window_ns = 0;
    std::int64_t min_calls = 20;
    double failure_rate = 0.5;
    double slow_rate = 1.0;
    std::int64_t open_ns = 5'000'000'000;
    std::int64_t open_max_ns = 300'000'000'000;
    std::uint32_t trials = 10;
    std::int64_t trial_max_ns = 30'000'000'000;
    std::uint64_t seed = 0;
};

struct breaker_ticket {
    std::uint32_t generation = 0;
    bool trial = false;
};

struct breaker_step {
    bool changed = false;
    breaker_state from = breaker_state::closed;
    breaker_state to = breaker_state::closed;
    std::uint32_t generation = 0;  // after it
};

struct breaker_entry {
    bool admitted = false;
    breaker_ticket ticket{};
    breaker_step step{};
};

template <class Sync, unsigned CallsPerWord = 20, template <class> class DueTime = due_time>
class breaker_core {
public:
    // Allocates the window.
    explicit breaker_core(const breaker_limits& limits) : limits_(limits) {
        if (limits.window_ns > 0) {
            by_time_.emplace(limits.window_ns);
        } else {
            by_count_.emplace(limits.window);
        }
    }

    // Admitted: leave() must follow, once.
    template <class Now>
    [[nodiscard]] breaker_entry enter(Now&& now) noexcept {
        auto word = read();
        for (;;) {
            switch (word.state()) {
                case breaker_state::forced_open: return {};
                case breaker_state::open:
                    if (!due(word, now)) {
                        // The moment may be that of a later word, which lets somebody in.
                        if (const auto again = read(); again != word) {
                            word = again;
                            break;
                        }
                        return {};
                    }
                    if (const auto entry = begin_trials(word, now)) {
                        return *entry;
                    }
                    break;
                case breaker_state::half_open:
                    if (const auto entry = enter_half_open(word, now)) {
                        return *entry;
                    }
                    break;
                default: return {true, {word.generation(), false}, {}};
            }
        }
    }

    // So many calls, at least one, that were made under the same ticket and ended alike; a trial is
    // one call.
    template <class Now>
    breaker_step leave(breaker_ticket ticket, call_verdict verdict, bool slow, Now&& now,
                       std::int64_t calls = 1) noexcept {
        const call_mark mark{verdict == call_verdict::failed, slow};
        return ticket.trial ? leave_half_open(ticket, verdict, mark, now)
                            : leave_closed(ticket, verdict, mark, calls, now);
    }

    // By hand. Into closed: with a fresh window, also when it is closed already.
    template <class Now>
    breaker_step force(breaker_state to, Now&& now) noexcept {
        auto word = read();
        for (;;) {
            if (word.state() == to && to != breaker_state::closed) {
                return {};
            }
            const auto before = word;
            const auto next = word.moved(to, 0);
            if (exchange(word, next, now)) {
                return step(before, next);
            }
        }
    }

    [[nodiscard]] breaker_word word() const noexcept { return read(); }
    // What is judged: the window, or the trials.
    [[nodiscard]] call_tally tally(breaker_word word, std::int64_t now) const noexcept {
        switch (word.state()) {
            case breaker_state::closed: return window(word.generation(), now);
            case breaker_state::half_open: return {word.completed(), word.failed(), word.slow()};
            default: return {};
        }
    }
    // When an open breaker lets a trial through, or a half-open one gives the trials under way up.
    // 0 when it is neither, or has become so this very moment.
    [[nodiscard]] std::int64_t due_ns(breaker_word word) const noexcept {
        return timed(word) ? due_.read(word.generation()).value_or(0) : 0;
    }
    // How long it is open after so many unsuccessful trials.
    [[nodiscard]] std::int64_t open_ns(breaker_word word) const noexcept {
        const auto trips = word.trips();
        const auto whole = limits_.open_ns > (limits_.open_max_ns >> trips)
                               ? limits_.open_max_ns
                               : limits_.open_ns << trips;
        return uniform(whole - whole / 5, whole, drawn(limits_.seed, word.generation()));
    }

private:
    static constexpr std::int64_t latest = std::int64_t{1} << 62U;  // 146 years

    [[nodiscard]] breaker_word read() const noexcept {
        return breaker_word(word_.load(std::memory_order_relaxed));
    }
    static constexpr bool timed(breaker_word word) noexcept {
        return word.state() == breaker_state::open || word.state() == breaker_state::half_open;
    }
    static breaker_step step(breaker_word from, breaker_word to) noexcept {
        return {from.state() != to.state(), from.state(), to.state(), to.generation()};
    }

    // False: `word` is what was found instead.
    template <class Now>
    bool exchange(breaker_word& word, breaker_word next, Now& now) noexcept {
        if (!exchange_same_generation(word, next)) {
            return false;
        }
        arm(next, now);
        return true;
    }
    bool exchange_same_generation(breaker_word& word, breaker_word next) noexcept {
        auto bits = word.bits();
        if (word_.compare_exchange_strong(bits, next.bits(), std::memory_order_relaxed,
                                          std::memory_order_relaxed)) {
            return true;
        }
        word = breaker_word(bits);
        return false;
    }

    // The clock is read when the word has changed already, so nothing is shorter than it says.
    template <class Now>
    void arm(breaker_word word, Now& now) noexcept {
        std::int64_t wait = 0;
        if (word.state() == breaker_state::open) {
            wait = open_ns(word);
        } else if (word.state() == breaker_state::half_open) {
            wait = limits_.trial_max_ns;
        }
        due_.put(word.generation(), std::min<std::int64_t>(now(), latest) + wait);
    }

    template <class Now>
    [[nodiscard]] bool due(breaker_word word, Now& now) noexcept {
        const auto at = due_.read(word.generation());
        if (!at) {
            arm(word, now);
        }
        return at && now() >= *at;
    }

    // Nothing: the word has changed, and `word` is the new one. The same below.
    template <class Now>
    std::optional<breaker_entry> begin_trials(breaker_word& word, Now& now) noexcept {
        const auto before = word;
        const auto next = word.moved(breaker_state::half_open, word.trips()).with_trial();
        return exchange(word, next, now) ? std::optional(breaker_entry{
                                               true, {next.generation(), true}, step(before, next)})
                                         : std::nullopt;
    }

    template <class Now>
    std::optional<breaker_entry> enter_half_open(breaker_word& word, Now& now) noexcept {
        if (word.under_way() == 0) {
            const auto next = word.renewed().with_trial();
            return exchange(word, next, now)
                       ? std::optional(breaker_entry{true, {next.generation(), true}, {}})
                       : std::nullopt;
        }
        if (due(word, now)) {
            auto given_up = word;
            while (given_up.under_way() > 0) {
                given_up = given_up.with_completed({.failed = true, .slow = false});
            }
            const auto next = judged(given_up, true);
            const auto before = word;
            if (!exchange(word, next, now)) {
                return std::nullopt;
            }
            const bool admitted = next.state() == breaker_state::closed;
            return breaker_entry{admitted, {next.generation(), false}, step(before, next)};
        }
        if (word.admitted() >= limits_.trials) {
            return breaker_entry{};
        }
        return exchange_same_generation(word, word.with_trial())
                   ? std::optional(breaker_entry{true, {word.generation(), true}, {}})
                   : std::nullopt;
    }

    template <class Now>
    breaker_step leave_half_open(breaker_ticket ticket, call_verdict verdict, call_mark mark,
                                 Now& now) noexcept {
        auto word = read();
        for (;;) {
            if (word.generation() != ticket.generation ||
                word.state() != breaker_state::half_open) {
                return {};
            }
            const auto before = word;
            if (verdict == call_verdict::ignored) {
                if (exchange_same_generation(word, word.without_trial())) {
                    return {};
                }
                continue;
            }
            const auto counted = word.with_completed(mark);
            const auto next = judged(counted, false);
            const bool changes = next.state() != breaker_state::half_open;
            if (changes ? exchange(word, next, now) : exchange_same_generation(word, next)) {
                return changes ? step(before, next) : breaker_step{};
            }
        }
    }

    // The word that the trials lead to; itself when they have not decided. `over`: no more will
    // come.
    [[nodiscard]] breaker_word judged(breaker_word word, bool over) const noexcept {
        const std::uint32_t all = over ? word.completed() : limits_.trials;
        const std::uint32_t open_yet = all - word.completed();
        if (reached(word.failed(), all, limits_.failure_rate) ||
            reached(word.slow(), all, limits_.slow_rate)) {
            return word.moved(breaker_state::open,
                              std::min(word.trips() + 1, breaker_word::trips_max));
        }
        if (!reached(word.failed() + open_yet, all, limits_.failure_rate) &&
            !reached(word.slow() + open_yet, all, limits_.slow_rate)) {
            return word.moved(breaker_state::closed, 0);
        }
        return word;
    }

    template <class Now>
    breaker_step leave_closed(breaker_ticket ticket, call_verdict verdict, call_mark mark,
                              std::int64_t calls, Now& now) noexcept {
        auto word = read();
        if (verdict == call_verdict::ignored || word.generation() != ticket.generation ||
            word.state() != breaker_state::closed) {
            return {};
        }
        const auto at = by_time_ ? now() : 0;
        if (by_time_) {
            by_time_->record(ticket.generation, mark, at, calls);
        } else if (!by_count_->record(ticket.generation, mark, calls)) {
            return {};
        }
        if (!mark.failed && !mark.slow) {
            return {};
        }
        const auto seen = window(ticket.generation, at);
        if (seen.calls < limits_.min_calls ||
            (!reached(seen.failed, seen.calls, limits_.failure_rate) &&
             !reached(seen.slow, seen.calls, limits_.slow_rate))) {
            return {};
        }
        // A closed word is the same for its whole generation: when this fails, another was first.
        const auto before = word;
        const auto next = word.moved(breaker_state::open, 0);
        return exchange(word, next, now) ? step(before, next) : breaker_step{};
    }

    [[nodiscard]] call_tally window(std::uint32_t generation, std::int64_t now) const noexcept {
        return by_time_ ? by_time_->tally(generation, now) : by_count_->tally(generation);
    }

    // At least one call counts, also where the rate is a small one; and 7 of 100 are 7 %, although
    // 0.07 * 100 is a little more than 7.
    [[nodiscard]] static bool reached(std::int64_t some, std::int64_t all, double rate) noexcept {
        constexpr double rounding = 1e-9;
        return some > 0 && static_cast<double>(some) + rounding >= rate * static_cast<double>(all);
    }

    const breaker_limits limits_;
    // Written by whoever enters or leaves half open, whoever changes the state, and by hand.
    typename Sync::template atomic<std::uint64_t> word_{0};
    DueTime<Sync> due_;
    std::optional<call_window<Sync, CallsPerWord>> by_count_;
    std::optional<time_window<Sync>> by_time_;
};

}  // namespace stentor::inline v0::detail
