// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/clock.hpp>
#include <stentor/base/error.hpp>
#include <stentor/base/result.hpp>
#include <stentor/export.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

// A limit on how often something is done: a token bucket. Tokens come back evenly, one each
// per / permits, rounded up to whole nanoseconds, so in any stretch of time at most
// burst + stretch * permits / per permits are used.
//
//     auto limit = stentor::rate_limiter::make({.permits = 100, .per = 1s}).value();
//     if (auto permit = limit->try_acquire()) {
//         permit.use();          // without it the token goes back
//     } else {
//         come_back_in(permit.wait());
//     }
//
// Ownership: shared. Permits refer to the limiter and must not outlive it; nor may the clock end
// before it.
// Threads: all functions by any number at once; a permit is used by one thread at a time.
// Progress: lock-free. Only make() allocates. A permit costs one reading of the clock and one
// exchange.
namespace stentor::inline v0 {

struct rate_limit {
    // How many in that time: at most ten million a second.
    std::int64_t permits = 100;
    std::chrono::nanoseconds per = std::chrono::seconds{1};  // 1 us to 366 days
    // How many at once, after a rest, and at first. 0: as many as `permits`. At most 1 000 000 000,
    // and at most what 10 years bring.
    std::int64_t burst = 0;
};

class STENTOR_EXPORT rate_limiter {
public:
    class permit;

    // errc::invalid_option or errc::no_memory.
    [[nodiscard]] static result<std::shared_ptr<rate_limiter>, error> make(
        const rate_limit& options, clock& time = system_clock_source()) noexcept;

    rate_limiter(const rate_limiter&) = delete;
    rate_limiter& operator=(const rate_limiter&) = delete;
    ~rate_limiter();

    // An empty permit: not now, but after its wait().
    [[nodiscard]] permit try_acquire() noexcept;
    // How many permits there are at this moment.
    [[nodiscard]] std::int64_t available() const noexcept;

private:
    struct impl;
    explicit rate_limiter(std::unique_ptr<impl> parts) noexcept;
    void give_back() noexcept;

    std::unique_ptr<impl> impl_;
};

// A token. use() says that it was needed; destroyed before, it goes back.
class [[nodiscard]] rate_limiter::permit {
public:
    permit() noexcept = default;
    permit(permit&& other) noexcept
        : limiter_(std::exchange(other.limiter_, nullptr)), wait_(other.wait_) {}
    permit& operator=(permit&& other) noexcept {
        if (this != &other) {
            give_back();
            limiter_ = std::exchange(other.limiter_, nullptr);
            wait_ = other.wait_;
        }
        return *this;
    }
    permit(const permit&) = delete;
    permit& operator=(const permit&) = delete;
    ~permit() { give_back(); }

    [[nodiscard]] explicit operator bool() const noexcept { return limiter_ != nullptr; }
    // Of an empty one: when there was to be a token, seen from then; others may take it. Else 0.
    [[nodiscard]] std::chrono::nanoseconds wait() const noexcept { return wait_; }

    void use() noexcept { limiter_ = nullptr; }
    void give_back() noexcept {
        if (limiter_ != nullptr) {
            std::exchange(limiter_, nullptr)->give_back();
        }
    }

private:
    friend class rate_limiter;
    permit(rate_limiter* of, std::chrono::nanoseconds wait) noexcept : limiter_(of), wait_(wait) {}

    rate_limiter* limiter_ = nullptr;
    std::chrono::nanoseconds wait_{};
};

}  // namespace stentor::inline v0
