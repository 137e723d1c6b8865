// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/clock.hpp>
#include <stentor/bus/bus.hpp>
#include <stentor/bus/bus_options.hpp>
#include <stentor/testing/export.hpp>
#include <stentor/testing/history.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stentor::inline v0::testing {

namespace detail {
class kit;
}  // namespace detail

struct test_bus_options {
    // Chooses the order of ready work, batch sizes and placement. The environment variable
    // STENTOR_SEED wins, so that a failing test can be run again with the seed that it printed.
    std::uint64_t seed = 1;
    // As for any bus; `executor` and `clock` are the kit's. `workers` is 2 unless given, whatever
    // the machine has.
    bus_options bus{};
    // What settle() and advance() do, and how much time settle() lets pass, before they call it a
    // livelock.
    std::int64_t steps_max = 100'000;
    std::chrono::nanoseconds settle_time_max = std::chrono::hours(24);
};

// Handlers kept each other busy beyond the bounds of settle(). what() names those that still run.
class STENTOR_TESTING_EXPORT not_settled : public std::runtime_error {
public:
    explicit not_settled(const std::string& what);
    not_settled(const not_settled&) noexcept = default;
    not_settled& operator=(const not_settled&) noexcept = default;
    ~not_settled() override;
};

// A bus for tests: the engine itself, without threads and with a clock that stands still. Nothing
// happens until the test says so, and then the same things in the same order, for a seed.
//
// When to use it: tests of handlers together, of what they publish, of failures and timeouts.
// When not: one handler alone (recording_context), or to measure anything.
//
// Threads: one at a time. Progress: settle() returns within its bounds or throws not_settled.
// Where the test fails, the destructor prints the seed and the line that replays it to standard
// error.
class STENTOR_TESTING_EXPORT test_bus : public stentor::bus {
public:
    test_bus();
    explicit test_bus(test_bus_options options);
    test_bus(test_bus&&) = delete;
    test_bus& operator=(test_bus&&) = delete;
    ~test_bus();

    // --- letting things happen ---------------------------------------------------------------
    // Not inside a handler, which would wait for itself: that throws std::logic_error.

    // Everything that can happen has happened: what is queued is handled, with all that follows
    // from it, and time has passed for those who wait for a moment. Returns the number of steps.
    std::int64_t settle();
    // One stretch of work of one runner. False: nothing can happen now.
    bool step();
    // What is ready happens, then so much time passes, and everything in it happens at its moment.
    void advance(std::chrono::nanoseconds time);
    // The time of this bus. Advancing it directly makes nothing happen by itself.
    [[nodiscard]] virtual_clock& clock() noexcept;

    // --- what handlers do --------------------------------------------------------------------
    // A name that was never subscribed throws std::invalid_argument, which lists those that were.

    // The next `calls` calls of the handler throw this instead.
    template <class Exception>
    void fail_next(std::string_view handler, std::int32_t calls, Exception failure) {
        fail_next_with(handler, calls, std::make_exception_ptr(std::move(failure)));
    }
    // Calls that began, those that were made to fail included.
    [[nodiscard]] std::int64_t attempts(std::string_view handler) const;
    // Deliveries that ended well, or as failed, also of a subscription that is over.
    [[nodiscard]] std::int64_t completed(std::string_view handler) const;
    [[nodiscard]] std::int64_t failures(std::string_view handler) const;
    [[nodiscard]] delivery_terms terms(std::string_view handler) const;

    // --- what was published ------------------------------------------------------------------

    template <event E>
    [[nodiscard]] std::vector<E> published() const {
        return history().template published<E>();
    }
    [[nodiscard]] std::vector<published_event> published(const pattern& topics) const {
        return history().published(topics);
    }
    // Also what was refused. The engine's own events are not in it.
    [[nodiscard]] testing::history history() const;
    // From here on the history is empty.
    void forget_published();

    // --- doing it again ----------------------------------------------------------------------

    [[nodiscard]] std::uint64_t seed() const noexcept;
    // A number below `count`, by the seed: for choices of the test's own.
    [[nodiscard]] std::uint64_t choose(std::uint64_t count) noexcept;

private:
    struct parts;
    explicit test_bus(parts made);
    static parts make_parts(test_bus_options options);

    void fail_next_with(std::string_view handler, std::int32_t calls, std::exception_ptr failure);
    void run_ready(std::int64_t& steps);

    std::shared_ptr<detail::kit> kit_;
    std::int64_t steps_max_;
    std::chrono::nanoseconds settle_time_max_;
    std::int64_t failures_before_;
    int exceptions_before_;
};

}  // namespace stentor::inline v0::testing
