// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/due_stops.hpp"
#include "dispatch/timers.hpp"
#include "registry/stop_signal.hpp"
#include <stentor/registry/outcome.hpp>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

namespace stentor::inline v0::detail {

class detached_delivery;
class scheduler;
class subscription_record;

// subscription_options::deadline for one attempt, or for one after another. A handler that never
// asks for its stop token costs a look at the clock: then there is no timer, nor a stop state.
//
// Threads: the one that the attempt is on; the timer comes from any other, and after close() it
// does not come any more. Progress: open() and over() wait-free; the others take short locks.
class attempt_limit final : public stop_giver, private timed_action {
public:
    // `of`: the delivery of a coroutine, which is ended where it waits. Else null.
    attempt_limit(scheduler& shared, subscription_record& to, detached_delivery* of) noexcept;
    attempt_limit(const attempt_limit&) = delete;
    attempt_limit& operator=(const attempt_limit&) = delete;
    ~attempt_limit() { close(); }

    // An attempt begins.
    void open() noexcept;
    // It has ended. Counts it if it took too long.
    void close() noexcept;
    // It has suspended for the first time: from here on it need not ask to be ended.
    void watch_over() noexcept;

    [[nodiscard]] std::stop_token token() noexcept override;
    // Its time is over.
    [[nodiscard]] bool over() const noexcept;
    // And it asked to be told: if it returns without a word, it has given up.
    [[nodiscard]] bool told() const noexcept { return asked_ && over(); }

private:
    static void happen(timed_action& self) noexcept;
    void set_timer() noexcept;

    scheduler& shared_;
    subscription_record& to_;
    detached_delivery* const of_;
    std::int64_t due_ns_ = 0;
    bool running_ = false;
    bool timed_ = false;
    bool asked_ = false;
    std::stop_source stop_source_{std::nostopstate};  // once it has asked
    due_stops::entry stop_;
    // The subscription's stop is the attempt's, too.
    struct forward {
        std::stop_source to;
        void operator()() noexcept { to.request_stop(); }
    };
    std::optional<std::stop_callback<forward>> follows_;
};

// "deadline of 50 ms exceeded"
[[nodiscard]] std::string deadline_text(const subscription_record& to);
#if defined(__cpp_exceptions)
[[noreturn]] void throw_deadline_exceeded(const subscription_record& to);
#endif

// Charges an attempt that gave up at its deadline without a word: as if it had thrown
// deadline_exceeded; without exceptions, as if it had asked for a retry. Returns what charge(said)
// does.
template <class Charge>
auto charge_for_deadline(const subscription_record& to, Charge&& charge) noexcept {
#if defined(__cpp_exceptions)
    try {
        throw_deadline_exceeded(to);
    } catch (...) {
        return charge(static_cast<const outcome*>(nullptr));
    }
#else
    const auto said = outcome::retry({}, deadline_text(to));
    return charge(&said);
#endif
}

}  // namespace stentor::inline v0::detail
