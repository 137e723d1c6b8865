// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/clock.hpp>
#include <stentor/base/error.hpp>
#include <stentor/base/result.hpp>
#include <stentor/export.hpp>
#include <stentor/resilience/breaker.hpp>

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

// A circuit breaker: watches calls to something that may fail, and lets none through for a while
// when too many did. The pattern is Michael Nygard's ("Release It!", 2007); judging a window of
// calls and admitting a fixed number of trials is as in Resilience4j.
//
//     auto payments = stentor::circuit_breaker::make({.name = "payments"}).value();
//     if (auto permit = payments->try_acquire()) {
//         permit.succeed();      // or fail(); neither: the call says nothing about the other side
//     }
//
// Use one breaker for one thing that fails as a whole, and share it among all who call that. Do not
// use it to spread load: for that there are rate_limiter and bulkhead.
//
// Ownership: shared. Permits refer to the breaker and must not outlive it; the clock must outlive
// it too.
// Threads: all functions by any number at once; a permit is used by one thread at a time.
// Progress: lock-free, but for what on_change does. Only make() allocates. While it is closed
// try_acquire() is one load, and a success is one exchange (more only in a race); the clock is read
// when the breaker is open or half open, or has a window of time or a limit for slow calls.
namespace stentor::inline v0 {

class STENTOR_EXPORT circuit_breaker {
public:
    class permit;

    // errc::invalid_option, errc::invalid_name, or errc::no_memory.
    [[nodiscard]] static result<std::shared_ptr<circuit_breaker>, error> make(
        breaker options, clock& time = system_clock_source()) noexcept;

    circuit_breaker(const circuit_breaker&) = delete;
    circuit_breaker& operator=(const circuit_breaker&) = delete;
    ~circuit_breaker();

    // An empty permit: the call must not be made now.
    [[nodiscard]] permit try_acquire() noexcept;

    // By hand. Permits that are out say nothing to what follows.
    void force_open() noexcept;
    void force_close() noexcept;
    // Closed, with a fresh window.
    void reset() noexcept;

    [[nodiscard]] breaker_state state() const noexcept;
    [[nodiscard]] breaker_report report() const noexcept;
    [[nodiscard]] const breaker& options() const noexcept;
    [[nodiscard]] std::string_view name() const noexcept { return options().name; }

private:
    struct impl;
    enum class verdict : std::uint8_t { succeeded, failed, ignored };
    explicit circuit_breaker(std::unique_ptr<impl> parts) noexcept;
    void end(const permit& of, verdict how, std::int64_t calls) noexcept;

    std::unique_ptr<impl> impl_;
};

// One call that may be made. Ends with succeed(), fail() or ignore(); destroyed before, it is
// ignored, so that a trial that was not made makes room for another.
class [[nodiscard]] circuit_breaker::permit {
public:
    permit() noexcept = default;
    permit(permit&& other) noexcept
        : breaker_(std::exchange(other.breaker_, nullptr)),
          begun_ns_(other.begun_ns_),
          generation_(other.generation_),
          trial_(other.trial_) {}
    permit& operator=(permit&& other) noexcept {
        if (this != &other) {
            ignore();
            breaker_ = std::exchange(other.breaker_, nullptr);
            begun_ns_ = other.begun_ns_;
            generation_ = other.generation_;
            trial_ = other.trial_;
        }
        return *this;
    }
    permit(const permit&) = delete;
    permit& operator=(const permit&) = delete;
    ~permit() { ignore(); }

    [[nodiscard]] explicit operator bool() const noexcept { return breaker_ != nullptr; }
    // One of the calls that decide whether a half-open breaker closes.
    [[nodiscard]] bool is_trial() const noexcept { return trial_; }

    // Of one that is no trial, and has not ended: another of the same moment, for a call that is
    // made under it, too. Else empty.
    [[nodiscard]] permit another() const noexcept {
        return breaker_ != nullptr && !trial_ ? permit(*breaker_, begun_ns_, generation_, false)
                                              : permit();
    }

    // So many calls were made under this one, one after the other, and have succeeded; it goes on.
    // The same as that many of another().succeed(), in a few exchanges. Of a trial, of an ended or
    // empty one it does nothing; nor does it when there were none.
    void succeeded(std::int64_t calls) const noexcept {
        if (breaker_ != nullptr && !trial_ && calls > 0) {
            breaker_->end(*this, verdict::succeeded, calls);
        }
    }

    // Each ends the permit; of an ended or empty one they do nothing.
    void succeed() noexcept { end(verdict::succeeded); }
    void fail() noexcept { end(verdict::failed); }
    void ignore() noexcept { end(verdict::ignored); }

private:
    friend class circuit_breaker;
    permit(circuit_breaker& of, std::int64_t begun_ns, std::uint32_t generation,
           bool trial) noexcept
        : breaker_(&of), begun_ns_(begun_ns), generation_(generation), trial_(trial) {}

    void end(verdict how) noexcept {
        if (breaker_ != nullptr) {
            std::exchange(breaker_, nullptr)->end(*this, how, 1);
        }
    }

    circuit_breaker* breaker_ = nullptr;
    std::int64_t begun_ns_ = 0;
    std::uint32_t generation_ = 0;
    bool trial_ = false;
};

}  // namespace stentor::inline v0
