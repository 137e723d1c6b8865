// SPDX-License-Identifier: MIT
#include <stentor/resilience/rate_limit.hpp>

#include "base/attempt.hpp"
#include "base/sync.hpp"
#include "resilience/option_check.hpp"
#include "resilience/token_bucket.hpp"

#include <optional>
#include <string>

namespace stentor::inline v0 {

namespace {

using detail::check_number;
using detail::check_time;
using detail::readable;
using detail::wrong_option;
using namespace std::chrono_literals;

constexpr std::int64_t permits_max = 1'000'000'000;

std::int64_t interval_ns(const rate_limit& options) noexcept {
    return (options.per.count() + options.permits - 1) / options.permits;
}

std::int64_t burst_of(const rate_limit& options) noexcept {
    return options.burst == 0 ? options.permits : options.burst;
}

std::optional<error> check(const rate_limit& options) {
    constexpr auto of = "rate limit";
    if (auto wrong = check_number(of, "permits", options.permits, 1, permits_max)) {
        return wrong;
    }
    if (auto wrong = check_time(of, "per", options.per, 1us, 24h * 366)) {
        return wrong;
    }
    if (auto wrong = check_number(of, "burst", options.burst, 0, permits_max)) {
        return wrong;
    }
    constexpr std::int64_t interval_least = 100;
    if (options.per.count() / options.permits < interval_least) {
        return wrong_option(of, std::to_string(options.permits) + " permits per " +
                                    readable(options.per) +
                                    " are more than ten million a second; give fewer permits or a "
                                    "longer time, or leave the limit out");
    }
    constexpr std::int64_t decade_ns = std::chrono::nanoseconds{24h * 3660}.count();
    if (burst_of(options) > decade_ns / interval_ns(options)) {
        return wrong_option(of, "burst is " + std::to_string(burst_of(options)) +
                                    ", more than ten years bring; give a smaller burst");
    }
    return std::nullopt;
}

}  // namespace

struct rate_limiter::impl {
    clock& time;
    detail::token_bucket<detail::real_sync> bucket;
};

rate_limiter::rate_limiter(std::unique_ptr<impl> parts) noexcept : impl_(std::move(parts)) {}
rate_limiter::~rate_limiter() = default;

result<std::shared_ptr<rate_limiter>, error> rate_limiter::make(const rate_limit& options,
                                                                clock& time) noexcept {
    std::optional<error> wrong;
    std::shared_ptr<rate_limiter> made;
    const bool tried = detail::attempt([&] {
        wrong = check(options);
        if (!wrong) {
            std::unique_ptr<impl> parts(new impl{time, {burst_of(options), interval_ns(options)}});
            made.reset(new rate_limiter(std::move(parts)));
        }
    });
    if (!tried) {
        return unexpected(error::out_of_memory());
    }
    if (wrong) {
        return unexpected(*std::move(wrong));
    }
    return made;
}

rate_limiter::permit rate_limiter::try_acquire() noexcept {
    const auto wait = impl_->bucket.take(impl_->time.steady_ns());
    return {wait == 0 ? this : nullptr, std::chrono::nanoseconds{wait}};
}

std::int64_t rate_limiter::available() const noexcept {
    return impl_->bucket.available(impl_->time.steady_ns());
}

void rate_limiter::give_back() noexcept {
    impl_->bucket.give_back();
}

}  // namespace stentor::inline v0
