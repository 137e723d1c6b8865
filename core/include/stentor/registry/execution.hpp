// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace stentor::inline v0 {

// A loop of the user's own (a GUI, an asio context, a game's frame) that runs handlers when it
// calls bus.poll(*this). An extension point.
//
// Threads: wake() is called by whichever thread publishes, or by one of the engine's, also by two
// at once, and now and then without need. It must not block, must not call the bus, and does not
// throw; usually it posts to its loop, or sets a flag. At most one thread polls at a time.
class STENTOR_EXPORT loop {
public:
    loop() = default;
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;
    virtual ~loop();

    // There is something to poll for, and the last poll, if any, did not see it.
    virtual void wake() noexcept = 0;
};

// Where a subscription's deliveries run. docs/guide/handlers.md has the table of what goes with
// what.
//
//   pool       on the bus's runners: for handlers that compute. The default
//   blocking   on further threads of the bus (bus_options::blocking_threads): for handlers that
//              wait for files, sockets or other people's locks
//   inline_    in the thread that publishes, inside publish(): for handlers of nanoseconds. At most
//              eight deep: a delivery deeper than that is dropped, and counted as dropped_nested
//   polled     where the user calls bus.poll()
//   on(loop)   where that loop calls bus.poll(loop); it is told when there is something to run
class execution {
public:
    enum class place : std::uint8_t { pool, blocking, publisher, polled };

    static const execution pool;
    static const execution blocking;
    static const execution inline_;
    static const execution polled;
    // Kept alive for as long as the bus lives.
    [[nodiscard]] static execution on(std::shared_ptr<stentor::loop> where) noexcept {
        execution made(place::polled);
        made.loop_.emplace(std::move(where));
        return made;
    }

    [[nodiscard]] constexpr place where() const noexcept { return where_; }
    // Of on(); else null.
    [[nodiscard]] std::shared_ptr<stentor::loop> told() const noexcept {
        return loop_.has_value() ? *loop_ : nullptr;
    }
    [[nodiscard]] constexpr bool names_loop() const noexcept { return loop_.has_value(); }
    [[nodiscard]] bool operator==(const execution&) const noexcept = default;

private:
    constexpr explicit execution(place where) noexcept : where_(where) {}

    place where_;
    std::optional<std::shared_ptr<stentor::loop>> loop_;  // optional, so that options are literal
};

inline constexpr execution execution::pool{place::pool};
inline constexpr execution execution::blocking{place::blocking};
inline constexpr execution execution::inline_{place::publisher};
inline constexpr execution execution::polled{place::polled};

}  // namespace stentor::inline v0
