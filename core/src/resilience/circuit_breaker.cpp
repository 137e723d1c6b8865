// SPDX-License-Identifier: MIT
#include <stentor/resilience/circuit_breaker.hpp>

#include "base/attempt.hpp"
#include "base/sync.hpp"
#include "resilience/breaker_core.hpp"
#include "resilience/option_check.hpp"
#include <stentor/metrics/counter.hpp>

#include <algorithm>
#include <optional>
#include <string>

namespace stentor::inline v0 {

namespace {

using detail::check_number;
using detail::check_share;
using detail::check_time;
using detail::readable;
using detail::wrong_option;
using namespace std::chrono_literals;

std::optional<error> check_name(std::string_view name) {
    constexpr std::size_t name_max = 128;
    const bool legal = name.size() <= name_max && std::ranges::all_of(name, [](char one) {
                           return (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9') ||
                                  one == '_' || one == '.' || one == '-';
                       });
    if (legal) {
        return std::nullopt;
    }
    return error(errc::invalid_name,
                 "breaker: the name has other characters than [a-z0-9_.-], or more than 128; use "
                 "these, or no name for a breaker that nobody else uses");
}

std::optional<error> check_window(const breaker& options, std::string_view of) {
    constexpr std::int32_t window_max = 10'000;
    if (auto wrong = check_number(of, "window", options.window, 1, window_max)) {
        return wrong;
    }
    if (options.window_time != 0ns) {
        if (auto wrong = check_time(of, "window_time", options.window_time, 60ms, 24h)) {
            return wrong;
        }
        return check_number(of, "min_calls", options.min_calls, 1, window_max);
    }
    if (options.min_calls > options.window) {
        return wrong_option(of, "min_calls is " + std::to_string(options.min_calls) +
                                    ", more than the window of " + std::to_string(options.window) +
                                    " ever holds; lower min_calls or widen the window");
    }
    return check_number(of, "min_calls", options.min_calls, 1, window_max);
}

std::optional<error> check(const breaker& options) {
    if (auto wrong = check_name(options.name)) {
        return wrong;
    }
    const std::string of =
        options.name.empty() ? std::string("breaker") : "breaker " + options.name;
    constexpr double share_least = 0.0001;
    if (auto wrong = check_window(options, of)) {
        return wrong;
    }
    if (auto wrong = check_share(of, "failure_rate", options.failure_rate, share_least, 1)) {
        return wrong;
    }
    if (auto wrong = check_share(of, "slow_rate", options.slow_rate, share_least, 1)) {
        return wrong;
    }
    if (auto wrong = check_time(of, "slow_after", options.slow_after, 0ns, 24h)) {
        return wrong;
    }
    if (auto wrong = check_time(of, "open_for", options.open_for, 1ms, 24h)) {
        return wrong;
    }
    if (auto wrong = check_time(of, "open_max", options.open_max, 1ms, 24h)) {
        return wrong;
    }
    if (options.open_for > options.open_max) {
        return wrong_option(of, "open_for is " + readable(options.open_for) +
                                    ", longer than open_max, which is " +
                                    readable(options.open_max) + "; raise open_max to it or more");
    }
    if (auto wrong =
            check_number(of, "trials", options.trials, 1, detail::breaker_word::trials_max)) {
        return wrong;
    }
    return check_time(of, "trial_max", options.trial_max, 1ms, 24h);
}

detail::breaker_limits limits_of(const breaker& options) noexcept {
    return {.window = options.window,
            .window_ns = options.window_time.count(),
            .min_calls = options.min_calls,
            .failure_rate = options.failure_rate,
            .slow_rate = options.slow_rate,
            .open_ns = options.open_for.count(),
            .open_max_ns = options.open_max.count(),
            .trials = static_cast<std::uint32_t>(options.trials),
            .trial_max_ns = options.trial_max.count(),
            .seed = options.seed};
}

}  // namespace

std::string_view to_string(breaker_state state) noexcept {
    switch (state) {
        case breaker_state::closed: return "closed";
        case breaker_state::open: return "open";
        case breaker_state::half_open: return "half_open";
        case breaker_state::forced_open: return "forced_open";
        case breaker_state::forced_closed: return "forced_closed";
    }
    return "unknown";
}

struct circuit_breaker::impl {
    impl(breaker wanted, clock& source)
        : options(std::move(wanted)),
          time(source),
          slow_ns(options.slow_after.count()),
          core(limits_of(options)) {}

    // For the core, which asks only where time decides something.
    [[nodiscard]] auto now() noexcept {
        return [this]() noexcept { return time.steady_ns(); };
    }

    void tell(const detail::breaker_step& step) noexcept {
        if (!step.changed || !options.on_change) {
            return;
        }
        const breaker_change change{options.name, step.from, step.to, step.generation};
#if defined(__cpp_exceptions)
        try {
            options.on_change(change);
        } catch (...) {  // NOLINT(bugprone-empty-catch): an observer costs nobody their call
        }
#else
        options.on_change(change);
#endif
    }

    static detail::call_verdict verdict_of(verdict how) noexcept {
        switch (how) {
            case verdict::succeeded: return detail::call_verdict::succeeded;
            case verdict::failed: return detail::call_verdict::failed;
            default: return detail::call_verdict::ignored;
        }
    }

    void force(breaker_state to) noexcept { tell(core.force(to, now())); }

    const breaker options;
    clock& time;
    const std::int64_t slow_ns;
    detail::breaker_core<detail::real_sync> core;
    shared_counter refused;
};

circuit_breaker::circuit_breaker(std::unique_ptr<impl> parts) noexcept : impl_(std::move(parts)) {}
circuit_breaker::~circuit_breaker() = default;

result<std::shared_ptr<circuit_breaker>, error> circuit_breaker::make(breaker options,
                                                                      clock& time) noexcept {
    std::optional<error> wrong;
    std::shared_ptr<circuit_breaker> made;
    const bool tried = detail::attempt([&] {
        wrong = check(options);
        if (!wrong) {
            made.reset(new circuit_breaker(std::make_unique<impl>(std::move(options), time)));
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

circuit_breaker::permit circuit_breaker::try_acquire() noexcept {
    const auto begun_ns = impl_->slow_ns > 0 ? impl_->time.steady_ns() : 0;
    const auto entry = impl_->core.enter(impl_->now());
    impl_->tell(entry.step);
    if (!entry.admitted) {
        impl_->refused.add();
        return {};
    }
    return {*this, begun_ns, entry.ticket.generation, entry.ticket.trial};
}

void circuit_breaker::end(const permit& of, verdict how, std::int64_t calls) noexcept {
    const bool slow =
        impl_->slow_ns > 0 && impl_->time.steady_ns() - of.begun_ns_ >= impl_->slow_ns;
    impl_->tell(impl_->core.leave({of.generation_, of.trial_}, impl::verdict_of(how), slow,
                                  impl_->now(), calls));
}

void circuit_breaker::force_open() noexcept {
    impl_->force(breaker_state::forced_open);
}
void circuit_breaker::force_close() noexcept {
    impl_->force(breaker_state::forced_closed);
}
void circuit_breaker::reset() noexcept {
    impl_->force(breaker_state::closed);
}

breaker_state circuit_breaker::state() const noexcept {
    return impl_->core.word().state();
}

breaker_report circuit_breaker::report() const noexcept {
    const auto now = impl_->time.steady_ns();
    const auto word = impl_->core.word();
    const auto seen = impl_->core.tally(word, now);
    breaker_report made;
    made.state = word.state();
    made.generation = word.generation();
    made.calls = seen.calls;
    made.failed = seen.failed;
    made.slow = seen.slow;
    made.trials_under_way = word.state() == breaker_state::half_open ? word.under_way() : 0;
    made.refused = impl_->refused.read();
    if (word.state() == breaker_state::open) {
        made.open_left =
            std::chrono::nanoseconds{std::max<std::int64_t>(0, impl_->core.due_ns(word) - now)};
    }
    return made;
}

const breaker& circuit_breaker::options() const noexcept {
    return impl_->options;
}

}  // namespace stentor::inline v0
